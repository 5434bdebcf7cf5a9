"""The mails that arrived, as whoever they are for sees them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from email.message import EmailMessage
from functools import partial
from http import HTTPStatus
from pathlib import Path

import jinja2
from msgspec import Struct

from legato.demo.by_hand.page_server import PageServer, QuietHandler

PAGE = Path(__file__).with_name("mails.html")
HEAD = ("From", "To", "Subject")


class ShownMail(Struct, frozen=True):
    """What the page shows of a mail; `html` is empty where it has text alone."""

    sender: str
    recipient: str
    subject: str
    text: str
    html: str


def serve_mails(arrived: Callable[[], Sequence[EmailMessage]], port: int) -> PageServer:
    """Serve what has arrived so far; the page asks for more by itself."""
    return PageServer(port, partial(_MailHandler, arrived))


def written(mails: Sequence[EmailMessage]) -> str:
    """Write the page, the newest mail first."""
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    template = environment.from_string(PAGE.read_text())
    return template.render(mails=[*_shown(reversed(mails))], count=len(mails))


class _MailHandler(QuietHandler):
    def __init__(self, arrived: Callable[[], Sequence[EmailMessage]], *told: object) -> None:
        self._arrived = arrived
        super().__init__(*told)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        """Answer with the page, or with how many there are."""
        mails = self._arrived()
        match self.path:
            case "/":
                self.answer(written(mails).encode(), "text/html")
            case "/count":
                self.answer(str(len(mails)).encode(), "text/plain")
            case _:
                self.send_error(HTTPStatus.NOT_FOUND)


def _shown(mails: Iterator[EmailMessage]) -> Iterator[ShownMail]:
    for mail in mails:
        sender, recipient, subject = (str(mail[each] or "") for each in HEAD)
        yield ShownMail(sender, recipient, subject, _part(mail, "plain"), _part(mail, "html"))


def _part(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    return str(part.get_content()) if isinstance(part, EmailMessage) else ""
