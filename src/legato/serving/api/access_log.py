"""Who looked at whom, written before the answer leaves."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from starlette.requests import Request

from legato.serving.api.access import now_ms
from legato.serving.api.keys import ApiKey
from legato.serving.api.problems import Problem
from legato.serving.api.producer import EventProducer, OutgoingRecord
from legato.settings import Settings
from legato.wire.topics.access_log import AccessRecord, write_access
from legato.wire.topics.names import Topics

log = logging.getLogger(__name__)

TEXT_MOST = 200


class AccessLog:
    """Writes the access log. With `best_effort`, an answer does not wait for it."""

    def __init__(self, settings: Settings, producer: EventProducer) -> None:
        self.topic = Topics(settings.kafka.prefix).access_log
        self._producer = producer
        self._required = settings.api.audit == "required"

    async def note(self, request: Request, key: ApiKey, *customers: str, by: str = "") -> None:
        """Write that these customers are read; raises Problem (503) while Kafka is away.

        Who did is the header `Legato-User`, else `by`, else the name of the key.
        """
        who = request.headers.get("legato-user", "")[:TEXT_MOST] or by or key.name
        purpose = request.headers.get("legato-purpose", "")[:TEXT_MOST]
        await self.note_looks(request, key, customers, who, purpose)

    async def note_looks(
        self,
        request: Request,
        key: ApiKey,
        customers: Iterable[str],
        who: str,
        purpose: str,
    ) -> None:
        """Write that somebody looks at these, and what for; raises as `note` does."""
        route, now = getattr(request.scope.get("route"), "path", ""), now_ms()
        records = [
            OutgoingRecord(
                self.topic,
                each.encode(),
                write_access(AccessRecord(now, each, key.id, who, route, purpose)),
            )
            for each in customers
        ]
        try:
            await self._producer.send(records)
        except Problem:
            if self._required:
                raise
            log.warning("a read of a customer is not in the access log: kafka did not take it")
