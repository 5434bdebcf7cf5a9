"""An action as an email: what stands in it, whatever the values are, and what answers mean."""

from __future__ import annotations

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTPUTF8

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from legato.adapter import Delivered, Failed, Result, Retry
from legato.channels.email import Letterhead, fault_of_header, write_email
from legato.channels.mail import (
    MailFault,
    MailReply,
    OutgoingMail,
    read_mailbox,
    read_named_mailbox,
    result_of,
)
from tests.unit.content.shelf import AT, an_action

LINK = "https://api.example/v1/unsubscribe/" + "gAAAAAB" * 40
PARTS = {"subject": "Still in your cart", "text": "Runner", "html": "<b>Runner</b>"}
SENDGRID = {"X-SMTPAPI": '{"unique_args": {"action_id": "{action_id}"}}'}


def letterhead(sender: str = "The Shoe Shop <hello@shop.example>") -> Letterhead:
    found = read_named_mailbox(sender)
    assert found is not None
    return Letterhead(found, read_mailbox("help@shop.example"), SENDGRID, "stop@shop.example")


def sent(parts: dict[str, str] = PARTS, link: str = LINK, **told: object) -> OutgoingMail:
    mail = write_email(an_action(**told), parts, letterhead(), link, AT)
    assert isinstance(mail, OutgoingMail)
    return mail


def opened(mail: OutgoingMail) -> EmailMessage:
    read = message_from_bytes(mail.content, policy=SMTPUTF8)
    assert isinstance(read, EmailMessage)
    assert read.defects == []
    return read


def text_of(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def test_an_email_says_who_writes_to_whom_when_and_how_to_have_no_more() -> None:
    mail = sent()
    read = opened(mail)
    assert (mail.sender, mail.recipient, mail.utf8) == (
        "hello@shop.example",
        "ada@example.org",
        False,
    )
    told = {name: str(value) for name, value in read.items() if name != "Content-Type"}
    assert told == {
        "From": "The Shoe Shop <hello@shop.example>",
        "To": "ada@example.org",
        "Subject": "Still in your cart",
        "Date": "Mon, 02 Mar 2026 09:00:00 +0000",
        "Message-ID": "<5d41402abc4b2a76@shop.example>",
        "Reply-To": "help@shop.example",
        "Auto-Submitted": "auto-generated",
        "List-Unsubscribe": f"<{LINK}>, <mailto:stop@shop.example>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "X-SMTPAPI": '{"unique_args": {"action_id": "5d41402abc4b2a76"}}',
        "MIME-Version": "1.0",
    }
    assert text_of(read, "plain") == "Runner\n"
    assert text_of(read, "html") == "<b>Runner</b>\n"


def test_the_same_action_is_the_same_email_but_for_its_date() -> None:
    assert sent().content == sent().content
    assert b"=_5d41402abc4b2a76" in sent().content


def test_without_a_link_nobody_is_told_of_one() -> None:
    read = opened(sent(link=""))
    assert read["List-Unsubscribe"] is None
    assert read["List-Unsubscribe-Post"] is None


def test_one_of_text_and_html_is_enough_and_neither_is_not() -> None:
    for kind, name in (("plain", "text"), ("html", "html")):
        read = opened(sent({"subject": "x", name: "<y>"}))
        assert read.get_content_type() == f"text/{kind}"
        assert text_of(read, kind) == "<y>\n"
    for parts in ({"subject": "x"}, {"text": "x"}, {"subject": " \n ", "text": "x"}):
        told = write_email(an_action(), parts, letterhead(), LINK, AT)
        assert told == Failed("bad_content")


@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=200))
def test_whatever_the_words_are_they_arrive_and_make_no_header(
    subject: str, text: str, html: str
) -> None:
    plain = opened(sent())
    mail = sent({"subject": f"x{subject}", "text": f"{text}.", "html": f"{html}."})
    read = opened(mail)
    assert read.keys() == plain.keys()
    assert read["Subject"].split() == _visible(f"x{subject}").split()
    assert text_of(read, "plain").splitlines() == _lines(f"{text}.")
    assert text_of(read, "html").splitlines() == _lines(f"{html}.")
    assert mail.content.isascii()
    for line in mail.content.split(b"\r\n"):
        assert len(line) <= 998
        assert b"\r" not in line
        assert b"\n" not in line


