"""What the OpenAPI tells of reads, actions and links: parameters, answers, examples."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from legato.serving.api.examples import TEXT, Responses, problem
from legato.wire.topics.outcomes import STATUSES

CUSTOMER_ID = "1-9f2c7a1e0b4d5c6f7a8b9c0d"
HANDOFF: Mapping[str, Any] = {
    "goal": "finish the order of 1 article, 89.00 EUR",
    "as_of": 1_772_442_000_000,
    "stopped_at": "cart filled on web",
    "do_not_ask": ["size 42"],
}


def _body(schema: Mapping[str, Any], example: Mapping[str, Any]) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": _media(schema, example)}}


def _answer(
    status: HTTPStatus, description: str, schema: Mapping[str, Any], example: Mapping[str, Any]
) -> Responses:
    content = {"application/json": _media(schema, example)}
    return {status: {"description": description, "content": content}}


def _media(schema: Mapping[str, Any], example: Mapping[str, Any]) -> dict[str, Any]:
    return {"schema": schema, "example": example}


def _object(required: tuple[str, ...] = (), **properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": list(required), "properties": properties}


def _list_of(name: str, description: str, *examples: Mapping[str, Any]) -> Responses:
    schema = _object((name,), **{name: {"type": "array", "items": {"type": "object"}}})
    return _fresh(_answer(HTTPStatus.OK, description, schema, {name: [*examples]}))


def _fresh(answers: Responses) -> Responses:
    """Tell of the headers of whatever comes from the view."""
    return {status: {**told, "headers": FRESHNESS} for status, told in answers.items()}


FRESHNESS: Mapping[str, Any] = {
    "Legato-Age": {
        "description": "how many seconds ago the view was last up to date, if that is known",
        "schema": {"type": "integer", "minimum": 0},
    },
    "Warning": {
        "description": "`110`, if that is more than 30 s",
        "schema": {"type": "string"},
    },
}
AUDITED: list[Mapping[str, Any]] = [
    {
        "name": name,
        "in": "header",
        "description": description,
        "schema": {"type": "string", "maxLength": 200},
        "example": example,
    }
    for name, description, example in (
        ("Legato-User", "who reads, for the access log; else it is the key's name", "desk 3"),
        ("Legato-Purpose", "what for, for the access log", "call 4711"),
    )
]
"""Headers of each read of a person."""
CUSTOMER = _fresh(
    _answer(
        HTTPStatus.OK,
        "the context",
        _object(("customer_id", "revision"), customer_id=TEXT, revision={"type": "integer"}),
        {"revision": 7, "customer_id": CUSTOMER_ID, "carts": {}, "cases": {}, "timeline": []},
    )
)
TIMELINE = _list_of(
    "timeline",
    "what the customer did, the newest last",
    {"time": 1_772_442_000_000, "type": "cart.item_added", "channel": "web", "note": "SHOE-42"},
)
HANDOFFS = _list_of(
    "handoffs",
    "those of the open actions, the newest first",
    {
        "action_id": "5d41402abc4b2a76",
        "channel": "store",
        "situation": "channel_switched",
        "handoff": HANDOFF,
    },
)
ACTIONS = _list_of(
    "actions",
    "those that are open, the newest first",
    {
        "action_id": "5d41402abc4b2a76",
        "customer_id": CUSTOMER_ID,
        "situation": "channel_switched",
        "action": "brief_store",
        "channel": "store",
        "venue": "BER-1",
        "expires_at": 1_772_449_200_000,
        "handoff": HANDOFF,
    },
)
DECISIONS = _list_of(
    "decisions",
    "the last 20, the newest first",
    {
        "decision_id": "6e8caaa8a65d3dee",
        "customer_id": CUSTOMER_ID,
        "situation": "channel_switched",
        "time": 1_772_442_000_000,
        "action": "brief_store",
        "candidates": [
            {"action": "brief_store", "channel": "store", "reason": "won"},
            {"action": "brief_call_agent", "channel": "call", "reason": "not_eligible"},
        ],
    },
)
PACKET = _fresh(
    _answer(
        HTTPStatus.OK,
        "what the page of the desk shows of them",
        _object(
            ("customer_id", "first_name", "needs", "items", "timeline", "tasks"),
            customer_id=TEXT,
            first_name={"type": "string"},
            contact={"type": ["object", "null"]},
            **{
                name: {"type": "array"}
                for name in (
                    *("needs", "known", "items", "offers", "tried"),
                    *("articles", "orders", "timeline", "tasks"),
                )
            },
            contacts={"type": "integer"},
            asked_again={"type": "integer"},
            waited_ms={"type": ["integer", "null"]},
        ),
        {
            "customer_id": CUSTOMER_ID,
            "first_name": "Kim",
            "contact": {
                "since": 1_772_442_000_000,
                "until": 1_772_449_200_000,
                "channel": "call",
                "agent": "maria",
                "waiting": None,
            },
            "needs": [
                {
                    "reason": "delivery_damaged",
                    "said": "Two left shoes.",
                    "since": 1_772_441_000_000,
                    "channels": ["email", "call"],
                }
            ],
            "known": ["order_id"],
            "items": [],
            "timeline": [
                {
                    "time": 1_772_442_000_000,
                    "type": "contact.started",
                    "channel": "call",
                    "note": "delivery_damaged",
                }
            ],
            "tasks": [],
            "contacts": 2,
            "waited_ms": None,
            "asked_again": 0,
        },
    )
)
LOOKUP_BODY = _body(
    {
        "anyOf": [
            _object(("type", "value"), type=TEXT, value=TEXT),
            _object(("customer_id",), customer_id=TEXT),
        ]
    },
    {"type": "email", "value": "ada@example.org"},
)
OUTCOME_BODY = _body(
    _object(
        ("status",),
        status={"enum": list(STATUSES)},
        reason={"type": "string"},
        time={"type": "integer", "minimum": 946_684_800_000},
        by={"type": "string", "description": "who claimed it, if anybody did"},
    ),
    {"status": "accepted", "by": "maria"},
)
OUTCOME_TAKEN = _answer(
    HTTPStatus.ACCEPTED,
    "Kafka has it",
    _object(("action_id",), action_id=TEXT),
    {"action_id": "5d41402abc4b2a76"},
)
SINCE: Mapping[str, Any] = {"type": "integer", "description": "epoch milliseconds"}
_CLAIM = _object(("since",), since=SINCE, by=TEXT)
ACTION = _fresh(
    _answer(
        HTTPStatus.OK,
        "the action, and since when it is claimed, if it is; by whom to that key alone",
        _object(("action_id", "channel"), action_id=TEXT, channel=TEXT, claimed=_CLAIM),
        {
            "action_id": "5d41402abc4b2a76",
            "customer_id": CUSTOMER_ID,
            "channel": "store",
            "venue": "BER-1",
            "action": "brief_store",
            "handoff": HANDOFF,
            "claimed": {"since": 1_772_442_060_000, "by": "maria"},
        },
    )
)
TAKEN: Responses = {
    HTTPStatus.CONFLICT: problem("somebody else has taken it; `claimed.since` says when")
}
CLAIM_BODY = _body(
    _object(("by",), by={"type": "string", "minLength": 1, "maxLength": 100}), {"by": "maria"}
)
CLAIMED = _answer(
    HTTPStatus.OK,
    "it is yours until it expires or you give it back",
    _object(("action_id", "claimed"), action_id=TEXT, claimed=_CLAIM),
    {"action_id": "5d41402abc4b2a76", "claimed": {"since": 1_772_442_060_000, "by": "maria"}},
)
RESUME_BODY = _body(
    _object(("customer_id", "purpose"), customer_id=TEXT, purpose=TEXT, brand=TEXT),
    {"customer_id": CUSTOMER_ID, "purpose": "go on at the counter"},
)
RESUME_MADE = _answer(
    HTTPStatus.CREATED,
    "a token for one use, as link and QR",
    _object(("token", "link", "qr"), token=TEXT, link=TEXT, qr={"type": "string"}),
    {
        "token": "q7sJp2ZkQ0mYb3nWc5eR1g",
        "expires_in": 900,
        "link": "https://shop.example/resume?t=q7sJp2ZkQ0mYb3nWc5eR1g",
        "qr": "data:image/svg+xml,…",
    },
)
RESUMED = _answer(
    HTTPStatus.OK,
    "cart and handoff; the token is spent",
    _object(("purpose", "carts"), purpose=TEXT, carts={"type": "object"}),
    {"purpose": "go on at the counter", "carts": {}, "handoff": HANDOFF},
)
EMBED_BODY = _body(
    _object(("user", "name", "queue"), user=TEXT, name=TEXT, queue=TEXT, customer_id=TEXT),
    {"user": "maria", "name": "Maria", "queue": "service", "customer_id": CUSTOMER_ID},
)
EMBED_MADE = _answer(
    HTTPStatus.CREATED,
    "a ticket for one use, and the path that a frame opens with it",
    _object(("ticket", "path"), ticket=TEXT, expires_in={"type": "integer"}, path=TEXT),
    {
        "ticket": "4fJx0m1n7C2yVq9dWb3sR8tKz6uPaLhE5oGiNcXwYvA",
        "expires_in": 60,
        "path": "/pages/embed?ticket=4fJx0m1n7C2yVq9dWb3sR8tKz6uPaLhE5oGiNcXwYvA",
    },
)
STREAM: Responses = {
    HTTPStatus.OK: {
        "description": "notices, and a comment each 15 s; if it ends, come again and fetch all",
        "content": {
            "text/event-stream": {
                "schema": {"type": "string"},
                "example": 'event: action\ndata: {"id":"5d41","revision":0}\n\n',
            }
        },
    }
}
