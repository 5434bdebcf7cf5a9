"""What an event proves, and what a type of identifiers may do."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import json

from legato.core.identity.rules import Authenticates, IdentityRules, is_authenticating
from legato.settings import IdentitySettings, SettingsError, load
from legato.wire.source.source import Source
from tests.unit.core.stories import event
from tests.unit.wire.reading import PLAIN, as_json, event_of, read

FORM = {"email": "ada@example.org", "anonymous_id": "a1"}
ACCOUNT = {"user_id": "u1", "anonymous_id": "a1"}


def proven(
    kind: str,
    identifiers: dict[str, str],
    authenticates: Authenticates = "auto",
    *,
    said: bool | None = None,
) -> bool:
    happened = event(0, kind, "web", identifiers=identifiers, authenticated=said)
    return is_authenticating(IdentityRules(), happened, authenticates)


@pytest.mark.parametrize(
    "kind", ["account.logged_in", "account.created", "loyalty.card_scanned", "order.completed"]
)
def test_people_show_who_they_are_when_they_log_in_scan_a_card_or_order(kind: str) -> None:
    assert proven(kind, FORM)


def test_a_form_that_anybody_fills_in_proves_nothing() -> None:
    assert not proven("page.viewed", FORM)
    assert not proven("account.logged_in", ACCOUNT, "never")


def test_whoever_names_an_account_is_logged_in() -> None:
    assert proven("page.viewed", ACCOUNT)
    assert proven("page.viewed", {"loyalty_id": "42", "device_id": "d"})
    assert not is_authenticating(
        IdentityRules(limits={}), event(0, "page.viewed", identifiers=ACCOUNT), "auto"
    )


def test_a_source_of_verified_callers_always_proves() -> None:
    assert proven("contact.started", {"phone": "+4930901820", "email": "a@x.org"}, "always")


def test_the_event_itself_has_the_last_word() -> None:
    assert proven("page.viewed", FORM, "never", said=True)
    assert not proven("account.logged_in", ACCOUNT, "always", said=False)


def test_the_word_is_read_from_an_envelope() -> None:
    told = event_of(read(as_json(authenticated=True), PLAIN))
    assert told.authenticated is True
    loose = event_of(read(as_json(authenticated=False, time="2025-10-09T08:53:20Z"), PLAIN))
    assert loose.authenticated is False
    assert b"authenticated" not in json.encode(event(0, "page.viewed"))


def test_a_source_says_what_it_proves() -> None:
    assert Source(name="web", topics=("w",)).authenticates == "auto"


def test_types_are_accounts_devices_or_neither() -> None:
    rules = IdentityRules()
    assert [rules.is_account(kind) for kind in ("user_id", "email", "device_id")] == [
        True, False, False,
    ]  # fmt: skip
    assert [rules.is_device(kind) for kind in ("user_id", "anonymous_id")] == [False, True]
    assert rules.limit_of("email") == 5
    assert rules.limit_of("social_handle") > 1_000


def test_settings_say_the_rules() -> None:
    assert IdentitySettings().rules == IdentityRules()
    rules = IdentitySettings(devices=("device_id", "kiosk"), limits={"kiosk": 2}).rules
    assert (rules.limit_of("kiosk"), rules.limit_of("email")) == (2, 5)
    assert rules.is_device("kiosk")
    assert not rules.is_device("anonymous_id")


def test_a_device_cannot_stand_before_a_person(tmp_path: Path) -> None:
    file = tmp_path / "legato.toml"
    file.write_text('identity.priority = ["device_id", "user_id"]')
    with pytest.raises(
        SettingsError, match=r"`identity.priority` has the device type `device_id`"
    ):
        load(file, environ={})
