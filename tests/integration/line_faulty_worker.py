"""A worker whose reading of one kind of record is at fault: the settings say the rest."""

from __future__ import annotations

import sys

from msgspec import Struct
from msgspec.structs import replace

from legato.core.values.time import Instant
from legato.logs import start_logging
from legato.runtime.host.assembly import assemble
from legato.runtime.host.faust_app import LegatoApp, host
from legato.runtime.processors.job import RecordReader
from legato.settings import load
from legato.wire.formats.envelope import Several, SourceReading
from legato.wire.record import Headers

MARK = b"the fault"


class FaultyDoor(Struct, frozen=True):
    """Divides by zero over records that hold the mark."""

    door: RecordReader

    @property
    def several(self) -> bool:
        return self.door.several

    def read(
        self, value: bytes | None, key: bytes | None, headers: Headers, received: Instant
    ) -> SourceReading | Several:
        1 // (MARK not in (value or b""))
        return self.door.read(value, key, headers, received)


def main() -> int:
    """Run it until it is told to end."""
    settings = load()
    start_logging(settings)
    parts = assemble(settings, 0, listened=False)
    doors = {topic: FaultyDoor(door) for topic, door in parts.plan.readers.items()}
    app = LegatoApp(settings, 0, replace(parts, plan=replace(parts.plan, readers=doors)))
    end = host(app)
    sys.stderr.write(end.sentence)
    return end.code


if __name__ == "__main__":
    sys.exit(main())
