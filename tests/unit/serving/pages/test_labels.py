"""All that Legato itself has codes for is said in words, in every language."""

import pytest

from legato.core.events.vocabulary import KNOWN_TYPES
from legato.harness import default_playbook
from legato.serving.pages import labels
from legato.serving.pages.words import LANGUAGES, Words
from legato.wire.topics.outcomes import STATUSES

GERMAN = Words("de", "Europe/Berlin")
PLAYBOOK = default_playbook()
ACTIONS = [action for actions in PLAYBOOK.actions.values() for action in actions]


def test_whatever_the_default_playbook_does_and_offers_has_words() -> None:
    assert set(labels.ACTIONS) == {each.name for each in ACTIONS}
    assert set(labels.OFFERS) == {each.offer for each in ACTIONS if each.offer}
    assert {each.channel for each in ACTIONS} <= set(labels.CHANNELS)


def test_whatever_happens_and_whatever_becomes_of_it_has_words() -> None:
    assert set(labels.EVENTS) == {each.name for each in KNOWN_TYPES}
    assert set(STATUSES) <= set(labels.BECAME)


@pytest.mark.parametrize("action", ["remind_by_email", "brief_senior_on_call"])
def test_an_action_is_said_in_the_language_of_who_reads_it(action: str) -> None:
    told = {labels.done(Words(each, "Europe/Berlin"), action) for each in LANGUAGES}
    assert len(told) == len(LANGUAGES)
    assert labels.plain(action) not in told


def test_what_others_named_is_shown_as_they_did() -> None:
    assert labels.done(GERMAN, "send_the_fair_invitation") == "send the fair invitation"
    assert labels.offer(GERMAN, "free_tea") == "free tea"
