"""An email as it arrived, in a handful of lines."""

from __future__ import annotations

from legato.demo.run.arrived_mail import ArrivedMail

Row = tuple[str, str]
WAY_OUT = "List-Unsubscribe"
"""The header, and the longest label."""
LINK_CHARACTERS = 60
"""A token is longer, and says nothing to anybody."""


def mail_rows(mail: ArrivedMail, lines: int) -> list[Row]:
    """Tell who wrote what to whom, in so many lines at most, and how to have no more of it."""
    head = [("from", mail.sender), ("to", mail.recipient), ("subject", mail.subject)]
    foot = [(WAY_OUT, _way_out(mail))] if mail.unsubscribe else []
    room = max(lines - len(head) - len(foot), 0)
    return [*head, *(("", line) for line in mail.text[:room]), *foot]


def _way_out(mail: ArrivedMail) -> str:
    how = "one click (RFC 8058)" if mail.one_click else "by the link"
    link = mail.unsubscribe
    short = link if len(link) <= LINK_CHARACTERS else f"{link[:LINK_CHARACTERS]}…"
    return f"{how}: {short}"
