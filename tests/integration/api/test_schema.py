"""The API keeps to its published document, whatever is asked of it; and its documentation runs."""

from __future__ import annotations

import re
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from bench.rig import wait_until
from cloud_receiver.web.api.service import PREFIX, document
from cloud_receiver.web.limits import RateLimit

DOCS = Path(__file__).parents[3] / "docs" / "api.md"
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
"""Not among them: that whatever fits the schema is taken; that an employee is there, or that a leave
ends after it begins, no schema says."""
EXAMPLES = 4


@pytest.fixture
def served(office: Any) -> Iterator[tuple[Any, str, str]]:
    """The API on a port of its own, with a key that opens everything and no limit of rate."""
    key = office.client.headers["Authorization"].removeprefix("Bearer ")
    office.serve(RateLimit(10**6, 1, lambda: 0.0))
    config = uvicorn.Config(office.app, host="127.0.0.1", port=0, log_level="warning")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    wait_until("the server", lambda: server.started, 60)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield office, f"http://127.0.0.1:{port}", key
    server.should_exit = True
    thread.join(60)


@pytest.mark.parametrize("hq_url", ["postgresql"], indirect=True)  # the pickier of the two
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_whatever_is_asked_the_answer_is_as_published(served, mode: GenerationMode) -> None:
    office, address, key = served
    schema = schemathesis.openapi.from_dict(document(office.api))
    bounded = settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    seen = 0
    for found in schema.get_all_operations():
        operation = found.ok()
        try:
            strategy = operation.as_strategy(generation_mode=mode)
            cases = bounded(given(case=strategy)(_asking(address + PREFIX, key)))
            cases()
        except Unsatisfiable:
            assert mode is GenerationMode.NEGATIVE, "nothing can be wrong about such a request"
        seen += 1
    assert seen > 25


def _asking(base_url: str, key: str) -> Callable[..., None]:
    def ask(case: Any) -> None:
        headers = {"Authorization": f"Bearer {key}"}
        answer = case.call(base_url=base_url, headers=headers)
        case.validate_response(answer, checks=CHECKS)
        if case.meta is not None and case.meta.generation.mode is GenerationMode.NEGATIVE:
            assert answer.status_code >= 400 or case.method == "GET", case.as_curl_command()

    return ask


def test_the_commands_of_the_documentation_do_what_they_say(served) -> None:
    _, address, key = served
    block = re.search(r"<!-- a test runs these -->\n```sh\n(.*?)```", DOCS.read_text(), re.DOTALL)
    assert block is not None
    commands = block[1].strip().splitlines()
    assert len(commands) > 5
    for command in commands:
        asked = command.replace("curl -s", "curl -s --fail-with-body", 1)
        done = subprocess.run(
            ["bash", "-c", asked], env={"HQ": address, "KEY": key, "PATH": "/usr/bin:/bin"},
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        assert done.stdout.startswith("{")
