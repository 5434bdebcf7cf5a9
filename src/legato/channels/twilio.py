"""Twilio: SMS and WhatsApp by its Messages API, calls that say something by its Calls API.

https://www.twilio.com/docs/messaging/api/message-resource, and
https://www.twilio.com/docs/voice/api/call-resource. Neither knows a key by which a request that
is repeated is sent once, so none is sent: a customer may get what was under way as a process
was killed once more. What becomes of a message comes to the source whose map is
`twilio.status`; the address that is called for it says of which action.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from urllib.parse import quote, urlencode, urlsplit, urlunsplit
from xml.sax.saxutils import escape, quoteattr

import msgspec
from msgspec import Struct

from legato.adapter import Delivered, Failed, Result, Retry
from legato.channels.exchange import (
    HttpAnswer,
    HttpRequest,
    code_of,
    later,
    read_json,
    result_by_status,
)
from legato.channels.outgoing import ExchangeSample, Outgoing, json_answer, sample_action
from legato.channels.wording import BAD_CONTENT, NO_CONTENT, Wording, wording_of
from legato.core.values.time import HOUR, SECOND

FORM = "application/x-www-form-urlencoded"
VALID_MOST_S = 36_000
"""How long Twilio keeps a message that it cannot send yet, at most."""
_FAILED: Mapping[int, str] = {
    **dict.fromkeys((21211, 21214, 21217, 21265, 21614, 21635), "no_such_address"),
    **dict.fromkeys((63003, 63024), "no_such_address"),
    21610: "unsubscribed",
    **dict.fromkeys((21408, 21612, 21215), "not_allowed"),
    **dict.fromkeys((21602, 21617, 21619, 21655, 21656), "bad_content"),
    63016: "outside_window",
}
_OURS = frozenset((21212, 21603, 21606, 21659, 21660, 21701, 21703, 21704, 21705))
"""The sender is not set up as it should be: nothing is wrong with the message."""
CODES_END = 1_000_000
"""No code of Twilio's has more digits."""
_FULL = frozenset((20429, 21611, 30001, 63018))


