"""Where somebody goes on who has signed in: to a page of ours, and nowhere else."""

from __future__ import annotations

import re

HOME = "/pages/"
PATH_MOST = 500
_OURS = re.compile(r"/pages/[A-Za-z0-9_./?=&%+,:~-]*")
_ELSEWHERE = re.compile(r"//|\\|(?:\.|%2e){2}|/(?:\.|%2e)(?:/|$)|%5c|%0|%1", re.IGNORECASE)
"""What a browser may take for another host or folder, or for the end of a line."""


def going_on_to(told: str) -> str:
    """Return the page that was asked for, if it is one of ours; else the first one."""
    is_ours = len(told) <= PATH_MOST and _OURS.fullmatch(told) and not _ELSEWHERE.search(told)
    return told if is_ours else HOME
