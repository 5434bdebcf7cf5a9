"""What the line says, as lines for a terminal."""

import re
from pathlib import Path

import msgspec
from msgspec import Raw
from msgspec.structs import replace

from legato import core
from legato.cli.format.output import format_output
from legato.cli.format.reasons import WORDS, sentence, why
from legato.cli.format.record import as_json, format_record, read_record
from legato.core.events.event import Event, Location
from legato.core.values.outputs import Candidate, Output, Revoked
from legato.core.values.results import Rejected
from legato.core.values.time import HOUR, MINUTE, span_in_words
from legato.harness import Harness
from legato.queries.dead_letters import read_dead_letter
from legato.queries.topic_reader import TopicRecord
from legato.wire.formats.open_registry import open_registry
from legato.wire.record import RawRecord
from legato.wire.topics.dead_letters import Coordinates, dead_letter
from legato.wire.topics.outcomes import Outcome, write_outcome

T0 = 1_772_438_400_000
WHO = "1-fcfa2e009e6af2250406b7dc"


def event(
    minute: int, kind: str, channel: str, data: object = None, location: Location | None = None
) -> Event:
    return Event(
        id=f"e{minute}",
        type=kind,
        channel=channel,
        time=T0 + minute * MINUTE,
        identifiers={"loyalty_id": "42"},
        location=location,
        data=Raw(msgspec.json.encode(data or {})),
    )


def lines(output: Output) -> list[str]:
    return [line.plain for line in format_output(output)]


def a_cart_carried_to_the_shop() -> Harness:
    shoe = {"sku": "SHOE-42", "price": 89, "currency": "EUR", "name": "Runner", "size": "42"}
    consent = {"purpose": "promotion", "status": "granted"}
    return Harness().feed(
        event(-1, "consent.updated", "web", consent),
        event(0, "cart.item_added", "web", shoe),
        event(50, "store.visited", "store", location=Location(venue="BER-1")),
    )


def test_a_situation_tells_its_evidence() -> None:
    [switch] = a_cart_carried_to_the_shop().situations
    [line] = lines(switch)
    assert line == (
        "2026-03-02 08:50:00  channel_switched  web → store after 50 minutes, open: cart"
        f"  {WHO}"
    )


def test_an_absence_tells_how_long_what_lay_there() -> None:
    harness = a_cart_carried_to_the_shop().wait_until(T0 + HOUR)
    [line] = lines(harness.situations[-1])
    assert "cart_abandoned stage 1  cart, 1 item, worth 89.00, from web" in line
    assert f"untouched for {span_in_words(HOUR)}" in line


def test_a_decision_tells_the_reason_of_every_loser() -> None:
    first, *losers = lines(a_cart_carried_to_the_shop().decisions[0])
    assert "  brief_store for channel_switched  " in first
    [decision] = a_cart_carried_to_the_shop().decisions
    lost = {candidate.action for candidate in decision.candidates} - {"brief_store"}
    assert all(any(name in line for line in losers) for name in lost)
    assert all(line.strip().startswith("not ") for line in losers)


def test_a_decision_for_nothing_says_so() -> None:
    harness = a_cart_carried_to_the_shop().wait_until(T0 + HOUR)
    first, *losers = lines(harness.decisions[-1])
    assert "  nothing for cart_abandoned stage 1  " in first
    assert any("no address is known for it" in line for line in losers)
    assert any("somebody on store has it in hand" in line for line in losers)


def test_a_decision_and_its_action_tell_the_variant_and_why_it_was_decided_again() -> None:
    harness = a_cart_carried_to_the_shop()
    again = replace(harness.decisions[0], variant="b", fallback_of="a1")
    assert "brief_store as b for channel_switched, since a1 came to nothing" in lines(again)[0]
    assert "brief_store as b → BER-1" in lines(replace(harness.actions[0], variant="b"))[0]


