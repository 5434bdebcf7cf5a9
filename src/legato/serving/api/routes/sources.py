"""`POST /v1/sources/NAME`: whatever a vendor posts, by its signature, or by a key."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from legato.serving.api.access import now_ms, see_source
from legato.serving.api.bodies import opened, packing_of, read_body, read_sent
from legato.serving.api.examples import PROBLEMS, WEBHOOK_BODY, WEBHOOK_TAKEN
from legato.serving.api.ingest.events import SentEvent
from legato.serving.api.ingest.webhooks import webhook_event
from legato.serving.api.problems import Problem
from legato.serving.api.signatures.register import SIGNATURE_SCHEMES
from legato.serving.api.signatures.signed import (
    SignatureRefused,
    SignatureScheme,
    SignedRequest,
    Verdict,
    VerifiedDelivery,
    missing,
)
from legato.serving.api.state import ApiState, needs, state_of
from legato.wire.source.source import Source

router = APIRouter(tags=["webhooks"])
PING_MOST = 200
"""No call that brings nothing is longer."""
_REFUSED = {"Connection": "close", "WWW-Authenticate": "Signature"}


@router.post(
    "/v1/sources/{name}",
    summary="A vendor's webhook",
    dependencies=[needs("ingest", elsewhere=True)],
    openapi_extra={"requestBody": WEBHOOK_BODY, "security": [{"key": []}, {}]},
    responses={**WEBHOOK_TAKEN, **PROBLEMS},
)
async def post_webhook(name: str, request: Request) -> Response:
    """Take a webhook: 200 once Kafka has it, whether the source's map can read it or not.

    Where the source names a scheme, it is taken by its vendor's signature and by nothing
    else; where it names none, by a key with `ingest`.
    """
    api = state_of(request)
    source = api.sources.find(name)
    scheme = SIGNATURE_SCHEMES.get(source.webhook.scheme) if source.webhook else None
    if scheme is None:
        await _write(api, source, await _by_key(api, source, request))
        return Response(b"{}", HTTPStatus.OK, media_type="application/json")
    if (event := await _by_signature(api, source, scheme, request)) is not None:
        await _write(api, source, event)
    return Response(scheme.done, HTTPStatus.OK, media_type=scheme.media_type)


async def _by_key(api: ApiState, source: Source, request: Request) -> SentEvent:
    """Read a webhook of who bears a key; raises Problem."""
    key = api.access.admit(request, "ingest")
    see_source(key, source.name)
    body = await read_body(request)
    api.access.spend(key)
    return webhook_event(body, request.headers, "x-", "", _query(request))


async def _by_signature(
    api: ApiState, source: Source, scheme: SignatureScheme, request: Request
) -> SentEvent | None:
    """Read what a vendor signed; None for a call that brings nothing. Raises Problem."""
    packing = packing_of(request)
    _see_header(api, source, scheme, request)
    sent = await read_sent(request)
    verdict = scheme.verify(
        SignedRequest(sent, request.headers, _called(source, request)),
        api.sources.secrets.of(source.name),
        now_ms(),
    )
    _see_verdict(api, source, verdict)
    if not isinstance(verdict, VerifiedDelivery):
        return None
    api.access.spend_of(source.name)
    query = _query(request) if scheme.signs_url else ""
    body = opened(sent, packing)
    return webhook_event(body, request.headers, scheme.prefix, verdict.id, query)


def _see_header(
    api: ApiState, source: Source, scheme: SignatureScheme, request: Request
) -> None:
    """Refuse what bears no signature before its body is read; raises Problem (401)."""
    length = request.headers.get("content-length", "")
    ping = scheme.pings and length.isdecimal() and int(length) <= PING_MOST
    if not ping and not request.headers.get(scheme.header):
        _see_verdict(api, source, missing(scheme.header))


def _see_verdict(api: ApiState, source: Source, verdict: Verdict) -> None:
    """Refuse what is not the vendor's, and count it; raises Problem (401)."""
    if isinstance(verdict, SignatureRefused):
        api.metrics.forged.labels(source.name).inc()
        raise Problem(HTTPStatus.UNAUTHORIZED, verdict.why, headers=_REFUSED)


def _called(source: Source, request: Request) -> str:
    """The address as the vendor called it: the source's, with the query that came."""
    url = source.webhook.url if source.webhook else ""
    query = _query(request)
    return f"{url.partition('?')[0]}?{query}" if url and query else url


def _query(request: Request) -> str:
    return str(request.scope["query_string"].decode("latin-1"))


async def _write(api: ApiState, source: Source, event: SentEvent) -> None:
    """Have Kafka acknowledge it; raises Problem (503)."""
    records = api.sources.intake(source).forward([event], now_ms())
    await api.producer.send(records)
    api.metrics.events.labels(source.name).inc(len(records))
