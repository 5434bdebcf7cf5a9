"""The samples of all channels, and what makes their translators of their options."""

from __future__ import annotations

import tomllib
from typing import Any

import msgspec
from msgspec import Struct

from legato.channels import message, push, slack, webhook
from legato.channels.message import MessageOptions
from legato.channels.outgoing import ExchangeSample, Translator
from legato.channels.push import PushOptions, PushTranslator
from legato.channels.slack import SlackOptions, SlackTranslator
from legato.channels.webhook import WebhookOptions, WebhookTranslator

SECRET = "s3cret"
SIGNING = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class ChannelSample(Struct, frozen=True):
    """A sample, under the name of its ready-made adapter."""

    use: str
    sample: ExchangeSample

    @property
    def translator(self) -> Translator:
        told = tomllib.loads(self.sample.options)
        return translator_of(self.use, told, self.sample.url)


def translator_of(use: str, told: dict[str, Any], url: str) -> Translator:
    """Make a translator as its ready-made adapter does; secrets in files are given here."""
    match use:
        case "message":
            return msgspec.convert(told, MessageOptions).translator(SECRET)
        case "push":
            return PushTranslator(msgspec.convert(told, PushOptions), "shoes-7", SECRET)
        case "webhook":
            msgspec.convert(told, WebhookOptions)
            return WebhookTranslator(url, (SIGNING,))
        case "slack":
            msgspec.convert(told, SlackOptions)
            return SlackTranslator(url)
        case _:
            raise ValueError(use)


MODULES = {"message": message, "push": push, "webhook": webhook, "slack": slack}
SAMPLES = [
    ChannelSample(use, sample) for use, module in MODULES.items() for sample in module.SAMPLES
]
