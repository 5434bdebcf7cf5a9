"""Any provider of messages with an HTTP API: a map says what it is sent, and how it answers.

`{address}` and so on stand for what the action and its content say. In a body, a text that is
one of these names alone becomes the value itself: `{variables}` is an object.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeAlias
from urllib.parse import quote, urlencode, urlsplit

import msgspec
from msgspec import Struct

from legato.adapter import Delivered, Failed, Result, Retry
from legato.channels.exchange import (
    HttpAnswer,
    HttpRequest,
    code_of,
    later,
    read_json,
    reason_code,
    result_by_status,
)
from legato.channels.outgoing import ExchangeSample, Outgoing, json_answer, sample_action
from legato.channels.wording import Wording, wording_of

Values: TypeAlias = Mapping[str, Any]

NAMES = (
    *("address", "digits", "text", "template", "variables", "language", "sender", "brand"),
    *("action_id", "customer_id", "content_ref", "channel", "ttl_s"),
)
"""What stands for something. `digits` is the address without `+`, `ttl_s` until it expires."""
SECRET = "secret"  # noqa: S105 - the name of one
_REASON = re.compile(r"[a-z0-9_.:-]{1,64}")
_NAME = re.compile(r"\{([a-z_]+)\}")


class AnswerMap(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where in the JSON of an answer things lie, by dotted paths, and what codes mean.

    `id` is what the provider calls the message, `code` why it was not taken. `failed` gives
    reasons by code, `retry` are codes for not now, and `delivered` those of a success, for a
    provider that answers 200 whatever happened. What no code tells, the status does.
    """

    id: str = ""
    code: str = ""
    delivered: tuple[str, ...] = ()
    failed: Mapping[str, str] = {}
    retry: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for reason in self.failed.values():
            if not _REASON.fullmatch(reason):
                told = "is no reason; write a code such as `no_such_address`"
                raise ValueError(f"`{reason}` {told}")


