"""Push messages by Firebase Cloud Messaging, HTTP v1: the address is a registration token.

https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages. What is sent twice
shows once: devices take a message with the same tag in place of the former.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from legato.adapter import Delivered, Failed, Result, Retry
from legato.channels.exchange import (
    HttpAnswer,
    HttpRequest,
    code_of,
    read_json,
    result_by_status,
    retry_after_s,
)
from legato.channels.outgoing import ExchangeSample, Outgoing, json_answer, sample_action
from legato.channels.wording import BAD_CONTENT, NO_CONTENT
from legato.core.values.time import SECOND

CHANNELS = ("push", "mobile")
SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
URL = "https://fcm.googleapis.com/v1/projects/{project}/messages:send"
TTL_MOST_S = 2_419_200
"""Four weeks: FCM keeps nothing longer for a device that is off."""
QUOTA_S = 60.0
"""How long FCM asks to wait where its quota is used up, and it does not say how long."""
_FAILED = {
    "fcm:UNREGISTERED": "no_such_device",
    "fcm:TOKEN": "no_such_device",
    "fcm:INVALID_ARGUMENT": "bad_content",
    "fcm:SENDER_ID_MISMATCH": "sender_id_mismatch",
    "NOT_FOUND": "no_such_device",
    "INVALID_ARGUMENT": "bad_content",
}
"""FCM's own words, and those that it has of Google; what is wrong may be the token alone."""
_TOKEN = "message.token"  # noqa: S105 - where it stands
_OF_TOKEN = "registration token"  # noqa: S105 - what is said of one
_QUOTA = frozenset(("fcm:QUOTA_EXCEEDED", "RESOURCE_EXHAUSTED"))
_FCM = "google.firebase.fcm.v1.FcmError"


