"""Looks at workers, customers and mail beside the show: the picture never waits for them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from legato.core.values.time import Instant
from legato.demo.run.arrived_mail import ArrivedMail, read_mail
from legato.demo.run.spotlight import Spot, Spotlight
from legato.demo.run.workers import Sight, Workers
from legato.local import MailCatcher

EVERY_S = 0.2


class StatusPoller(threading.Thread):
    """Keeps `sights`, `spot` and `mail`, the first that arrived, up to date.

    `town_time` says what time it is in town.
    """

    def __init__(
        self,
        crew: Workers,
        spotlight: Spotlight,
        mails: MailCatcher,
        town_time: Callable[[], Instant],
    ) -> None:
        super().__init__(name="lookout", daemon=True)
        self.sights: Sequence[Sight] = ()
        self.spot: Spot | None = None
        self.mail: ArrivedMail | None = None
        self.failure: Exception | None = None
        self._crew, self._spotlight, self._town_time = crew, spotlight, town_time
        self._mails = mails
        self._over = threading.Event()

    def run(self) -> None:
        """Look around until stopped."""
        try:
            while not self._over.wait(EVERY_S):
                self.sights = self._crew.look()
                self.spot = self._spotlight.look(self._town_time(), time.monotonic())
                self.mail = self.mail or next(map(read_mail, self._mails.arrived()), None)
        except Exception as error:  # noqa: BLE001 - raised again by `check`, where it is seen
            self.failure = error

    def check(self) -> None:
        """Raise what ended the lookout before its time."""
        if self.failure is not None:
            raise self.failure

    def stop(self) -> None:
        """Look no more."""
        self._over.set()
        if self.ident is not None:
            self.join()
