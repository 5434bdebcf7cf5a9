"""Conditions and templates of actions: what they see, now and when it is decided later."""

from __future__ import annotations

import pytest

from legato.core.playbook.compile import PlaybookError
from legato.harness import Harness
from tests.unit.core.stories import added, at, event, playbook

WRITTEN = """
version: 1
events: {{nps.given: {{score: number, why: text}}}}
channels: {{web: {{pull: true}}}}
situations:
  unhappy: {situation}
actions:
  call:
    situation: unhappy
    channel: web
    purpose: service
    content: call
    when: {when}
    context: [{{when: 'event.data.score == 0', percent: 50}}]
    params: {{reason: {template}, fixed: as it is}}
"""
MATCH = "{match: {on: nps.given}}"


def harness_of(
    when: str = "event.data.score <= 6", template: str = "x", situation: str = MATCH
) -> Harness:
    text = WRITTEN.format(when=f"'{when}'", template=f"'{template}'", situation=situation)
    return Harness(playbook(text))


@pytest.mark.parametrize(
    ("told", "taken", "weight"),
    [({"score": 3}, ["call"], 1.0), ({"score": 0}, ["call"], 1.5), ({"score": 9}, [], 1.0)],
)
def test_a_condition_sees_the_event_that_completed_it(
    told: dict[str, int], taken: list[str], weight: float
) -> None:
    harness = harness_of().feed(event(0, "nps.given", "web", session_id="s", **told))
    assert [each.action for each in harness.actions] == taken
    (candidate,) = harness.decisions[0].candidates
    assert candidate.factors is not None
    assert candidate.factors.context == weight
    assert candidate.reason == ("won" if taken else "not_eligible")


def test_what_cannot_be_answered_does_not_hold() -> None:
    harness = harness_of('!(customer.profile.traits.tier == "gold")').feed(
        event(0, "nps.given")
    )
    assert [each.reason for each in harness.decisions[0].candidates] == ["not_eligible"]


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        ("because of {{ event.data.why }}!", "because of noise!"),
        ("{{event.data.score + 1}} of {{ situation.situation }}", "4 of unhappy"),
        ("{{ customer.profile.language }}", ""),
        ("{{ event.time }}", "2026-03-02T12:00:00Z"),
        ("{{ event.data.score > 1 }}", "true"),
        ("no hole", "no hole"),
    ],
)
def test_a_template_is_filled(template: str, filled: str) -> None:
    harness = harness_of(template=template)
    harness.feed(event(0, "nps.given", score=3, why="noise"))
    (action,) = harness.actions
    assert action.params == {"reason": filled, "fixed": "as it is"}


def test_what_time_shows_is_about_the_event_that_it_counts_from() -> None:
    absence = "{absence: {after: nps.given, unless: contact.started, for: 1h}}"
    harness = harness_of(template="{{ event.data.why }}", situation=absence)
    harness.feed(event(0, "nps.given", score=3, why="noise"), event(10, "page.viewed"))
    harness.wait_until(at(70))
    (found,) = harness.situations
    assert found.evidence["event"]["data"] == {"score": 3, "why": "noise"}
    assert [each.reason for each in harness.decisions[0].candidates] == ["unreachable"]


def test_what_nobody_reads_is_not_kept() -> None:
    harness = harness_of('event.channel == "web"', template="{{ event.data.score }}")
    harness.feed(event(0, "nps.given", score=3, why="noise"))
    kept = harness.situations[0].evidence["event"]
    assert kept["data"] == {"score": 3}
    assert sorted(kept) == ["channel", "data", "id", "time", "type"]


def test_conditions_of_a_cart_read_the_customer() -> None:
    text = """
version: 1
channels: {mobile: {address: [device_id]}}
situations: {left: {absence: {of: cart, after: [1h]}}}
actions:
  remind:
    situation: left
    channel: mobile
    purpose: service
    content: x
    when: ['customer.carts.exists(c, c.value > 50)', 'situation.stage == 1']
    params: {carts: '{{ size(customer.carts) }}'}
"""
    harness = Harness(playbook(text)).feed(added(0, identifiers={"device_id": "d"}))
    (action,) = harness.wait_until(at(61)).actions
    assert action.params == {"carts": "1"}


@pytest.mark.parametrize(
    ("when", "template", "fault"),
    [
        ("evnt.id == 1", "x", "did you mean `event`"),
        ("event.data.scor == 1", "x", "did you mean `score`"),
        ("event.data.score", "x", "actions, `call`"),
        ("true", "{{ event.data.scor }}", "did you mean `score`"),
        ("true", "{{ event.data.score", "close it, or leave it out"),
    ],
)
def test_what_is_wrong_is_said_at_load(when: str, template: str, fault: str) -> None:
    with pytest.raises(PlaybookError, match=fault):
        harness_of(when, template)
