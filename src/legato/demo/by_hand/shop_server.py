"""The pages of a shop, served from a folder, with the address and the key that are theirs."""

from __future__ import annotations

import json
from functools import partial
from http.server import SimpleHTTPRequestHandler
from pathlib import Path

from legato.demo.by_hand.page_server import PageServer, QuietHandler

CONFIG = "/config.js"


def serve_shop(folder: Path, port: int, api: str, key: str) -> PageServer:
    """Serve them to whoever shops here."""
    told = json.dumps({"api": api, "key": key})
    config = f"window.shopConfig = {told};\n".encode()
    return PageServer(port, partial(_ShopHandler, config, directory=str(folder)))


class _ShopHandler(QuietHandler, SimpleHTTPRequestHandler):
    def __init__(self, config: bytes, *told: object, **more: object) -> None:
        self._config = config
        super().__init__(*told, **more)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        if self.path.partition("?")[0] == CONFIG:
            self.answer(self._config, "text/javascript")
        else:
            super().do_GET()