def _visible(text: str) -> str:
    spaced = " ".join(text.split())
    return "".join(each for each in spaced if each.isprintable())


def _lines(text: str) -> list[str]:
    """What the lines of a text are to a reader of mail: breaks are those of ASCII alone."""
    plain = text.encode().splitlines()
    return "\n".join(line.decode() for line in plain).splitlines()


INJECTED = "Shop\r\nBcc: eve@example.org"


@pytest.mark.parametrize("subject", [INJECTED, "a\n\nb", "a\x0bb", "a\u2028Bcc: x", "\x00a"])
def test_a_subject_stays_in_its_line(subject: str) -> None:
    read = opened(sent({"subject": subject, "text": "x"}))
    assert read["Bcc"] is None
    assert text_of(read, "plain") == "x\n"


@pytest.mark.parametrize(
    "address",
    [
        *("", "ada", "ada@", "@example.org", "ada@example", "ada@@example.org"),
        *("ada@example.org, eve@example.org", "<ada@example.org>", "ada@example.org>"),
        *(
            "ada@example.org\nBcc: eve@example.org",
            "ada@example.org\r\nDATA",
            "ada@[127.0.0.1]",
        ),
        *('"a b"@example.org', "a b@example.org", "ada@exa mple.org", "ada@-example.org"),
        *("ada@example..org", ".ada@example.org", "a..a@example.org", "ada@example.org\0"),
        *("a\u202e@example.org", "a" * 65 + "@example.org", "ada@" + "a" * 64 + ".org"),
        *("ada;eve@example.org", "ada(x)@example.org", "ada\\@example.org", "a:b@example.org"),
    ],
)
def test_what_is_no_single_address_gets_nothing(address: str) -> None:
    told = write_email(an_action(address=address), PARTS, letterhead(), LINK, AT)
    assert told == Failed("no_such_address")


@pytest.mark.parametrize(
    ("address", "recipient", "utf8"),
    [
        (" ada@example.org ", "ada@example.org", False),
        ("o'brien+shop@Example.ORG", "o'brien+shop@example.org", False),
        ("ada@straße.de", "ada@xn--strae-oqa.de", False),
        ("ada@bücher.example", "ada@xn--bcher-kva.example", False),
        ("jörg@example.org", "jörg@example.org", True),
        ("用户@例子.广告", "用户@xn--fsqu00a.xn--4rr70v", True),
    ],
)
def test_addresses_of_all_scripts_are_reached(address: str, recipient: str, utf8: bool) -> None:
    mail = sent(address=address)
    assert (mail.recipient, mail.utf8) == (recipient, utf8)
    assert opened(mail)["To"] == recipient


def test_a_name_of_any_script_is_shown_and_breaks_nothing() -> None:
    for name in ("Schuh & Käse, GmbH", 'The "Shoe" Shop', "靴屋", "Very " * 40):
        quoted = name.replace('"', '\\"')
        mail = write_email(
            an_action(), PARTS, letterhead(f'"{quoted}" <hello@shop.example>'), LINK, AT
        )
        assert isinstance(mail, OutgoingMail)
        (sender,) = opened(mail)["From"].addresses
        assert sender.display_name.split() == name.split()
        assert sender.addr_spec == "hello@shop.example"


@pytest.mark.parametrize(
    "text", ["", "shop", "a@b.example, c@d.example", "Shop\n<a@b.example>", "Shop <a@b>"]
)
def test_a_sender_that_is_none_is_not_taken(text: str) -> None:
    assert read_named_mailbox(text) is None


def test_an_action_of_others_has_a_name_that_a_header_can_bear() -> None:
    read = opened(sent(action_id='x> "\r\n'))
    assert read["Message-ID"].endswith("@shop.example>")
    assert msgspec.json.decode(str(read["X-SMTPAPI"]))["unique_args"]["action_id"].isalnum()


