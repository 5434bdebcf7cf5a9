"""What the API says of itself, written by FastAPI from the routes' functions."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version

import msgspec
from fastapi import APIRouter, FastAPI

ABOUT = """\
Events in, and context out where the customer is.

202 (for Segment's clients and webhooks 200) means that Kafka has acknowledged all of a request.
Anything else promises nothing: send all of it again; the events' ids make it once.
"""
SECURITY = {
    "key": {"type": "http", "scheme": "bearer", "description": "a key of `legato keys create`"},
    "basic": {
        "type": "http",
        "scheme": "basic",
        "description": "the same key as the user name, as Segment's clients send it",
    },
}


def openapi(routers: Sequence[APIRouter]) -> bytes:
    """Describe the routes, and how a key is sent, as JSON."""
    app = FastAPI(title="Legato", version=version("legato"), description=ABOUT)
    for router in routers:
        app.include_router(router)
    told = app.openapi()
    told.setdefault("components", {})["securitySchemes"] = SECURITY
    told["security"] = [{"key": []}]
    return msgspec.json.encode(told)
