"""Stories of refusals in words that nobody knew, and of what lifts them."""

from __future__ import annotations

import pytest

from legato.core.context.consent import MOST_UNCLEAR, consent_for
from legato.core.context.context import ConsentRecord, Context
from legato.core.events.event import Event
from legato.core.merge.merge import merge
from legato.core.values.results import DUPLICATE, WAITING
from legato.harness import Harness, default_playbook
from tests.unit.core.stories import HOURS, added, at, event, looked, may, only, partition


def wish(minute: float, purpose: str, status: str, /, **told: object) -> Event:
    return event(minute, "consent.updated", purpose=purpose, status=status, **told)


def wanted(harness: Harness, channel: str = "email", purpose: str = "promotion") -> bool | None:
    return consent_for(harness.contexts["ada"].consents, purpose, channel)


def test_an_unknown_purpose_is_all_but_service() -> None:
    harness = Harness().feed(may(0), wish(0, "service", "granted", id="yes"))
    harness.feed(wish(1, "marketing", "revoked"))
    assert wanted(harness) is False
    assert wanted(harness, "sms") is False
    assert wanted(harness, purpose="profiling") is False
    assert wanted(harness, purpose="service") is True


def test_an_unknown_channel_is_all_channels() -> None:
    harness = Harness().feed(may(0), wish(1, "promotion", "denied", channel="Post"))
    assert (wanted(harness, "email"), wanted(harness, "sms")) == (False, False)


def test_an_unknown_status_is_a_refusal() -> None:
    assert wanted(Harness().feed(may(0), wish(1, "promotion", "opted out"))) is False


def test_a_newer_word_that_is_known_counts_again() -> None:
    harness = Harness().feed(wish(0, "marketing", "revoked"), may(1, on="email"))
    assert (wanted(harness, "email"), wanted(harness, "sms")) == (True, False)
    assert wanted(harness.feed(may(-1, "granted", on="sms")), "sms") is False


def test_what_was_not_understood_overwrites_nothing_and_is_followed_once_it_is() -> None:
    unclear = wish(1, "marketing", "opted out", id="r")
    harness = Harness().feed(may(0), unclear)
    assert harness.take(wish(1, "marketing", "opted out", id="r")) is DUPLICATE
    assert harness.take(wish(1, "promotion", "granted", id="r")) is None
    assert wanted(harness) is True
    assert [*harness.contexts["ada"].consents] == ["promotion|*"]
    assert harness.take(wish(1, "marketing", "opted out", id="r")) is DUPLICATE
    assert wanted(harness) is True


def test_a_refusal_that_is_mapped_to_less_gives_the_rest_back() -> None:
    harness = Harness().feed(may(0), wish(1, "marketing", "revoked", id="r"))
    harness.feed(wish(2, "sales", "revoked", id="s"))
    harness.feed(wish(2, "profiling", "revoked", id="s"))
    assert wanted(harness) is False
    harness.feed(wish(1, "promotion", "revoked", id="r", channel="sms"))
    assert (wanted(harness, "sms"), wanted(harness, "email")) == (False, True)


def test_it_takes_back_what_waits_to_go_out() -> None:
    night = 10 * HOURS
    address = looked(night, identifiers={"email": "ada@example.org"})
    harness = (
        Harness().feed(may(night - 1), address, added(night)).wait_until(at(night + 2 * HOURS))
    )
    only(harness.actions)
    harness.feed(wish(night + 2 * HOURS, "newsletter", "unsubscribed"))
    assert only(harness.revoked).reason == "no_consent"


def test_one_that_waits_is_not_followed_after_it_came_in_words_that_are_known() -> None:
    line, late = partition(), 2 * HOURS
    for told in (may(0), added(1)):
        line.feed(told, at(1))
    for purpose in ("marketing", "profiling"):
        assert line.feed(wish(late, purpose, "revoked", id="r"), at(2)) is WAITING
    line.advance(at(3 * HOURS))
    assert consent_for(line.cache["ada"].consents, "promotion", "email") is True


def test_who_refuses_in_many_words_is_taken_to_refuse_all() -> None:
    harness = Harness().feed(may(0))
    for number in range(2 * MOST_UNCLEAR):
        harness.feed(wish(number, f"word {number}", "denied", channel="sms"))
    assert len(harness.contexts["ada"].consents) == MOST_UNCLEAR + 2
    assert wanted(harness, "email") is False


def test_a_side_that_heard_it_clearly_settles_it_for_both() -> None:
    unclear = Harness().feed(wish(1, "marketing", "revoked", id="r")).contexts["ada"]
    clear = Harness().feed(may(0), wish(1, "profiling", "revoked", id="r")).contexts["ada"]
    for ours, theirs in ((unclear, clear), (clear, unclear)):
        united, _ = merge(default_playbook(), ours, theirs)
        assert consent_for(united.consents, "promotion", "email") is True


@pytest.mark.parametrize("key", ["marketing|*", "Promotion|email", "promotion|e-mail"])
def test_words_that_a_former_release_kept_are_read_like_this(key: str) -> None:
    context = Context("ada", consents={key: ConsentRecord("revoked", 2)})
    context.consents["promotion|*"] = ConsentRecord("granted", 1)
    assert consent_for(context.consents, "promotion", "email") is False
