"""Links to unsubscribe: who can open them, what they hide, and what one click becomes."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from legato.serving.api.ingest.unsubscribing import is_one_click, refusal_event
from legato.serving.api.pages import language_of
from legato.serving.unsubscribe import UnsubscribeLinks, Unsubscription, links_of
from legato.settings import SettingsError, UnsubscribeSettings
from legato.wire.formats.registry import FileRegistry
from legato.wire.source.reader import Reader
from legato.wire.source.source import Source
from tests.unit.content.shelf import AT, an_action

URL = "https://api.example/v1/unsubscribe/{token}"
OLD, NEW = "an old secret of thirty-two signs", "a new secret of thirty-two signs."
CLICK = Unsubscription("email", "ada@example.org", "promotion", "email", "north", "5d41")


def links(secret: str = NEW, *previous: str) -> UnsubscribeLinks:
    return UnsubscribeLinks(UnsubscribeSettings(URL, secret, previous))


def test_a_link_says_what_it_ends_to_whoever_has_the_secret_alone() -> None:
    link = links().link_of(an_action(brand="north"), "email")
    token = link.removeprefix(URL.removesuffix("{token}"))
    assert links().open(token) == Unsubscription(
        "email", "ada@example.org", "promotion", "email", "north", "5d41402abc4b2a76"
    )
    assert links(OLD).open(token) is None
    assert len(link) < 500
    assert "ada" not in link
    assert "ada" not in repr(links().open(token))


def test_service_messages_have_no_link() -> None:
    assert links().link_of(an_action(purpose="service"), "email") == ""


def test_a_secret_that_was_replaced_opens_what_it_made() -> None:
    token = links(OLD).seal(CLICK)
    assert links(NEW, OLD).open(token) == CLICK
    assert links(NEW).open(token) is None


def test_no_two_tokens_are_alike() -> None:
    assert links().seal(CLICK) != links().seal(CLICK)


@given(st.data())
def test_a_token_that_was_touched_opens_nothing(data: st.DataObject) -> None:
    token = links().seal(CLICK)
    place = data.draw(st.integers(0, len(token) - 2))
    letter = data.draw(st.sampled_from("ABCabc012-_"))
    other = letter if letter != token[place] else "Z"
    assert links().open(token[:place] + other + token[place + 1 :]) is None


@given(st.text(max_size=300))
def test_what_is_no_token_opens_nothing(text: str) -> None:
    assert links().open(text) is None


def test_a_secret_may_lie_in_a_file_and_a_short_one_is_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(f"{NEW}\n")
    assert links(f"file:{secret}").open(links().seal(CLICK)) == CLICK
    secret.write_text("short")
    with pytest.raises(SettingsError, match="fewer than 32"):
        links(f"file:{secret}")
    with pytest.raises(SettingsError, match="cannot read"):
        links("file:/nowhere")
    assert links_of(UnsubscribeSettings()) is None


def test_one_click_is_a_refusal_that_the_line_reads() -> None:
    sent = refusal_event(CLICK, AT)
    reader = Reader(Source(name="events", topics=("x",)), FileRegistry(), check_payload=True)
    event = reader.read(sent.value, None, (), AT)
    assert msgspec.json.decode(sent.value) == {
        "id": sent.id,
        "type": "consent.updated",
        "channel": "email",
        "time": AT,
        "brand": "north",
        "identifiers": {"email": "ada@example.org"},
        "data": {
            "purpose": "promotion",
            "channel": "email",
            "status": "revoked",
            "basis": "one_click",
            "proof": "5d41",
        },
    }
    assert getattr(event, "type", event) == "consent.updated"


def test_a_click_that_is_repeated_at_once_is_one_event_and_a_later_one_another() -> None:
    at = AT - AT % 60_000
    names = [refusal_event(CLICK, at + later).id for later in (0, 59_999, 60_000)]
    assert names[0] == names[1] != names[2]
    other = msgspec.structs.replace(CLICK, brand="south")
    assert refusal_event(other, at).id != names[0]


@pytest.mark.parametrize(
    ("body", "clicked"),
    [
        (b"List-Unsubscribe=One-Click", True),
        (b"list-unsubscribe=one-click&x=1", True),
        (
            b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\n'
            b"One-Click\r\n--x--\r\n",
            True,
        ),
        (b"", False),
        (b"{}", False),
        (b"List-Unsubscribe=", False),
    ],
)
def test_a_click_is_known_in_both_kinds_of_form(body: bytes, clicked: bool) -> None:
    assert is_one_click(body) is clicked


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.5", "de"),
        ("fr,en;q=0.4,de;q=0.8", "de"),
        ("fr", "en"),
        ("de;q=x,en", "en"),
        ("*;q=0.1", "en"),
        (",;q=,;;", "en"),
    ],
)
def test_the_page_speaks_the_language_that_is_asked_for(accepted: str, language: str) -> None:
    assert language_of(accepted, ("en", "de")) == language
