"""Records of vendors, in the shapes that their documentation publishes, and what they are.

Each has the name of a map, the record as it is sent, and the events that it makes: type,
channel, time, identifiers, and what of the rest matters.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct, field

MARCH = 1_772_445_600_000
"""2026-03-02T10:00:00Z"""


class VendorRecord(Struct, frozen=True):
    """A record, with its headers; `events` has no entry for an event that is left out."""

    map: str
    value: Any
    events: list[dict[str, Any]]
    headers: dict[str, str] = field(default_factory=dict)
    found: bool = True
    """Whether `legato init` knows it by its value alone."""


SHOPIFY_ORDER = {
    "id": 820982911946154508,
    "admin_graphql_api_id": "gid://shopify/Order/820982911946154508",
    "cancelled_at": None,
    "cart_token": "68778783ad298f1c80c3bafcddeea02f",
    "contact_email": "jon@example.com",
    "created_at": "2026-03-02T05:00:00-05:00",
    "currency": "USD",
    "email": "jon@example.com",
    "financial_status": "paid",
    "location_id": None,
    "phone": None,
    "source_name": "web",
    "test": False,
    "total_price": "398.00",
    "customer": {"id": 115310627314723954, "email": "jon@example.com", "phone": None},
    "line_items": [
        {
            "id": 866550311766439020,
            "variant_id": 808950810,
            "product_id": 632910392,
            "title": "IPod Nano - 8GB",
            "quantity": 1,
            "sku": "IPOD2008PINK",
            "price": "199.00",
        },
        {
            "id": 141249953214522974,
            "variant_id": None,
            "product_id": 632910393,
            "title": "Gift card",
            "quantity": 2,
            "sku": "",
            "price": "99.50",
        },
    ],
}
SHOPIFY_ITEMS = [
    {"sku": "IPOD2008PINK", "name": "IPod Nano - 8GB", "quantity": 1, "price": 199.0},
    {"sku": "632910393", "name": "Gift card", "quantity": 2, "price": 99.5},
]
SHOPIFY_EVENT = {
    "id": "gid://shopify/Order/820982911946154508",
    "type": "order.completed",
    "channel": "web",
    "time": MARCH,
    "identifiers": {"user_id": "115310627314723954", "email": "jon@example.com"},
    "order_id": "820982911946154508",
    "cart_id": "68778783ad298f1c80c3bafcddeea02f",
    "data": {"total": 398.0, "currency": "USD", "items": SHOPIFY_ITEMS},
}

WOO_ORDER = {
    "id": 727,
    "order_key": "wc_order_58d2d042d1d",
    "status": "processing",
    "currency": "USD",
    "date_created": "2026-03-02T07:00:00",
    "date_created_gmt": "2026-03-02T10:00:00",
    "date_modified": "2026-03-02T07:00:03",
    "date_modified_gmt": "2026-03-02T10:00:03",
    "total": "29.35",
    "customer_id": 0,
    "cart_hash": "",
    "billing": {"email": "john.doe@example.com", "phone": "(555) 555-5555"},
    "line_items": [
        {
            "id": 315,
            "name": "Woo Single #1",
            "product_id": 93,
            "variation_id": 0,
            "quantity": 2,
            "sku": "",
            "price": 3,
        },
    ],
}

STRIPE_SESSION = {
    "id": "evt_1Nv0FGQ9RKHgCVdK",
    "object": "event",
    "api_version": "2024-06-20",
    "created": MARCH // 1_000,
    "livemode": True,
    "type": "checkout.session.completed",
    "data": {
        "object": {
            "id": "cs_a11YYufWQzNY63zpQ6QSNRQhkUpVph4WRmzW0zWJO2znZKdVujZ0N0S22u",
            "object": "checkout.session",
            "amount_total": 2198,
            "client_reference_id": "4711",
            "currency": "usd",
            "customer": "cus_NffrFeUfNV2Hib",
            "customer_details": {"email": "jenny@example.com", "phone": None},
            "customer_email": None,
            "metadata": {"cart_id": "c-9"},
            "payment_intent": "pi_3MtwBwLkdIwHu7ix28a3tqPa",
            "payment_status": "paid",
        }
    },
}


def stripe(event_type: str, **changes: object) -> dict[str, Any]:
    """Tell another event of Stripe."""
    return {
        **STRIPE_SESSION,
        "type": event_type,
        "data": {"object": {"object": "x", **changes}},
    }


def sendgrid(event: str, number: int, **more: object) -> dict[str, Any]:
    told = {"email": "nora@example.com", "timestamp": MARCH // 1_000, "event": event}
    return {**told, "sg_event_id": f"e-{number}", "sg_message_id": "m.filter0001", **more}


def refusal(channel: str, proof: str, status: str = "revoked") -> dict[str, str]:
    wish = {"purpose": "promotion", "channel": channel, "status": status}
    return {**wish, "basis": "consent", "proof": proof}


def twilio(body: str, **more: object) -> dict[str, Any]:
    return {
        "MessageSid": "SM1f0e8ae6ade43cb3c0ce4525424e404f",
        "AccountSid": "ACXXXX",
        "From": "+14017122661",
        "To": "+15558675310",
        "Body": body,
        "NumMedia": "0",
        **more,
    }


ASKED = {
    "legato-query-action_id": "5d41402abc4b2a76",
    "legato-query-customer_id": "1-9f2c7a1e0b4d5c6f7a8b9c0d",
}
"""What stood in the query of the address that Twilio called."""
SENT_SID = "SM1f0e8ae6ade43cb3c0ce4525424e404f"


def twilio_status(status: str, **more: object) -> dict[str, Any]:
    """A status callback, as https://www.twilio.com/docs/messaging shows it."""
    return {
        "SmsSid": SENT_SID,
        "SmsStatus": status,
        "MessageStatus": status,
        "To": "+14017122661",
        "MessageSid": SENT_SID,
        "AccountSid": "ACXXXX",
        "From": "+15558675310",
        "ApiVersion": "2010-04-01",
        **more,
    }


