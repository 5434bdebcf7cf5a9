"""A Prometheus, to see that what we export can be scraped and alerted on."""

import shutil
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Self

from legato.local.ports import free_port
from legato.local.service import Folder, Launch, Service
from legato.local.unavailable import ServiceUnavailable


class Prometheus(Service):
    """The machine's `prometheus`, on a configuration of the caller's."""

    url: str

    @classmethod
    def start(cls, config: Path, folder: Path | None = None) -> Self:
        """Start it on `config`, a `prometheus.yml` or the folder of one.

        Raises ServiceUnavailable where Prometheus is not installed or refuses the file.
        """
        address = f"127.0.0.1:{free_port()}"
        file = config / "prometheus.yml" if config.is_dir() else config
        command = [_binary(), f"--config.file={file}", f"--web.listen-address={address}"]
        with Folder(folder) as home:
            command += [f"--storage.tsdb.path={home.path / 'data'}"]
            service = cls(Launch("prometheus", command, home, _prometheus_answers(address)))
        service.url = f"http://{address}"
        return service


def _binary() -> str:
    if path := shutil.which("prometheus"):
        return path
    raise ServiceUnavailable(
        "`prometheus` is not on the PATH: install it, on Debian by `apt-get install prometheus`"
    )


def _prometheus_answers(address: str) -> Callable[[], bool]:
    def ready() -> bool:
        try:
            with urllib.request.urlopen(f"http://{address}/-/ready", timeout=1.0) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            return False

    return ready
