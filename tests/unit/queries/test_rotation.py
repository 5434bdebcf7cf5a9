"""While a pepper is replaced, whoever is asked for is found by either name."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from legato.core.context.context import Context
from legato.core.events.event import Event
from legato.core.identity.alias_index import Alias
from legato.harness import Harness
from legato.queries.identifier_lookup import IdentifierLookup
from legato.queries.identity_cluster import identifiers_of
from legato.queries.identity_lookup import FoundIdentity, IdentityLookup, identity_of
from legato.queries.record_filter import is_letter_of
from legato.queries.resolve_preview import _names, resolved
from legato.queries.topic_reader import TopicRecord
from legato.settings import IdentitySettings, Settings

T0 = 1_772_438_400_000
NEW = IdentitySettings(pepper="new", key_id=1, previous_peppers={"0": "old"})
WHO = IdentifierLookup(Settings(identity=NEW))
CARD = "loyalty:42"


class Shelf(IdentityLookup):
    """What owners keep, without Kafka."""

    def __init__(self, aliases: dict[str, Alias], slots: dict[str, Context]) -> None:
        self._aliases, self._slots = aliases, slots

    def aliases(self, names: Collection[str]) -> dict[str, Alias]:
        return {name: self._aliases[name] for name in names if name in self._aliases}

    def slots(self, names: Collection[str]) -> dict[str, Context]:
        return {name: self._slots[name] for name in names if name in self._slots}


def test_who_is_kept_under_the_former_name_only_is_found_by_it() -> None:
    asked = WHO.ask(CARD)
    (former,) = asked.formers
    assert asked.names == (asked.name, former)
    found = Shelf({}, {former: Context(former)}).find(*asked.names)
    assert (found.asked, found.customer_id) == (former, former)
    assert asked.known_by(found.asked).names == (former, asked.name)


def test_who_has_a_newer_name_is_found_by_that() -> None:
    asked = WHO.ask(CARD)
    kept = {name: Context(name) for name in asked.names}
    aliases = {asked.formers[0]: Alias(asked.name)}
    assert Shelf(aliases, kept).find(*asked.names).customer_id == asked.name
    assert Shelf({}, {}).find(*asked.names).asked == asked.name


def test_a_customer_id_has_no_other_name() -> None:
    assert WHO.ask("1-" + "0" * 24).names == ("1-" + "0" * 24,)


def test_an_event_is_said_to_be_of_whom_either_name_leads_to() -> None:
    viewed = Event(id="e", type="page.viewed", channel="web", time=T0)
    viewed.identifiers = {"loyalty_id": "42"}
    new, (old,) = WHO.ask(CARD).name, WHO.ask(CARD).formers
    assert _names(WHO, viewed) == {new, old}
    ada = WHO.ask("user:ada").name
    assert resolved(WHO, {}, viewed, "auto") == old
    assert resolved(WHO, {old: Alias(ada)}, viewed, "auto") == ada
    assert resolved(WHO, {old: Alias(ada), new: Alias(ada)}, viewed, "auto") == ada


def renamed() -> tuple[Harness, FoundIdentity]:
    harness = Harness(identity=NEW)
    known = {"loyalty_id": "42", "email": "kim@example.org"}
    scan = Event(id="e", type="loyalty.card_scanned", channel="store", time=T0)
    scan.identifiers = known
    harness.feed(scan)
    name = harness.root_of(WHO.ask(CARD).name)
    return harness, FoundIdentity((name,), None, harness.contexts[name])


def test_an_identifier_is_shown_once_though_it_has_two_names() -> None:
    harness, found = renamed()
    assert found.customer_id == WHO.ask(CARD).name
    assert {*found.members} == {*WHO.ask(CARD).names, *WHO.ask("email:kim@example.org").names}
    shown = identifiers_of(WHO, WHO.ask(CARD), found, harness.contexts)
    assert [(each.type, each.value) for each in shown] == [
        ("loyalty_id", "42"),
        ("email", "kim@example.org"),
    ]


def test_a_dead_letter_is_theirs_by_either_name() -> None:
    _, found = renamed()
    label = {"identifiers": {"email": "Kim@example.org"}}
    letter = TopicRecord("t", 0, 0, T0, None, msgspec.json.encode(label), ())
    assert is_letter_of(letter, frozenset(WHO.ask("email:kim@example.org").formers), WHO)
    assert is_letter_of(letter, found.names, WHO)
    assert not is_letter_of(letter, frozenset(WHO.ask(CARD).names), WHO)


def test_both_names_lead_to_one_customer_in_a_replay() -> None:
    harness, found = renamed()
    for text in (CARD, "email:kim@example.org"):
        roots = {harness.root_of(name) for name in WHO.ask(text).names}
        assert roots == {found.customer_id}
    assert identity_of(harness.contexts[found.customer_id]).forward == ""