def reported(kind: str, status: str, channel: str = "sms", **data: object) -> dict[str, Any]:
    """An event that tells what became of the action."""
    return {
        "id": f"{SENT_SID}:{status}",
        "type": kind,
        "channel": channel,
        "time": MARCH,
        "customer_id": "1-9f2c7a1e0b4d5c6f7a8b9c0d",
        "data": {"action_id": "5d41402abc4b2a76", **data},
    }


READ = {
    "ChannelToAddress": "+1401712XXXX",
    "ChannelPrefix": "whatsapp",
    "ChannelInstallSid": "XEXXXX",
    "StructuredMessage": "false",
    "EventType": "READ",
    "To": "whatsapp:+14017122661",
    "From": "whatsapp:+15558675310",
}
"""What WhatsApp adds to it."""
CALL = {
    "CallSid": "CA1f0e8ae6ade43cb3c0ce4525424e404f",
    "AccountSid": "ACXXXX",
    "From": "+15558675310",
    "To": "+14017122661",
    "CallStatus": "no-answer",
    "ApiVersion": "2010-04-01",
    "Direction": "outbound-api",
    "CallbackSource": "call-progress-events",
    "SequenceNumber": "0",
}


def zendesk(kind: str, event: dict[str, Any]) -> dict[str, Any]:
    return {
        "account_id": 22129848,
        "id": "2b24ef10-19d5-4740-93cf-5f98ec4776c0",
        "type": f"zen:event-type:ticket.{kind}",
        "zendesk_event_version": "2022-06-20",
        "subject": "zen:ticket:12345",
        "time": "2026-03-02T10:00:00Z",
        "detail": {
            "actor_id": "8447388090494",
            "id": "12345",
            "requester_id": "8447388090495",
            "status": "OPEN",
            "subject": "Order is late",
            "description": "Where is it?",
            "type": "question",
            "via": {"channel": "web_service"},
        },
        "event": event,
    }


def connect(event_type: str, **detail: object) -> dict[str, Any]:
    return {
        "version": "0",
        "id": "abcabcab-abca-abca-abca-abcabcabcabc",
        "detail-type": "Amazon Connect Contact Event",
        "source": "aws.connect",
        "time": "2026-03-02T10:00:00Z",
        "detail": {
            "eventType": event_type,
            "contactId": "11111111-1111-1111-1111-111111111111",
            "channel": "VOICE",
            "initiationMethod": "INBOUND",
            "initiationTimestamp": "2026-03-02T09:59:00.000Z",
            **detail,
        },
    }


