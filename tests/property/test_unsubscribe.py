"""After one click there is no more promotion on that channel, whenever in a story it comes."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from legato.core.events.event import Event
from legato.core.values.outputs import Action, Revoked
from legato.core.values.time import HOUR, MINUTE, Instant
from legato.harness import Harness
from legato.serving.api.ingest.unsubscribing import refusal_event
from legato.serving.unsubscribe import UnsubscribeLinks
from legato.settings import UnsubscribeSettings
from legato.testing import event
from legato.testing.events import instant
from legato.wire.formats.registry import FileRegistry
from legato.wire.source.reader import Reader
from legato.wire.source.source import Source
from tests.examples import examples

URL = "https://api.example/v1/unsubscribe/"
LINKS = UnsubscribeLinks(
    UnsubscribeSettings(f"{URL}{{token}}", "a secret of thirty-two signs or so")
)
READER = Reader(Source(name="events", topics=("x",)), FileRegistry(), check_payload=True)
KNOWN = {"email": "ada@example.org", "loyalty_id": "42"}


def is_promotion(action: Action) -> bool:
    return action.purpose == "promotion" and action.channel == "email"


def clicked(action: Action, at: Instant) -> Event:
    """What becomes of a click in the email of an action, through all that it goes through."""
    link = LINKS.link_of(action, "email")
    ended = LINKS.open(link.removeprefix(URL))
    assert ended is not None
    found = READER.read(refusal_event(ended, at).value, None, (), at)
    assert isinstance(found, Event)
    return found


class Shopper:
    """A customer who agreed to everything, and what they do hour by hour."""

    def __init__(self, start: Instant) -> None:
        self.harness, self.now = Harness(), start
        self.said: list[object] = []
        self.tell("consent.updated", purpose="promotion", status="granted")

    def tell(self, kind: str, *, guest: bool = False, **data: object) -> None:
        who = {"email": KNOWN["email"]} if guest else KNOWN
        told: dict[str, object] = {"identifiers": who, **data}
        self.feed(event(kind, self.now, "", "web", **told))

    def feed(self, *events: Event) -> None:
        self.harness.feed(*events)
        self.said += self.harness.drain()

    def wait(self, span: int) -> None:
        self.now += span
        self.harness.wait_until(self.now)
        self.said += self.harness.drain()

    def fill_a_cart(self, name: str, guest: bool) -> None:
        self.tell(
            "cart.item_added", guest=guest, sku=name, price=90, currency="EUR", cart_id=name
        )

    @property
    def emails(self) -> list[Action]:
        return [each for each in self.said if isinstance(each, Action) and is_promotion(each)]


@settings(max_examples=examples(40))
@given(
    st.lists(st.tuples(st.integers(1, 40), st.booleans()), min_size=1, max_size=8),
    st.integers(0, 23),
    st.integers(0, 50),
)
def test_after_one_click_nothing_waits_and_nothing_more_is_decided(
    steps: list[tuple[int, bool]], hour: int, later: int
) -> None:
    shopper = Shopper(instant("2026-03-02T00:00:00Z") + hour * HOUR)
    shopper.fill_a_cart("first", guest=False)
    for _ in range(30):
        shopper.wait(HOUR)
        if shopper.emails:
            break
    if not shopper.emails:
        return
    shopper.wait(later * 20 * MINUTE)
    before = list(shopper.emails)
    shopper.feed(clicked(before[0], shopper.now))
    taken_back = {each.action_id for each in shopper.said if isinstance(each, Revoked)}
    for each in before:
        if each.not_before > shopper.now and each.expires_at > shopper.now:
            assert each.action_id in taken_back
    for number, (span, guest) in enumerate(steps):
        shopper.fill_a_cart(f"cart-{number}", guest)
        shopper.wait(span * HOUR)
    assert shopper.emails == before


def test_a_reminder_that_waits_for_the_morning_is_taken_back_by_a_click_in_the_night() -> None:
    shopper = Shopper(instant("2026-03-02T20:30:00Z"))
    shopper.fill_a_cart("first", guest=False)
    shopper.wait(2 * HOUR)
    (reminder,) = shopper.emails
    assert reminder.not_before == instant("2026-03-03T08:00:00Z")
    shopper.feed(clicked(reminder, shopper.now))
    (revoked,) = (each for each in shopper.said if isinstance(each, Revoked))
    assert (revoked.action_id, revoked.too_late) == (reminder.action_id, False)
    shopper.wait(100 * HOUR)
    assert shopper.emails == [reminder]
