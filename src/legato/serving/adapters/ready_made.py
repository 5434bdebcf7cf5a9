"""Which adapters Legato brings along: the name that `use` has, and the module."""

from __future__ import annotations

from collections.abc import Mapping

READY_MADE: Mapping[str, str] = {
    "email": "legato.serving.adapters.ready.email",
    "log": "legato.serving.adapters.ready.log",
    "message": "legato.serving.adapters.ready.message",
    "push": "legato.serving.adapters.ready.push",
    "webhook": "legato.serving.adapters.ready.webhook",
    "slack": "legato.serving.adapters.ready.slack",
}
