"""What must fit together before a worker starts, and the sentences if it does not."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from legato.runtime.kafka.layout import FoundTopic, lay_out, partitions_wanted
from legato.runtime.machine.errors import WorkerFatal
from legato.settings import KafkaSettings, Settings
from legato.wire.source.source import Source

OWN = {
    "legato.customer.events": FoundTopic(4, 3),
    "legato.customer.contexts": FoundTopic(4, 3),
    "legato.action.outcomes": FoundTopic(2, 3),
}


def _settings(*sources: Source) -> Settings:
    return Settings(kafka=KafkaSettings(partitions=4), sources=sources)


def _till(*topics: str) -> Source:
    return Source(name="till", topics=topics, trust="customer_id")


def test_trusted_topics_go_where_the_customers_are() -> None:
    layout = lay_out(_settings(_till("till")), {**OWN, "till": FoundTopic(4, 3)})
    assert layout.partition_count == 4
    assert layout.task_of(("legato.customer.events", 3)) == (
        ("legato.customer.events", 3),
        ("till", 3),
    )
    assert layout.subscribed == ["legato.customer.events"]
    assert layout.clocks_of(1) == [
        "till/1",
        "legato.action.outcomes/0",
        "legato.action.outcomes/1",
    ]


def test_each_partition_of_the_hop_goes_with_one_home_and_topics_begin_at_different_ones() -> (
    None
):
    topics = [f"web.{number}" for number in range(12)]
    found = {**OWN, "web": FoundTopic(9, 3), **dict.fromkeys(topics, FoundTopic(1, 3))}
    source = Source(name="web", topics=("web", *topics))
    layout = lay_out(_settings(source), found)
    homes = [("legato.customer.events", number) for number in range(4)]
    brought = [layout.co_assigned([home]) for home in homes]
    assert [heads[0] for heads in brought] == homes
    hopped = [tp for heads in brought for tp in heads[1:]]
    assert sorted(hopped) == sorted(
        (topic, number)
        for topic in layout.untrusted
        for number in range(layout.partitions[topic])
    )
    assert all(sum(tp[0] == "web" for tp in heads) in (2, 3) for heads in brought)
    assert sum(any(tp[0] in topics for tp in heads) for heads in brought) >= 3


def test_patterns_mean_the_topics_that_match() -> None:
    source = Source(name="web", topics=("^web[.].*",))
    found = {
        **OWN,
        "web.de": FoundTopic(2, 3),
        "web.fr": FoundTopic(1, 3),
        "webshop": FoundTopic(1, 3),
    }
    assert set(lay_out(_settings(source), found).untrusted) == {
        "web.de",
        "web.fr",
        "legato.action.outcomes",
    }


def test_in_a_backfill_no_clock_follows_what_adapters_report() -> None:
    source = Source(name="web", topics=("web",), clock="event_time")
    layout = lay_out(_settings(source), {**OWN, "web": FoundTopic(1, 3)})
    assert layout.backfill
    assert layout.clocks_of(0) == ["web/0"]


@pytest.mark.parametrize(
    ("settings", "found", "sentence"),
    [
        (_settings(_till("till")), {}, "topic `till` of source `till` does not exist"),
        (_settings(), {}, "topic `legato.customer.events` does not exist; run `legato topics"),
        (
            _settings(_till("till")),
            {**OWN, "till": FoundTopic(8, 3)},
            "topic `till` has 8 partitions and `legato.customer.events` has 4",
        ),
        (
            _settings(),
            {**OWN, "legato.customer.contexts": FoundTopic(3, 3)},
            "topic `legato.customer.contexts` has 3 partitions",
        ),
        (
            _settings(_till("till"), Source(name="all", topics=("^t.*",))),
            {**OWN, "till": FoundTopic(4, 3)},
            "belongs to the sources `till` and `all`",
        ),
        (
            _settings(Source(name="loop", topics=("legato.customer.events",))),
            OWN,
            "reads our own topic",
        ),
    ],
)
def test_what_does_not_fit_is_said_in_one_sentence(
    settings: Settings, found: dict[str, FoundTopic], sentence: str
) -> None:
    with pytest.raises(WorkerFatal) as trouble:
        lay_out(settings, found)
    assert sentence in str(trouble.value)
    assert "\n" not in str(trouble.value)


def test_customers_are_spread_as_the_trusted_topics_are() -> None:
    assert partitions_wanted(_settings(_till("till")), {"till": FoundTopic(12, 3)}) == 12
    assert partitions_wanted(_settings(), {}) == 4


@pytest.mark.parametrize("name", ["references", "playbooks"])
def test_who_reads_what_is_no_source_waits_for_it_by_one_clock(name: str) -> None:
    settings = replace(_settings(_till("till")), **{name: True})
    found = {**OWN, "till": FoundTopic(4, 3)}
    with pytest.raises(WorkerFatal, match=f"`legato.{name}` does not exist"):
        lay_out(settings, found)
    layout = lay_out(settings, {**found, f"legato.{name}": FoundTopic(3, 3)})
    assert layout.clocks_of(1)[-1] == "references"
    assert layout.clocks_of(1).count("references") == 1
