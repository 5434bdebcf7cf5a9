"""What the OpenAPI tells of what is sent, with examples that work as they stand."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from legato.serving.api.bodies import EVENTS_MOST
from legato.serving.api.problems import PROBLEM

Responses = dict[int | str, dict[str, Any]]

EVENT: Mapping[str, Any] = {
    "id": "8b1f6c2e",
    "type": "cart.item_added",
    "channel": "web",
    "time": "2026-03-02T09:00:00Z",
    "identifiers": {"user_id": "7", "email": "ada@example.org"},
    "data": {"sku": "SHOE-42", "quantity": 1, "price": 89.0, "currency": "EUR"},
}
TEXT = {"type": "string", "minLength": 1, "maxLength": 256}
EVENT_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "required": ["type", "channel", "time", "identifiers"],
    "properties": {
        "id": {**TEXT, "description": "the same for the same event; else made of its bytes"},
        "type": {**TEXT, "description": "`domain.verb`, see docs/contracts.md"},
        "channel": TEXT,
        "time": {
            "description": "when it happened: RFC 3339 with a zone, or epoch milliseconds",
            "anyOf": [
                {"type": "string", "format": "date-time"},
                {"type": "integer", "minimum": 946_684_800_000},
            ],
        },
        "identifiers": {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": TEXT,
            "description": "identifier type to value",
        },
        "session_id": TEXT,
        "cart_id": TEXT,
        "order_id": TEXT,
        "case_id": TEXT,
        "brand": TEXT,
        "data": {"type": "object", "description": "the payload that the type calls for"},
    },
}
CLOUD_EVENT: Mapping[str, Any] = {
    "specversion": "1.0",
    "id": "8b1f6c2e",
    "source": "/till/3",
    "type": "store.visited",
    "time": "2026-03-02T09:00:00Z",
    "datacontenttype": "application/json",
    "data": {
        "channel": "store",
        "identifiers": {"loyalty_id": "42"},
        "location": {"venue": "BER-1"},
    },
}
CLOUD_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "required": ["specversion", "id", "type"],
    "properties": {
        "specversion": {"const": "1.0"},
        "id": TEXT,
        "source": TEXT,
        "type": TEXT,
        "time": {"type": "string", "format": "date-time"},
        "data": {"type": "object"},
    },
}
EVENTS_BODY: Mapping[str, Any] = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "anyOf": [
                    EVENT_SCHEMA,
                    {"type": "array", "items": EVENT_SCHEMA, "maxItems": EVENTS_MOST},
                    {
                        "type": "object",
                        "required": ["events"],
                        "properties": {
                            "events": {
                                "type": "array",
                                "items": EVENT_SCHEMA,
                                "maxItems": EVENTS_MOST,
                            }
                        },
                    },
                ]
            },
            "examples": {
                "one": {"summary": "one event", "value": EVENT},
                "several": {"summary": "several", "value": {"events": [EVENT]}},
            },
        },
        "application/cloudevents+json": {"schema": CLOUD_SCHEMA, "example": CLOUD_EVENT},
        "application/cloudevents-batch+json": {
            "schema": {"type": "array", "items": CLOUD_SCHEMA, "maxItems": EVENTS_MOST},
            "example": [CLOUD_EVENT],
        },
    },
}
REQUEST_KEY: Mapping[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "events without an id are called after it, and their place in the request",
    "schema": {"type": "string", "maxLength": 200},
    "example": "order-4711",
}
EVENTS_TAKEN: Responses = {
    HTTPStatus.ACCEPTED: {
        "description": "Kafka has acknowledged all of them",
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["ids"],
                    "properties": {
                        "ids": {"type": "array", "items": {"type": "string"}},
                        "warnings": {"type": "array", "items": {"type": "object"}},
                    },
                },
                "example": {"ids": ["8b1f6c2e"]},
            }
        },
    }
}
SEGMENT_BODY: Mapping[str, Any] = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {"type": "object"},
            "example": {
                "messageId": "m1",
                "userId": "7",
                "event": "Product Viewed",
                "properties": {"sku": "SHOE-42"},
                "timestamp": "2026-03-02T09:00:00Z",
                "sentAt": "2026-03-02T09:00:01Z",
            },
        }
    },
}
SEGMENT_TAKEN: Responses = {
    HTTPStatus.OK: {
        "description": "Kafka has acknowledged all of it",
        "content": {
            "application/json": {
                "schema": {"type": "object", "properties": {"success": {"const": True}}},
                "example": {"success": True},
            }
        },
    }
}
WEBHOOK_BODY: Mapping[str, Any] = {
    "required": True,
    "description": "what the vendor posts, byte by byte; its signature lies in the headers",
    "content": {
        "application/json": {
            "schema": {},
            "examples": {
                "shopify": {
                    "summary": "Shopify: an order",
                    "value": {
                        "id": 820982911946154508,
                        "admin_graphql_api_id": "gid://shopify/Order/820982911946154508",
                        "created_at": "2026-03-02T05:00:00-05:00",
                        "email": "ada@example.org",
                        "currency": "EUR",
                        "total_price": "89.00",
                        "line_items": [{"sku": "SHOE-42", "quantity": 1, "price": "89.00"}],
                    },
                },
                "sendgrid": {
                    "summary": "SendGrid: several events",
                    "value": [
                        {
                            "sg_event_id": "e1",
                            "event": "open",
                            "email": "ada@example.org",
                            "timestamp": 1772442000,
                        }
                    ],
                },
            },
        },
        "application/x-www-form-urlencoded": {
            "schema": {"type": "object", "additionalProperties": {"type": "string"}},
            "examples": {
                "twilio": {
                    "summary": "Twilio: a message",
                    "value": {"MessageSid": "SM1", "From": "+4930123456", "Body": "Stop"},
                }
            },
        },
    },
}
WEBHOOK_TAKEN: Responses = {
    HTTPStatus.OK: {
        "description": "Kafka has acknowledged it, whether the source's map can read it or not",
        "content": {
            "application/json": {"schema": {"type": "object"}, "example": {}},
            "text/xml": {"schema": {"type": "string"}, "example": "<Response/>"},
        },
    }
}
UNSUBSCRIBE_BODY: Mapping[str, Any] = {
    "required": True,
    "content": {
        kind: {
            "schema": {
                "type": "object",
                "required": ["List-Unsubscribe"],
                "properties": {"List-Unsubscribe": {"const": "One-Click"}},
            },
            "example": {"List-Unsubscribe": "One-Click"},
        }
        for kind in ("application/x-www-form-urlencoded", "multipart/form-data")
    },
}
PROBLEM_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "required": ["status", "title", "detail"],
    "properties": {
        "status": {"type": "integer"},
        "title": {"type": "string"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "index": {"type": "integer"},
                    "id": {"type": "string"},
                    "reason": {"type": "string"},
                    "message": {"type": "string"},
                },
            },
        },
    },
}


def problem(description: str) -> dict[str, Any]:
    """Describe a refusal."""
    return {"description": description, "content": {PROBLEM: {"schema": PROBLEM_SCHEMA}}}


RETRY_AFTER: Mapping[str, Any] = {
    "Retry-After": {
        "description": "after how many seconds to send all of it again",
        "schema": {"type": "integer", "minimum": 1},
    }
}
PROBLEMS: Responses = {
    HTTPStatus.BAD_REQUEST: problem("the body is not what the route takes"),
    HTTPStatus.UNAUTHORIZED: problem("no key that counts, or a signature that does not"),
    HTTPStatus.FORBIDDEN: problem("the key may not do this"),
    HTTPStatus.NOT_FOUND: problem("there is no such thing, or not for this key"),
    HTTPStatus.REQUEST_TIMEOUT: problem("the body did not come in time"),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: problem("more than may be sent at once"),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: problem("an encoding that is not read"),
    HTTPStatus.UNPROCESSABLE_ENTITY: problem("events that cannot be read; none was taken"),
    HTTPStatus.TOO_MANY_REQUESTS: {
        **problem("more than the key, or the source, may send a second"),
        "headers": RETRY_AFTER,
    },
    HTTPStatus.SERVICE_UNAVAILABLE: {
        **problem("Kafka or Redis is away; nothing is promised"),
        "headers": RETRY_AFTER,
    },
}
_PAGE: Mapping[str, Any] = {"text/html": {"schema": {"type": "string"}}}
UNSUBSCRIBE_PAGE: Responses = {
    HTTPStatus.OK: {"description": "a page with a button", "content": _PAGE},
    HTTPStatus.NOT_FOUND: {"description": "a page: the link is none", "content": _PAGE},
}
UNSUBSCRIBED: Responses = {
    HTTPStatus.OK: {
        "description": "Kafka has the refusal; a page for who asks for HTML",
        "content": {
            "application/json": {"schema": {"type": "object"}, "example": {}},
            **_PAGE,
        },
    },
    HTTPStatus.NOT_FOUND: {
        "description": "the link is none; a page for who asks for HTML",
        "content": {PROBLEM: {"schema": PROBLEM_SCHEMA}, **_PAGE},
    },
}