CONNECT_RECORD = {
    "AWSAccountId": "123456789012",
    "AWSContactTraceRecordFormatVersion": "2017-03-10",
    "Agent": {
        "Username": "jdoe",
        "AgentInteractionDuration": 120,
        "AfterContactWorkDuration": 15,
        "ConnectedToAgentTimestamp": "2026-03-02T09:57:00Z",
    },
    "Attributes": {"reason": "refund"},
    "Channel": "VOICE",
    "ContactId": "22222222-1111-1111-1111-111111111111",
    "CustomerEndpoint": {"Address": "+13175551234", "Type": "TELEPHONE_NUMBER"},
    "DisconnectTimestamp": "2026-03-02T10:00:00Z",
    "InitialContactId": None,
    "InitiationMethod": "INBOUND",
    "Queue": {"Name": "returns", "Duration": 31},
}


def genesys(step: str, **more: object) -> dict[str, Any]:
    conversation = "3b5f9d0f-3b5f-4c0e-8f7a-6d1b2f5d9b1a"
    return {
        "topicName": f"v2.detail.events.conversation.{conversation}.{step}",
        "version": "2",
        "eventBody": {
            "eventTime": MARCH,
            "conversationId": conversation,
            "participantId": "p-1",
            "sessionId": "s-1",
            "mediaType": "VOICE",
            "direction": "INBOUND",
            "ani": "tel:+13175559741",
            "dnis": "tel:+13175550000",
            **more,
        },
        "metadata": {"CorrelationId": "c-1"},
    }


def debezium(op: str, before: object, after: object, **source: object) -> dict[str, Any]:
    postgres = {"connector": "postgresql", "db": "shop", "table": "customers"}
    return {
        "before": before,
        "after": after,
        "source": {**postgres, "ts_ms": MARCH, "snapshot": "false", "lsn": 24023128, **source},
        "op": op,
        "ts_ms": MARCH + 5,
    }


ANNE = {"id": 1004, "first_name": "Anne", "email": "annek@noanswer.org"}
OUTBOX = {
    "id": "406c07f3-26f0-4eea-a50c-109940064b8f",
    "aggregatetype": "Order",
    "aggregateid": "1",
    "type": "order.completed",
    "payload": '{"channel": "web", "identifiers": {"user_id": "7"}, "order_id": 1, '
    '"data": {"total": "9.90", "items": [{"sku": 5, "quantity": "2"}]}}',
}
OUTBOX_EVENT = {
    "id": OUTBOX["id"],
    "type": "order.completed",
    "channel": "web",
    "time": MARCH,
    "identifiers": {"user_id": "7"},
    "order_id": "1",
    "data": {"total": 9.9, "items": [{"sku": "5", "quantity": 2.0}]},
}


def segment(number: int, kind: str, **more: object) -> dict[str, Any]:
    told = {"type": kind, "messageId": f"m-{number}", "anonymousId": "a-1", "userId": "u-1"}
    return {**told, "timestamp": "2026-03-02T10:00:00.000Z", **more}


def segment_event(number: int, kind: str, **more: object) -> dict[str, Any]:
    who = {"user_id": "u-1", "anonymous_id": "a-1"}
    told = {"id": f"m-{number}", "type": kind, "channel": "web", "time": MARCH}
    return {**told, "identifiers": who, **more}


def told(kind: str, channel: str, who: dict[str, str], **more: object) -> dict[str, Any]:
    return {"type": kind, "channel": channel, "time": MARCH, "identifiers": who, **more}


CALLER = {"phone": "+14017122661"}
NORA = {"email": "nora@example.com"}
REQUESTER = {"zendesk_user_id": "8447388090495"}
CONTACT = {"connect_contact_id": "11111111-1111-1111-1111-111111111111"}
GENESYS_CALLER = {
    "phone": "+13175559741",
    "genesys_conversation_id": "3b5f9d0f-3b5f-4c0e-8f7a-6d1b2f5d9b1a",
}
PRODUCTS = [{"product_id": "507f1f77", "sku": "G-32", "name": "Game", "price": 18.99}]

TWILIO_STREAM = {
    "specversion": "1.0",
    "type": "com.twilio.messaging.inbound-message.received",
    "source": "/2010-04-01/Accounts/ACXXXX/Messages/SM18c9.json",
    "id": "EZ8c21",
    "time": "2026-03-02T10:00:01Z",
    "data": {
        "messageSid": "SM18c9",
        "from": "+14017122661",
        "to": "+15558675310",
        "body": "STOPALL",
        "timestamp": "2026-03-02T10:00:00Z",
    },
}

