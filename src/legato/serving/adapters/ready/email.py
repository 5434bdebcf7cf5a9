"""`use = "email"`: emails by SMTP, with one click to have no more of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Annotated, Literal

from msgspec import Meta, Struct

from legato.adapter import Action, Content, Deliver, Failed, Result, Retry, Setup
from legato.channels.email import Letterhead, fault_of_header, write_email
from legato.channels.mail import Mailbox, read_mailbox, read_named_mailbox, result_of
from legato.serving.adapters.ready.sending import nothing_to_say, now_ms
from legato.serving.unsubscribe import UnsubscribeLinks, links_of
from legato.settings import Port, Seconds, Settings, SettingsError, read_secret
from legato.transports.smtp import SmtpPool, SmtpServer, Tls, is_on_this_machine

CONTENT = True
CHANNELS = ("email",)
ADDRESS = "email"
"""The type of identifier that an email's address is."""

__all__ = ["CHANNELS", "CONTENT", "Options", "connect"]


class BrandSender(Struct, frozen=True, forbid_unknown_fields=True):
    """Who writes in the name of a brand."""

    sender: str
    reply_to: str = ""

    def __post_init__(self) -> None:
        _see_senders(self.sender, self.reply_to)


class Options(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What `[adapters.email.options]` may say; see docs/adapters.md."""

    host: str
    port: Port = 587
    tls: Tls = "starttls"
    ca: str = ""
    username: str = ""
    password: str = ""
    sender: str
    reply_to: str = ""
    brands: dict[str, BrandSender] = {}
    headers: dict[str, str] = {}
    unsubscribe: Literal["link", "none"] = "link"
    unsubscribe_mailto: str = ""
    timeout_s: Seconds = 30.0
    connections: Annotated[int, Meta(ge=1, le=100)] = 4

    def __post_init__(self) -> None:
        _see_senders(self.sender, self.reply_to)
        if self.unsubscribe_mailto and read_mailbox(self.unsubscribe_mailto) is None:
            raise ValueError("`unsubscribe_mailto` is no address; write one")
        if self.tls == "none" and not is_on_this_machine(self.host):
            raise ValueError(
                f"mail to `{self.host}` needs TLS: only this machine does not; write "
                '`tls = "starttls"`'
            )
        for name, value in self.headers.items():
            if fault := fault_of_header(name, value):
                raise ValueError(f"`headers`: {fault}")


@asynccontextmanager
async def connect(setup: Setup) -> AsyncIterator[Deliver]:
    """Open the way to the server, and deliver by it; raises SettingsError."""
    options: Options = setup.options
    settings = setup.settings if isinstance(setup.settings, Settings) else Settings()
    if setup.content is None:
        raise nothing_to_say(setup)
    links = links_of(settings.unsubscribe)
    _see_links(setup.name, options, settings)
    try:
        pool = SmtpPool(_server(setup.name, options))
    except OSError as error:
        raise SettingsError(
            f"the adapter `{setup.name}` cannot read `ca`, `{options.ca}` ({error.strerror})"
        ) from None
    async with pool:
        yield _Emails(setup.content, options, pool, links).deliver


class _Emails:
    def __init__(
        self,
        content: Content,
        options: Options,
        pool: SmtpPool,
        links: UnsubscribeLinks | None,
    ) -> None:
        self._content, self._pool = content, pool
        self._links = links if options.unsubscribe == "link" else None
        self._letterheads = _letterheads(options)

    async def deliver(self, action: Action) -> Result:
        """Send the email of an action."""
        link = self._links.link_of(action, ADDRESS) if self._links else ""
        parts = await self._content.render(action, link)
        if isinstance(parts, Failed | Retry):
            return parts
        letterhead = self._letterheads.get(action.brand, self._letterheads[""])
        mail = write_email(action, parts, letterhead, link, now_ms())
        return mail if isinstance(mail, Failed) else result_of(await self._pool.send(mail))


def _server(name: str, options: Options) -> SmtpServer:
    sender = _mailbox(options.sender)
    return SmtpServer(
        host=options.host,
        port=options.port,
        tls=options.tls,
        username=options.username,
        password=read_secret(options.password, f"the password of the adapter `{name}`"),
        ca=options.ca,
        hello=sender.domain,
        timeout_s=options.timeout_s,
        connections=options.connections,
    )


def _letterheads(options: Options) -> Mapping[str, Letterhead]:
    """Make the letterhead of each brand; that of all others is under the empty name."""
    senders = {"": BrandSender(options.sender, options.reply_to), **options.brands}
    return {
        brand: Letterhead(
            _mailbox(told.sender),
            _mailbox(told.reply_to) if told.reply_to else None,
            options.headers,
            options.unsubscribe_mailto,
        )
        for brand, told in senders.items()
    }


def _see_links(name: str, options: Options, settings: Settings) -> None:
    """See that promotions can bear a link; raises SettingsError."""
    there = settings.unsubscribe.url and settings.unsubscribe.secret
    if options.unsubscribe == "link" and not there:
        raise SettingsError(
            f"promotions of the adapter `{name}` must say how to have no more of them; set "
            '`unsubscribe.url` and `unsubscribe.secret`, or its option `unsubscribe = "none"`'
        )


def _see_senders(sender: str, reply_to: str) -> None:
    """See that both are addresses, the second if it is told; raises ValueError."""
    for each in (sender, *filter(None, (reply_to,))):
        _mailbox(each)


def _mailbox(told: str) -> Mailbox:
    found = read_named_mailbox(told)
    if found is None:
        raise ValueError(f"`{told}` is no address; write `The Shop <hello@shop.example>`")
    return found
