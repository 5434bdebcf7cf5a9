"""Legato: channel events in, next best actions out, one live context per customer between.

What stands in `__all__` is promised; all other modules may move from one release to the next.

>>> import legato
>>> harness = legato.Harness().feed(
...     legato.Event(id="1", type="page.viewed", channel="web", time=1, customer_id="kim")
... )
>>> harness.contexts["kim"].channel
'web'
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from legato.core.context.context import Context
    from legato.core.events.event import Event, Location
    from legato.core.playbook.compile import PlaybookError, read_playbook
    from legato.core.playbook.definition import Playbook
    from legato.core.values.handoff import Handoff, HandoffItem
    from legato.core.values.outputs import (
        Action,
        Candidate,
        Consent,
        Conversion,
        Decision,
        Factors,
        Output,
        Resolution,
        Revoked,
        Situation,
    )
    from legato.core.values.results import Ignored, Rejected
    from legato.harness import Harness, default_playbook
    from legato.runtime.host.faust_app import LegatoApp
    from legato.wire.topics.outcomes import Outcome

__version__ = "0.1.0"
__all__ = [
    "Action",
    "Candidate",
    "Consent",
    "Context",
    "Conversion",
    "Decision",
    "Event",
    "Factors",
    "Handoff",
    "HandoffItem",
    "Harness",
    "Ignored",
    "LegatoApp",
    "Location",
    "Outcome",
    "Output",
    "Playbook",
    "PlaybookError",
    "Rejected",
    "Resolution",
    "Revoked",
    "Situation",
    "__version__",
    "default_playbook",
    "read_playbook",
]

_HOMES = {
    "Action": "legato.core.values.outputs",
    "Candidate": "legato.core.values.outputs",
    "Consent": "legato.core.values.outputs",
    "Context": "legato.core.context.context",
    "Conversion": "legato.core.values.outputs",
    "Decision": "legato.core.values.outputs",
    "Event": "legato.core.events.event",
    "Factors": "legato.core.values.outputs",
    "Handoff": "legato.core.values.handoff",
    "HandoffItem": "legato.core.values.handoff",
    "Harness": "legato.harness",
    "Ignored": "legato.core.values.results",
    "LegatoApp": "legato.runtime.host.faust_app",
    "Location": "legato.core.events.event",
    "Outcome": "legato.wire.topics.outcomes",
    "Output": "legato.core.values.outputs",
    "Playbook": "legato.core.playbook.definition",
    "PlaybookError": "legato.core.playbook.compile",
    "Rejected": "legato.core.values.results",
    "Resolution": "legato.core.values.outputs",
    "Revoked": "legato.core.values.outputs",
    "Situation": "legato.core.values.outputs",
    "default_playbook": "legato.harness",
    "read_playbook": "legato.core.playbook.compile",
}

if not TYPE_CHECKING:
    # Each name is fetched when it is asked for: every import of a room runs this file first, so
    # imports here would turn in a circle, let `legato --help` wait, and start Faust for all.
    def __getattr__(name: str) -> object:
        """Fetch an exported name from where it lives."""
        if name not in _HOMES:
            raise AttributeError(f"module `{__name__}` exports no `{name}`; see docs/api.md")
        return getattr(import_module(_HOMES[name]), name)

    def __dir__() -> list[str]:
        """List what is exported, with the rooms that are imported."""
        return sorted({*globals(), *__all__})
