"""Settings of one test's line, and how they stand in a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import json, to_builtins

from legato.settings import KafkaSettings, MetricsSettings, Settings, WorkerSettings
from legato.wire.source.source import Source


def line_settings(
    bootstrap: str, prefix: str, sources: Sequence[Source], worker: WorkerSettings | None = None
) -> Settings:
    """Settings under a prefix of one's own, with short sessions."""
    worker = worker or WorkerSettings(
        group=f"{prefix}group", name="w", session_timeout_ms=6_000
    )
    return Settings(
        kafka=KafkaSettings(bootstrap=bootstrap, prefix=prefix, partitions=4),
        worker=worker,
        metrics=MetricsSettings(port=0),
        sources=tuple(sources),
    )


def settings_text(settings: Settings) -> str:
    """Write settings as TOML."""
    return toml_text(to_builtins(settings))


def toml_text(told: Mapping[str, object]) -> str:
    """Write a table as TOML, a line each key."""
    return "".join(f"{name} = {_toml(value)}\n" for name, value in told.items())


def _toml(value: object) -> str:
    """Write a value in one line: tables inline, without what is None; all else as JSON."""
    match value:
        case dict():
            told = {key: each for key, each in value.items() if each is not None}
            pairs = (f"{json.encode(key).decode()} = {_toml(v)}" for key, v in told.items())
            return f"{{ {', '.join(pairs)} }}"
        case list() | tuple():
            return f"[{', '.join(map(_toml, value))}]"
        case _:
            return json.encode(value).decode()
