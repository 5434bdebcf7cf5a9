"""A Redis view as a process of its own, watched from outside as an operator would."""

from __future__ import annotations

import json
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from legato.local import Child, free_port, wait_until
from legato.settings import Settings

CODE = """
import logging, sys
from legato.serving.redis_view.view import run
from legato.settings import load
logging.basicConfig(level="INFO")
raise SystemExit(run(load(), rebuild=sys.argv[1] == "rebuild"))
"""


class ViewProcess:
    """One running view."""

    def __init__(self, settings: Settings, folder: Path, mode: str = "follow") -> None:
        self.port = free_port()
        properties = folder / f"view-{self.port}.toml"
        properties.write_text(_told(settings))
        environment = {
            "LEGATO_SETTINGS": str(properties),
            "LEGATO_KAFKA_BOOTSTRAP": settings.kafka.bootstrap,
            "LEGATO_KAFKA_PREFIX": settings.kafka.prefix,
            "LEGATO_REDIS_URL": settings.redis.url,
            "LEGATO_REDIS_PREFIX": settings.redis.prefix,
            "LEGATO_REDIS_TIMEOUT_S": "1",
            "LEGATO_IDENTITY_PEPPER": settings.identity.pepper,
            "LEGATO_IDENTITY_KEY_ID": str(settings.identity.key_id),
            "LEGATO_IDENTITY_PREVIOUS_PEPPERS": json.dumps(settings.identity.previous_peppers),
            "LEGATO_REGISTRY_URL": settings.registry.url,
            "LEGATO_REGISTRY_TIMEOUT_S": str(settings.registry.timeout_s),
            "LEGATO_VIEW_GROUP": settings.view.group,
            "LEGATO_VIEW_PORT": str(self.port),
        }
        log = folder / f"view-{self.port}.log"
        self.child = Child([sys.executable, "-c", CODE, mode], log, environment)

    def page(self, path: str) -> tuple[int, str]:
        """Ask for a page: its status and its text; status 0 while nobody listens."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}") as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def metric(self, name: str) -> float:
        """Sum a metric over its labels."""
        families = text_string_to_metric_families(self.page("/metrics")[1])
        samples = [sample for family in families for sample in family.samples]
        return sum(sample.value for sample in samples if sample.name == name)

    def wait_ready(self) -> None:
        """Wait until it says that Redis is up to date, and nothing lags."""
        self.wait("/readyz", 200)
        wait_until(
            lambda: self.metric("legato_view_lag_records") == 0,
            "the view to catch up",
            cancelled=self.child.exited,
        )

    def wait(self, path: str, status: int) -> None:
        """Wait until a page has this status."""
        try:
            wait_until(
                lambda: self.page(path)[0] == status,
                f"{path} to answer {status}",
                cancelled=self.child.exited,
            )
        except TimeoutError as error:
            raise TimeoutError(f"{error}; it said {self.child.last_words(20)}") from None


def _told(settings: Settings) -> str:
    """Write what has no place in the environment."""
    lines = [f'"{name}" = "{value}"' for name, value in settings.kafka.properties.items()]
    return "\n".join(["[kafka.properties]", *lines, ""])


@contextmanager
def running_view(settings: Settings, folder: Path) -> Iterator[ViewProcess]:
    view = ViewProcess(settings, folder)
    try:
        yield view
    finally:
        view.child.stop()


def rebuild(settings: Settings, folder: Path) -> int | None:
    """Run a rebuild to its end; return the exit code."""
    view = ViewProcess(settings, folder, "rebuild")
    try:
        assert view.child.exited.wait(60), view.child.last_words(20)
        return view.child.returncode
    finally:
        view.child.stop()