def test_an_action_tells_the_handoff_below() -> None:
    [action] = a_cart_carried_to_the_shop().actions
    first, *handoff = lines(action)
    assert "  store brief_store → BER-1  (handoff_store, until 2026-03-02 10:50:00)" in first
    told = "\n".join(handoff)
    assert "1 × Runner, size 42  (89.00 EUR)" in told
    assert "stopped at: cart filled on web, checkout not started" in told


def test_a_revocation_tells_why_and_whether_it_came_too_late() -> None:
    revoked = Revoked(WHO, "a1", "email", "cart_abandoned", T0, "converted", too_late=True)
    assert lines(revoked) == [
        f"2026-03-02 08:00:00  email revoked a1: converted, too late  {WHO}"
    ]


def test_every_reason_that_the_core_gives_has_words() -> None:
    folder = Path(core.__file__).parent
    given = {
        reason
        for path in folder.rglob("*.py")
        for reason in re.findall(r'\b(?:Ineligible|PolicyCheck)\("(\w+)"', path.read_text())
    }
    assert len(given) >= 5
    assert given | {"won", "lost_arbitration"} <= set(WORDS)


def test_reasons_name_what_they_are_about() -> None:
    assert why(Candidate("a", "email", "lost_arbitration", detail="b")) == "b is worth more"
    assert why(Candidate("a", "email", "lost_arbitration")) == "another is worth more"
    assert why(Candidate("a", "email", "frequency_cap", detail="one a week")) == (
        "enough was sent already (one a week)"
    )
    assert why(Candidate("a", "email", "frequency_cap")) == "enough was sent already"
    assert why(Candidate("a", "email", "brand_new", detail="x")) == "brand new: x"
    past = Candidate("a", "email", "expired", detail="history")
    assert why(past) == "it belongs to the past"
    assert sentence(past).startswith("It belongs to the past: history was read that late")


REGISTRY = open_registry()


def record(value: bytes | None, key: bytes | None = WHO.encode()) -> TopicRecord:
    return TopicRecord("legato.x", 2, 17, T0, key, value)


def test_clock_records_are_passed_over_among_the_events() -> None:
    assert read_record("events", record(b'{"source":"x/0","time":1}', None), REGISTRY) is None
    said = read_record("events", record(msgspec.json.encode(event(0, "a.b", "web"))), REGISTRY)
    assert isinstance(said, Event)
    [line] = format_record(said, record(b""))
    assert line.plain.startswith("2026-03-02 08:00:00  a.b on web")


def test_outcomes_are_told_as_what_they_mean() -> None:
    outcome = Outcome("a1", WHO, "email", "failed", T0, "mailbox full")
    said = read_record("outcomes", record(write_outcome(outcome, REGISTRY)), REGISTRY)
    assert said is not None
    [line] = format_record(said, record(b""))
    assert "action.failed on email" in line.plain
    assert "mailbox full" in line.plain


def test_what_cannot_be_read_says_where_it_lies() -> None:
    said = read_record("actions", record(b"\x00\x00"), REGISTRY)
    assert said is not None
    [line] = format_record(said, record(b""))
    assert "legato.x 2:17 cannot be read: " in line.plain


def test_a_dead_letter_tells_its_reason_and_both_places() -> None:
    original = RawRecord(b"\xffkey", b'{"id":', (("trace", b"7"),))
    why_dead = Rejected("not_json", "cut short", "read")
    dead = dead_letter(original, Coordinates("shop.web", 1, 99, T0), why_dead, 1 << 20)
    letter = read_dead_letter(
        TopicRecord("legato.dead.letters", 0, 3, T0, dead.key, dead.value, dead.headers)
    )
    first, second = (line.plain for line in format_record(letter, letter.record))
    assert first == "2026-03-02 08:00:00  read not_json  0:3  from shop.web 1:99"
    assert second.strip() == "cut short"
    assert letter.original == original
    told = as_json(letter)
    assert isinstance(told, dict)
    assert (told["coordinate"], told["key"], told["value"]) == ("0:3", "\\xffkey", '{"id":')
