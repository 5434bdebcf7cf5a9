"""docker-compose.yml as the tests read it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]


def compose() -> dict[str, Any]:
    """Return the whole file."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return found


def services() -> dict[str, dict[str, Any]]:
    """Return the services by name."""
    found: dict[str, dict[str, Any]] = compose()["services"]
    return found


def health_check(service: str) -> list[str]:
    """Return the command of a health check, as the container would run it."""
    kind, *words = services()[service]["healthcheck"]["test"]
    return ["sh", "-c", *words] if kind == "CMD-SHELL" else words
