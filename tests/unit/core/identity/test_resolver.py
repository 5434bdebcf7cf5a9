"""Whose event it is: few lookups where nothing is new, commands where a link is proven."""

from __future__ import annotations

import tracemalloc

import pytest

from legato.core.events.event import Event
from legato.core.identity.alias_index import BLOCKED, Alias, AliasIndex
from legato.core.identity.commands import Command, DeferredEvent, Link
from legato.core.identity.customer_ids import Identify
from legato.core.identity.resolver import Resolver
from legato.core.identity.rules import IdentityRules
from legato.core.values.results import Rejected
from legato.settings import IdentitySettings
from legato.wire.blobs import TODAY
from tests.unit.core.stories import event

IDENTIFY = Identify("pepper", IdentitySettings().priority)


def resolver(rules: IdentityRules | None = None) -> Resolver:
    return Resolver(
        IDENTIFY, rules or IdentityRules(phone_region="DE"), AliasIndex(), TODAY.write_event
    )


def seen(known: dict[str, str], kind: str = "page.viewed", minute: float = 0) -> Event:
    return event(minute, kind, "web", identifiers=known)


def name(kind: str, value: str) -> str:
    return IDENTIFY.name_of(kind, value)


def commands(found: str | tuple[Command, ...] | Rejected) -> tuple[Command, ...]:
    assert isinstance(found, tuple), found
    return found


def test_one_identifier_is_its_own_customer_until_it_leads_elsewhere() -> None:
    door, cookie = resolver(), name("anonymous_id", "c")
    assert door.resolve(seen({"anonymous_id": "c"}), "auto") == cookie
    door.heard(cookie, Alias(name("user_id", "ada")))
    assert door.resolve(seen({"anonymous_id": "c"}), "auto") == name("user_id", "ada")
    door.heard(cookie, None)
    assert door.resolve(seen({"anonymous_id": "c"}), "auto") == cookie


def test_identifiers_are_written_the_one_way() -> None:
    given = seen({"email": " Ada@Example.org", "phone": "030 901820", "user_id": "null"})
    found = resolver().resolve(given, "never")
    assert given.identifiers == {"email": "ada@example.org", "phone": "+4930901820"}
    assert found == name("email", "ada@example.org")


@pytest.mark.parametrize("known", [{"user_id": "null"}, {"user_id": "-1", "email": "0"}, {}])
def test_without_anybody_it_is_nobodys(known: dict[str, str]) -> None:
    found = resolver().resolve(seen(known), "auto")
    assert isinstance(found, Rejected)
    assert found.reason == "no_identifier"


def test_a_proof_lets_the_customer_wait_for_each_link() -> None:
    known = {"anonymous_id": "c", "user_id": "ada", "email": "ada@example.org"}
    follow, *links = commands(resolver().resolve(seen(known), "auto"))
    assert isinstance(follow, DeferredEvent)
    asked = [each for each in links if isinstance(each, Link)]
    assert follow.to == name("user_id", "ada")
    assert follow.tokens == tuple(each.token for each in asked)
    assert {each.to for each in asked} == {
        name("anonymous_id", "c"),
        name("email", "ada@example.org"),
    }
    assert {(each.target, each.asker) for each in asked} == {(follow.to, follow.to)}


def test_what_is_known_is_not_asked_again() -> None:
    door, known = resolver(), {"anonymous_id": "c", "user_id": "ada"}
    assert len(commands(door.resolve(seen(known), "auto"))) == 2
    assert door.resolve(seen(known), "auto") == name("user_id", "ada")
    door.heard(name("anonymous_id", "c"), Alias(name("user_id", "ada"), since=1 << 60))
    assert door.resolve(seen(known, minute=9), "auto") == name("user_id", "ada")


def test_what_was_undone_is_asked_again() -> None:
    door, known = resolver(), {"anonymous_id": "c", "user_id": "ada"}
    commands(door.resolve(seen(known), "auto"))
    door.forget()
    commands(door.resolve(seen(known), "auto"))


def test_a_login_always_claims_its_device() -> None:
    door, known = resolver(), {"device_id": "d", "user_id": "ada"}
    for minute in range(3):
        commands(door.resolve(seen(known, "account.logged_in", minute), "auto"))
        door.heard(name("device_id", "d"), Alias(name("user_id", "ada"), since=1 << 60))


def test_until_the_answer_shows_the_owner_is_asked_who_has_the_device() -> None:
    door, device = resolver(), name("device_id", "d")
    door.heard(device, Alias(name("user_id", "ada"), since=1))
    login = seen({"device_id": "d", "user_id": "bob"}, "account.logged_in")
    commands(door.resolve(login, "auto"))
    assert door.resolve(seen({"device_id": "d"}), "auto") == device
    door.heard(device, Alias(name("user_id", "ada"), since=login.time - 1))
    assert door.resolve(seen({"device_id": "d"}), "auto") == device
    door.heard(device, Alias(name("user_id", "bob"), since=login.time))
    assert door.resolve(seen({"device_id": "d"}), "auto") == name("user_id", "bob")


def test_what_is_only_stated_belongs_to_the_device() -> None:
    form = seen({"email": "ada@example.org", "anonymous_id": "c"})
    assert resolver().resolve(form, "auto") == name("anonymous_id", "c")
    assert resolver().resolve(seen({"email": "a@x.org", "phone": "+4930901820"}), "auto") == (
        name("email", "a@x.org")
    )


def test_of_several_devices_the_one_that_leads_to_somebody_counts() -> None:
    door = resolver()
    door.heard(name("anonymous_id", "c"), Alias(name("user_id", "ada")))
    both = seen({"device_id": "d", "anonymous_id": "c"})
    assert door.resolve(both, "always") == name("user_id", "ada")


def test_a_blocked_identifier_counts_only_where_there_is_no_other() -> None:
    door, phone = resolver(), name("phone", "+4930901820")
    door.heard(phone, Alias(blocked=True))
    both = seen({"phone": "+4930901820", "user_id": "ada"})
    assert door.resolve(both, "always") == name("user_id", "ada")
    assert door.resolve(seen({"phone": "+4930901820"}), "always") == phone


def test_a_number_that_may_be_two_peoples_links_nobody() -> None:
    door = resolver(IdentityRules())
    known = {"phone": "030 901820", "user_id": "ada"}
    assert door.resolve(seen(known), "always") == name("user_id", "ada")


def test_aliases_are_found_again_and_few_bytes_each() -> None:
    aliases, pairs = AliasIndex(), {}
    customers = [name("user_id", str(n)) for n in range(500)]
    names = [name("email", f"p{n}@example.org") for n in range(50_000)]
    tracemalloc.start()
    for n, each in enumerate(names):
        aliases.put(each, Alias(customers[n % 500]))
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    pairs = {each: customers[n % 500] for n, each in enumerate(names)}
    assert all(aliases.find(each) == to for each, to in pairs.items())
    assert aliases.find(name("email", "nobody")) is None
    assert len(aliases) == 50_000
    assert used / 50_000 < 120
    aliases.put(names[0], Alias(blocked=True))
    aliases.put(names[1], None)
    assert (aliases.find(names[0]), aliases.find(names[1])) == (BLOCKED, None)
    assert len(aliases) == 49_999
