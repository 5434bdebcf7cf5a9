"""The email that a visitor sees arrive: who wrote what to whom, and the way out."""

from __future__ import annotations

from legato.demo.view.mail import LINK_CHARACTERS, mail_rows
from legato.demo.view.picture import MAIL_S, Inbox
from tests.unit.demo.mail import LINK, arrived


def test_it_is_read_as_it_arrived() -> None:
    mail = arrived()
    assert (mail.action_id, mail.recipient) == ("a1", "ada.adler.12@example.com")
    assert mail.sender == "The Shoe Shop <hello@shop.example>"
    assert mail.text == (
        "Still in your cart",
        "You left something there.",
        "- 1 × Wren",
    )
    assert (mail.unsubscribe, mail.one_click) == (LINK, True)


def test_it_is_told_in_as_many_lines_as_there_are_and_ends_with_the_way_out() -> None:
    for lines in (5, 6, 7):
        rows = mail_rows(arrived(), lines)
        assert len(rows) == lines
        assert [label for label, _ in rows][:3] == ["from", "to", "subject"]
        assert rows[-1] == (
            "List-Unsubscribe",
            f"one click (RFC 8058): {LINK[:LINK_CHARACTERS]}…",
        )


def test_a_service_message_has_no_way_out() -> None:
    rows = mail_rows(arrived(link=""), 10)
    assert [label for label, _ in rows] == ["from", "to", "subject", "", "", ""]


def test_it_stands_until_it_can_be_read() -> None:
    inbox, mail = Inbox(), arrived()
    assert inbox.turn(1.0, None) is None
    assert inbox.turn(2.0, mail) is mail
    assert inbox.turn(1.9 + MAIL_S, mail) is mail
    assert inbox.turn(2.0 + MAIL_S, mail) is None
