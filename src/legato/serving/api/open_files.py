"""How many files, and with them connections, the system lets the process have open."""

from __future__ import annotations

import logging
import resource

log = logging.getLogger(__name__)

FILES_MOST = 65_536
BESIDES = 500
"""Beside streams: requests, Kafka, Redis, files."""


def let_files_open(streams: int) -> int:
    """Have as many open as the system allows; warns where that is too few for all streams.

    Who logs in, or is started by systemd, may have 1,024 unless they ask for more.
    """
    soft, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES_MOST if most == resource.RLIM_INFINITY else min(most, FILES_MOST)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
        soft = wanted
    if soft != resource.RLIM_INFINITY and soft < streams + BESIDES:
        log.warning(
            "only `%d` files may be open, too few for %d streams and all requests beside them; "
            "allow `%d` (`ulimit -n`, `LimitNOFILE`)",
            soft,
            streams,
            streams + BESIDES,
        )
    return soft
