"""What keeps a page of a place or of a customer live, and what ends it."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from starlette.responses import Response

from legato.queries.shown import Json
from legato.serving.api.notices import StreamTopic
from legato.serving.pages.live import stream
from legato.serving.pages.routes.whom import APART, find_here, person_of
from legato.serving.pages.visit import PageVisit

_decode = msgspec.json.Decoder(dict[str, object]).decode


async def stream_of_place(visit: PageVisit) -> Response:
    """Tell that something changed at the venue or in the queue, while they are signed in."""
    whose = visit.whose
    return stream(visit, StreamTopic(venue=whose.venue, queue=whose.queue), _stay)


async def _stay() -> None:
    """Say that the page may stay: who may not see the place any more is signed out."""


async def stream_of_person(visit: PageVisit) -> Response:
    """Tell that something changed about somebody; it ends when they are not to be seen."""
    person = OpenPerson(visit)
    await person.look()
    return stream(visit, StreamTopic(customer=visit.path["customer_id"]), person.look)


class OpenPerson:
    """A customer whose page is open: whether it may stay, and as whom they go on.

    It may not once somebody is told apart from them: what it shows was of both.
    """

    def __init__(self, visit: PageVisit) -> None:
        self._visit, self._customer_id = visit, visit.path["customer_id"]
        self._devices = visit.api.settings.identity.devices
        self._known: Mapping[str, frozenset[str]] = {}

    async def look(self) -> str | None:
        """Say where the page goes on; None where it stays. Raises Problem (404)."""
        found, _ = await find_here(self._visit, self._customer_id)
        if found.customer_id != self._customer_id:
            return person_of(self._visit, found.customer_id)
        before, self._known = self._known, self._identifiers(_decode(found.context))
        is_apart = any(_has_lost(before[kind], self._known.get(kind)) for kind in before)
        return f"{self._visit.base}?left={APART}" if is_apart else None

    def _identifiers(self, context: Json) -> Mapping[str, frozenset[str]]:
        """By what they are known, but for devices: these come and go with whoever logs in."""
        kinds: Mapping[str, list[str]] = context.get("identifiers") or {}
        return {kind: frozenset(kinds[kind]) for kind in kinds if kind not in self._devices}


def _has_lost(before: frozenset[str], now: frozenset[str] | None) -> bool:
    """Did an identifier go to another? One that gave way to a newer one did not."""
    return now is None or (len(now) < len(before) and not before <= now)
