"""Pictures of pages, small enough to keep: 256 colours are enough for words on plain ground."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Iterable
from typing import Any

from playwright.sync_api import Page

from tests.browser.clients import HERE

SIGNATURE = b"\x89PNG\r\n\x1a\n"
BITS, BY_PALETTE, AS_IT_IS = 8, 3, b"\0"
"""Of a pixel, of the picture and of each row: an index, a palette, no filter."""
INDEX = (HERE / "small_png.js").read_text()


def small_png(page: Page, png: bytes) -> bytes:
    """Write a picture anew, by a palette; `page` is any page of a browser that can reckon."""
    told: dict[str, Any] = page.evaluate(INDEX, base64.b64encode(png).decode())
    width, indices = told["width"], base64.b64decode(told["indices"])
    starts = range(0, len(indices), width)
    head = struct.pack(">IIBBBBB", width, len(starts), BITS, BY_PALETTE, 0, 0, 0)
    rows = b"".join(AS_IT_IS + indices[at : at + width] for at in starts)
    chunks = (
        _chunk(b"IHDR", head),
        _chunk(b"PLTE", _palette(told["colours"])),
        _chunk(b"IDAT", zlib.compress(rows, 9)),
        _chunk(b"IEND", b""),
    )
    return SIGNATURE + b"".join(chunks)


def _palette(colours: Iterable[int]) -> bytes:
    """Red, green and blue of each; a canvas has red in the lowest byte."""
    return b"".join(struct.pack("<I", colour)[:3] for colour in colours)


def _chunk(kind: bytes, told: bytes) -> bytes:
    """A part of a PNG (ISO/IEC 15948, 5.3)."""
    return (
        struct.pack(">I", len(told)) + kind + told + struct.pack(">I", zlib.crc32(kind + told))
    )
