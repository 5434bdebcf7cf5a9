"""Which registry a setting means."""

from __future__ import annotations

from pathlib import Path

from legato.wire.formats.http_registry import HttpRegistry
from legato.wire.formats.registry import FileRegistry, Registry, RegistryError


def open_registry(
    url: str = "", username: str = "", password: str = "", timeout_s: float = 10.0
) -> Registry:
    """Open a registry: empty = the shipped schemas, `file:FOLDER`, or `http(s)://HOST`.

    Raises RegistryError with one sentence that says what to do; asks nothing yet.
    """
    if not url:
        return FileRegistry()
    if url.startswith("file:"):
        return FileRegistry(Path(url.removeprefix("file:").removeprefix("//")))
    if url.startswith(("http://", "https://")):
        return HttpRegistry(url, username, password, timeout_s)
    raise RegistryError(f"`registry.url` is `{url}`; write `file:FOLDER` or `http(s)://HOST`")