class DescribedOptions(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A provider: where it is, how one logs in, and what it is sent.

    `body` is for words of one's own, `template_body` for a template; `form` sends it as a form
    instead of JSON. `secret` may be `file:PATH`: with `user` it is for HTTP Basic, else a
    header says `{secret}`. `senders` are by channel.
    """

    url: str
    body: Mapping[str, Any]
    template_body: Mapping[str, Any] | None = None
    form: bool = False
    method: Literal["POST", "PUT"] = "POST"
    headers: Mapping[str, str] = {}
    user: str = ""
    secret: str = ""
    senders: Mapping[str, str] = {}
    answer: AnswerMap = AnswerMap()

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if not parts.netloc or "{" in parts.netloc:
            raise ValueError("`url` needs a host of its own; only its path may have `{names}`")
        bodies = [self.body, self.template_body or {}]
        for name in _names_in([self.url, *self.headers.values(), *map(_encoded, bodies)]):
            if name not in (*NAMES, SECRET):
                known = ", ".join(NAMES)
                raise ValueError(f"`{{{name}}}` stands for nothing; there are {known}")
        if SECRET in _names_in([self.url, *map(_encoded, bodies)]):
            raise ValueError("`{secret}` may stand in `headers` alone")


class DescribedTranslator(Struct, frozen=True):
    """Writes as a map says; `secret` is that of the options, read."""

    options: DescribedOptions
    secret: str

    def request(self, outgoing: Outgoing) -> HttpRequest | Failed:
        """Fill in the body for words of one's own, or for a template."""
        wording = wording_of(outgoing)
        if isinstance(wording, Failed):
            return wording
        options = self.options
        body = options.body if wording.text else options.template_body
        if body is None:
            return Failed("no_template_body")
        values = _values(outgoing, wording, options.senders)
        filled = _filled(body, values)
        packed = urlencode(filled).encode() if options.form else msgspec.json.encode(filled)
        return HttpRequest(
            _written(options.url, values, lambda told: quote(told, safe="")),
            packed,
            self._headers(values),
            options.method,
        )

    def result(self, answer: HttpAnswer) -> Result:
        """Read the answer by its code where there is one, else by its status."""
        where, told = self.options.answer, read_json(answer)
        code = code_of(_at(told, where.code)) if where.code else ""
        if code in where.retry and code:
            return later(answer, f"code_{reason_code(code)}")
        if code in where.failed:
            return Failed(where.failed[code])
        if answer.is_success and where.delivered and code not in where.delivered:
            return Failed(f"code_{reason_code(code)}" if code else "refused")
        result = result_by_status(answer)
        match result:
            case Delivered():
                return Delivered(code_of(_at(told, where.id)) if where.id else "")
            case Failed() if code:
                return Failed(f"code_{reason_code(code)}")
            case _:
                return result

    def _headers(self, values: Values) -> dict[str, str]:
        form = "application/x-www-form-urlencoded"
        headers = {"Content-Type": form if self.options.form else "application/json"}
        known = {**values, SECRET: self.secret}
        for name, told in self.options.headers.items():
            headers[name] = _written(told, known, str)
        if self.options.user:
            login = base64.b64encode(f"{self.options.user}:{self.secret}".encode())
            headers["Authorization"] = f"Basic {login.decode()}"
        return headers


def _values(outgoing: Outgoing, wording: Wording, senders: Mapping[str, str]) -> Values:
    action = outgoing.action
    return {
        "address": action.address,
        "digits": action.address.removeprefix("+"),
        "text": wording.text,
        "template": wording.template,
        "variables": wording.variables,
        "language": action.language,
        "sender": senders.get(action.channel, ""),
        "brand": action.brand,
        "action_id": action.action_id,
        "customer_id": action.customer_id,
        "content_ref": action.content_ref,
        "channel": action.channel,
        "ttl_s": max((action.expires_at - outgoing.now) // 1_000, 1),
    }


def _filled(part: Any, values: Values) -> Any:  # noqa: ANN401 - a part of any JSON
    match part:
        case dict():
            return {name: _filled(each, values) for name, each in part.items()}
        case list() | tuple():
            return [_filled(each, values) for each in part]
        case str() if (whole := _NAME.fullmatch(part)) and whole[1] in values:
            return values[whole[1]]
        case str():
            return _written(part, values, str)
        case _:
            return part


def _written(text: str, values: Values, spell: Callable[[str], str]) -> str:
    """Write a text with its names filled in."""
    return _NAME.sub(lambda found: spell(_text(values[found[1]])), text)


def _text(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _names_in(texts: list[str]) -> set[str]:
    return {name for text in texts for name in _NAME.findall(text)}


def _encoded(body: Mapping[str, Any]) -> str:
    return msgspec.json.encode(body).decode()


def _at(told: object, path: str) -> object:
    """Go down a dotted path; numbers count from 0 in a list."""
    for step in path.split("."):
        if isinstance(told, dict):
            told = told.get(step)
        elif isinstance(told, list) and step.isdecimal() and int(step) < len(told):
            told = told[int(step)]
        else:
            return None
    return told


_VIBER = """\
[provider]
url = "https://api.nexmo.com/v1/messages"
user = "abcd1234"
secret = "file:/run/secrets/vonage"
senders = {viber = "Shoes"}

[provider.body]
message_type = "text"
channel = "viber_service"
from = "{sender}"
to = "{digits}"
text = "{text}"
client_ref = "{action_id}"

[provider.answer]
id = "message_uuid"
code = "title"
"""
_META = """\
[provider]
url = "https://graph.facebook.com/v23.0/106540352242922/messages"
headers = {Authorization = "Bearer {secret}"}
secret = "file:/run/secrets/meta"

[provider.body]
messaging_product = "whatsapp"
to = "{digits}"
type = "text"
text = {body = "{text}"}

[provider.template_body]
messaging_product = "whatsapp"
to = "{digits}"
type = "template"
template = {name = "{template}", language = {code = "{language}"}, components = "{variables}"}

[provider.answer]
id = "messages.0.id"
code = "error.code"
failed = {131026 = "no_such_address", 131047 = "outside_window", 131050 = "unsubscribed"}
retry = ["4", "80007", "130429", "131056"]
"""
_FORM = """\
[provider]
url = "https://rest.example/sms/{action_id}"
method = "PUT"
form = true
body = {to = "{digits}", from = "{sender}", text = "{text}", ttl = "{ttl_s}"}
senders = {sms = "Shoes"}
headers = {X-Secret = "{secret}", Idempotency-Key = "{action_id}"}
secret = "s3cret"

[provider.answer]
id = "messages.0.message-id"
code = "messages.0.status"
delivered = ["0"]
failed = {6 = "no_such_address", 7 = "not_allowed"}
retry = ["1", "5"]
"""
_VIBER_TO = sample_action("viber", "+14017122661")
_WHATSAPP_TO = sample_action("whatsapp", "14017122661")
_SMS_TO = sample_action("sms", "+14017122661")
_NAMED = """[{"type": "body", "parameters": [{"type": "text", "text": "Ada"}]}]"""


def _status(status: str, **more: str) -> HttpAnswer:
    told = {"messages": [{"status": status, **more}]}
    return json_answer(200, msgspec.json.encode(told).decode())


def _graph(status: int, code: int) -> HttpAnswer:
    error = {"message": "(#1) ...", "type": "OAuthException", "code": code}
    return json_answer(status, msgspec.json.encode({"error": error}).decode())


SAMPLES = (
    ExchangeSample(
        "Viber, by Vonage's Messages API",
        _VIBER,
        Outgoing(_VIBER_TO, {"text": "Your cart waits."}, _VIBER_TO.time),
        "https://api.nexmo.com/v1/messages",
        '{"message_type":"text","channel":"viber_service","from":"Shoes","to":"14017122661",'
        '"text":"Your cart waits.","client_ref":"5d41402abc4b2a76"}',
        {"Authorization": "Basic YWJjZDEyMzQ6czNjcmV0"},
        answers=(
            (
                json_answer(202, '{"message_uuid": "aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab"}'),
                Delivered("aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab"),
            ),
            (json_answer(401, '{"title": "Unauthorized"}'), Retry("unauthorized")),
            (json_answer(422, '{"title": "Invalid params"}'), Failed("http_422")),
            (json_answer(429, "{}", retry_after="5"), Retry("http_429", 5.0)),
            (HttpAnswer(500, body=b"oops"), Retry("http_500")),
        ),
    ),
    ExchangeSample(
        "WhatsApp, by Meta's Cloud API, with an approved template",
        _META,
        Outgoing(
            _WHATSAPP_TO,
            {"text": "It waits.", "template": "cart_reminder", "variables": _NAMED},
            _WHATSAPP_TO.time,
        ),
        "https://graph.facebook.com/v23.0/106540352242922/messages",
        '{"messaging_product":"whatsapp","to":"14017122661","type":"template","template":'
        '{"name":"cart_reminder","language":{"code":"en"},"components":[{"type":"body",'
        '"parameters":[{"type":"text","text":"Ada"}]}]}}',
        {"Authorization": "Bearer s3cret"},
        answers=(
            (json_answer(200, '{"messages": [{"id": "wamid.HBgL"}]}'), Delivered("wamid.HBgL")),
            (_graph(400, 131026), Failed("no_such_address")),
            (_graph(400, 131047), Failed("outside_window")),
            (_graph(400, 132001), Failed("code_132001")),
            (_graph(400, 130429), Retry("code_130429")),
            (_graph(401, 190), Retry("unauthorized")),
        ),
    ),
    ExchangeSample(
        "SMS, as a form, by a provider that answers 200 whatever happened",
        _FORM,
        Outgoing(_SMS_TO, {"text": "1 & 1"}, _SMS_TO.time),
        "https://rest.example/sms/5d41402abc4b2a76",
        "to=14017122661&from=Shoes&text=1+%26+1&ttl=14400",
        {"X-Secret": "s3cret", "Idempotency-Key": "5d41402abc4b2a76"},
        "PUT",
        answers=(
            (
                _status("0", **{"message-id": "0A0000000123ABCD1"}),
                Delivered("0A0000000123ABCD1"),
            ),
            (_status("6"), Failed("no_such_address")),
            (_status("9"), Failed("code_9")),
            (_status("5"), Retry("code_5")),
            (json_answer(200, "{}"), Failed("refused")),
            (json_answer(503, "{}"), Retry("http_503")),
        ),
    ),
)
