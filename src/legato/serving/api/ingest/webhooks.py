"""A vendor's webhook as a record: its bytes, and the headers that maps may ask for.

Where the body is a form, the bytes are those of a JSON object of its fields: the topics know no
forms.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import parse_qsl

from legato.core.events.event import TEXT_MAX
from legato.serving.api.forms import form_as_json, is_form
from legato.serving.api.ingest.events import SentEvent, content_id
from legato.wire.record import DELIVERY, QUERY

ID_MOST = 200
"""Characters of a delivery's id: `#N` may follow it, and 256 are the most."""
JSON = "application/json"
QUERY_MOST = 20
"""Fields of a query that are passed on."""
_QUERY_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_OF_PLATFORMS = "x-"
_KEPT_BACK = re.compile(
    r"signature|hmac|auth|cookie|secret|passw|api-?key|token|forwarded|-ip$"
)
"""What opens a door, and what proxies say of who called, stays out of the log."""


def webhook_event(
    body: bytes, headers: Mapping[str, str], prefix: str, vendor_id: str, query: str = ""
) -> SentEvent:
    """Make what is written of a webhook.

    `prefix` is what headers of the vendor's begin with, besides `x-`; `vendor_id` is what the
    vendor calls the delivery, or empty: then it is called after its bytes. `query` is that of
    the address, where who called vouches for it.
    """
    name = _name_of(vendor_id, body)
    content_type, value = headers.get("content-type", ""), body
    if is_form(content_type) and (told := form_as_json(body)) is not None:
        content_type, value = JSON, told
    about = [(DELIVERY, name.encode())]
    if content_type:
        about.append(("content-type", content_type.encode()))
    passed_on = (*_passed_on(headers, prefix), *_asked(query))
    return SentEvent(value, name, (*about, *passed_on))


def _name_of(vendor_id: str, body: bytes) -> str:
    name = vendor_id.strip()
    return name if 0 < len(name) <= ID_MOST and name.isprintable() else content_id(body)


def _asked(query: str) -> Iterator[tuple[str, bytes]]:
    """What stood in the query, as headers for maps to ask for."""
    try:
        told = parse_qsl(query, max_num_fields=QUERY_MOST)
    except ValueError:
        return
    for name, value in told:
        sound = _QUERY_NAME.fullmatch(name) and len(value) <= TEXT_MAX and value.isprintable()
        if sound and not _KEPT_BACK.search(name.lower()):
            yield QUERY + name, value.encode()


def _passed_on(headers: Mapping[str, str], prefix: str) -> Iterator[tuple[str, bytes]]:
    for name, value in headers.items():
        if name.startswith((_OF_PLATFORMS, prefix)) and not _KEPT_BACK.search(name):
            yield name, value.encode()
