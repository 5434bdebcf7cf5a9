"""A real mail server that answers as a test tells it, and certificates for it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

OK = "250 2.0.0 OK"
SILENCE, DROP = "silence", "drop"
"""Instead of an answer: none, or the end of the connection."""


class MailServer:
    """Takes mail on a port of this machine.

    `says` are its answers at each stage, `once` the next one alone.

    `arrived` are the envelopes that it took, `visits` how many connections there were, and
    `heard` all commands before a mail's content.
    """

    def __init__(self) -> None:
        self.says = {"MAIL": OK, "RCPT": OK, "DATA": f"{OK}: queued as 4XYZ"}
        self.once: dict[str, str] = {}
        self.arrived: list[Envelope] = []
        self.heard: list[str] = []
        self.visits = 0
        self.port = 0
        self.logins: list[tuple[str, str]] = []
        self.over = asyncio.Event()
        self.sessions: list[SMTP] = []

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, host: str, told: list[str]
    ) -> list[str]:
        self.heard.append("EHLO")
        session.host_name = host
        return told

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, who: str, options: list[str]
    ) -> str:
        self.heard.append("MAIL")
        envelope.mail_from = who
        envelope.mail_options.extend(options)
        return await self._answer("MAIL", server)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, who: str, options: list[str]
    ) -> str:
        self.heard.append("RCPT")
        envelope.rcpt_tos.append(who)
        return await self._answer("RCPT", server)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.arrived.append(envelope)
        return await self._answer("DATA", server)

    async def _answer(self, stage: str, server: SMTP) -> str:
        answer = self.once.pop(stage, self.says[stage])
        if answer == SILENCE:
            await self.over.wait()
        if answer == DROP:
            hang_up(server)
        return answer

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, how: str, data: object
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        login = data.login.decode(), data.password.decode()
        self.logins.append(login)
        return AuthResult(success=login == ("shop", "right"), handled=False)


def bytes_of(envelope: Envelope) -> bytes:
    """The content of a mail as it came."""
    assert isinstance(envelope.content, bytes)
    return envelope.content


def hang_up(session: SMTP) -> None:
    """End a connection without a word."""
    if isinstance(session.transport, asyncio.WriteTransport):
        session.transport.abort()


@asynccontextmanager
async def mail_server(
    *,
    starttls: ssl.SSLContext | None = None,
    implicit: ssl.SSLContext | None = None,
    utf8: bool = True,
    login: bool = False,
) -> AsyncIterator[MailServer]:
    """Run one until the test is over."""
    server, loop = MailServer(), asyncio.get_running_loop()

    def protocol() -> SMTP:
        server.visits += 1
        session = SMTP(
            server,
            hostname="mx.example",
            tls_context=starttls,
            require_starttls=starttls is not None,
            enable_SMTPUTF8=utf8,
            auth_required=login,
            auth_require_tls=starttls is not None,
            authenticator=server.authenticate if login else None,
            loop=loop,
        )
        server.sessions.append(session)
        return session

    async with _listening(protocol, implicit) as server.port:
        yield server
        server.over.set()
        for session in server.sessions:
            hang_up(session)


@asynccontextmanager
async def _listening(
    protocol: Callable[[], asyncio.Protocol], tls: ssl.SSLContext | None
) -> AsyncIterator[int]:
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(protocol, "127.0.0.1", 0, ssl=tls)
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        listening.close()


def certificate(folder: Path, *names: str) -> tuple[ssl.SSLContext, Path]:
    """Make a certificate for some names: what a server shows, and a file of whom to believe."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a mail server of a test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([*map(_called, names)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    shown, private = folder / "certificate.pem", folder / "key.pem"
    shown.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(shown, private)
    return context, shown


def _called(name: str) -> x509.GeneralName:
    if name[:1].isdigit():
        return x509.IPAddress(ip_address(name))
    return x509.DNSName(name)
