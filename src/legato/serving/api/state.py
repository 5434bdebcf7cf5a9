"""What the routes work with, made once a process."""

from __future__ import annotations

import time
from typing import Literal, cast

from fastapi.params import Depends
from starlette.requests import Request

from legato.serving.api.access import Access
from legato.serving.api.access_log import AccessLog
from legato.serving.api.claims import Claims
from legato.serving.api.customers import Customers
from legato.serving.api.keys import ApiKey, Scope
from legato.serving.api.metrics import ApiMetrics
from legato.serving.api.notices import Notices
from legato.serving.api.presence import PresenceReader
from legato.serving.api.producer import EventProducer
from legato.serving.api.sources import ApiSources
from legato.serving.unsubscribe import links_of
from legato.settings import Settings
from legato.wire.formats.registry import Registry

STILL_S = 30.0


class ApiState:
    """The parts of one process, which stand in the scope of each request as `api`."""

    def __init__(
        self, settings: Settings, access: Access, registry: Registry, producer: EventProducer
    ) -> None:
        """Make what is left; raises SettingsError."""
        self._turned_at = time.monotonic()
        self.ending = False
        self.settings, self.access = settings, access
        self.registry, self.producer = registry, producer
        self.sources = ApiSources(settings, registry)
        self.customers = Customers(settings)
        self.claims = Claims(self.customers, settings.view)
        self.presence = PresenceReader(self.customers, settings.view.default_queue)
        self.notices = Notices(settings)
        self.links = links_of(settings.unsubscribe)
        self.audit = AccessLog(settings, producer)
        self.metrics = ApiMetrics()
        self.metrics.waiting.set_function(lambda: producer.waiting)
        self.metrics.streams.set_function(lambda: len(self.notices.streams))

    def beat(self) -> None:
        """Say that the event loop turns."""
        self._turned_at = time.monotonic()

    def not_alive(self) -> str:
        """Say why it should be started again; empty if it should not."""
        still = time.monotonic() - self._turned_at
        if still < STILL_S:
            return ""
        return f"the event loop has not turned for {still:.0f} s; start the API again"

    def not_ready(self) -> str:
        """Say what events wait for; empty if for nothing."""
        return "" if self.producer.up else "kafka did not take what it was last given"


def state_of(request: Request) -> ApiState:
    """The parts of the process that answers this request."""
    return cast(ApiState, request.scope["api"])


class Needs:
    """What a route asks of whoever calls: a key with a scope. Its value is the key.

    With `elsewhere` the route itself looks for the key: it may lie in the body, or be a
    signature. What `token` opens, the token in the path does.
    """

    def __init__(self, scope: Scope | Literal["token"], *, elsewhere: bool = False) -> None:
        self.scope, self.elsewhere = scope, elsewhere

    def __call__(self, request: Request) -> ApiKey | None:
        """Admit the caller; raises Problem (401, 403)."""
        if self.elsewhere or self.scope == "token":
            return None
        return state_of(request).access.admit(request, self.scope)


def needs(scope: Scope | Literal["token"], *, elsewhere: bool = False) -> Depends:
    """Ask for a key with this scope."""
    return Depends(Needs(scope, elsewhere=elsewhere))