class PushOptions(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An account of Firebase.

    `credentials` is the path of the service account's JSON file. With `validate_only`, FCM
    checks each message and sends none. `url` is where it answers, `{project}` the project.
    """

    credentials: str
    validate_only: bool = False
    url: str = URL


class PushTranslator(Struct, frozen=True):
    """Writes for FCM, of this project, with this access token."""

    options: PushOptions
    project: str
    token: str

    def request(self, outgoing: Outgoing) -> HttpRequest | Failed:
        """Write a message of `title`, `body` (else `text`), `image`, `link` and `data`."""
        told = _message(outgoing)
        if isinstance(told, Failed):
            return told
        body: dict[str, Any] = {"message": told}
        if self.options.validate_only:
            body["validate_only"] = True
        headers = {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {self.token}",
        }
        url = self.options.url.replace("{project}", self.project)
        return HttpRequest(url, msgspec.json.encode(body), headers)

    def result(self, answer: HttpAnswer) -> Result:
        """Read what FCM says."""
        if answer.is_success:
            return Delivered(_name_of(answer))
        error = _error_of(answer)
        if error in _FAILED:
            return Failed(_FAILED[error])
        if error in _QUOTA:
            return Retry("quota_exceeded", retry_after_s(answer) or QUOTA_S)
        by_status = result_by_status(answer)
        if isinstance(by_status, Failed) and not error:
            return Retry(by_status.reason)  # it was not FCM that answered so
        return by_status


def _message(outgoing: Outgoing) -> dict[str, Any] | Failed:
    action, parts = outgoing.action, outgoing.parts
    body = parts.get("body", "").strip() or parts.get("text", "").strip()
    shown = {"title": parts.get("title", "").strip(), "body": body}
    if not any(shown.values()):
        return NO_CONTENT
    data = _data(parts.get("data", "").strip())
    if data is None:
        return BAD_CONTENT
    notification = {name: told for name, told in shown.items() if told}
    if image := parts.get("image", "").strip():
        notification["image"] = image
    named = {"action_id": action.action_id, "situation": action.situation}
    if link := parts.get("link", "").strip():
        named["link"] = link
    ends = max(action.expires_at // SECOND, 0)
    ttl_s = min(max((action.expires_at - outgoing.now) // SECOND, 0), TTL_MOST_S)
    tag = action.action_id
    return {
        "token": action.address,
        "notification": notification,
        "data": {**data, **named},
        "android": {"ttl": f"{ttl_s}s", "notification": {"tag": tag}},
        "apns": {"headers": {"apns-expiration": str(ends), "apns-collapse-id": tag}},
        "webpush": {"headers": {"TTL": str(ttl_s)}, "notification": {"tag": tag}},
    }


def _data(told: str) -> dict[str, str] | None:
    """Read what an app is given besides: an object whose values are all texts."""
    try:
        return msgspec.json.decode(told, type=dict[str, str]) if told else {}
    except (msgspec.MsgspecError, RecursionError):
        return None


class _Error(Struct):
    status: str = ""
    message: str = ""
    details: list[dict[str, Any]] = []

    @property
    def is_of_token(self) -> bool:
        """Is it the token that is no good? A device must not be given up for a bad text."""
        fields = [each.get("fieldViolations") for each in self.details]
        named = [one for each in fields if isinstance(each, list) for one in each]
        if named:
            return all(isinstance(one, dict) and one.get("field") == _TOKEN for one in named)
        return _OF_TOKEN in self.message


class _Answer(Struct):
    name: str = ""
    error: _Error | None = None


def _read(answer: HttpAnswer) -> _Answer:
    try:
        return msgspec.convert(read_json(answer), _Answer)
    except msgspec.ValidationError:
        return _Answer()


def _name_of(answer: HttpAnswer) -> str:
    return _read(answer).name.rpartition("/")[2]


def _error_of(answer: HttpAnswer) -> str:
    """Name the error, by FCM's own word (`fcm:UNREGISTERED`) if there is one; empty if none."""
    error = _read(answer).error
    if error is None:
        return ""
    for each in error.details:
        if str(each.get("@type", "")).endswith(_FCM):
            code = code_of(each.get("errorCode"))
            of_token = code == "INVALID_ARGUMENT" and error.is_of_token
            return f"fcm:{'TOKEN' if of_token else code}"
    return code_of(error.status)


def _refusal(
    status: int, word: str, own: str = "", said: str = "...", **headers: str
) -> HttpAnswer:
    details = [{"@type": f"type.googleapis.com/{_FCM}", "errorCode": own}] if own else []
    error = {"code": status, "message": said, "status": word, "details": details}
    return json_answer(status, msgspec.json.encode({"error": error}).decode(), **headers)


_OPTIONS = 'credentials = "/run/secrets/firebase.json"\n'
_ACTION = sample_action("push", "bk3RNwTe3H0:CI2k_HHwgIpoDKCIZvvDMExUdFQ3P1")
SAMPLES = (
    ExchangeSample(
        "A notification that opens a page",
        _OPTIONS,
        Outgoing(
            _ACTION,
            {
                "title": "Still thinking?",
                "body": "Your cart waits.",
                "link": "https://shop.example/cart",
            },
            _ACTION.time,
        ),
        "https://fcm.googleapis.com/v1/projects/shoes-7/messages:send",
        '{"message":{"token":"bk3RNwTe3H0:CI2k_HHwgIpoDKCIZvvDMExUdFQ3P1","notification":'
        '{"title":"Still thinking?","body":"Your cart waits."},"data":{"action_id":'
        '"5d41402abc4b2a76","situation":"cart_abandoned","link":"https://shop.example/cart"},'
        '"android":{"ttl":"14400s","notification":{"tag":"5d41402abc4b2a76"}},"apns":{"headers":'
        '{"apns-expiration":"1772460000","apns-collapse-id":"5d41402abc4b2a76"}},"webpush":'
        '{"headers":{"TTL":"14400"},"notification":{"tag":"5d41402abc4b2a76"}}}}',
        {"Authorization": "Bearer s3cret"},
        answers=(
            (
                json_answer(200, '{"name": "projects/shoes-7/messages/0:1500415314455276"}'),
                Delivered("0:1500415314455276"),
            ),
            (_refusal(404, "NOT_FOUND", "UNREGISTERED"), Failed("no_such_device")),
            (
                _refusal(
                    400,
                    "INVALID_ARGUMENT",
                    "INVALID_ARGUMENT",
                    "The registration token is not a valid FCM registration token",
                ),
                Failed("no_such_device"),
            ),
            (
                _refusal(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", "Message too big"),
                Failed("bad_content"),
            ),
            (_refusal(400, "INVALID_ARGUMENT"), Failed("bad_content")),
            (
                _refusal(403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH"),
                Failed("sender_id_mismatch"),
            ),
            (_refusal(401, "UNAUTHENTICATED"), Retry("unauthorized")),
            (_refusal(401, "UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR"), Retry("unauthorized")),
            (
                _refusal(429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED"),
                Retry("quota_exceeded", 60.0),
            ),
            (
                _refusal(429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED", retry_after="120"),
                Retry("quota_exceeded", 120.0),
            ),
            (
                _refusal(503, "UNAVAILABLE", "UNAVAILABLE", retry_after="7"),
                Retry("http_503", 7.0),
            ),
            (_refusal(500, "INTERNAL", "INTERNAL"), Retry("http_500")),
            (HttpAnswer(404, body=b"<html>Not Found"), Retry("http_404")),
        ),
    ),
)
