"""The tests of a playbook, as people write them behind it or in a file of their own.

A time of day is on the first day of the story, 2 March 2026, a Monday, in UTC; a span is
counted from 10:00. `until` as a span is counted from the last event, as in `legato replay`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec
import yaml
from msgspec import Struct, field
from yaml import Node

from legato.core.conditions.faults import meant_by, unknown
from legato.core.decisions.policy import CHECKS
from legato.core.events.event import Event
from legato.core.playbook.definition import Playbook
from legato.core.playbook.fitting import fit
from legato.core.playbook.places import Path, Places, PlaybookFault, mended
from legato.core.playbook.review import Sifter, unreadable_at
from legato.core.playbook.yaml_file import TESTS, compose, construct
from legato.core.situations.protocol import Strict
from legato.core.values.results import Rejected
from legato.core.values.time import Instant, in_words, read_span
from legato.testing.events import START, instant
from legato.wire.formats.envelope import Misunderstood
from legato.wire.source.validation import identified, sound
from legato.wire.topics.references import ReferenceLine, read_reference

REASONS = frozenset(("won", "lost_arbitration", "holdout", *(check.reason for check in CHECKS)))
"""What may become of an action that is weighed."""
_NO_STAGE = "`{}` cannot come; write a stage that it has, or its name alone"
SOMEBODY = {"user_id": "kim"}
"""Whose events are, where `as` does not say it."""
DEFAULT_CHANNEL = "web"
_ENVELOPE = frozenset(Event.__struct_fields__) - {"time", "customer_id", "identifiers", "data"}
_SPOKEN = frozenset(("at", "as", "data"))
_OF_REFERENCE = frozenset(("reference", "key", "at", "value"))
_REFERENCE_EXAMPLE = "`{reference: price, key: SHOE-42, at: +1h, value: {amount: 79}}`"


class ExpectedText(Strict, frozen=True, kw_only=True):
    """What a test expects: all that is named came; an empty list means that nothing did.

    `situations` are names, or `NAME stage 2`; `actions` are `NAME@CHANNEL` or names; `not` are
    situations and actions that must not come; `revoked` are actions that were taken back;
    `reasons` say why actions lost.
    """

    situations: tuple[str, ...] | None = None
    actions: tuple[str, ...] | None = None
    not_: tuple[str, ...] = field(default=(), name="not")
    revoked: tuple[str, ...] | None = None
    reasons: dict[str, str] = field(default_factory=dict)


class PlaybookTestText(Strict, frozen=True, kw_only=True):
    """A test as it is written; each of `given` is an event or a reference in short form."""

    name: str
    given: tuple[dict[str, Any], ...]
    until: str | int = ""
    expect: ExpectedText


class PlaybookTest(Struct, frozen=True):
    """A story of events and references, up to when time goes on, and what must come of it."""

    name: str
    line: int
    given: tuple[Event | ReferenceLine, ...]
    until: Instant
    expect: ExpectedText


class ReadTests(Struct, frozen=True):
    """The tests of a file, and what is wrong with it."""

    tests: tuple[PlaybookTest, ...] = ()
    faults: tuple[PlaybookFault, ...] = ()


def holds_playbook(text: bytes) -> bool:
    """Does a file begin with a playbook, not with tests? What cannot be read might be one."""
    try:
        nodes = compose(text)
        return not nodes or not _are_tests(nodes[0])
    except (yaml.YAMLError, ValueError):
        return True


def read_tests(text: bytes, playbook: Playbook) -> ReadTests:
    """Read all documents of tests in a file; what they name must be in the playbook."""
    try:
        nodes = compose(text)
    except (yaml.YAMLError, ValueError) as error:
        return ReadTests(faults=(unreadable_at(error),))
    tests: list[PlaybookTest] = []
    faults: list[PlaybookFault] = []
    for number, node in enumerate(nodes):
        if number and not _are_tests(node) and construct(node) is not None:
            message = f"a document behind `---` holds `{TESTS}`, and nothing else"
            faults.append(Places(node).key((), message))
        elif _are_tests(node):
            faults += mended(node)
            for each in _read_each(node, playbook):
                if isinstance(each, PlaybookTest):
                    tests.append(each)
                else:
                    faults.append(each)
    return ReadTests(tuple(tests), tuple(sorted(set(faults))))


def _are_tests(node: Node) -> bool:
    keys = [key.value for key, _ in node.value] if isinstance(node, yaml.MappingNode) else []
    return keys == [TESTS]


def _read_each(node: Node, playbook: Playbook) -> Iterator[PlaybookTest | PlaybookFault]:
    (_, listed), *_ = node.value
    if not isinstance(listed, yaml.SequenceNode):
        yield Places(listed).key((), f"`{TESTS}` is a list; begin each test with `- name:`")
        return
    for each in listed.value:
        yield from _read_test(each, playbook)


def _read_test(node: Node, playbook: Playbook) -> Iterator[PlaybookTest | PlaybookFault]:
    places = Places(node)
    sifter = Sifter(construct(node), places)
    text = sifter.read(lambda told: fit(told, PlaybookTestText))
    yield from sifter.told
    if isinstance(text, PlaybookTestText) and not sifter.told:
        made = _Maker(text, places, playbook)
        yield from made.faults
        if not made.faults:
            line = node.start_mark.line + 1
            yield PlaybookTest(text.name, line, made.given, made.until, text.expect)


class _Maker:
    """Makes events and times of what is written, and notes what makes no sense."""

    def __init__(self, text: PlaybookTestText, places: Places, playbook: Playbook) -> None:
        self._places, self._playbook = places, playbook
        self.faults: list[PlaybookFault] = []
        made = [self._given(number, told) for number, told in enumerate(text.given)]
        found = [each for each in made if each is not None]
        self.given = tuple(sorted(found, key=clock_at))
        self.until = self._until(text.until)
        self._check_names(text.expect)

    def _given(self, number: int, told: Mapping[str, Any]) -> Event | ReferenceLine | None:
        """Make what is given: one that names a reference, and no type, is one."""
        if "reference" in told and not told.keys() & {"id", "type"}:
            return self._reference(number, told)
        return self._event(number, told)

    def _reference(self, number: int, told: Mapping[str, Any]) -> ReferenceLine | None:
        """Make a version of a reference of its short form."""
        try:
            return _reference_line(told)
        except (ValueError, TypeError) as error:
            self._wrong(("given", number), str(error))
            return None

    def _event(self, number: int, told: Mapping[str, Any]) -> Event | None:
        """Make an event of its short form, as `legato replay` would read it."""
        path: Path = ("given", number)
        try:
            event = msgspec.json.decode(
                msgspec.json.encode(_envelope(number, told)), type=Event
            )
            sane = sound(event, event.received)
        except (msgspec.MsgspecError, ValueError, TypeError) as error:
            self._wrong(path, " ".join(str(error).split()))
            return None
        channels = self._playbook.consent_channels
        match sane if isinstance(sane, Rejected) else identified(sane, channels):
            case Event() as read:
                return read
            case Rejected(message=why) | Misunderstood(why=Rejected(message=why)):
                self._wrong(path, why)
                return None

    def _wrong(self, path: Path, message: str) -> None:
        self.faults.append(self._places.value(path, message))

    def _until(self, text: str | int) -> Instant:
        last = clock_at(self.given[-1]) if self.given else START
        try:
            until = _moment_after(text, last)
        except ValueError as error:
            self._wrong(("until",), str(error))
            return last
        if until < last:
            self._wrong(
                ("until",),
                f"the last event is at {in_words(last)}; write a later time, or leave it out",
            )
        return until

    def _check_names(self, expect: ExpectedText) -> None:
        """Let nothing be expected, or not, that the playbook cannot bring."""
        situations = {each.name for each in self._playbook.situations}
        plans = [plan for plans in self._playbook.actions.values() for plan in plans]
        actions = {
            name for plan in plans for name in (plan.name, f"{plan.name}@{plan.channel}")
        }
        lists: tuple[tuple[str, Iterable[str], set[str]], ...] = (
            ("situations", expect.situations or (), situations),
            ("actions", expect.actions or (), actions),
            ("revoked", expect.revoked or (), actions),
            ("not", expect.not_, situations | actions),
        )
        for key, names, known in lists:
            for number, name in enumerate(names):
                self._check_name((key, number), name, known)
        for name in expect.reasons.keys() - actions:
            self._unknown(("reasons", name), name, actions)
        for name, reason in expect.reasons.items():
            if reason not in REASONS:
                told = unknown(reason, REASONS, kind="reason")
                self._wrong(("expect", "reasons", name), told)

    def _check_name(self, path: Path, name: str, known: set[str]) -> None:
        bare = name.partition(" stage ")[0]
        if bare not in known:
            if path[0] != "not" or meant_by(bare, known):  # else it cannot come indeed
                self._unknown(path, name, known)
        elif name not in known and name not in self._staged():
            self._wrong(("expect", *path), _NO_STAGE.format(name))

    def _staged(self) -> set[str]:
        """Name each stage that a situation has."""
        return {
            f"{each.name} stage {number + 1}"
            for each in self._playbook.situations
            for number in range(each.stages)
        }

    def _unknown(self, path: Path, name: str, known: Iterable[str]) -> None:
        near = meant_by(name, known)
        advice = f": did you mean `{near}`?" if near else "; write a name that it has"
        self._wrong(("expect", *path), f"the playbook has no `{name}`{advice}")


def _envelope(number: int, told: Mapping[str, Any]) -> dict[str, Any]:
    """Write an event out: what the envelope does not know goes into `data`."""
    if "type" not in told:
        raise ValueError("it has no `type`; write for example `type: cart.item_added`")
    data = told.get("data", {})
    if not isinstance(data, Mapping):
        raise TypeError("`data` has parts; write for example `data: {sku: SHOE}`")
    whose = told.get("as", SOMEBODY)
    if not isinstance(whose, Mapping):
        raise TypeError("`as` has parts; write for example `as: {user_id: u1}`")
    rest = {key: value for key, value in told.items() if key not in _SPOKEN}
    envelope = {key: value for key, value in rest.items() if key in _ENVELOPE}
    if "received" in envelope:
        envelope["received"] = instant(envelope["received"])
    return {
        "id": f"given-{number + 1}",
        "channel": DEFAULT_CHANNEL,
        **envelope,
        "time": instant(told.get("at", START)),
        "identifiers": {str(kind): str(value) for kind, value in whose.items()},
        "data": {**{key: rest[key] for key in rest.keys() - envelope.keys()}, **data},
    }


def _reference_line(told: Mapping[str, Any]) -> ReferenceLine:
    """Read a reference as a log would tell it; raises ValueError."""
    if strange := sorted(told.keys() - _OF_REFERENCE):
        raise ValueError(f"a reference has no `{strange[0]}`; write {_REFERENCE_EXAMPLE}")
    line = {key: value for key, value in told.items() if key != "at"}
    line["time"] = instant(told.get("at", START))
    if "value" not in line:
        raise ValueError(f"it has no `value`; write {_REFERENCE_EXAMPLE}")
    found = read_reference(msgspec.json.encode(line))
    if isinstance(found, ReferenceLine):
        return found
    why = found.message if found else f"it has no `key`; write {_REFERENCE_EXAMPLE}"
    raise ValueError(why)


def _moment_after(text: str | int, last: Instant) -> Instant:
    if not text:
        return last
    if isinstance(text, str) and text.startswith("+"):
        return last + read_span(text[1:])
    return instant(text)


def clock_at(given: Event | ReferenceLine) -> Instant:
    """Say when the log took an event, or from when on a reference counts."""
    if isinstance(given, ReferenceLine):
        return given.version.time
    return given.received or given.time
