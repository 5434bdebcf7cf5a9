"""How long and how many: the limits of what a context keeps."""

from __future__ import annotations

from legato.core.values.time import DAY, Span

REMEMBER: Span = 30 * DAY
REMEMBER_MOST = 50
