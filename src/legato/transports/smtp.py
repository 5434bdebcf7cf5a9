"""Mail out by SMTP: over TLS unless it stays on this machine, on connections that are kept.

A connection is used for the next mail only if all that was said on it was understood; one that
was left in the middle of anything, or was idle for long, is closed. Every answer is waited for
`timeout_s` at most.
"""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from ipaddress import ip_address
from types import TracebackType
from typing import Literal, Self

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPConnectError,
    SMTPException,
    SMTPResponseException,
    SMTPServerDisconnected,
    SMTPStatus,
    SMTPTimeoutError,
)
from msgspec import Struct

from legato.channels.mail import MailFault, MailReply, OutgoingMail, Stage

IDLE_MOST_S = 20.0
"""How long a connection may be idle: most servers close it after 30 s or more."""
SURE_S = 2.0
"""How long after a mail a connection is taken to be there, without asking."""
MAILS_MOST = 100
"""Mails on one connection; some servers take no more."""
FAREWELL_S = 2.0
LOST, GONE = MailFault("connection_lost"), MailFault("connection_closed")
"""That a connection broke in the middle of a mail, and that it did before the next began."""
UNREADABLE = -1
"""What aiosmtplib has for the code of an answer that is none."""

Tls = Literal["starttls", "implicit", "none"]


class SmtpServer(Struct, frozen=True):
    """A server that takes our mail, and how it is reached. It shows no secret of itself.

    `tls` is `none` only on this machine. `ca` is a file of certificates to believe instead of
    the system's; `hello` is how we call ourselves.
    """

    host: str
    port: int = 587
    tls: Tls = "starttls"
    username: str = ""
    password: str = ""
    ca: str = ""
    hello: str = "localhost"
    timeout_s: float = 30.0
    connections: int = 4

    def __repr__(self) -> str:
        return f"SmtpServer({self.host}:{self.port})"


class _Connection(Struct):
    """A connection that is open, when it was last used, and for how many mails."""

    client: SMTP
    used_at: float
    mails: int = 0


