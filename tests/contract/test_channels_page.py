"""docs/channels.md shows what the channels do, and its settings are settings."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator

import msgspec

from legato.serving.adapters.ready_made import READY_MADE
from legato.settings import Settings
from tests.contract.channels_page import PAGE, generated
from tests.unit.channels.samples import MODULES

BY_MAIL = "email"
"""Goes out by SMTP: tests/integration/test_smtp.py asks of it what samples do of the others."""


def test_its_samples_are_in_step() -> None:
    page = PAGE.read_text()
    assert page == generated(page), "run `python -m tests.contract.channels_page`"


def _toml() -> Iterator[str]:
    for block in PAGE.read_text().split("```toml\n")[1:]:
        yield block.split("```")[0]


def test_each_ready_made_adapter_has_its_samples_and_its_section() -> None:
    # What is told on this terminal is sent nowhere.
    sent = set(READY_MADE) - {"log"}
    assert {*MODULES, BY_MAIL} == sent
    for use in sent:
        assert f"\n## {use}\n" in PAGE.read_text()


def test_its_settings_are_toml_and_its_source_a_source(tmp_path: object) -> None:
    [source] = [text for text in _toml() if text.startswith("[[sources]]")]
    settings = msgspec.convert(tomllib.loads(source), Settings)
    assert settings.sources[0].map == "twilio.status"
    for text in _toml():
        tomllib.loads(text)
