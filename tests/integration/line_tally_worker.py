"""A worker whose playbook looks for changes of prices, by a primitive from outside."""

from __future__ import annotations

import sys

from msgspec.structs import replace

from legato.core.playbook.compile import read_playbook
from legato.core.situations.primitives import PRIMITIVES
from legato.logs import start_logging
from legato.runtime.host.assembly import assemble
from legato.runtime.host.faust_app import LegatoApp, host
from legato.settings import load
from tests.outside.tally import Tally

PLAYBOOK = read_playbook(
    b"version: 1\nsituations: {price_changed: {tally: {of: reference.price, times: 1}}}",
    (*PRIMITIVES, Tally),
)


def main() -> int:
    """Run it until it is told to end."""
    settings = load()
    start_logging(settings)
    parts = assemble(settings, 0, listened=False)
    parts = replace(parts, plan=replace(parts.plan, playbook=PLAYBOOK))
    end = host(LegatoApp(settings, 0, parts))
    sys.stderr.write(end.sentence)
    return end.code


if __name__ == "__main__":
    sys.exit(main())
