"""An airing leaves a touch in front of the visits that it may have led to, and in no others."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from legato import Event, default_playbook
from legato.core.context.context import Context
from legato.core.context.lifecycle import lifecycle
from legato.core.context.retention import MOST_TOUCHPOINTS
from legato.core.engine import Engine, EngineSetup, LogBatch
from legato.core.identity.rules import IdentityRules
from legato.core.merge.merge import merge
from legato.core.references.versions import ReferenceVersion, content_of
from legato.core.values.outputs import JourneyTouchpoint
from legato.settings import IdentitySettings
from legato.wire.blobs import TODAY
from legato.wire.state import SNAPSHOTS
from tests.unit.core.stories import DAYS, at, event, looked, only, ordered

IDENTIFY = IdentitySettings().identify
SPRING = {"campaign": "spring", "channel": "tv", "window_s": 600}
Value = dict[str, Any]


class Station:
    """An engine that hears of airings between events."""

    def __init__(self) -> None:
        setup = EngineSetup(default_playbook(), IDENTIFY, IdentityRules(), touchpoints=True)
        self.table = setup.references
        self.engine = Engine(setup, TODAY, SNAPSHOTS)
        self.told: list[JourneyTouchpoint] = []

    def air(self, minute: float, value: Value | None = None, region: str = "berlin") -> Station:
        content = content_of(SPRING if value is None else value)
        self.table.take(ReferenceVersion("airing", region, at(minute), content))
        return self

    def gone(self, minute: float) -> Station:
        self.table.take(ReferenceVersion("airing", "berlin", at(minute)))
        return self

    def feed(self, *events: Event) -> Station:
        for each in events:
            result = self.engine.process(LogBatch([each], [each.received or each.time]))
            self.told += result.touchpoints
        return self

    @property
    def way(self) -> list[str]:
        """The channels of the timeline."""
        return [touch.channel for touch in self.ada.timeline]

    @property
    def ada(self) -> Context:
        return self.engine.contexts["ada"]


def visit(minute: float, channel: str = "web", /, **told: object) -> Event:
    return looked(minute, channel, **{"region": "berlin", **told})


def test_a_visit_in_the_window_begins_with_the_airing() -> None:
    station = Station().air(0).feed(visit(4))
    aired, seen = station.told
    assert (aired.type, aired.channel, aired.time) == ("ad.exposed", "tv", at(0))
    assert (aired.campaign, aired.customer_id) == ("spring", "ada")
    assert aired.journey_id == seen.journey_id == station.ada.journey_id != ""
    assert (seen.type, seen.campaign) == ("page.viewed", None)
    first = station.ada.timeline[0]
    assert (first.time, first.type, first.channel, first.note) == (
        *(at(0), "ad.exposed"),
        *("tv", "spring"),
    )


@pytest.mark.parametrize(
    ("minute", "way"),
    [
        (-1, ["web"]),
        (0, ["tv", "web"]),
        (9.999, ["tv", "web"]),
        (10, ["web"]),
        (5 * DAYS, ["web"]),
    ],
)
def test_the_window_is_half_open(minute: float, way: list[str]) -> None:
    assert Station().air(0).feed(visit(minute)).way == way


def test_it_is_told_once_however_much_is_looked_at() -> None:
    looks = [visit(1 + n / 10) for n in range(2 * MOST_TOUCHPOINTS)]
    station = Station().air(0).feed(*looks)
    assert [each.channel for each in station.told].count("tv") == 1
    assert "tv" not in station.way
    assert len(station.way) == MOST_TOUCHPOINTS


def test_of_two_airings_each_brings_its_own_visit() -> None:
    station = Station().air(0).feed(visit(1)).air(60, {**SPRING, "campaign": "summer"})
    station.feed(visit(61), visit(62))
    told = [(each.channel, each.campaign) for each in station.told]
    assert told == [
        ("tv", "spring"), ("web", None), ("tv", "summer"), ("web", None), ("web", None)
    ]  # fmt: skip


def test_of_two_airings_the_later_one_counts() -> None:
    station = Station().air(0).air(5, {**SPRING, "channel": "radio"})
    assert station.feed(visit(6)).way == ["radio", "web"]
    late = event(4, "page.viewed", "web", region="berlin", customer_id="bob", received=7)
    station.feed(late)
    assert station.engine.contexts["bob"].timeline[0].channel == "tv"


@pytest.mark.parametrize(
    ("before", "way"),
    [(-0.001, ["web", "web"]), (-29, ["web", "web"]), (-30, ["web", "tv", "web"])],
)
def test_who_was_there_already_was_not_brought(before: float, way: list[str]) -> None:
    assert Station().air(0).feed(visit(before), visit(2)).way == way


def test_who_was_there_already_stays_so_however_much_is_looked_at() -> None:
    looks = [visit(1 + n / 10) for n in range(2 * MOST_TOUCHPOINTS)]
    station = Station().air(0).feed(visit(-5), *looks)
    assert [each.channel for each in station.told].count("tv") == 0


def test_who_was_on_another_channel_may_have_been_brought() -> None:
    assert Station().air(0).feed(looked(-5, "mobile"), visit(2)).way == ["mobile", "tv", "web"]


def test_a_visit_whose_region_is_known_later_was_brought_as_well() -> None:
    station = Station().air(0).feed(looked(1), visit(2))
    assert station.way == ["tv", "web", "web"]


@pytest.mark.parametrize(
    "one",
    [
        looked(1),
        looked(1, region="hamburg"),
        event(1, "store.visited", "store", region="berlin", venue="berlin-1"),
        event(1, "message.sent", "email", region="berlin"),
        event(1, "message.clicked", "email", region="berlin", action_id="a1"),
        visit(1, initiated=False),
    ],
)
def test_nothing_else_is_brought_by_it(one: Event) -> None:
    station = Station().air(0).feed(one)
    assert [each.channel for each in station.told] == [one.channel]


@pytest.mark.parametrize(
    "value",
    [
        {"campaign": "spring", "channel": "tv"},
        {**SPRING, "window_s": 0},
        {**SPRING, "window_s": -5},
        {**SPRING, "window_s": "600"},
        {**SPRING, "window_s": None},
        {**SPRING, "window_s": 86_401},
        {**SPRING, "channel": ""},
        {**SPRING, "campaign": 7},
    ],
)
def test_what_says_too_little_brings_nobody(value: Value) -> None:
    assert Station().air(0, value).feed(visit(1)).way == ["web"]


def test_a_window_is_all_that_must_be_said() -> None:
    station = Station().air(0, {"window_s": 0.5}).feed(visit(0.008))
    assert (station.way, station.told[0].campaign) == (["tv", "web"], None)


def test_what_is_gone_brings_nobody_from_then_on() -> None:
    assert Station().air(0).gone(5).feed(visit(5)).way == ["web"]
    assert Station().air(0).gone(5).feed(visit(4)).way == ["tv", "web"]


def test_what_is_corrected_is_not_told_again() -> None:
    station = Station().air(0).feed(visit(1)).air(0, {**SPRING, "campaign": "sprnig"})
    assert station.feed(visit(2)).way == ["tv", "web", "web"]


def test_a_visit_that_comes_late_finds_its_place() -> None:
    station = Station().air(0).feed(visit(20), visit(4, received=21))
    assert [touch.time for touch in station.ada.timeline] == [at(0), at(4), at(20)]


def test_presence_stays_and_awareness_begins_with_the_airing() -> None:
    station = Station().air(0).feed(visit(4))
    here = station.ada
    assert (here.channel, here.present, here.touched) == ("web", at(4), at(4))
    assert (lifecycle(here).stage, lifecycle(here).since) == ("awareness", at(0))
    assert here.session is None


def test_the_purchase_in_the_shop_is_of_the_same_journey() -> None:
    station = Station().air(0).feed(visit(4), ordered(90, "SHOE", venue="berlin-1"))
    assert station.way == ["tv", "web", "store"]
    assert len({each.journey_id for each in station.told}) == 1


def test_two_who_turn_out_to_be_one_heard_it_once() -> None:
    station = Station().air(0).feed(visit(4), visit(5, "mobile", customer_id="bob"))
    ada, bob = (station.engine.contexts[name] for name in ("ada", "bob"))
    for ours, theirs in ((ada, bob), (bob, ada)):
        united, _ = merge(default_playbook(), ours, theirs)
        assert [touch.channel for touch in united.timeline] == ["tv", "web", "mobile"]
        assert len(united.digests) == 3
        assert united.stage_since == at(0)


def test_what_waits_for_its_time_is_brought_when_it_is_followed() -> None:
    station = Station().air(88)
    station.feed(event(0, "cart.item_added", "web", sku="SHOE", price=60.0))
    early = visit(90)
    result = station.engine.process(LogBatch([early], [at(1)]))
    assert result.touchpoints == []
    found = station.engine.pass_time(at(91)).touchpoints
    assert [each.channel for each in found] == ["tv", "web"]


def test_no_airing_leaves_no_trace() -> None:
    with_none, with_some = Station(), Station().air(0, region="hamburg")
    for station in (with_none, with_some):
        station.feed(visit(4), ordered(5, "SHOE"))
    assert TODAY.write_context(with_none.ada) == TODAY.write_context(with_some.ada)
    assert only([each for each in with_none.told if each.channel == "web"]).campaign is None


deeds = st.tuples(
    st.floats(0, 15), st.sampled_from(["web", "mobile"]), st.sampled_from(["ada", "bob", "cid"])
)


@given(st.lists(deeds, min_size=1, max_size=9, unique_by=lambda deed: at(deed[0])), st.data())
def test_in_whatever_order_visits_come_and_whoever_they_are_taken_for(
    told: list[tuple[float, str, str]], data: st.DataObject
) -> None:
    shared, single = Station().air(0), Station().air(0)
    for minute, channel, who in data.draw(st.permutations(told)):
        shared.feed(visit(minute, channel, customer_id=who, received=20))
    for minute, channel, _ in sorted(told):
        single.feed(visit(minute, channel))
    united = Context("ada")
    for context in data.draw(st.permutations([*shared.engine.contexts.values()])):
        united, _ = merge(default_playbook(), united, context)
    assert united.timeline == single.ada.timeline
    assert united.stage_since == single.ada.stage_since
