"""A part of headquarters that crashes is run again; one that gives up ends the process."""

from __future__ import annotations

import threading

import pytest

from cloud_receiver import main
from cloud_receiver.main import Loop, SupervisedThread


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main, "RESTART_AFTER_S", 0.01)


def test_a_crash_is_logged_and_followed_by_another_run(caplog: pytest.LogCaptureFixture) -> None:
    runs: list[int] = []
    done = threading.Event()

    def run(stop: threading.Event) -> None:
        runs.append(1)
        if len(runs) < 3:
            raise ValueError("a bug")
        done.set()
        stop.wait()

    thread = SupervisedThread(Loop("part", run), threading.Event())
    thread.start()
    assert done.wait(10)
    thread.end()
    assert len(runs) == 3
    assert not thread.has_given_up
    assert caplog.text.count("part_crashed name=part") == 2


def test_an_end_nobody_asked_for_is_logged_and_followed_by_another_run(
    caplog: pytest.LogCaptureFixture,
) -> None:
    runs: list[int] = []
    done = threading.Event()

    def run(stop: threading.Event) -> None:
        runs.append(1)
        if len(runs) == 2:
            done.set()
            stop.wait()

    thread = SupervisedThread(Loop("part", run), threading.Event())
    thread.start()
    assert done.wait(10)
    thread.end()
    assert "part_ended_by_itself" in caplog.text


def test_a_part_that_gives_up_ends_the_process() -> None:
    give_up = threading.Event()

    def run(_stop: threading.Event) -> None:
        raise SystemExit(1)

    thread = SupervisedThread(Loop("web", run), give_up)
    thread.start()
    assert give_up.wait(10)
    thread.end()
    assert thread.has_given_up


def test_ending_wakes_the_loop() -> None:
    woken = threading.Event()

    def run(stop: threading.Event) -> None:
        woken.wait()
        assert stop.is_set(), "told to stop before it is woken"

    thread = SupervisedThread(Loop("part", run, woken.set), threading.Event())
    thread.start()
    thread.end()
    assert woken.is_set()
