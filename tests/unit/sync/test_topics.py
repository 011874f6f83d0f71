"""Topics are built and parsed by one module; names that could forge one are refused."""

from __future__ import annotations

import pytest

from sync import topics
from sync.errors import WireError
from sync.topics import Lane, UpTopic


@pytest.mark.parametrize("lane", Lane)
def test_a_batch_topic_is_parsed_to_what_it_was_built_from(lane: Lane) -> None:
    topic = topics.up("acme", "box-1", lane)
    assert topics.parse_up(topic) == UpTopic("acme", "box-1", topics.shard_of("box-1"), lane)
    assert topics.box_of(topic) == "box-1"


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "daka/v1/acme/box-1/up/3",
        "daka/v2/acme/box-1/up/3/punch",
        "daka/v1/acme/box-1/up/x/punch",
        "daka/v1/acme/box-1/up/3/cake",
        "daka/v1/acme/box 1/up/3/punch",
        "daka/v1//box-1/up/3/punch",
        "daka/v1/acme/box-1/down/3/punch",
    ],
)
def test_any_other_topic_is_refused(topic: str) -> None:
    with pytest.raises(WireError):
        topics.parse_up(topic)


def test_a_receiver_is_no_box() -> None:
    with pytest.raises(WireError):
        topics.box_of(topics.hq_state("acme", "hq-1"))


@pytest.mark.parametrize("name", ["", "+", "#", "a/b", "$share", "_hq", "a" * 65, "käse"])
def test_a_name_that_could_forge_a_topic_is_refused(name: str) -> None:
    with pytest.raises(WireError):
        topics.check_name(name, "box")


def test_shards_of_a_receiver_cover_its_boxes_only() -> None:
    shard = topics.shard_of("box-1")
    assert f"daka/v1/acme/+/up/{shard}/+" in topics.hq_filters("acme", [shard])
    assert not [one for one in topics.hq_filters("acme", [shard]) if one.endswith("up/+/+")]
