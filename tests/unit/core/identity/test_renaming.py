"""Two names of one identifier: how they sort, whose the event is, and what is asked of whom."""

from __future__ import annotations

import msgspec
import pytest

from legato.core.events.event import Event
from legato.core.identity.alias_index import BLOCKED, Alias, AliasIndex
from legato.core.identity.commands import Command, DeferredEvent, Link, Merge
from legato.core.identity.customer_ids import KEYS_MOST, Identify, mark_of
from legato.core.identity.limits import adds, distinct, fans_out, too_many
from legato.core.identity.resolver import Resolver
from legato.core.identity.rotation import RotatingResolver, resolver_of
from legato.core.identity.rules import IdentityRules
from legato.core.identity.state import IdentityState, LinkedIdentifier, LinkEvidence, Pending
from legato.core.values.results import Rejected, Unreadable
from legato.settings import IdentitySettings
from legato.wire.blobs import TODAY
from legato.wire.topics.commands import read_told, write_command
from legato.wire.topics.identity import read_alias, write_alias
from tests.unit.core.stories import event

PRIORITY = IdentitySettings().priority
OLD = Identify("pepper", PRIORITY)
NEW = Identify("paprika", PRIORITY, key_id=1, formers={0: "pepper"})
ADA, COOKIE, TABLET = ("user_id", "ada"), ("anonymous_id", "c"), ("device_id", "d")
MAIL = ("email", "ada@example.org")


def door() -> Resolver:
    return resolver_of(NEW, IdentityRules(phone_region="DE"), AliasIndex(), TODAY.write_event)


def seen(*known: tuple[str, str], kind: str = "page.viewed", minute: float = 0) -> Event:
    return event(minute, kind, "web", identifiers=dict(known))


def commands(found: str | tuple[Command, ...] | Rejected) -> tuple[DeferredEvent, list[Link]]:
    assert isinstance(found, tuple), found
    follow, *links = found
    assert isinstance(follow, DeferredEvent)
    return follow, [each for each in links if isinstance(each, Link)]


def test_names_sort_by_rank_then_by_the_newer_pepper() -> None:
    keys = [Identify("p", PRIORITY, key_id=key) for key in range(KEYS_MOST + 1)]
    for kind, worse in (("user_id", "email"), ("email", "phone"), ("phone", "device_id")):
        names = [identify.name_of(kind, "x") for identify in keys]
        assert names == sorted(names, reverse=True)
        assert max(names) < min(identify.name_of(worse, "x") for identify in keys)
        assert {name[-24:] for name in names} == {names[0][2:]}


def test_a_name_tells_its_pepper_and_the_first_one_as_ever() -> None:
    assert (mark_of(0), mark_of(1), mark_of(2), mark_of(36)) == ("", ".z", ".y", ".0")
    assert NEW.names_of(*ADA) == (NEW.name_of(*ADA), OLD.name_of(*ADA))
    assert NEW.may_name(NEW.name_of(*ADA))
    assert NEW.may_name(OLD.name_of(*ADA))
    assert not OLD.may_name(NEW.name_of(*ADA))
    assert not Identify("paprika", PRIORITY, key_id=1).may_name(OLD.name_of(*ADA))


def test_aliases_are_kept_and_written_by_newer_names() -> None:
    aliases, (new, old) = AliasIndex(), NEW.names_of(*ADA)
    mail_new, mail_old = NEW.names_of(*MAIL)
    for name, to in ((old, new), (mail_new, new), (mail_old, old)):
        aliases.put(name, Alias(to))
        assert read_alias(name.encode(), write_alias(Alias(to))) == (name, Alias(to))
    assert [aliases.find(name) for name in (old, mail_new, mail_old)] == [new, new, old]
    aliases.put(mail_new, Alias(blocked=True))
    assert aliases.find(mail_new) == BLOCKED
    assert isinstance(read_alias(b"2-.-" + b"0" * 24, None), Unreadable)
    assert isinstance(read_alias(b"2-.z" + b"0" * 23, None), Unreadable)


def test_without_former_peppers_nothing_is_renamed() -> None:
    assert type(resolver_of(OLD, IdentityRules(), AliasIndex(), TODAY.write_event)) is Resolver
    assert type(door()) is RotatingResolver


def test_the_former_name_acts_and_is_asked_to_join_the_newer() -> None:
    new, old = NEW.names_of(*ADA)
    follow, (link,) = commands(door().resolve(seen(ADA), "auto"))
    assert (follow.to, follow.tokens) == (old, ())
    assert (link.to, link.target, link.renames) == (old, new, True)
    assert link.formers == {new: (old,)}


def test_what_was_asked_just_now_is_not_asked_again() -> None:
    here, old = door(), OLD.name_of(*ADA)
    commands(here.resolve(seen(ADA), "auto"))
    assert here.resolve(seen(ADA), "auto") == old
    commands(here.resolve(seen(ADA, minute=2), "auto"))
    here.forget()
    commands(here.resolve(seen(ADA, minute=2), "auto"))


def test_once_both_lead_to_one_the_newer_acts() -> None:
    here, (new, old) = door(), NEW.names_of(*ADA)
    here.heard(old, Alias(new))
    assert here.resolve(seen(ADA), "auto") == new
    mail_new, mail_old = NEW.names_of(*MAIL)
    here.heard(mail_old, Alias(old))
    follow, (link,) = commands(here.resolve(seen(MAIL), "auto"))
    assert (follow.to, link.to, link.target) == (old, mail_old, mail_new)
    here.heard(mail_old, Alias(new))
    here.heard(mail_new, Alias(new))
    assert here.resolve(seen(MAIL), "auto") == new


