"""The vocabulary: which types are known by name, and what the customer initiated."""

import re

import pytest

from legato.core.events.types import EVENT_TYPES, MOST_EVENT_TYPES, EventTypes
from legato.core.events.vocabulary import KNOWN_TYPES, VOCABULARY

PROMISED = [
    "page.viewed",
    "product.viewed",
    "search.performed",
    "cart.item_added",
    "cart.item_removed",
    "cart.updated",
    "checkout.started",
    "payment.failed",
    "order.completed",
    "order.cancelled",
    "order.returned",
    "order.ready_for_pickup",
    "order.picked_up",
    "store.visited",
    "contact.queued",
    "contact.answered",
    "contact.started",
    "contact.transferred",
    "contact.ended",
    "case.opened",
    "case.closed",
    "handoff.viewed",
    "message.received",
    "message.sent",
    "message.opened",
    "message.clicked",
    "article.viewed",
    "ad.exposed",
    "survey.sent",
    "survey.answered",
    "consent.updated",
    "customer.updated",
    "account.created",
    "product.first_used",
    "privacy.erasure_requested",
    "privacy.erasure_withdrawn",
]
DOMAINS = ["reservation", "delivery", "loyalty", "device"]
NOT_BY_THE_CUSTOMER = [
    "message.sent",
    "message.opened",
    "ad.exposed",
    "consent.updated",
    "contact.transferred",
    "contact.ended",
    "payment.failed",
    "order.cancelled",
    "order.returned",
    "order.ready_for_pickup",
    "survey.sent",
    "message.bounced",
    "message.complained",
    "message.unsubscribed",
    "account.logged_out",
    "customer.merged",
    "card.replaced",
    "reservation.released",
    "privacy.erasure_requested",
    "privacy.erasure_withdrawn",
]
NAMES = [each.name for each in KNOWN_TYPES]


@pytest.mark.parametrize("name", PROMISED)
def test_what_is_promised_is_known_by_name(name: str) -> None:
    assert VOCABULARY.find(name)


@pytest.mark.parametrize("domain", DOMAINS)
def test_each_promised_domain_has_a_type(domain: str) -> None:
    assert any(name.startswith(f"{domain}.") for name in NAMES)


def test_each_type_is_told_once_as_domain_and_verb() -> None:
    assert len(NAMES) == len(set(NAMES))
    for each in KNOWN_TYPES:
        assert re.fullmatch(r"[a-z]+\.[a-z_]+", each.name)
        assert each.meaning and not each.meaning.endswith(".")


@pytest.mark.parametrize("name", NAMES)
def test_all_is_by_the_customer_but_what_is_listed(name: str) -> None:
    ours = name in NOT_BY_THE_CUSTOMER or name.startswith("delivery.")
    assert VOCABULARY.initiated(name) == (not ours)


@pytest.mark.parametrize("name", ["something.unheard_of", "order.shipped", "x", "", "delivery"])
def test_an_unknown_type_is_by_the_customer(name: str) -> None:
    assert VOCABULARY.find(name) is None
    assert VOCABULARY.initiated(name)


def test_whatever_a_carrier_says_is_not() -> None:
    assert not VOCABULARY.initiated("delivery.unheard_of")


@pytest.mark.parametrize("name", [*NAMES, "something.unheard_of", "action.delivered"])
def test_what_the_line_remembers_of_a_type_is_what_the_vocabulary_says(name: str) -> None:
    assert EVENT_TYPES[name].initiated == VOCABULARY.initiated(name)
    assert EVENT_TYPES[name].is_outcome == name.startswith("action.")


def test_types_from_outside_do_not_fill_the_memory() -> None:
    kinds = EventTypes()
    for n in range(MOST_EVENT_TYPES + 100):
        assert kinds[f"made_up.{n}"].initiated
    assert len(kinds) == MOST_EVENT_TYPES
