"""The published schema is that of the code, and says of documents what the code says."""

from __future__ import annotations

import json

from cloud_receiver.domain.documents import schema
from cloud_receiver.domain.facts import CATALOGUE
from sync.places import config_dir

PUBLISHED = config_dir() / "rules" / "schema.json"


def test_the_published_schema_is_the_one_of_the_code() -> None:
    """After a change: daka-hq rule schema > config/rules/schema.json."""
    assert json.loads(PUBLISHED.read_text(encoding="utf-8")) == json.loads(json.dumps(schema()))


def test_the_schema_names_every_fact_in_both_languages() -> None:
    told = schema()["$defs"]["Conditions"]["properties"]
    assert told.keys() == CATALOGUE.keys()
    assert all(" / " in fact["description"] for fact in told.values())
