"""What is wrong with a request, as a client reads it: `application/problem+json` (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

import msgspec
from starlette.responses import Response

PROBLEM = "application/problem+json"
_encode = msgspec.json.Encoder().encode


class Problem(Exception):
    """A request that is not done; `detail` is one sentence that says what to do about it.

    `more` are further members of the answer, and `headers` those that come with it.
    """

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        **more: object,
    ) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail
        self.headers, self.more = dict(headers or {}), more

    def response(self) -> Response:
        """Write it."""
        told = {
            "status": self.status.value,
            "title": self.status.phrase,
            "detail": self.detail,
            **self.more,
        }
        return Response(
            _encode(told), self.status.value, headers=self.headers, media_type=PROBLEM
        )


def try_again(detail: str, after_s: float) -> Problem:
    """Say that nothing was promised, and when to send all of it again."""
    headers = {"Retry-After": str(max(round(after_s), 1))}
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers=headers)


def too_many(detail: str, after_s: float) -> Problem:
    """Say that a key sends more than it may, and when it may go on."""
    headers = {"Retry-After": str(max(round(after_s + 0.5), 1))}
    return Problem(HTTPStatus.TOO_MANY_REQUESTS, detail, headers=headers)
