"""Learning in virtual time: what fails loses its place, and a few are tried all the same."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from msgspec import json

from legato.cli import main
from legato.core.events.event import Event
from legato.core.playbook.compile import read_playbook
from legato.core.playbook.definition import Playbook
from legato.core.references.versions import ReferenceVersion
from legato.core.values.outputs import Action, Decision
from legato.core.values.time import DAY, HOUR, MINUTE, Instant
from legato.harness import Harness, LearningHarness
from legato.replay import Entry, read_log, replay
from legato.wire.topics.references import ReferenceLine
from tests.replay.shards import Shards
from tests.unit.core.stories import NOON

Json = dict[str, Any]
TEXT = """
version: 1
situations: {left: {absence: {of: cart, after: [1h]}}}
channels: {email: {address: [email]}, sms: {address: [phone]}}
segments: {german: {when: customer.profile.language == "de"}}
actions:
  mail: {situation: left, channel: email, purpose: service, content: x, propensity: 0.5}
  text: {situation: left, channel: sms, purpose: service, content: x, propensity: 0.3}
"""
LEARNING = "learning: {explore: EXPLORE}\n"
EVERY: Instant = 30 * MINUTE
DONE = 400
"""So many carts are left, one after the other: for eight days."""


class Noting(LearningHarness):
    """Keeps all tables."""

    def __init__(self, playbook: Playbook) -> None:
        super().__init__(playbook)
        self.tables: list[ReferenceVersion] = []

    def publish_table(self, table: list[ReferenceVersion]) -> None:
        self.tables += table
        super().publish_table(table)


def asks(explore: float) -> Playbook:
    return read_playbook((TEXT + LEARNING.replace("EXPLORE", str(explore))).encode())


def line(at: Instant, kind: str, who: int, **told: object) -> Json:
    known = {"user_id": f"u{who}", "email": f"u{who}@x.org", "phone": f"+4930123{who:05}"}
    return {
        "id": f"{kind}-{who}-{at}", "type": kind, "channel": "web", "time": at,
        "identifiers": known, **({"cart_id": f"c{who}"} if "cart" in kind else {}),
        "data": {"sku": f"S{who}", "price": 10, **told},
    }  # fmt: skip


class World:
    """Leaves carts; what goes out arrives, and who got a text orders a day later."""

    def __init__(self, harness: Harness, text_works: bool = True) -> None:
        self.harness, self.lines = harness, list[Json]()
        self.decisions: list[Decision] = []
        self._later: list[Json] = []
        self._works = text_works

    def live(self, carts: int = DONE) -> World:
        for who in range(carts):
            self._later.append(line(NOON + who * EVERY, "cart.item_added", who))
        end = NOON + carts * EVERY + 2 * HOUR
        while (now := self._next()) <= end:
            self.harness.wait_until(now)
            self._hear()
            self._tell(now)
        return self

    def _next(self) -> Instant:
        times: list[Instant] = [each["time"] for each in self._later]
        return min([self.harness.engine.next_due, *times])

    def _tell(self, now: Instant) -> None:
        due = [each for each in self._later if each["time"] <= now]
        self._later = [each for each in self._later if each["time"] > now]
        self.lines += due
        for each in due:
            self.harness.take(json.decode(json.encode(each), type=Event))
            self._hear()

    def _hear(self) -> None:
        for said in self.harness.drain():
            if isinstance(said, Decision):
                self.decisions.append(said)
            elif isinstance(said, Action):
                who = int(said.items[0].sku[1:])
                told = line(
                    said.time + MINUTE, "action.delivered", who, action_id=said.action_id
                )
                self._later.append(told)
                if said.action == "text" and self._works:
                    items = [{"sku": f"S{who}", "quantity": 1}]
                    order = line(said.time + DAY, "order.completed", who, items=items, total=10)
                    self._later.append({**order, "order_id": f"o{who}"})


@cache
def learned() -> World:
    return World(LearningHarness(asks(0))).live()


@cache
def explored() -> World:
    return World(LearningHarness(asks(20))).live()


def test_what_fails_loses_its_place_after_50_tries() -> None:
    decisions = learned().decisions
    names = [each.action for each in decisions]
    flip = names.index("text")
    assert names == ["mail"] * flip + ["text"] * (len(names) - flip)
    # The 50th try was counted once its three days had passed, and an hour later its table.
    fiftieth = decisions[49].time + MINUTE + 3 * DAY
    assert fiftieth + HOUR <= decisions[flip].time <= fiftieth + 3 * HOUR
    (mail, text) = decisions[flip].candidates
    assert mail.factors is not None
    assert text.factors is not None
    assert mail.factors.propensity == pytest.approx(0.25, abs=0.01)
    assert text.factors.propensity == 0.3
    assert (mail.reason, mail.detail) == ("lost_arbitration", "text")


def test_a_decision_names_the_version_and_the_segment_that_it_counted_with() -> None:
    last = learned().decisions[-1]
    assert last.segment == "*"
    assert [*last.references] == ["propensity/mail@email", "propensity/text@sms"]
    for since in last.references.values():
        assert since % HOUR == 0
        assert last.time - HOUR < since <= last.time


def test_what_works_is_learned_as_well() -> None:
    (_, text) = learned().decisions[-1].candidates
    assert text.factors is not None
    assert text.factors.propensity > 0.5


def test_without_learning_nothing_changes() -> None:
    plain = World(Harness(read_playbook(TEXT.encode()))).live(60)
    assert {each.action for each in plain.decisions} == {"mail"}
    for each in plain.decisions:
        assert not (each.explored or each.segment or each.references)


def test_a_share_is_tried_by_chance_among_what_passed() -> None:
    decisions = explored().decisions
    tried = [each for each in decisions if each.explored]
    assert 0.14 < len(tried) / len(decisions) < 0.26
    first = [each for each in decisions[:100] if not each.explored]
    assert {each.action for each in first} == {"mail"}
    names = Counter(each.action for each in tried)
    assert min(names["mail"], names["text"]) > len(tried) / 4


def test_nothing_that_a_check_forbids_is_tried() -> None:
    muted = TEXT.replace("content: x, propensity: 0.3", 'content: x, when: "false"')
    all_of_it = read_playbook((muted + "learning: {explore: 100}").encode())
    decisions = World(LearningHarness(all_of_it)).live(40).decisions
    assert {each.action for each in decisions} == {"mail"}
    assert not any(each.explored for each in decisions)


def test_segments_are_learned_apart() -> None:
    world = World(LearningHarness(asks(0)))
    world._later.append(line(NOON - HOUR, "customer.updated", 7, language="de"))
    world.live(20)
    assert [each.segment for each in world.decisions] == ["*"] * 7 + ["german"] + ["*"] * 12


def test_a_replay_of_the_log_says_the_same() -> None:
    """By the harness that learns, and with the tables as lines of references by 1 or 4."""
    world, playbook = explored(), asks(20)
    log = read_log(json.encode(each) for each in world.lines)
    harness, until = Noting(playbook), log[-1].at
    said = [json.decode(each) for each in replay(harness, log, until)]
    ours = [each for each in said if each["kind"] == "decision" and each.pop("identifiers")]
    assert [each["action_id"] for each in ours] == [
        each.action_id for each in world.decisions if each.time <= until
    ]
    for partitions in (1, 4):
        entries = read_log(json.encode(each) for each in world.lines)
        tables = [Entry(each.time - HOUR, 0, ReferenceLine(each, 0)) for each in harness.tables]
        entries = sorted([*tables, *entries], key=lambda each: each.at)
        outputs = Shards(playbook, partitions).follow(entries, until)
        decisions = [each for each in outputs if isinstance(each, Decision)]
        told = {each.decision_id: json.decode(json.encode(each)) for each in decisions}
        assert len(told) == len(ours)
        for each in ours:
            assert told[each["decision_id"]] == each


def test_the_command_learns_inline(tmp_path: Path) -> None:
    events, playbook = tmp_path / "events.jsonl", tmp_path / "playbook.yaml"
    events.write_bytes(b"\n".join(json.encode(each) for each in learned().lines))
    playbook.write_text(TEXT)
    command = ["replay", str(events), "--learn", "--playbook", str(playbook)]
    refused = CliRunner().invoke(main, command)
    assert refused.exit_code == 2
    assert "the playbook asks for no learning; add `learning: {}` to it" in refused.output
    playbook.write_text(TEXT + "learning: {explore: 0}")
    said = CliRunner().invoke(main, command)
    told = [json.decode(each) for each in said.output.splitlines()]
    actions = [each["action"] for each in told if each["kind"] == "decision"]
    assert actions.count("mail") < len(actions)
    assert [*dict.fromkeys(actions)] == ["mail", "text"]


def test_a_version_says_from_its_hour_on_what_is_learned() -> None:
    harness = Noting(asks(0))
    world = World(harness)
    text = TEXT + LEARNING.replace("EXPLORE", "0, least: 500")
    harness.publish(text, NOON + 78 * HOUR + MINUTE)
    harness.publish(TEXT, NOON + 80 * HOUR + MINUTE)
    world.live(165)
    means = {each.time: json.decode(each.value)["*"]["mean"] for each in harness.tables}
    hours = [(at - NOON) // HOUR for at in sorted(means)]
    assert hours[-1] == 81
    assert means[NOON + 79 * HOUR] < 0.45
    assert means[NOON + 80 * HOUR] > 0.48
