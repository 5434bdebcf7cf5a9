"""Who is at a venue or in a queue: what the view writes to Redis, what the API reads of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from legato.core.context.context import (
    Awaited,
    Contact,
    ContactWord,
    Context,
    ErasureRecord,
    VenueVisit,
)
from legato.core.context.context import Presence as Step
from legato.core.context.retention import LONGEST_CONTACT, STAYS_VISIBLE
from legato.core.values.time import DAY, HOUR, LONG_AGO, MINUTE, Instant
from legato.serving.api.customers import Customers
from legato.serving.api.keys import ApiKey, new_key
from legato.serving.api.presence import PresenceReader
from tests.integration.context_topic import a_context, a_forwarder
from tests.integration.shelf import Listener
from tests.integration.view_records import NOW
from tests.integration.written_view import WrittenView

ANNA = "0-" + "a" * 24
BERT = "0-" + "b" * 24
CLEO = "0-" + "c" * 24
DORA = "0-" + "d" * 24
ALL = new_key(name="all", scopes=["read"], created=0)[1]


def key_of(*brands: str) -> ApiKey:
    return new_key(name="test", scopes=["read"], created=0, brands=brands)[1]


@pytest.fixture
def view(redis_url: str, topic_prefix: str) -> Iterator[WrittenView]:
    view = WrittenView(redis_url, topic_prefix)
    yield view
    view.client.close()


@pytest.fixture
async def desk(view: WrittenView) -> AsyncIterator[PresenceReader]:
    customers = Customers(view.settings)
    yield PresenceReader(customers, "unassigned")
    await customers.close()


def there(
    customer_id: str, revision: int = 1, *, at: Instant = NOW, venue: str = "BER-1"
) -> Context:
    """Somebody who came to a venue."""
    context = a_context(customer_id, revision)
    context.venues = (VenueVisit(at, venue),)
    return context


def branded(context: Context, *brands: str, brand: str = "") -> Context:
    """The same who has touched these brands, and came in the name of one of them or none."""
    context.brands = brands
    context.venues = tuple(replace(visit, brand=brand) for visit in context.venues)
    return context


def expected(customer_id: str, revision: int = 1, **told: object) -> Context:
    """Somebody who is expected at BER-1 for an order, for a day."""
    context = a_context(customer_id, revision)
    order = Awaited("order:o1", NOW - HOUR, "BER-1", NOW + DAY)
    context.awaited = (replace(order, **told),)
    return context


def in_contact(customer_id: str, revision: int = 1, **told: object) -> Context:
    """Somebody who waits in a queue since now."""
    context = a_context(customer_id, revision)
    word, step = ContactWord(NOW, "sales"), Step(NOW, "call")
    context.contact = replace(Contact(LONG_AGO, "", queued=step, queue=word), **told)
    return context


def members(view: WrittenView, key: str) -> dict[str, Instant]:
    found: Any = view.client.zrange(key, 0, -1, withscores=True)
    return {name.decode(): int(until) for name, until in found}


def write(view: WrittenView, *contexts: Context) -> None:
    view.read(*map(view.log.context, contexts))


def news(listener: Listener) -> list[tuple[str, str, str]]:
    """Whom the view told of, and where that was news."""
    heard = [notice for told in listener.heard() for notice in told]
    return [(each["customer"], each.get("venue", ""), each.get("queue", "")) for each in heard]


def test_each_stands_in_its_sets_for_as_long_as_it_holds(view: WrittenView) -> None:
    write(view, there(ANNA), expected(BERT), in_contact(CLEO), a_context(DORA))
    assert members(view, view.keys.here("BER-1")) == {ANNA: NOW + STAYS_VISIBLE}
    assert members(view, view.keys.expected("BER-1")) == {BERT: NOW + DAY + STAYS_VISIBLE}
    assert members(view, view.keys.contacts("sales")) == {CLEO: NOW + LONGEST_CONTACT}
    for key in (view.keys.here("BER-1"), view.keys.contacts("sales")):
        assert view.client.pexpiretime(key) == NOW + 2 * HOUR


def test_what_was_long_ago_is_not_written_and_goes_as_somebody_comes(view: WrittenView) -> None:
    write(view, there(ANNA, at=NOW - 2 * HOUR), expected(BERT, until=NOW - 2 * HOUR))
    assert not [key for key in view.standing() if "BER-1" in key]
    view.client.zadd(view.keys.here("BER-1"), {"gone": NOW - 1})
    write(view, there(CLEO))
    assert [*members(view, view.keys.here("BER-1"))] == [CLEO]


def test_who_collected_or_hung_up_leaves(view: WrittenView) -> None:
    write(view, expected(ANNA), in_contact(BERT))
    write(view, expected(ANNA, 2, closed=NOW), in_contact(BERT, 2, ended=NOW + 1))
    assert not [key for key in view.standing() if "BER-1" in key or "sales" in key]


def test_an_order_that_was_collected_takes_nothing_from_another(view: WrittenView) -> None:
    context = expected(ANNA, closed=NOW)
    context.awaited += (replace(context.awaited[0], what="order:o2", closed=LONG_AGO),)
    write(view, context)
    assert [*members(view, view.keys.expected("BER-1"))] == [ANNA]


def test_a_venue_hears_who_comes_and_not_who_is_there(view: WrittenView) -> None:
    listener = Listener(view.client, view.keys)
    write(view, there(ANNA, 1))
    write(view, there(ANNA, 2, at=NOW + MINUTE))
    write(view, there(ANNA, 2, at=NOW + MINUTE))
    write(view, there(ANNA, 3, venue="BER-2"))
    assert news(listener) == [
        *((ANNA, "BER-1", ""), (ANNA, "", "")),
        *((ANNA, "BER-2", ""), (ANNA, "BER-1", "")),
    ]


def test_a_venue_hears_who_is_expected_and_is_no_more(view: WrittenView) -> None:
    listener = Listener(view.client, view.keys)
    for revision, closed in ((1, LONG_AGO), (2, LONG_AGO), (3, NOW), (4, NOW)):
        write(view, expected(ANNA, revision, closed=closed))
    assert news(listener) == [
        *((ANNA, "BER-1", ""), (ANNA, "", "")),
        *((ANNA, "BER-1", ""), (ANNA, "", "")),
    ]


def test_a_queue_hears_of_each_step_of_a_contact(view: WrittenView) -> None:
    listener = Listener(view.client, view.keys)
    write(view, in_contact(ANNA, 1))
    write(view, in_contact(ANNA, 2, answered=Step(NOW + MINUTE, "call")))
    write(view, in_contact(ANNA, 3, answered=Step(NOW + MINUTE, "call")))
    write(view, in_contact(ANNA, 4, ended=NOW + 2 * MINUTE))
    assert news(listener) == [
        *((ANNA, "", "sales"), (ANNA, "", "sales")),
        *((ANNA, "", ""), (ANNA, "", "sales")),
    ]


def test_who_is_passed_on_leaves_the_queue_and_it_hears_so(view: WrittenView) -> None:
    listener = Listener(view.client, view.keys)
    write(view, in_contact(ANNA, 1))
    write(view, in_contact(ANNA, 2, queue=ContactWord(NOW + 1, "service")))
    assert news(listener) == [(ANNA, "", "sales"), (ANNA, "", "service"), (ANNA, "", "sales")]
    assert members(view, view.keys.contacts("sales")) == {}
    assert [*members(view, view.keys.contacts("service"))] == [ANNA]


def test_whoever_is_gone_leaves_each_place_and_it_hears_so(view: WrittenView) -> None:
    """Erased, merged, on the way to be forgotten, or of whom another came in by a split."""
    asked = there(CLEO, 2)
    asked.erasures = (ErasureRecord(NOW, True, "web", ""),)
    write(view, *(there(each) for each in (ANNA, BERT, CLEO, DORA)))
    listener = Listener(view.client, view.keys)
    view.read(view.log.erasure(ANNA))
    write(view, a_forwarder(BERT, 2, to=DORA), asked, a_context(DORA, 2))
    assert news(listener) == [(each, "BER-1", "") for each in (ANNA, BERT, CLEO, DORA)]
    assert not [key for key in view.standing() if "here" in key or "placed" in key]


async def test_a_contact_that_names_no_queue_is_in_the_default_one(
    view: WrittenView, desk: PresenceReader
) -> None:
    write(view, in_contact(ANNA, queue=None), in_contact(BERT))
    assert [*members(view, view.keys.contacts("unassigned"))] == [ANNA]
    (found,) = await desk.in_queue("unassigned", ALL)
    assert found.found.customer_id == ANNA
    assert [each.found.customer_id for each in await desk.in_queue("sales", ALL)] == [BERT]


async def test_a_guest_who_is_merged_is_one_as_whom_they_go_on(
    view: WrittenView, desk: PresenceReader
) -> None:
    write(view, a_context(ANNA), a_context(BERT))
    await desk.note_guest("BER-1", ANNA, NOW + HOUR)
    await desk.hand_on_guest("BER-1", ANNA, BERT)
    await desk.hand_on_guest("BER-1", CLEO, ANNA)
    assert members(view, view.keys.guests("BER-1")) == {ANNA: NOW + HOUR, BERT: NOW + HOUR}


def test_who_comes_and_is_expected_at_once_is_told_of_at_both(view: WrittenView) -> None:
    listener = Listener(view.client, view.keys)
    context = there(ANNA, venue="BER-2")
    context.awaited = expected(ANNA).awaited
    write(view, context)
    assert news(listener) == [(ANNA, "BER-2", ""), (ANNA, "BER-1", "")]


async def test_a_venue_lists_who_is_there_then_who_is_expected(
    view: WrittenView, desk: PresenceReader
) -> None:
    write(view, expected(CLEO), there(ANNA, at=NOW - MINUTE), there(BERT, at=NOW - 2 * MINUTE))
    write(view, there(DORA, venue="BER-2"))
    found = await desk.at_venue("BER-1", ALL)
    assert [(each.found.customer_id, each.visibility.why) for each in found] == [
        *((ANNA, "present"), (BERT, "present"), (CLEO, "expected"))
    ]
    assert found[2].visibility.what == ("order:o1",)
    assert found[0].context["venues"] == [{"venue": "BER-1", "time": NOW - MINUTE}]
    assert await desk.at_venue("HAM-1", ALL) == []


async def test_who_is_in_a_set_but_not_there_is_left_out(
    view: WrittenView, desk: PresenceReader
) -> None:
    """An erased one, one who never was, one whose visit went to another by a split."""
    write(view, there(ANNA), there(BERT))
    view.read(view.log.erasure(ANNA))
    view.client.zadd(view.keys.here("BER-1"), {"0-nobody": NOW + HOUR})
    write(view, a_context(BERT, 2))
    assert [*members(view, view.keys.here("BER-1"))] == ["0-nobody"]
    assert await desk.at_venue("BER-1", ALL) == []


async def test_who_was_merged_is_there_as_whom_they_became_and_once(
    view: WrittenView, desk: PresenceReader
) -> None:
    write(view, there(ANNA), there(BERT))
    write(view, a_forwarder(BERT, 2, to=CLEO), a_forwarder(CLEO, 1, to=ANNA))
    await desk.note_guest("BER-1", BERT, NOW + HOUR)
    found = await desk.at_venue("BER-1", ALL)
    assert [each.found.customer_id for each in found] == [ANNA]


async def test_a_guest_is_there_by_what_was_told_until_then(
    view: WrittenView, desk: PresenceReader
) -> None:
    listener = Listener(view.client, view.keys)
    write(view, a_context(ANNA), a_context(BERT))
    assert news(listener) == [(ANNA, "", ""), (BERT, "", "")]
    await desk.note_guest("BER-1", ANNA, NOW + HOUR)
    await desk.note_guest("BER-1", ANNA, NOW + MINUTE)
    await desk.note_guest("BER-1", BERT, NOW - 1)
    assert news(listener) == [(ANNA, "BER-1", "")]
    (guest,) = await desk.at_venue("BER-1", ALL)
    assert (guest.found.customer_id, guest.visibility.why) == (ANNA, "guest")
    assert guest.visibility.until == NOW + HOUR
    assert view.client.pexpiretime(view.keys.guests("BER-1")) == NOW + HOUR


async def test_a_key_of_a_brand_sees_who_is_there_in_its_name_or_in_none(
    view: WrittenView, desk: PresenceReader
) -> None:
    both = ("north", "south")
    write(view, branded(there(ANNA), *both, brand="north"), branded(there(BERT), *both))
    write(view, branded(there(CLEO), "south"))
    for brand, wanted in (("north", {ANNA, BERT}), ("south", {BERT, CLEO})):
        found = await desk.at_venue("BER-1", key_of(brand))
        assert {each.found.customer_id for each in found} == wanted
    assert len(await desk.at_venue("BER-1", ALL)) == 3


async def test_a_queue_lists_who_waits_the_longest_first_then_who_talks(
    view: WrittenView, desk: PresenceReader
) -> None:
    answered = Step(NOW + 1, "call")
    write(view, in_contact(ANNA, answered=answered, agent=ContactWord(NOW + 1, "A-17")))
    write(view, in_contact(BERT), in_contact(CLEO, queued=Step(NOW - MINUTE, "chat")))
    write(view, in_contact(DORA, queue=ContactWord(NOW, "service")))
    found = await desk.in_queue("sales", ALL)
    assert [(each.found.customer_id, each.contact.agent) for each in found] == [
        *((CLEO, ""), (BERT, ""), (ANNA, "A-17"))
    ]
    assert [each.contact.waiting for each in found] == [NOW - MINUTE, NOW, None]
    write(view, in_contact(CLEO, 2, queue=ContactWord(NOW + 1, "service")))
    assert [each.found.customer_id for each in await desk.in_queue("sales", ALL)] == [
        BERT,
        ANNA,
    ]
