"""How this process takes memory from the system."""

from __future__ import annotations

import ctypes

ARENAS = -8
"""M_ARENA_MAX in malloc.h of glibc."""


def share_one_heap() -> None:
    """Have all threads take memory from one heap; to be called before there are any.

    By default glibc gives each thread its own, and asks the system for it page by page: what
    the restorer keeps then costs a third more, and what one thread leaves no other takes. They
    take turns for Python's sake anyway. With another C library nothing happens.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(ARENAS, 1)
