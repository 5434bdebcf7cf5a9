"""A mail that goes out and what a server answers: translators write and read them."""

from __future__ import annotations

import re
from email.headerregistry import Address, AddressHeader, HeaderRegistry
from typing import Literal

import idna
from msgspec import Struct

from legato.adapter import Delivered, Failed, Result, Retry

LOCAL_MOST, DOMAIN_MOST = 64, 253
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.\u0080-\U0010ffff-]+")
_QUEUED = re.compile(r"\b(?:queued as |id=)<?([A-Za-z0-9][\w.@-]{0,99})>?", re.I)
_ENHANCED = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})(?:\s|$)")

NO_SUCH_ADDRESS = "no_such_address"
SENDER = "sender_refused"
_BY_ENHANCED = {
    "1": NO_SUCH_ADDRESS,
    "1.7": SENDER,
    "1.8": SENDER,
    "2": "mailbox_unavailable",
    "2.1": NO_SUCH_ADDRESS,
    "2.2": "mailbox_full",
    "2.3": "too_large",
    "3.4": "too_large",
    "6": "content_refused",
    "7": "refused",
}
"""RFC 3463, by subject or subject and detail of a permanent failure: why it was."""
_BY_CODE = {550: NO_SUCH_ADDRESS, 551: NO_SUCH_ADDRESS, 553: NO_SUCH_ADDRESS}
_FULL = 552

Stage = Literal["connect", "sender", "recipient", "content"]
"""What was under way: greeting, TLS and login; `MAIL`; `RCPT`; `DATA` and what follows it."""


class Mailbox(Struct, frozen=True):
    """An address that mail can go to, its domain in ASCII. It shows nothing of itself."""

    local: str
    domain: str
    name: str = ""

    def __repr__(self) -> str:
        return "Mailbox()"

    @property
    def address(self) -> str:
        """The address as an envelope has it."""
        return f"{self.local}@{self.domain}"

    @property
    def needs_utf8(self) -> bool:
        """Can only servers with SMTPUTF8 (RFC 6531) take it?"""
        return not self.local.isascii()

    @property
    def header(self) -> Address:
        """The address as a header has it."""
        return Address(self.name, self.local, self.domain)


class OutgoingMail(Struct, frozen=True):
    """A mail and its envelope. It holds addresses, so it shows nothing of itself."""

    sender: str
    recipient: str
    content: bytes
    utf8: bool = False

    def __repr__(self) -> str:
        return f"OutgoingMail({len(self.content)} bytes)"


class MailReply(Struct, frozen=True):
    """What a server answered at which stage: its code (RFC 5321), and its words."""

    stage: Stage
    code: int
    text: str = ""

    def __repr__(self) -> str:
        return f"MailReply({self.stage}, {self.code})"


class MailFault(Struct, frozen=True):
    """That no answer came, or none that can be read; `reason` is a code."""

    reason: str


def read_mailbox(address: str) -> Mailbox | None:
    """Read one address as it is written to; None for what is none, or more than one."""
    local, at, domain = address.strip().rpartition("@")
    if not at or not _LOCAL.fullmatch(local) or len(local.encode()) > LOCAL_MOST:
        return None
    if local.startswith(".") or local.endswith(".") or ".." in local or not local.isprintable():
        return None
    try:
        ascii_domain = idna.encode(domain, uts46=True).decode().lower()
    except (idna.IDNAError, UnicodeError):
        return None
    sound = "." in ascii_domain and len(ascii_domain) <= DOMAIN_MOST
    return Mailbox(local, ascii_domain) if sound else None


def read_named_mailbox(text: str) -> Mailbox | None:
    """Read `The Shoe Shop <hello@shop.example>`, or an address alone; None for what is none."""
    if not text.isprintable():
        return None
    header = HeaderRegistry()("From", text)
    if not isinstance(header, AddressHeader) or len(header.addresses) != 1:
        return None
    (found,) = header.addresses
    mailbox = read_mailbox(found.addr_spec)
    return (
        None if mailbox is None else Mailbox(mailbox.local, mailbox.domain, found.display_name)
    )


def result_of(reply: MailReply | MailFault) -> Result:
    """Read what an answer means for an action.

    A permanent answer to the greeting, the login or the sender is about us and not about this
    mail: it waits until somebody has mended that, as with whoever does not answer.
    """
    if isinstance(reply, MailFault):
        return Retry(reply.reason)
    if reply.code // 100 == 2 and reply.stage == "content":
        return Delivered(_queue_id(reply.text))
    if reply.code // 100 != 5:
        return Retry(f"smtp_{reply.code}")
    reason = _reason_of(reply)
    if reply.stage == "connect":
        return Retry(f"smtp_{reply.code}")
    about_us = reply.stage == "sender" and reason != "too_large"
    return Retry(SENDER) if about_us or reason == SENDER else Failed(reason)


def _reason_of(reply: MailReply) -> str:
    """Why a server refuses for good, by its enhanced code where it says one."""
    if found := _ENHANCED.match(reply.text.strip()):
        _, subject, detail = found.groups()
        reason = _BY_ENHANCED.get(f"{subject}.{detail}") or _BY_ENHANCED.get(subject)
        if reason:
            return reason
    if reply.stage == "recipient":
        return "mailbox_full" if reply.code == _FULL else _BY_CODE.get(reply.code, "refused")
    return "too_large" if reply.code == _FULL else "content_refused"


def _queue_id(text: str) -> str:
    """How the server calls what it took, if it says so in one of the common ways."""
    found = _QUEUED.search(text)
    return found[1] if found else ""
