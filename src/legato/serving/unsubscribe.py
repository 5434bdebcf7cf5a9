"""Links that end something with one click: made by adapters, opened by the API.

A token is encrypted and authenticated (Fernet): nobody can read in it who is written to, or
make one without the secret. It never ends, since a link must work in an old mail too.
"""

from __future__ import annotations

import base64

import msgspec
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from msgspec import Struct

from legato.core.values.outputs import Action
from legato.settings import SECRET_LEAST, SettingsError, UnsubscribeSettings, read_secret

SERVICE = "service"
"""The purpose that nobody unsubscribes from: what a customer asked for, or must know."""
TOKEN_MOST = 1_000
_PURPOSE_OF_KEY = b"legato unsubscribe 1"
_KEY_BYTES = 32


class Unsubscription(Struct, frozen=True, array_like=True):
    """What a link ends: a purpose on a channel at an address, for a brand or (empty) all.

    `kind` is the type of identifier that the address is. It shows nothing of itself.
    """

    kind: str
    address: str
    purpose: str
    channel: str
    brand: str = ""
    action_id: str = ""

    def __repr__(self) -> str:
        return f"Unsubscription({self.purpose}, {self.channel})"


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Unsubscription).decode


class UnsubscribeLinks:
    """Makes links by the newest secret, and opens those of all."""

    def __init__(self, settings: UnsubscribeSettings) -> None:
        """Read the secrets; raises SettingsError."""
        told = (settings.secret, *settings.previous_secrets)
        self._box = MultiFernet([Fernet(_key(each)) for each in told])
        self._url = settings.url

    def link_of(self, action: Action, kind: str) -> str:
        """The link for an action; empty for a service message: nobody ends those."""
        if action.purpose == SERVICE or not self._url:
            return ""
        ended = Unsubscription(
            kind, action.address, action.purpose, action.channel, action.brand, action.action_id
        )
        return self._url.replace("{token}", self.seal(ended))

    def seal(self, ended: Unsubscription) -> str:
        """Make a token."""
        return self._box.encrypt(_encode(ended)).decode().rstrip("=")

    def open(self, token: str) -> Unsubscription | None:
        """Read a token; None for one that none of the secrets made."""
        if len(token) > TOKEN_MOST or not token.isascii():
            return None
        padded = token + "=" * (-len(token) % 4)
        try:
            return _decode(self._box.decrypt(padded.encode()))
        except (InvalidToken, msgspec.MsgspecError, UnicodeDecodeError):
            return None


def links_of(settings: UnsubscribeSettings) -> UnsubscribeLinks | None:
    """Make them, if the settings have a secret; raises SettingsError."""
    return UnsubscribeLinks(settings) if settings.secret else None


def _key(told: str) -> bytes:
    secret = read_secret(told, "the secret of links to unsubscribe")
    if len(secret) < SECRET_LEAST:
        raise SettingsError(
            f"`unsubscribe.secret` has fewer than {SECRET_LEAST} characters; "
            "write `openssl rand -hex 32`"
        )
    kdf = HKDF(SHA256(), length=_KEY_BYTES, salt=None, info=_PURPOSE_OF_KEY)
    return base64.urlsafe_b64encode(kdf.derive(secret.encode()))
