"""What the routes work with, made once a process."""

from __future__ import annotations

from typing import cast

from fastapi.params import Depends
from starlette.requests import Request

from legato.serving.api.access import Access
from legato.serving.api.keys import ApiKey, Scope
from legato.serving.api.metrics import ApiMetrics
from legato.serving.api.producer import EventProducer
from legato.serving.api.sources import ApiSources
from legato.settings import Settings


class ApiState:
    """The parts of one process; `app.state.api` of its application."""

    def __init__(
        self, settings: Settings, access: Access, sources: ApiSources, producer: EventProducer
    ) -> None:
        self.settings, self.access = settings, access
        self.sources, self.producer = sources, producer
        self.metrics = ApiMetrics()
        self.metrics.waiting.set_function(lambda: producer.waiting)

    def not_ready(self) -> str:
        """Say what events wait for; empty if for nothing."""
        return "" if self.producer.up else "kafka did not take what it was last given"


def state_of(request: Request) -> ApiState:
    """The parts of the process that answers this request."""
    return cast(ApiState, request.app.state.api)


class Needs:
    """What a route asks of a key: a scope. Its value is the key.

    With `in_body` the route looks for the key itself, since it may lie in the body.
    """

    def __init__(self, scope: Scope, *, in_body: bool = False) -> None:
        self.scope, self.in_body = scope, in_body

    def __call__(self, request: Request) -> ApiKey | None:
        """Admit the caller; raises Problem (401, 403)."""
        if self.in_body:
            return None
        return state_of(request).access.admit(request, self.scope)


def needs(scope: Scope, *, in_body: bool = False) -> Depends:
    """Ask for a key with this scope."""
    return Depends(Needs(scope, in_body=in_body))
