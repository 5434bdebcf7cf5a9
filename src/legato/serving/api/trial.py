"""An API to try things with: its key, and what it is told, for whoever starts it."""

from __future__ import annotations

import time
import urllib.request
from http.client import HTTPException
from pathlib import Path

from msgspec import Struct

from legato.local import Processes, wait_until
from legato.serving.api.keys import new_key, write_keys

ANSWER_S, START_S = 1.0, 60.0


class TrialApi(Struct, frozen=True):
    """Where `legato api` will answer, the key for all of it, and its environment."""

    port: int
    token: str
    environ: dict[str, str]

    @classmethod
    def prepare(cls, folder: Path, port: int) -> TrialApi:
        """Make a key in a folder, for an API on this port of this machine."""
        now = time.time_ns() // 1_000_000
        token, key = new_key(name="trial", scopes=("admin",), created=now)
        file = folder / "legato-keys.json"
        write_keys(file, [key])
        environ = {
            "LEGATO_API_HOST": "127.0.0.1",
            "LEGATO_API_PORT": str(port),
            "LEGATO_API_METRICS_PORT": "0",
            "LEGATO_API_KEYS_FILE": str(file),
        }
        return cls(port, token, environ)

    @property
    def address(self) -> str:
        """Where it answers, as a URL."""
        return f"http://127.0.0.1:{self.port}"


def wait_for_api(port: int, processes: Processes) -> None:
    """Wait until the API among these answers on a port of this machine; raises ProcessGone."""

    def answers() -> bool:
        processes.see()
        return _answers(port)

    wait_until(answers, "the API to answer", deadline_s=START_S)


def _answers(port: int) -> bool:
    try:
        page = f"http://127.0.0.1:{port}/v1/openapi.json"
        with urllib.request.urlopen(page, timeout=ANSWER_S):
            return True
    except (OSError, HTTPException):
        return False
