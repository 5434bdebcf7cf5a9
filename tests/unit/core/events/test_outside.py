"""An event type from elsewhere is a row: it is told in words and brings a customer further."""

from msgspec.structs import replace

from legato import Harness, Playbook, default_playbook
from legato.core.events.types import EVENT_TYPES
from legato.core.events.vocabulary import KNOWN_TYPES, Vocabulary
from tests.outside.nps import NPS
from tests.unit.core.stories import added, event, only

OURS: Playbook = replace(default_playbook(), vocabulary=Vocabulary((*KNOWN_TYPES, NPS)))


def handed_over(playbook: Playbook) -> tuple[str, ...]:
    """What a store is told of somebody who rated us on the web."""
    harness = Harness(playbook).feed(
        added(0), event(1, "nps.given", score=9), event(30, "store.visited", "store")
    )
    handoff = only([each for each in harness.actions if each.channel == "store"]).handoff
    assert handoff is not None
    return handoff.touchpoints


def test_a_handoff_tells_it_in_its_words() -> None:
    assert "29 minutes ago, web: told how happy they are" in handed_over(OURS)
    assert "29 minutes ago, web: nps given" in handed_over(default_playbook())


def test_it_brings_a_customer_further() -> None:
    told = Harness(OURS).feed(event(1, "nps.given", score=9)).contexts["ada"]
    assert told.stage == "onboarding"
    assert Harness().feed(event(1, "nps.given", score=9)).contexts["ada"].stage == "awareness"


def test_what_legato_ships_stays_as_it_is() -> None:
    assert EVENT_TYPES["nps.given"].reach == 0
