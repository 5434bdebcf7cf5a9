"""An email as it arrived, read for the eye and for the verdict."""

from __future__ import annotations

from email.message import EmailMessage
from itertools import takewhile

from msgspec import Struct

ONE_CLICK = "List-Unsubscribe=One-Click"
"""What a mail says in `List-Unsubscribe-Post` where one click is enough (RFC 8058)."""
SIGNATURE = "--"
"""The line behind which there is only who wrote."""


class ArrivedMail(Struct, frozen=True, kw_only=True):
    """Who wrote what to whom; `text` are the lines of its text part, down to the signature.

    `unsubscribe` is the link of its header `List-Unsubscribe`, empty if there is none, and
    `one_click` says that the other header of RFC 8058 is there as well.
    """

    action_id: str
    sender: str
    recipient: str
    subject: str
    text: tuple[str, ...]
    unsubscribe: str
    one_click: bool


def read_mail(mail: EmailMessage) -> ArrivedMail:
    """Read a mail that an adapter sent: its `Message-ID` names the action."""
    part = mail.get_body(("plain",))
    text = str(part.get_content()) if isinstance(part, EmailMessage) else ""
    lines = (" ".join(line.split()) for line in text.splitlines())
    return ArrivedMail(
        action_id=str(mail["Message-ID"] or "").strip("<> ").partition("@")[0],
        sender=str(mail["From"] or ""),
        recipient=str(mail["To"] or ""),
        subject=str(mail["Subject"] or ""),
        text=tuple(filter(None, takewhile(SIGNATURE.__ne__, lines))),
        unsubscribe=str(mail["List-Unsubscribe"] or "").strip("<> "),
        one_click=mail["List-Unsubscribe-Post"] == ONE_CLICK,
    )
