"""The pages of a shop, served from a folder, with the address and the key that are theirs."""

from __future__ import annotations

import json
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self

CONFIG = "/config.js"


class ShopServer:
    """Serves them on this machine alone, until it is left."""

    def __init__(self, folder: Path, port: int, api: str, key: str) -> None:
        told = json.dumps({"api": api, "key": key})
        config = f"window.shopConfig = {told};\n".encode()
        handler = partial(_ShopHandler, config, directory=str(folder))
        self._server = ThreadingHTTPServer(("127.0.0.1", port), handler)

    def __enter__(self) -> Self:
        serve = self._server.serve_forever
        threading.Thread(target=serve, name="shop", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _ShopHandler(SimpleHTTPRequestHandler):
    def __init__(self, config: bytes, *told: object, **more: object) -> None:
        self._config = config
        super().__init__(*told, **more)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        if self.path.partition("?")[0] != CONFIG:
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/javascript; charset=utf-8")
        self.send_header("Content-Length", str(len(self._config)))
        self.end_headers()
        self.wfile.write(self._config)

    def end_headers(self) -> None:
        """Have nothing kept: whoever starts it again has another key."""
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, format: str, *told: object) -> None:
        """Say nothing of requests: the terminal is for mails."""
