"""A mail server that takes every mail and sends none on."""

import smtplib
import sys
from collections.abc import Callable
from email import message_from_binary_file
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Self

from legato.local.ports import free_port
from legato.local.service import Folder, Launch, Service
from legato.local.unavailable import ServiceUnavailable

ANSWER_S = 1.0
MAILS = "mails"


class MailCatcher(Service):
    """The aiosmtpd server: what it took lies in a Maildir, so it is whole or not there yet."""

    port: int

    @classmethod
    def start(cls, folder: Path | None = None) -> Self:
        """Start one, its mails in `folder`.

        Raises ServiceUnavailable without `legato[local]`.
        """
        see_mail_catcher()
        port = free_port()
        with Folder(folder) as home:
            command = [sys.executable, "-m", "aiosmtpd", "--nosetuid", "--smtputf8"]
            command += ["--listen", f"127.0.0.1:{port}"]
            command += ["--class", "aiosmtpd.handlers.Mailbox", str(home.path / MAILS)]
            service = cls(Launch("mail-catcher", command, home, _mail_answers(port)))
        service.port = port
        return service

    def arrived(self) -> list[EmailMessage]:
        """Read all mails that arrived so far, the first one first."""
        found = [*(self.folder / MAILS / "new").iterdir()]
        return [_read(each) for each in sorted(found, key=_arrival)]


def see_mail_catcher() -> None:
    """See that one can be started; raises ServiceUnavailable without `legato[local]`."""
    try:
        import aiosmtpd  # noqa: F401
    except ImportError as error:
        raise ServiceUnavailable(
            "the mail catcher is not installed: run `pip install 'legato[local]'`"
        ) from error


def _read(path: Path) -> EmailMessage:
    with path.open("rb") as file:
        return message_from_binary_file(file, policy=default)


def _arrival(path: Path) -> int:
    return path.stat().st_mtime_ns


def _mail_answers(port: int) -> Callable[[], bool]:
    def ready() -> bool:
        try:
            with smtplib.SMTP("127.0.0.1", port, timeout=ANSWER_S) as client:
                return client.noop()[0] == 250
        except (OSError, smtplib.SMTPException):
            return False

    return ready