def test_what_is_only_stated_is_not_renamed() -> None:
    follow, links = commands(door().resolve(seen(MAIL, COOKIE), "auto"))
    assert follow.to == OLD.name_of(*COOKIE)
    assert [link.kind for link in links] == ["anonymous_id"]
    _, links = commands(door().resolve(seen(MAIL, COOKIE), "always"))
    assert {link.kind for link in links if link.renames} == {"anonymous_id", "email"}


def test_a_link_tells_the_former_names_of_those_that_have_newer() -> None:
    here, (new, old) = door(), NEW.names_of(*ADA)
    here.heard(old, Alias(new))
    _, links = commands(here.resolve(seen(ADA, TABLET, kind="account.logged_in"), "auto"))
    device, former = NEW.names_of(*TABLET)
    renamed, claim = links
    assert (renamed.to, renamed.target, renamed.renames) == (former, device, True)
    assert (claim.to, claim.target, claim.renames) == (former, new, False)
    assert claim.formers == {new: (old,)}


def test_until_the_newer_name_shows_a_login_its_device_goes_by_the_former() -> None:
    here, (device, former) = door(), NEW.names_of(*TABLET)
    ada, bob = OLD.name_of(*ADA), NEW.name_of("user_id", "bob")
    here.heard(former, Alias(ada, since=1))
    login = seen(("user_id", "bob"), TABLET, kind="account.logged_in", minute=5)
    commands(here.resolve(login, "auto"))
    here.heard(former, Alias(device, since=1, renamed=True))
    here.heard(device, Alias(ada, since=1))
    assert here.resolve(seen(TABLET, minute=5.5), "auto") == former
    here.heard(device, Alias(bob, since=login.time))
    assert here.resolve(seen(TABLET, minute=7), "auto") == bob


@pytest.mark.parametrize("blocked", [0, 1])
def test_a_name_that_is_blocked_blocks_its_identifier(blocked: int) -> None:
    here, names = door(), NEW.names_of(*MAIL)
    here.heard(names[blocked], Alias(blocked=True))
    found = here.resolve(seen(MAIL, ADA), "always")
    follow, links = commands(found)
    assert follow.to == OLD.name_of(*ADA)
    assert not [link for link in links if link.kind == "email" and not link.renames]


A, B = LinkedIdentifier("user_id", 0), LinkedIdentifier("user_id", 0)


def with_formers(*names: str) -> LinkedIdentifier:
    return LinkedIdentifier("user_id", 0, 0, names)


def test_names_of_one_account_are_one_and_of_two_are_two() -> None:
    rules = IdentityRules()
    assert too_many(rules, {"n1": with_formers("o1"), "o1": A}, 0) == ""
    assert too_many(rules, {"n1": with_formers("m1", "o1"), "m1": A, "o1": A}, 0) == ""
    assert too_many(rules, {"n1": with_formers("o1"), "o2": B}, 0) == "user_id"
    assert too_many(rules, {"n1": with_formers("o1"), "n2": with_formers("o2")}, 0) == "user_id"
    assert too_many(rules, {"n1": A, "o2": B}, 0) == "user_id"
    assert {*distinct({"n1": with_formers("o1"), "o1": A})} == {"n1"}


def test_a_newer_name_of_a_member_adds_nobody() -> None:
    assert not adds({"o1": A}, {"o1": A, "n1": with_formers("o1")})
    assert adds({"o1": A}, {"o1": A, "n1": with_formers("o2")})
    assert adds({}, {"o1": A})


def test_a_newer_name_is_not_one_more_who_asks() -> None:
    assert not fans_out(
        IdentityRules(max_customers_per_identifier=1), (("", "n"), ("", "m"), ("user_id", "u"))
    )
    assert fans_out(
        IdentityRules(max_customers_per_identifier=1), (("user_id", "u"), ("user_id", "v"))
    )


def test_what_was_written_before_is_read() -> None:
    """Fields were appended; a record from before lacks them."""
    proof, decode = LinkEvidence("e", "t", "s", 1), msgspec.msgpack.decode
    member = decode(msgspec.msgpack.encode(["email", 5, 2]), type=LinkedIdentifier)
    assert member == LinkedIdentifier("email", 5, 2)
    link = ["link", "a", "email", "b", "user_id", "c", "t", ["e", "t", "s", 1], True]
    told = read_told(msgspec.msgpack.encode(link))
    assert told == Link("a", "email", "b", "user_id", "c", "t", proof)
    merge = ["merge", "a", "b", "a", "email", {"b": ["email", 5]}, b"", 1, "c", "t"]
    told = read_told(msgspec.msgpack.encode([*merge, ["e", "t", "s", 1]]))
    assert isinstance(told, Merge)
    assert (told.formers, told.device_logins, told.owner) == ({}, (), "")
    pending = ["a", "email", "email", {}, b"", 1, ["e", "t", "s", 1], "c", "t", []]
    identity = decode(msgspec.msgpack.encode([{}, [], [], pending]), type=IdentityState)
    assert identity.pending == Pending("a", "email", "email", {}, b"", 1, proof, "c", "t")
    assert (identity.renamed, identity.forward) == (False, "")


def test_what_is_written_now_is_read_again() -> None:
    link = Link(
        "a", "email", "b", "email", "", "", LinkEvidence("e", "t", "s", 1), True, {"b": ("a",)}
    )
    assert read_told(write_command(link)) == link
    assert link.renames
