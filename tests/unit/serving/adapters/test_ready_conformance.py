"""The ready-made adapters that go out by HTTP hold what the conformance kit asks of each."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from legato.adapter import Setup
from legato.adapter_module import AdapterModule
from legato.serving.adapters.ready_made import READY_MADE
from legato.testing.adapters import ConformanceKit
from tests.unit.serving.adapters.test_ready import (
    HERE,
    TAKEN,
    TOKEN,
    WORDS,
    Words,
    module_of,
    options_of,
)
from tests.unit.transports.web import Answering, WebServer, answering, serving_beside

OUTCOMES = {
    "taken": None,
    "refused": answering(400, b'{"code": 21211, "error": {"status": "INVALID_ARGUMENT"}}'),
    "busy": answering(429, headers={"Retry-After": "3"}),
    "failing": answering(500, b"Ada <ada@example.org> is not here"),
    "garbage": b"220 smtp.example ESMTP\r\n\r\n",
    "nothing": b"\n",
}


def answers_of(use: str, outcome: str) -> Answering:
    """Answer always so, but give out a token."""
    told = OUTCOMES[outcome]
    return lambda heard: TOKEN if heard.path == "/token" else told or TAKEN[use]


def faults_of(use: str, options: dict[str, Any]) -> list[str]:
    module = AdapterModule(use, module_of(use))
    told = module.options(options)
    setup = Setup(use, module.channels, told, Words(WORDS), HERE)
    kit = ConformanceKit(module, module.channels, partial(module.open, setup))
    return [f"{story}: {fault}" for story, fault in kit.run() if fault]


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("use", TAKEN)
def test_it_falls_short_of_nothing(use: str, outcome: str, tmp_path: Path) -> None:
    assert use in READY_MADE
    with serving_beside(answers_of(use, outcome)) as web:
        assert faults_of(use, options_of(use, web, tmp_path)) == []
        assert web.heard


@pytest.mark.parametrize("use", TAKEN)
def test_nor_does_it_where_nobody_answers(use: str, tmp_path: Path) -> None:
    web = WebServer(lambda _: b"")
    web.port = 9
    assert faults_of(use, options_of(use, web, tmp_path)) == []
