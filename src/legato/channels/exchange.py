"""A request that goes out and what is answered, as values: translators write and read them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import msgspec
from msgspec import Struct

from legato.adapter import Delivered, Failed, Result, Retry
from legato.core.values.time import SECOND, Instant

LATER = frozenset(
    (
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.CONFLICT,
        HTTPStatus.TOO_EARLY,
        HTTPStatus.TOO_MANY_REQUESTS,
    )
)
"""What may be answered otherwise next time, besides all from 500 on."""
REFUSED = frozenset(
    (
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.PROXY_AUTHENTICATION_REQUIRED,
    )
)
"""What says that we are not let in, and nothing of the message: it waits until we are."""
SECONDS_DIGITS = 9
CODE_MOST = 40
"""Characters of a provider's code that may stand in a reason."""


class HttpRequest(Struct, frozen=True):
    """What is sent. It holds secrets and addresses, so it shows nothing of itself."""

    url: str
    body: bytes = b""
    headers: Mapping[str, str] = {}
    method: str = "POST"

    def __repr__(self) -> str:
        return f"HttpRequest({self.method})"


class HttpAnswer(Struct, frozen=True):
    """What came back: headers by their names in lower case, and the body, unpacked.

    The body is as far as it was read: not `whole` if it was too large, broke off or did not
    come in time. `received` is when it came (epoch ms).
    """

    status: int
    headers: Mapping[str, str] = {}
    body: bytes = b""
    whole: bool = True
    received: Instant = 0

    @property
    def is_success(self) -> bool:
        """Was it taken?"""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES


def retry_after_s(answer: HttpAnswer) -> float | None:
    """Read `Retry-After` (RFC 9110, 10.2.3) as seconds from now; None if it does not say.

    A date is taken against the `Date` of the same answer, so that no clock need be right.
    """
    told = answer.headers.get("retry-after", "").strip()
    if told.isascii() and told.isdecimal() and len(told) <= SECONDS_DIGITS:
        return float(told)
    then = _read_date(told)
    if then is None:
        return None
    now = _read_date(answer.headers.get("date", ""))
    received = datetime.fromtimestamp(answer.received / SECOND, UTC)
    return max((then - (now or received)).total_seconds(), 0.0)


def later(answer: HttpAnswer, reason: str) -> Retry:
    """Come again, as late as the provider asks for."""
    return Retry(reason, retry_after_s(answer))


def result_by_status(answer: HttpAnswer) -> Result:
    """Read an answer by its status alone, for those who say no more."""
    status = answer.status
    if answer.is_success:
        return Delivered()
    if status in REFUSED:
        return later(answer, "unauthorized")
    if status in LATER or not HTTPStatus.BAD_REQUEST <= status < 500:
        return later(answer, f"http_{status}")
    return Failed(f"http_{status}")


def read_json(answer: HttpAnswer) -> object:
    """Read the body as JSON; None if it is none."""
    try:
        return msgspec.json.decode(answer.body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def code_of(found: object) -> str:
    """Write a provider's code so that it may stand in a reason; empty for what is no code.

    A code is short and of letters, digits and `_.:-`: so nothing of a customer's gets in.
    """
    if isinstance(found, bool) or not isinstance(found, str | int):
        return ""
    code = str(found)
    plain = code.translate(_SIGNS)
    return code if len(code) <= CODE_MOST and plain.isascii() and plain.isalnum() else ""


def reason_code(found: object) -> str:
    """Write a provider's code as a reason, which is in small letters; empty if it is none."""
    return code_of(found).lower()


_SIGNS = str.maketrans("", "", "_.:-")


def _read_date(told: str) -> datetime | None:
    try:
        read = parsedate_to_datetime(told)
    except (ValueError, TypeError, OverflowError):
        return None
    return read if read.tzinfo is not None else read.replace(tzinfo=UTC)
