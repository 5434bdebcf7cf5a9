"""The ready-made adapters that go out by HTTP hold what the conformance kit asks of each."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
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
from tests.unit.transports.web import HeardRequest, WebServer, answering, serving

OUTCOMES = {
    "taken": None,
    "refused": answering(400, b'{"code": 21211, "error": {"status": "INVALID_ARGUMENT"}}'),
    "busy": answering(429, headers={"Retry-After": "3"}),
    "failing": answering(500, b"Ada <ada@example.org> is not here"),
    "garbage": b"220 smtp.example ESMTP\r\n\r\n",
    "nothing": b"",
}


@contextmanager
def served(use: str, answer: bytes | None) -> Iterator[WebServer]:
    """Serve from a thread of its own: the kit has a loop for itself."""

    def answered(heard: HeardRequest) -> bytes:
        return TOKEN if heard.path == "/token" else answer if answer is not None else TAKEN[use]

    async def serve() -> None:
        async with serving(answered) as web:
            ready.append(web)
            up.set()
            await over.wait()

    ready: list[WebServer] = []
    up, over, loop = threading.Event(), asyncio.Event(), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert up.wait(10)
    try:
        yield ready[0]
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
        loop.close()


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
    with served(use, OUTCOMES[outcome]) as web:
        assert faults_of(use, options_of(use, web, tmp_path)) == []
        assert web.heard


@pytest.mark.parametrize("use", TAKEN)
def test_nor_does_it_where_nobody_answers(use: str, tmp_path: Path) -> None:
    web = WebServer(lambda _: b"")
    web.port = 9
    assert faults_of(use, options_of(use, web, tmp_path)) == []
