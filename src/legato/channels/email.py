"""An action as an email: text and HTML, and one click to have no more of them (RFC 8058)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.headerregistry import BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import EmailPolicy, Policy
from email.utils import format_datetime
from typing import cast

from msgspec import Struct

from legato.adapter import Action, Failed
from legato.channels.mail import NO_SUCH_ADDRESS, Mailbox, OutgoingMail, read_mailbox
from legato.core.values.ids import derive_id
from legato.core.values.time import Instant

LINE_MOST = 998
"""Characters of a line of a mail (RFC 5322, 2.1.1)."""
ACTION_ID = "{action_id}"
"""What stands in a header of the settings for the id of the action."""
_PLAIN_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_HEADER_NAME = re.compile(r"[A-Za-z0-9-]{1,70}")
_WHOLE = ("list-unsubscribe", "list-unsubscribe-post", "message-id")
_OURS = frozenset(
    (
        *("from", "to", "cc", "bcc", "sender", "reply-to", "subject", "date", "message-id"),
        *("mime-version", "content-type", "content-transfer-encoding", "return-path"),
        *("auto-submitted", "list-unsubscribe", "list-unsubscribe-post"),
    )
)


class Letterhead(Struct, frozen=True):
    """What all emails in a name have in common: who writes, who is answered, further headers.

    A header's value may hold `{action_id}`. `unsubscribe_mailto` is an address of the shop's
    that takes refusals by mail, beside the link.
    """

    sender: Mailbox
    reply_to: Mailbox | None = None
    headers: Mapping[str, str] = {}
    unsubscribe_mailto: str = ""


class _WholeHeader(UnstructuredHeader):
    """A header that is not broken into lines: a long URL would be encoded, and lost by that."""

    name: str

    def fold(self, *, policy: Policy) -> str:
        """Write it as one line."""
        return f"{self.name}: {self}{policy.linesep}"


def write_email(
    action: Action,
    parts: Mapping[str, str],
    letterhead: Letterhead,
    unsubscribe_url: str,
    sent: Instant,
) -> OutgoingMail | Failed:
    """Write the email of an action; `Failed` where its address or its content is none.

    The same action gives the same `Message-ID`, so that one that is sent twice is known again.
    """
    recipient = read_mailbox(action.address)
    if recipient is None:
        return Failed(NO_SUCH_ADDRESS)
    subject = _one_line(parts.get("subject", ""))
    if not subject or not (parts.get("text") or parts.get("html")):
        return Failed("bad_content")
    utf8 = recipient.needs_utf8 or letterhead.sender.needs_utf8
    mail = EmailMessage(_policy(letterhead, utf8=utf8))
    mail["From"] = letterhead.sender.header
    mail["To"] = recipient.header
    mail["Subject"] = subject
    mail["Date"] = format_datetime(datetime.fromtimestamp(sent // 1_000, UTC))
    _write_headers(mail, action, letterhead, unsubscribe_url)
    _write_parts(mail, parts, _name_of(action))
    content = mail.as_bytes()
    return OutgoingMail(letterhead.sender.address, recipient.address, content, utf8)


def fault_of_header(name: str, value: str) -> str:
    """Say what is wrong with a header of the settings; empty if nothing is."""
    if not _HEADER_NAME.fullmatch(name):
        return f"`{name}` is no name of a header; write one such as `X-SMTPAPI`"
    if name.lower() in _OURS:
        return f"`{name}` is written by Legato; leave it out"
    if not (value.isascii() and value.isprintable()) or len(value) > LINE_MOST // 2:
        return f"`{name}` is no line of plain ASCII; shorten it, or encode it"
    return ""


def _write_headers(
    mail: EmailMessage, action: Action, letterhead: Letterhead, unsubscribe_url: str
) -> None:
    name = _name_of(action)
    mail["Message-ID"] = f"<{name}@{letterhead.sender.domain}>"
    if letterhead.reply_to is not None:
        mail["Reply-To"] = letterhead.reply_to.header
    mail["Auto-Submitted"] = "auto-generated"
    if unsubscribe_url:
        by_mail = letterhead.unsubscribe_mailto
        ways = (f"<{unsubscribe_url}>", *([f"<mailto:{by_mail}>"] if by_mail else ()))
        mail["List-Unsubscribe"] = ", ".join(ways)
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    for header, value in letterhead.headers.items():
        mail[header] = value.replace(ACTION_ID, name)


def _write_parts(mail: EmailMessage, parts: Mapping[str, str], name: str) -> None:
    """Write text and HTML, the richer one last (RFC 2046, 5.1.4).

    All of it is quoted-printable: so `=_`, which the boundary has, is in none of them.
    """
    text, html = parts.get("text", ""), parts.get("html", "")
    if text:
        mail.set_content(text, cte="quoted-printable")
    if html and text:
        mail.add_alternative(html, subtype="html", cte="quoted-printable")
        mail.set_boundary(f"=_{name}")
    elif html:
        mail.set_content(html, subtype="html", cte="quoted-printable")


def _name_of(action: Action) -> str:
    """The id of the action; of one that is not ours what it may be called in a header."""
    told = action.action_id
    return told if _PLAIN_ID.fullmatch(told) else derive_id("action", told)


def _one_line(text: str) -> str:
    """Take all that breaks lines, or cannot be seen, out of a subject."""
    spaced = " ".join(text.split())
    return "".join(each for each in spaced if each.isprintable()).strip()


def _policy(letterhead: Letterhead, *, utf8: bool) -> EmailPolicy[EmailMessage]:
    registry = HeaderRegistry()
    for name in (*_WHOLE, *letterhead.headers):
        registry.map_to_type(name, cast(type[BaseHeader], _WholeHeader))
    return EmailPolicy(linesep="\r\n", utf8=utf8, header_factory=registry)