@pytest.mark.parametrize(
    ("name", "value", "fine"),
    [
        ("X-PM-Metadata-action_id", "x", False),
        ("X-SES-MESSAGE-TAGS", "action_id={action_id}", True),
        ("Subject", "x", False),
        ("list-unsubscribe", "x", False),
        ("X-A", "a\r\nBcc: x", False),
        ("X-A", "ü", False),
        ("X-A", "x" * 900, False),
        ("X A", "x", False),
    ],
)
def test_headers_of_the_settings_are_checked(name: str, value: str, fine: bool) -> None:
    assert (fault_of_header(name, value) == "") is fine


def test_nothing_of_a_mail_is_shown_by_accident() -> None:
    for shown in (sent(), read_mailbox("ada@example.org"), MailReply("content", 550, "ada@")):
        assert "ada" not in repr(shown)


@pytest.mark.parametrize(
    ("reply", "result"),
    [
        (MailReply("content", 250, "2.0.0 Ok: queued as 4XYZ"), Delivered("4XYZ")),
        (MailReply("content", 250, "2.0.0 OK id=1sX-00-2y"), Delivered("1sX-00-2y")),
        (MailReply("content", 250, "2.0.0 OK 1712 abc - gsmtp"), Delivered()),
        (MailReply("connect", 421, "4.3.2 busy"), Retry("smtp_421")),
        (MailReply("connect", 554, "no service for you"), Retry("smtp_554")),
        (MailReply("sender", 421), Retry("smtp_421")),
        (MailReply("sender", 530, "5.7.0 log in first"), Retry("sender_refused")),
        (MailReply("sender", 550, "5.7.1 not verified"), Retry("sender_refused")),
        (MailReply("sender", 552, "5.3.4 too big"), Failed("too_large")),
        (MailReply("recipient", 450, "4.2.0 greylisted"), Retry("smtp_450")),
        (MailReply("recipient", 451), Retry("smtp_451")),
        (MailReply("recipient", 452, "4.5.3 too many"), Retry("smtp_452")),
        (MailReply("recipient", 550), Failed("no_such_address")),
        (MailReply("recipient", 551), Failed("no_such_address")),
        (MailReply("recipient", 553), Failed("no_such_address")),
        (MailReply("recipient", 550, "5.1.1 no such user"), Failed("no_such_address")),
        (MailReply("recipient", 550, "5.2.1 disabled"), Failed("no_such_address")),
        (MailReply("recipient", 550, "5.7.1 blocked"), Failed("refused")),
        (MailReply("recipient", 552), Failed("mailbox_full")),
        (MailReply("recipient", 552, "5.2.2 over quota"), Failed("mailbox_full")),
        (MailReply("recipient", 554), Failed("refused")),
        (MailReply("recipient", 550, "5.1.8 sender domain"), Retry("sender_refused")),
        (MailReply("content", 421), Retry("smtp_421")),
        (MailReply("content", 451, "4.7.1 later"), Retry("smtp_451")),
        (MailReply("content", 550, "5.1.1 no such user"), Failed("no_such_address")),
        (MailReply("content", 552), Failed("too_large")),
        (MailReply("content", 554), Failed("content_refused")),
        (MailReply("content", 554, "5.7.1 spam"), Failed("refused")),
        (MailReply("content", 554, "5.6.0 malformed"), Failed("content_refused")),
        (MailReply("content", 354), Retry("smtp_354")),
        (MailReply("recipient", 250), Retry("smtp_250")),
        (MailReply("content", 0), Retry("smtp_0")),
        (MailReply("content", 999), Retry("smtp_999")),
        (MailFault("timeout"), Retry("timeout")),
    ],
)
def test_what_a_server_answers_means(reply: MailReply | MailFault, result: Result) -> None:
    assert result_of(reply) == result


@given(st.integers(-1, 999), st.text(max_size=60))
def test_no_answer_says_who_it_was_about(code: int, text: str) -> None:
    for stage in ("connect", "sender", "recipient", "content"):
        told = result_of(MailReply(stage, code, f"{text} ada@example.org"))
        assert isinstance(told, Delivered) or "ada" not in told.reason