class SmtpPool:
    """A few connections to one server; an async context manager."""

    def __init__(self, server: SmtpServer) -> None:
        """Take the server; raises OSError (ssl.SSLError is one) if `ca` cannot be read."""
        self._server = server
        self._tls = ssl.create_default_context(cafile=server.ca or None)
        self._slots = asyncio.Semaphore(server.connections)
        self._idle: list[_Connection] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take leave of the server."""
        idle, self._idle = self._idle, []
        for connection in idle:
            with suppress(SMTPException, OSError):
                await connection.client.quit(timeout=FAREWELL_S)
            connection.client.close()

    async def send(self, mail: OutgoingMail) -> MailReply | MailFault:
        """Send a mail, and return what the server answered last.

        Where the server took leave of a connection meanwhile, another is opened at once.
        """
        async with self._slots:
            while True:
                connection = await self._connection()
                if not isinstance(connection, _Connection):
                    return connection
                was_used = connection.mails > 0
                reply = await self._converse(connection, mail)
                if not (was_used and _is_farewell(reply)):
                    return reply

    def age(self, span_s: float) -> None:
        """Take all connections to have been idle for so much longer."""
        for connection in self._idle:
            connection.used_at -= span_s

    async def _connection(self) -> _Connection | MailReply | MailFault:
        """Take one that is idle and alive, else open one."""
        now = asyncio.get_running_loop().time()
        while self._idle:
            connection = self._idle.pop()
            if await _is_alive(connection, now):
                return connection
            connection.client.close()
        client = _client(self._server, self._tls)
        try:
            fault = await _enter(client, self._server)
        except (SMTPException, OSError) as error:
            fault = _told_by(error, "connect")
        except BaseException:
            client.close()
            raise
        if fault is None:
            return _Connection(client, now)
        client.close()
        return fault

    async def _converse(
        self, connection: _Connection, mail: OutgoingMail
    ) -> MailReply | MailFault:
        client, stages = connection.client, _Stages()
        try:
            reply = await stages.hand_over(client, mail)
        except (SMTPException, OSError) as error:
            reply = _told_by(error, stages.stage)
            if stages.stage == "sender" and reply == LOST:
                reply = GONE
        except BaseException:  # cancelled in the middle: nobody knows what comes next on it
            client.close()
            raise
        await self._keep(connection, reply)
        return reply

    async def _keep(self, connection: _Connection, reply: MailReply | MailFault) -> None:
        """Keep a connection on which all was understood, with nothing left of this mail."""
        client = connection.client
        connection.mails += 1
        understood = isinstance(reply, MailReply) and client.is_connected
        if not understood or connection.mails >= MAILS_MOST:
            client.close()
            return
        if isinstance(reply, MailReply) and reply.code // 100 != 2:
            try:
                await client.rset()
            except (SMTPException, OSError):
                client.close()
                return
        connection.used_at = asyncio.get_running_loop().time()
        self._idle.append(connection)


class _Stages:
    """Hands one mail over, and knows how far that has come."""

    def __init__(self) -> None:
        self.stage: Stage = "sender"

    async def hand_over(self, client: SMTP, mail: OutgoingMail) -> MailReply | MailFault:
        """Say `MAIL`, `RCPT` and `DATA`; raises what aiosmtplib raises."""
        options, encoding = [], "ascii"
        if client.supports_extension("size"):
            options.append(f"SIZE={len(mail.content)}")
        if mail.utf8:
            if not client.supports_extension("smtputf8"):
                return MailReply("recipient", 553, "5.1.3 no SMTPUTF8 here")
            options, encoding = [*options, "SMTPUTF8", "BODY=8BITMIME"], "utf-8"
        await client.mail(mail.sender, options=options, encoding=encoding)
        self.stage = "recipient"
        await client.rcpt(mail.recipient, encoding=encoding)
        self.stage = "content"
        answer = await client.data(mail.content)
        return MailReply("content", answer.code, answer.message)


def _is_farewell(reply: MailReply | MailFault) -> bool:
    """Did a server that was asked for the next mail close instead, as it may at any time?"""
    if isinstance(reply, MailReply):
        return reply.stage == "sender" and reply.code == SMTPStatus.domain_unavailable
    return reply == GONE


def is_on_this_machine(host: str) -> bool:
    """Does what goes to this host stay on this machine?"""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _client(server: SmtpServer, tls: ssl.SSLContext) -> SMTP:
    """A client that never falls back on less than what was asked for."""
    if server.tls == "none" and not is_on_this_machine(server.host):
        raise ValueError(f"mail to `{server.host}` needs TLS; only this machine does not")
    return SMTP(
        hostname=server.host,
        port=server.port,
        local_hostname=server.hello,
        timeout=server.timeout_s,
        use_tls=server.tls == "implicit",
        start_tls=False,  # it is begun by `_enter`, which takes no answer for less
        tls_context=tls,
    )


async def _enter(client: SMTP, server: SmtpServer) -> MailReply | MailFault | None:
    """Connect, begin TLS, log in; returns what is in the way. Raises what aiosmtplib does."""
    await client.connect()
    await client.ehlo()
    if server.tls == "starttls":
        if not client.supports_extension("starttls"):
            return MailFault("no_tls")
        await client.starttls()
        await client.ehlo()
    if server.username:
        if not client.supports_extension("auth"):
            return MailFault("login_refused")
        await client.login(server.username, server.password)
    return None


async def _is_alive(connection: _Connection, now: float) -> bool:
    """Ask whether the server is still there, if that is not clear."""
    idle = now - connection.used_at
    if not connection.client.is_connected or idle > IDLE_MOST_S:
        return False
    if idle <= SURE_S:
        return True
    try:
        return (await connection.client.noop()).code // 100 == 2
    except (SMTPException, OSError):
        return False


def _told_by(error: SMTPException | OSError, stage: Stage) -> MailReply | MailFault:
    """Say what went wrong: the answer of the server, or why there is none."""
    if isinstance(error, SMTPAuthenticationError):
        return MailFault("login_refused")
    if isinstance(error, SMTPResponseException):
        if error.code == UNREADABLE:
            return MailFault("broken_answer")
        return MailReply(stage, error.code, error.message)
    for kind, reason in _REASONS:
        if isinstance(error, kind) or isinstance(error.__cause__, kind):
            return MailFault(reason)
    return MailFault("no_connection" if stage == "connect" else "connection_lost")


_REASONS: tuple[tuple[type[BaseException], str], ...] = (
    (ssl.SSLCertVerificationError, "bad_certificate"),
    (ssl.SSLError, "no_tls"),
    (SMTPTimeoutError, "timeout"),
    (TimeoutError, "timeout"),
    (SMTPServerDisconnected, "connection_lost"),
    (SMTPConnectError, "no_connection"),
)
"""The first kind that an error is of, or comes of, says why there is no answer."""
