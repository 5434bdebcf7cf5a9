"""Routes as they are served: what FastAPI has read of them, without what it does a request.

FastAPI reads a function's parameters, and the OpenAPI says of a route what they say. To resolve
them anew for each request costs more than most requests do, and here they are all text.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from http import HTTPStatus
from typing import cast

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from legato.serving.api.problems import Problem
from legato.serving.api.state import Needs


class ServedRoute(Route):
    """Calls a route's function with the request, its key, and what stands in path and query."""

    def __init__(self, described: APIRoute, of_path: Iterable[str] = ()) -> None:
        """Serve what is described; `of_path` are the methods of all routes of its path.

        Raises TypeError for a parameter that is no text.
        """
        super().__init__(described.path, described.endpoint)
        self.methods = set(described.methods or ())  # HEAD not where GET is, unlike Starlette's
        self._of_path = sorted({*self.methods, *of_path})
        self._call = cast(Callable[..., Awaitable[Response]], described.endpoint)
        read = described.dependant
        self._request = read.request_param_name or "request"
        self._query = tuple(each.name for each in read.query_params)
        needs = [(each.name, each.call) for each in read.dependencies]
        self._needs = [(name, call) for name, call in needs if isinstance(call, Needs)]
        for each in (*read.path_params, *read.query_params):
            if each.field_info.annotation is not str:
                raise TypeError(f"`{each.name}` of `{described.path}` is no text")

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            response = await self._answer(Request(scope, receive, send))
        except Problem as problem:
            response = problem.response()
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if request.method not in (self.methods or ()):
            raise _takes_another(self._of_path)
        told: dict[str, object] = {self._request: request, **request.path_params}
        for name, need in self._needs:
            key = need(request)
            if name is not None:
                told[name] = key
        if self._query:
            sent = request.query_params
            told |= {name: sent[name] for name in self._query if name in sent}
        return await self._call(**told)


def _takes_another(methods: Iterable[str]) -> Problem:
    detail = "the route takes another method; see /v1/openapi.json"
    allowed = {"Allow": ", ".join(methods)}
    return Problem(HTTPStatus.METHOD_NOT_ALLOWED, detail, headers=allowed)