RECORDS = [
    VendorRecord("shopify.orders", SHOPIFY_ORDER, [SHOPIFY_EVENT]),
    VendorRecord(
        "shopify.orders",
        SHOPIFY_ORDER,
        [SHOPIFY_EVENT],
        headers={"X-Shopify-Topic": "orders/paid"},
    ),
    VendorRecord(
        "shopify.orders", SHOPIFY_ORDER, [], headers={"X-Shopify-Topic": "orders/fulfilled"}
    ),
    VendorRecord(
        "shopify.orders",
        {**SHOPIFY_ORDER, "cancelled_at": "2026-03-02T05:00:00-05:00", "source_name": "pos"},
        [
            {
                **SHOPIFY_EVENT,
                "id": "gid://shopify/Order/820982911946154508:2026-03-02T05:00:00-05:00",
                "type": "order.cancelled",
                "channel": "store",
            }
        ],
    ),
    VendorRecord("shopify.orders", {**SHOPIFY_ORDER, "test": True}, []),
    VendorRecord(
        "woocommerce.orders",
        WOO_ORDER,
        [
            {
                "id": "wc_order_58d2d042d1d",
                "type": "order.completed",
                "channel": "web",
                "time": MARCH + 3_000,
                "identifiers": {"email": "john.doe@example.com", "phone": "(555) 555-5555"},
                "order_id": "727",
                "data": {
                    "total": 29.35,
                    "currency": "USD",
                    "items": [
                        {"sku": "93", "name": "Woo Single #1", "quantity": 2, "price": 3}
                    ],
                },
            }
        ],
    ),
    VendorRecord(
        "woocommerce.orders",
        {**WOO_ORDER, "status": "refunded", "customer_id": 26},
        [{"id": "wc_order_58d2d042d1d:refunded", "type": "order.returned"}],
    ),
    VendorRecord("woocommerce.orders", {**WOO_ORDER, "status": "pending"}, []),
    VendorRecord(
        "stripe",
        STRIPE_SESSION,
        [
            {
                "id": "evt_1Nv0FGQ9RKHgCVdK",
                "type": "order.completed",
                "channel": "web",
                "time": MARCH,
                "identifiers": {
                    "user_id": "4711",
                    "stripe_customer_id": "cus_NffrFeUfNV2Hib",
                    "email": "jenny@example.com",
                },
                "order_id": "pi_3MtwBwLkdIwHu7ix28a3tqPa",
                "cart_id": "c-9",
                "data": {"currency": "usd", "total": 21.98},
            }
        ],
    ),
    VendorRecord(
        "stripe",
        stripe("charge.refunded", amount_refunded=5_000, currency="jpy", customer="cus_1"),
        [{"type": "order.returned", "data": {"currency": "jpy", "total": 5_000}}],
    ),
    VendorRecord(
        "stripe",
        stripe(
            "payment_intent.payment_failed",
            customer="cus_1",
            last_payment_error={"code": "card_declined"},
        ),
        [{"type": "payment.failed", "data": {"reason": "card_declined"}}],
    ),
    VendorRecord(
        "stripe",
        stripe("customer.updated", id="cus_1", email="a@example.com", preferred_locales=["de"]),
        [
            told(
                "customer.updated",
                "web",
                {"stripe_customer_id": "cus_1", "email": "a@example.com"},
                data={"language": "de"},
            )
        ],
    ),
    VendorRecord("stripe", stripe("payment_intent.succeeded", customer="cus_1"), []),
    VendorRecord("stripe", {**STRIPE_SESSION, "livemode": False}, []),
    VendorRecord(
        "sendgrid",
        [
            sendgrid("processed", 0),
            sendgrid("delivered", 1),
            sendgrid("open", 2, action_id="a-7"),
            sendgrid("open", 3, sg_machine_open=True),
            sendgrid("unsubscribe", 4),
            sendgrid("spamreport", 5),
            sendgrid("bounce", 6, type="bounce", reason="550 no such user"),
            sendgrid("bounce", 7, type="blocked", reason="full"),
        ],
        [
            told("message.sent", "email", NORA, id="e-1"),
            told("message.opened", "email", NORA, id="e-2", data={"action_id": "a-7"}),
            told("consent.updated", "email", NORA, data=refusal("email", "e-4")),
            told("message.complained", "email", NORA, id="e-5"),
            told(
                "message.bounced",
                "email",
                NORA,
                data={"hard": True, "reason": "550 no such user"},
            ),
            told("message.bounced", "email", NORA, data={"hard": False, "reason": "full"}),
        ],
    ),
    VendorRecord(
        "sendgrid",
        [
            sendgrid("delivered", 11, action_id="a-7", customer_id="1-abc"),
            sendgrid("dropped", 12, action_id="a-7", reason="Bounced Address"),
            sendgrid("dropped", 13, action_id="a-7", reason="Spam Content"),
            sendgrid("dropped", 14, reason="Invalid"),
            sendgrid("deferred", 15, action_id="a-7", response="400 try again later"),
            sendgrid("bounce", 16, action_id="a-7", customer_id="1-abc", reason="550 no"),
            sendgrid("click", 17, action_id="a-7", url="https://shop.example"),
        ],
        [
            told(
                "action.delivered",
                "email",
                NORA,
                id="e-11",
                customer_id="1-abc",
                data={"action_id": "a-7"},
            ),
            told(
                "action.failed",
                "email",
                NORA,
                customer_id="",
                data={"action_id": "a-7", "reason": "no_such_address"},
            ),
            told("action.failed", "email", NORA, data={"reason": "dropped"}),
            told(
                "message.bounced",
                "email",
                NORA,
                customer_id="1-abc",
                data={"action_id": "a-7", "hard": True},
            ),
            told("message.clicked", "email", NORA, data={"action_id": "a-7"}),
        ],
    ),
    VendorRecord(
        "sendgrid", sendgrid("click", 8), [told("message.clicked", "email", NORA, id="e-8")]
    ),
    VendorRecord(
        "twilio",
        twilio(" Stop "),
        [
            told(
                "consent.updated",
                "sms",
                CALLER,
                data=refusal("sms", "SM1f0e8ae6ade43cb3c0ce4525424e404f"),
            )
        ],
    ),
    VendorRecord(
        "twilio",
        twilio("please leave me alone", OptOutType="STOP"),
        [told("consent.updated", "sms", CALLER)],
    ),
    VendorRecord(
        "twilio",
        twilio("START"),
        [
            told(
                "consent.updated",
                "sms",
                CALLER,
                data=refusal("sms", "SM1f0e8ae6ade43cb3c0ce4525424e404f", "granted"),
            )
        ],
    ),
    VendorRecord(
        "twilio",
        twilio("Stop by at noon?"),
        [told("message.received", "sms", CALLER, data={"text": "Stop by at noon?"})],
    ),
    VendorRecord(
        "twilio",
        twilio("STOP", From="whatsapp:+14017122661", WaId="14017122661"),
        [told("consent.updated", "whatsapp", {**CALLER, "whatsapp_id": "14017122661"})],
    ),
    VendorRecord(
        "twilio",
        [TWILIO_STREAM],
        [told("consent.updated", "sms", CALLER, id="SM18c9", data=refusal("sms", "SM18c9"))],
    ),
    VendorRecord(
        "twilio",
        TWILIO_STREAM,
        [told("consent.updated", "sms", CALLER, id="SM18c9")],
        headers={"content-type": "application/cloudevents+json"},
    ),
    *(
        VendorRecord("twilio.status", twilio_status(status), [], headers=ASKED)
        for status in ("queued", "sending", "sent", "accepted", "scheduled", "what")
    ),
    VendorRecord(
        "twilio.status",
        twilio_status("delivered", RawDlrDoneDate="2603021000"),
        [reported("action.delivered", "delivered")],
        headers=ASKED,
    ),
    VendorRecord(
        "twilio.status",
        twilio_status("read", **READ),
        [reported("action.opened", "read", "whatsapp")],
        headers=ASKED,
    ),
    VendorRecord(
        "twilio.status",
        twilio_status("undelivered", ErrorCode="30005"),
        [reported("message.bounced", "undelivered", hard=True, reason="no_such_address")],
        headers=ASKED,
    ),
    VendorRecord(
        "twilio.status",
        twilio_status("undelivered", ErrorCode="30003"),
        [reported("message.bounced", "undelivered", hard=False, reason="unreachable")],
        headers=ASKED,
    ),
    VendorRecord(
        "twilio.status",
        twilio_status("failed", ErrorCode="21610"),
        [reported("message.bounced", "failed", hard=False, reason="unsubscribed")],
        headers=ASKED,
    ),
    VendorRecord(
        "twilio.status",
        twilio_status("failed", ErrorCode="63016", To="whatsapp:+14017122661"),
        [reported("action.failed", "failed", "whatsapp", reason="outside_window")],
        headers=ASKED,
    ),
    VendorRecord(
        "twilio.status",
        twilio_status("undelivered", ErrorCode="30008"),
        [reported("action.failed", "undelivered", reason="30008")],
        headers=ASKED,
    ),
    VendorRecord(
        "twilio.status",
        twilio_status("delivered"),
        [told("action.delivered", "sms", CALLER, data={"action_id": "a-7"}, customer_id="")],
        headers={"legato-query-action_id": "a-7"},
    ),
    VendorRecord("twilio.status", twilio_status("delivered"), []),
    VendorRecord(
        "twilio.status",
        CALL,
        [
            {
                **reported("action.failed", "", "voice", reason="no-answer"),
                "id": f"{CALL['CallSid']}:no-answer",
            }
        ],
        headers=ASKED,
    ),
    VendorRecord(
        "twilio.status",
        {**CALL, "CallStatus": "completed", "CallDuration": "12"},
        [{"type": "action.delivered", "channel": "voice"}],
        headers=ASKED,
    ),
    VendorRecord("twilio.status", {**CALL, "CallStatus": "ringing"}, [], headers=ASKED),
    VendorRecord(
        "zendesk",
        zendesk("created", {}),
        [
            told(
                "case.opened",
                "web",
                REQUESTER,
                case_id="12345",
                data={"reason": "question", "text": "Where is it?"},
            )
        ],
    ),
    VendorRecord(
        "zendesk",
        zendesk("status_changed", {"current": "SOLVED", "previous": "OPEN"}),
        [
            told(
                "case.closed",
                "web",
                REQUESTER,
                case_id="12345",
                data={"reason": "question", "resolved": True},
            )
        ],
    ),
    VendorRecord(
        "zendesk", zendesk("status_changed", {"current": "PENDING", "previous": "OPEN"}), []
    ),
    VendorRecord(
        "zendesk",
        zendesk(
            "comment_added",
            {"comment": {"body": "Hello?", "is_public": True, "author": {"is_staff": False}}},
        ),
        [told("message.received", "web", REQUESTER, data={"text": "Hello?"})],
    ),
    VendorRecord(
        "zendesk",
        zendesk(
            "comment_added",
            {"comment": {"body": "note", "is_public": False, "author": {"is_staff": True}}},
        ),
        [],
    ),
    VendorRecord(
        "amazon_connect",
        connect(
            "QUEUED", queueInfo={"queueArn": "arn", "enqueueTimestamp": "2026-03-02T10:00:00Z"}
        ),
        [told("contact.queued", "call", CONTACT, data={"queue": "arn"})],
    ),
    VendorRecord(
        "amazon_connect",
        connect("CONNECTED_TO_AGENT", customerEndpoint={"address": "tel:+13175551234"}),
        [told("contact.started", "call", {**CONTACT, "phone": "+13175551234"})],
    ),
    VendorRecord("amazon_connect", connect("CONTACT_DATA_UPDATED"), []),
    VendorRecord(
        "amazon_connect", connect("QUEUED", channel="Voice", initiationMethod="API"), []
    ),
    VendorRecord(
        "amazon_connect",
        connect("CONNECTED_TO_AGENT", channel="CHAT", initiationMethod="API"),
        [told("contact.started", "chat", CONTACT)],
    ),
    VendorRecord("amazon_connect", connect("QUEUED", initiationMethod="OUTBOUND"), []),
    VendorRecord(
        "amazon_connect",
        CONNECT_RECORD,
        [
            told(
                "contact.ended",
                "call",
                {
                    "phone": "+13175551234",
                    "connect_contact_id": "22222222-1111-1111-1111-111111111111",
                },
                data={
                    "queue": "returns",
                    "agent": "jdoe",
                    "reason": "refund",
                    "wait_s": 31,
                    "talk_s": 120,
                    "after_call_s": 15,
                },
            )
        ],
    ),
    VendorRecord(
        "genesys",
        genesys("customer.start", queueId="q-1"),
        [told("contact.queued", "call", GENESYS_CALLER, data={"queue": "q-1"})],
    ),
    VendorRecord(
        "genesys",
        {
            "version": "0",
            "detail-type": "x",
            "detail": genesys("customer.end", wrapupCode="refund"),
        },
        [told("contact.ended", "call", GENESYS_CALLER, data={"reason": "refund"})],
    ),
    VendorRecord("genesys", genesys("user.start", direction="OUTBOUND"), []),
    VendorRecord("genesys", genesys("acw"), []),
    VendorRecord(
        "debezium",
        debezium("c", None, ANNE),
        [
            told(
                "account.created",
                "crm",
                {"user_id": "1004", "email": "annek@noanswer.org"},
                id="shop:customers:24023128",
            )
        ],
    ),
    VendorRecord(
        "debezium",
        {"schema": {"type": "struct"}, "payload": debezium("d", ANNE, None)},
        [told("customer.deleted", "crm", {"user_id": "1004", "email": "annek@noanswer.org"})],
    ),
    VendorRecord(
        "debezium",
        debezium("u", ANNE, ANNE, connector="mysql", file="bin.3", pos=154, row=0, lsn=None),
        [{"type": "customer.updated", "id": "shop:customers:bin.3:154:0"}],
    ),
    VendorRecord("debezium", debezium("t", None, None), []),
    VendorRecord("debezium", None, [], found=False),
    VendorRecord("debezium.outbox", debezium("c", None, OUTBOX), [OUTBOX_EVENT]),
    VendorRecord("debezium.outbox", debezium("d", OUTBOX, None), [], found=False),
    VendorRecord(
        "debezium.outbox",
        OUTBOX["payload"],
        [{**OUTBOX_EVENT, "id": "o-1"}],
        headers={"id": "o-1", "eventType": "order.completed"},
        found=False,
    ),
    VendorRecord(
        "segment",
        segment(
            1,
            "identify",
            traits={"email": "nora@example.com"},
            context={"timezone": "Europe/Paris"},
        ),
        [
            {
                **segment_event(1, "customer.updated"),
                "identifiers": {
                    "user_id": "u-1",
                    "anonymous_id": "a-1",
                    "email": "nora@example.com",
                },
                "data": {"traits": {"email": "nora@example.com"}, "time_zone": "Europe/Paris"},
            }
        ],
    ),
    VendorRecord(
        "segment",
        segment(2, "page", name="Home", properties={"path": "/"}),
        [segment_event(2, "page.viewed", data={"path": "/"})],
    ),
    VendorRecord(
        "segment",
        segment(
            3,
            "track",
            event="Product Added",
            properties={"cart_id": "k", "product_id": "507f", "price": "18.99", "quantity": 1},
            context={"device": {"type": "ios", "id": "d-1"}},
        ),
        [
            {
                **segment_event(3, "cart.item_added", channel="mobile", cart_id="k"),
                "identifiers": {"user_id": "u-1", "anonymous_id": "a-1", "device_id": "d-1"},
                "data": {
                    "cart_id": "k",
                    "product_id": "507f",
                    "sku": "507f",
                    "price": 18.99,
                    "quantity": 1,
                },
            }
        ],
    ),
    VendorRecord(
        "segment",
        segment(
            4,
            "track",
            event="Order Completed",
            properties={
                "order_id": "50314",
                "total": 18.99,
                "currency": "USD",
                "products": PRODUCTS,
            },
        ),
        [
            segment_event(
                4,
                "order.completed",
                order_id="50314",
                data={
                    "order_id": "50314",
                    "total": 18.99,
                    "currency": "USD",
                    "products": PRODUCTS,
                    "items": [{"sku": "G-32", "name": "Game", "price": 18.99}],
                },
            )
        ],
    ),
    VendorRecord(
        "segment",
        segment(7, "track", event="Unsubscribed", properties={"email_id": "x"}),
        [segment_event(7, "consent.updated", channel="email", data=refusal("email", "m-7"))],
    ),
    VendorRecord(
        "segment",
        segment(8, "track", event="Email Marked as Spam", properties={"email_id": "x"}),
        [segment_event(8, "message.complained", channel="email")],
    ),
    VendorRecord("segment", segment(6, "group", groupId="g-1"), []),
    VendorRecord("segment", segment(5, "alias", previousId="u-0"), []),
]
