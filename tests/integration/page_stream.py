"""The stream of a page, heard as the page would, without a browser."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from msgspec import Struct

from legato.local import wait_until
from tests.integration.desk_world import SignedIn


class HeardEvent(Struct, frozen=True):
    """What a stream told, and when."""

    at: float
    name: str
    data: str


class PageStream:
    """All that a stream has told so far; a thread of its own hears it."""

    def __init__(self, who: SignedIn, path: str) -> None:
        self.heard: list[HeardEvent] = []
        self.is_over = False
        self._thread = threading.Thread(target=self._hear, args=(who, path), daemon=True)
        self._thread.start()

    def wait_for(self, name: str, since: float = 0.0) -> HeardEvent:
        """Wait until it tells this, and return what it told first."""

        def told() -> list[HeardEvent]:
            return [each for each in self.heard if each.name == name and each.at >= since]

        return wait_until(told, f"`{name}` on the stream", deadline_s=30)[0]

    def close(self) -> None:
        """Let it go once it says something again, which it does every two seconds."""
        self.is_over = True
        self._thread.join()

    def _hear(self, who: SignedIn, path: str) -> None:
        name = ""
        with who.stream(path) as answer:
            for line in answer.iter_lines():
                if self.is_over:
                    return
                kind, _, told = line.partition(": ")
                if kind == "event":
                    name = told
                elif kind == "data":
                    self.heard.append(HeardEvent(time.monotonic(), name, told))


@contextmanager
def open_stream(who: SignedIn, page: str) -> Iterator[PageStream]:
    """Open the stream of a page, and wait until it is live."""
    stream = PageStream(who, f"{page}/live")
    try:
        stream.wait_for("beat")
        yield stream
    finally:
        stream.close()
