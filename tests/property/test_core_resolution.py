"""How a case comes out is what brute force says, in whichever order its contacts are told."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from legato.core.context.context import ActionRecord, Context
from legato.core.line.partition import Partition
from legato.core.merge.merge import merge
from legato.core.values.outputs import Output, Resolution
from legato.harness import default_playbook
from legato.wire.blobs import TODAY
from legato.wire.state import read_context, write_context
from tests.property.core_lives import Json, event_of
from tests.replay.brute_force import DAY, HOUR, MINUTE
from tests.replay.wild_stories import NOON

PLAYBOOK = default_playbook()
END = NOON + 20 * DAY


class Talk(Struct, frozen=True):
    """One contact: when and where, whether the handoff was read, and how it went out."""

    hour: int
    channel: str
    answered: bool
    viewed: int
    resolved: bool
    asked: bool

    @property
    def is_prepared(self) -> bool:
        return bool(self.viewed) and (not self.answered or self.viewed <= 2)

    def events(self) -> list[Json]:
        start = NOON + self.hour * HOUR
        parts: list[tuple[int, str, Json]] = [
            (0, "contact.started", {}),
            (10, "contact.ended", {"resolved": self.resolved, "asked_again": self.asked}),
        ]
        if self.answered:
            parts.append((2, "contact.answered", {}))
        if self.viewed:
            parts.append((self.viewed, "handoff.viewed", {"action_id": "brief"}))
        return [
            {
                "id": f"{kind}-{self.hour}",
                "type": kind,
                "channel": self.channel,
                "time": start + minute * MINUTE,
                **({} if kind == "handoff.viewed" else {"case_id": "c"}),
                "data": data,
            }
            for minute, kind, data in parts
        ]


talks = st.builds(
    Talk,
    st.integers(0, 6 * 24),
    st.sampled_from(["chat", "call", "email"]),
    st.booleans(),
    st.sampled_from([0, 1, 1, 2, 3]),
    st.sampled_from([True, True, False]),
    st.sampled_from([False, False, True]),
)
histories = st.lists(talks, min_size=1, max_size=4, unique_by=lambda talk: talk.hour)


def brute_force(history: list[Talk]) -> str:
    """Grade a case by the definition."""
    told = sorted(history, key=lambda talk: talk.hour)
    if not told[-1].resolved:
        return "failed"
    if len(told) == 1:
        return "best"
    prepared = all(talk.is_prepared for talk in told[1:])
    return "better" if prepared and not any(talk.asked for talk in told) else "good"


def briefing(who: str) -> Context:
    """Somebody about whose case somebody was briefed."""
    context = Context(who, revision=1)
    brief = ActionRecord(
        "brief", "o", "brief", "s", "service", "chat", NOON, NOON, NOON + DAY, ("case:c",)
    )
    context.actions = (brief,)
    return context


def last(said: list[Output]) -> Resolution:
    return [each for each in said if isinstance(each, Resolution)][-1]


def assert_final(said: list[Output], history: list[Talk]) -> None:
    found = last(said)
    ends = NOON + max(talk.hour for talk in history) * HOUR + 10 * MINUTE
    assert (found.grade, found.final) == (brute_force(history), True)
    assert (found.contacts, found.time) == (len(history), ends + 7 * DAY)
    finals = [each for each in said if isinstance(each, Resolution) and each.final]
    assert len(finals) == 1


def told_of(history: list[Talk]) -> list[Json]:
    return [event for talk in history for event in talk.events()]


@settings(deadline=None)
@given(histories, st.data())
def test_the_order_of_news_does_not_matter(history: list[Talk], data: st.DataObject) -> None:
    line = Partition(PLAYBOOK, TODAY, continuous=True)
    line.cache["ada"] = briefing("ada")
    for event in data.draw(st.permutations(told_of(history))):
        line.feed(event_of({**event, "customer_id": "ada"}), NOON)
        line.cache["ada"] = read_context(write_context(line.cache["ada"]))
    line.advance(END)
    assert_final(line.outputs, history)
    assert line.cache["ada"].trails == {}


@settings(deadline=None)
@given(histories)
def test_live_each_contact_is_told_as_it_ends(history: list[Talk]) -> None:
    line = Partition(PLAYBOOK, TODAY, continuous=True)
    line.cache["ada"] = briefing("ada")
    log = sorted(told_of(history), key=lambda event: int(event["time"]))
    for event in log:
        line.feed(event_of({**event, "customer_id": "ada"}), event["time"])
    line.advance(END)
    told = [each for each in line.outputs if isinstance(each, Resolution)]
    in_turn = sorted(history, key=lambda talk: talk.hour)
    so_far = [brute_force(in_turn[: n + 1]) for n in range(len(history))]
    assert [(each.grade, each.contacts) for each in told if not each.final] == [
        (grade, n + 1) for n, grade in enumerate(so_far)
    ]
    assert_final(line.outputs, history)


@settings(deadline=None)
@given(histories, st.data())
def test_it_does_not_matter_when_two_turn_out_to_be_one(
    history: list[Talk], data: st.DataObject
) -> None:
    line, said = Partition(PLAYBOOK, TODAY, continuous=True), list[Output]()
    line.cache["ada"], line.cache["bob"] = briefing("ada"), briefing("bob")
    order = data.draw(st.permutations(told_of(history)))
    until = data.draw(st.integers(0, len(order)))
    for event in order[:until]:
        whose = data.draw(st.sampled_from(["ada", "bob"]))
        line.feed(event_of({**event, "customer_id": whose}), NOON)
    ours, theirs = data.draw(st.permutations([line.cache["ada"], line.cache["bob"]]))
    united, told = merge(PLAYBOOK, ours, theirs, NOON)
    united.customer_id = "ada"
    said += told
    line.cache["ada"] = united
    line.cache.pop("bob")
    line.timers.clear()
    line.schedule("ada", united.next_due)
    for event in order[until:]:
        line.feed(event_of({**event, "customer_id": "ada"}), NOON)
    line.advance(END)
    assert_final([*said, *line.outputs], history)
