"""The words of a consent: known in any spelling, and at their strictest where they are not."""

from __future__ import annotations

import pytest
from msgspec import json

from legato.core.events.payloads import ConsentsPayload
from legato.core.events.wishes import Wish, Wishes, read_wishes
from legato.core.events.words import fault_of, read_language

SCREENS = frozenset(("in-store screen",))


def wishes(**told: object) -> Wishes:
    payload = json.decode(json.encode(told), type=ConsentsPayload)
    return read_wishes(payload, SCREENS)


@pytest.mark.parametrize(
    ("channel", "known"),
    [
        ("email", "email"),
        ("e-mail", "email"),
        (" E-Mail ", "email"),
        ("E_MAIL", "email"),
        ("What's App", "whatsapp"),
        ("In Store Screen", "in-store screen"),
        ("*", "*"),
        ("ALL", "*"),
        (None, "*"),
        (" ", "*"),
    ],
)
def test_a_known_word_is_read_in_any_spelling(channel: str | None, known: str) -> None:
    told = wishes(purpose=" Promotion", status="REVOKED", channel=channel)
    assert told.faults == ()
    assert told.followed == (Wish("promotion", known, "revoked"),)


@pytest.mark.parametrize(
    ("told", "strictest"),
    [
        (
            {"purpose": "marketing", "status": "revoked", "channel": "sms"},
            Wish("?marketing", "sms", "revoked", unclear=True),
        ),
        (
            {"purpose": "promotion", "status": "denied", "channel": "Post|Box"},
            Wish("promotion", "?post/box", "denied", unclear=True),
        ),
        (
            {"purpose": "promotion", "status": "opted_out"},
            Wish("promotion", "*", "denied", unclear=True),
        ),
        (
            {"purpose": "promotion", "status": False},
            Wish("promotion", "*", "denied", unclear=True),
        ),
        ({"status": "revoked"}, Wish("?null", "*", "revoked", unclear=True)),
        (
            {"purpose": ["a", "b"], "status": "denied"},
            Wish('?["a","b"]', "*", "denied", unclear=True),
        ),
    ],
)
def test_a_refusal_in_words_that_nobody_knows_is_followed(
    told: dict[str, object], strictest: Wish
) -> None:
    understood = wishes(**told)
    assert understood.faults
    assert understood.followed == (strictest,)


def test_of_what_is_not_understood_no_grant_is_followed() -> None:
    yes = {"purpose": "promotion", "status": "granted"}
    no = {"purpose": "profiling", "status": "denied"}
    assert wishes(purpose="marketing", status="granted").followed == ()
    assert wishes(consents=[yes, no]).followed == (
        Wish("promotion", "*", "granted"),
        Wish("profiling", "*", "denied"),
    )
    assert wishes(consents=no).followed == wishes(consents=[None, no]).followed
    mixed = wishes(consents=[yes, no, {"purpose": "sales", "status": "granted"}])
    assert mixed.followed == (Wish("profiling", "*", "denied"),)


def test_a_fault_names_the_word_and_the_list() -> None:
    assert fault_of("purpose", "marketing", "promotion, service") == (
        "nobody knows the purpose `marketing`; map it to one of: promotion, service"
    )
    (fault,) = wishes(purpose="marketing", status="denied").faults
    assert "promotion, service, profiling" in fault


@pytest.mark.parametrize(
    ("word", "tag"),
    [
        ("DE", "de"),
        ("pt_br", "pt-BR"),
        ("zh-hant-tw", "zh-Hant-TW"),
        ("german", None),
        ("", None),
    ],
)
def test_a_language_is_written_as_bcp_47_does(word: str, tag: str | None) -> None:
    assert read_language(word) == tag
