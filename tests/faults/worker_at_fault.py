"""`legato` that comes to harm once: at a named point of a transaction, or while it reads.

`FAULT_POINT` says where, `FAULT_DEED` what: `kill` (-9), `term`, or `hang` for ever. It happens
to whoever gets there first once the file `FAULT_MARK` exists, and writes its process id there.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

import confluent_kafka

POINTS = (
    "before-begin",
    "after-begin",
    "mid-produce",
    "before-offsets",
    "after-offsets",
    "before-commit",
    "after-commit",
)
READING = {"legato-feed": "reading", "legato-restore": "restoring", "legato-aliases": "aliases"}
"""Points by the threads that read."""


class Mark:
    """A file that says that it is time; who takes it away is the one."""

    def __init__(self, path: Path) -> None:
        self.path, self.taken = path, path.with_suffix(".taken")

    def set(self) -> None:
        """It is time."""
        self.path.touch()

    def take(self) -> bool:
        """Be the one, if it is time and nobody else was."""
        try:
            self.path.replace(self.taken)
        except FileNotFoundError:
            return False
        self.taken.write_text(str(os.getpid()))
        return True

    @property
    def pid(self) -> int:
        """The process that took it; 0 if none did yet."""
        return int(self.taken.read_text() or 0) if self.taken.exists() else 0


MARK = Mark(Path(os.environ.get("FAULT_MARK", "no-mark")))
POINT, DEED = os.environ.get("FAULT_POINT", ""), os.environ.get("FAULT_DEED", "")


def reach(point: str) -> None:
    """Come to harm here, if here is where."""
    if point != POINT or not MARK.take():
        return
    match DEED:
        case "hang":
            threading.Event().wait()
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "term":
            os.kill(os.getpid(), signal.SIGTERM)
        case _:
            raise ValueError(f"no deed is called `{DEED}`")


class ProducerAtFault(confluent_kafka.Producer):
    """The producer of librdkafka, and what may happen around its calls."""

    def begin_transaction(self, *words: object) -> None:
        reach("before-begin")
        super().begin_transaction(*words)
        reach("after-begin")

    def produce(self, *words: object, **named: object) -> None:
        super().produce(*words, **named)  # type: ignore[arg-type]
        reach("mid-produce")

    def send_offsets_to_transaction(self, *words: object) -> None:
        reach("before-offsets")
        super().send_offsets_to_transaction(*words)  # type: ignore[arg-type]
        reach("after-offsets")

    def commit_transaction(self, *words: object) -> None:
        reach("before-commit")
        super().commit_transaction(*words)  # type: ignore[arg-type]
        reach("after-commit")


class ConsumerAtFault(confluent_kafka.Consumer):
    """The consumer of librdkafka, and what may happen to the threads that read by one."""

    def consume(self, *words: object, **named: object) -> list[confluent_kafka.Message]:
        reach(READING.get(threading.current_thread().name, ""))
        return super().consume(*words, **named)  # type: ignore[arg-type]


def main() -> None:
    """Be `legato`, whose runtime takes its clients from here."""
    confluent_kafka.Producer = ProducerAtFault  # type: ignore[misc]
    confluent_kafka.Consumer = ConsumerAtFault  # type: ignore[misc]
    from legato.cli import main as legato

    legato(sys.argv[1:])


if __name__ == "__main__":
    main()
