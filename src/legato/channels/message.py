"""SMS, WhatsApp, Viber and calls that speak: by Twilio, or by whoever a map describes."""

from __future__ import annotations

from msgspec import Struct

from legato.channels.described import SAMPLES as DESCRIBED
from legato.channels.described import DescribedOptions, DescribedTranslator
from legato.channels.outgoing import Translator
from legato.channels.twilio import SAMPLES as TWILIO
from legato.channels.twilio import TwilioOptions, TwilioTranslator

CHANNELS = ("sms", "whatsapp", "viber", "voice")


class MessageOptions(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who sends: `twilio`, or a `provider` that is described."""

    twilio: TwilioOptions | None = None
    provider: DescribedOptions | None = None

    def __post_init__(self) -> None:
        if (self.twilio is None) == (self.provider is None):
            raise ValueError("nobody sends, or two do: write either `twilio` or `provider`")

    @property
    def secret(self) -> str:
        """What one logs in with, as the settings have it."""
        told = self.twilio or self.provider
        return told.secret if told is not None else ""

    def translator(self, secret: str) -> Translator:
        """Make what writes and reads for the provider; `secret` is that above, read."""
        if self.provider is not None:
            return DescribedTranslator(self.provider, secret)
        if self.twilio is None:
            raise TypeError("options that name nobody are not made")
        return TwilioTranslator(self.twilio, secret)


SAMPLES = (*TWILIO, *DESCRIBED)