class TwilioOptions(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An account, and who sends in it.

    `account` is the Account SID; `user` an API key's SID, else the account itself. `secret` is
    what belongs to it, or `file:PATH`. `senders` are numbers by channel, in place of which
    `service` (a Messaging Service) chooses one. `callback` is the address of the source with
    the map `twilio.status`, as Twilio reaches it.
    """

    account: str
    secret: str
    user: str = ""
    service: str = ""
    senders: Mapping[str, str] = {}
    callback: str = ""
    url: str = "https://api.twilio.com"

    def __post_init__(self) -> None:
        if not (self.service or self.senders):
            raise ValueError("nobody sends: write `service`, or `senders` by channel")


class TwilioTranslator(Struct, frozen=True):
    """Writes for Twilio; `secret` is that of the options, read."""

    options: TwilioOptions
    secret: str

    def request(self, outgoing: Outgoing) -> HttpRequest | Failed:
        """Write a message, or a call."""
        voice = outgoing.action.channel == "voice"
        told = _call(outgoing) if voice else _message(outgoing)
        if isinstance(told, Failed):
            return told
        options, channel = self.options, outgoing.action.channel
        fields = {"To": _place(channel, outgoing.action.address), **told}
        if options.service and not voice:
            fields["MessagingServiceSid"] = options.service
        elif sender := options.senders.get(channel):
            fields["From"] = _place(channel, sender)
        else:
            return Failed("no_sender")
        if options.callback:
            fields["StatusCallback"] = callback_for(outgoing, options.callback)
        kind = "Calls" if voice else "Messages"
        path = f"/2010-04-01/Accounts/{quote(options.account, safe='')}/{kind}.json"
        login = f"{options.user or options.account}:{self.secret}".encode()
        headers = {
            "Content-Type": FORM,
            "Authorization": f"Basic {base64.b64encode(login).decode()}",
        }
        return HttpRequest(options.url + path, urlencode(fields).encode(), headers)

    def result(self, answer: HttpAnswer) -> Result:
        """Read what became of it; Twilio says so by a code of its own."""
        told = _read(answer)
        code = told.code or told.error_code or 0
        if answer.is_success:
            refused = told.status in ("failed", "undelivered", "canceled")
            return Failed(reason_of(code)) if refused else Delivered(code_of(told.sid))
        if code in _FULL:
            return later(answer, "rate_limited")
        if code in _OURS:
            return later(answer, "bad_sender")
        by_status = result_by_status(answer)
        failed = isinstance(by_status, Failed) and code
        return Failed(reason_of(code)) if failed else by_status


class _Told(Struct):
    sid: str = ""
    status: str | int = ""
    code: int | None = None
    error_code: int | None = None


def reason_of(code: int) -> str:
    """Name why a message came to nothing."""
    return _FAILED.get(code) or (f"twilio_{code}" if 0 < code < CODES_END else "refused")


def callback_for(outgoing: Outgoing, callback: str) -> str:
    """Say of which action a callback tells: Twilio signs the address that it calls.

    What stands behind `#` says how often Twilio tries, and stays behind.
    """
    action = outgoing.action
    named = {"action_id": action.action_id, "customer_id": action.customer_id}
    parts = urlsplit(callback)
    query = "&".join(filter(None, (parts.query, urlencode(named))))
    return urlunsplit(parts._replace(query=query))


def _message(outgoing: Outgoing) -> dict[str, str] | Failed:
    wording = wording_of(outgoing)
    if isinstance(wording, Failed):
        return wording
    if not isinstance(wording.variables, dict | None):
        return BAD_CONTENT
    fields = _said(wording)
    left_s = (outgoing.action.expires_at - outgoing.now) // SECOND
    if left_s < VALID_MOST_S:
        fields["ValidityPeriod"] = str(max(left_s, 1))
    return fields


def _said(wording: Wording) -> dict[str, str]:
    if wording.text:
        return {"Body": wording.text}
    fields = {"ContentSid": wording.template}
    if wording.variables:
        fields["ContentVariables"] = msgspec.json.encode(wording.variables).decode()
    return fields


def _call(outgoing: Outgoing) -> dict[str, str] | Failed:
    """Have it said; a part `twiml` says how."""
    if twiml := outgoing.parts.get("twiml", "").strip():
        return {"Twiml": twiml}
    text = outgoing.parts.get("text", "").strip()
    if not text:
        return NO_CONTENT
    language = outgoing.action.language
    spoken = f" language={quoteattr(language)}" if "-" in language else ""
    return {"Twiml": f"<Response><Say{spoken}>{escape(text)}</Say></Response>"}


def _place(channel: str, address: str) -> str:
    """Write an address as Twilio has it: a WhatsApp id is a number without `+`."""
    if channel in ("sms", "voice"):
        return address
    plain = address.removeprefix(f"{channel}:")
    return f"{channel}:{plain if plain[:1] in ('', '+') else f'+{plain}'}"


def _read(answer: HttpAnswer) -> _Told:
    try:
        return msgspec.convert(read_json(answer), _Told)
    except msgspec.ValidationError:
        return _Told()


_OPTIONS = """\
[twilio]
account = "ACXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX"
secret = "file:/run/secrets/twilio"
senders = {sms = "+15558675310", whatsapp = "+15558675311", voice = "+15558675310"}
callback = "https://api.example.org/v1/sources/twilio_status"
"""
_SMS = sample_action("sms", "+14017122661")
_WHATSAPP = sample_action("whatsapp", "14017122661")
_URL = "https://api.twilio.com/2010-04-01/Accounts/ACXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX"
_CALLBACK = (
    "&StatusCallback=https%3A%2F%2Fapi.example.org%2Fv1%2Fsources%2Ftwilio_status"
    "%3Faction_id%3D5d41402abc4b2a76%26customer_id%3D1-9f2c7a1e0b4d5c6f7a8b9c0d"
)
_REMINDED = {
    "text": "Your cart waits.",
    "template": "HXb5b62575e6e4ff6129ad7c8efe1f983e",
    "variables": '{"1": "Ada"}',
}


def _error(status: int, code: int, message: str, **headers: str) -> HttpAnswer:
    told = {
        "code": code,
        "message": message,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
    return json_answer(status, msgspec.json.encode(told).decode(), **headers)


SAMPLES = (
    ExchangeSample(
        "An SMS, in words of its own",
        _OPTIONS,
        Outgoing(_SMS, {"text": "Your cart waits."}, _SMS.time),
        f"{_URL}/Messages.json",
        "To=%2B14017122661&Body=Your+cart+waits.&ValidityPeriod=14400&From=%2B15558675310"
        + _CALLBACK,
        answers=(
            (
                json_answer(
                    201,
                    '{"sid": "SMaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "status": "queued", '
                    '"error_code": null}',
                ),
                Delivered("SMaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
            ),
            (_error(400, 21211, "Invalid 'To' Phone Number"), Failed("no_such_address")),
            (_error(400, 21614, "'To' number is not valid"), Failed("no_such_address")),
            (_error(400, 21610, "unsubscribed recipient"), Failed("unsubscribed")),
            (_error(400, 21408, "no permission for the region"), Failed("not_allowed")),
            (_error(400, 21617, "body exceeds the limit"), Failed("bad_content")),
            (_error(400, 21699, "something new"), Failed("twilio_21699")),
            (_error(400, 21606, "not a valid sender"), Retry("bad_sender")),
            (_error(401, 20003, "Authenticate"), Retry("unauthorized")),
            (_error(429, 20429, "Too Many Requests"), Retry("rate_limited")),
            (
                _error(429, 20429, "Too Many Requests", retry_after="3"),
                Retry("rate_limited", 3.0),
            ),
            (_error(503, 20503, "Service unavailable"), Retry("http_503")),
            (HttpAnswer(502, body=b"<html>Bad Gateway"), Retry("http_502")),
            (HttpAnswer(201, whole=False), Delivered()),
            (
                json_answer(201, '{"sid": "SMb", "status": "failed", "error_code": 63016}'),
                Failed("outside_window"),
            ),
        ),
    ),
    ExchangeSample(
        "WhatsApp within 24 hours after the customer wrote there",
        _OPTIONS,
        Outgoing(_WHATSAPP, _REMINDED, _WHATSAPP.time, _WHATSAPP.time - 23 * HOUR),
        f"{_URL}/Messages.json",
        "To=whatsapp%3A%2B14017122661&Body=Your+cart+waits.&ValidityPeriod=14400"
        "&From=whatsapp%3A%2B15558675311" + _CALLBACK,
    ),
    ExchangeSample(
        "WhatsApp later, or where nobody knows: by an approved template",
        _OPTIONS,
        Outgoing(_WHATSAPP, _REMINDED, _WHATSAPP.time, _WHATSAPP.time - 24 * HOUR),
        f"{_URL}/Messages.json",
        "To=whatsapp%3A%2B14017122661&ContentSid=HXb5b62575e6e4ff6129ad7c8efe1f983e"
        "&ContentVariables=%7B%221%22%3A%22Ada%22%7D&ValidityPeriod=14400"
        "&From=whatsapp%3A%2B15558675311" + _CALLBACK,
    ),
    ExchangeSample(
        "A call that says something",
        _OPTIONS,
        Outgoing(
            sample_action("voice", "+14017122661", language="en-GB"),
            {"text": "Your order is ready at R&D."},
            _SMS.time,
        ),
        f"{_URL}/Calls.json",
        "To=%2B14017122661&Twiml=%3CResponse%3E%3CSay+language%3D%22en-GB%22%3EYour+order+is+"
        "ready+at+R%26amp%3BD.%3C%2FSay%3E%3C%2FResponse%3E&From=%2B15558675310" + _CALLBACK,
        answers=(
            (json_answer(201, '{"sid": "CAa", "status": "queued"}'), Delivered("CAa")),
            (_error(400, 21217, "not a valid number"), Failed("no_such_address")),
        ),
    ),
)
