"""The two faces of a run: a live view for a terminal, plain lines for anything else."""

from __future__ import annotations

from typing import Protocol, Self

from rich.console import Console
from rich.live import Live
from rich.text import Text

from legato.demo.run.arrived_mail import ArrivedMail
from legato.demo.view.mail import WAY_OUT, mail_rows
from legato.demo.view.picture import Incident, Picture
from legato.demo.view.screen import Screen
from legato.demo.view.words import TickerText, o_clock

STATUS_EVERY_S = 5.0
LINE_EVERY_S = 1.0
MAIL_LINES = 10


class Face(Protocol):
    """Shows a run."""

    def say(self, line: str) -> None:
        """Tell what is being done before and after the show."""

    def show(self, picture: Picture, told: TickerText | None) -> None:
        """Show a moment, and the line of the ticker that is new in it."""

    def __enter__(self) -> Self:
        """Begin the show."""

    def __exit__(self, *_: object) -> None:
        """End it, however it ends."""


class LiveFace:
    """Fills the terminal while the show goes on."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, screen=True, auto_refresh=False)

    def say(self, line: str) -> None:
        """Write a line below the last one."""
        self._console.print(Text(line, "dim"))

    def show(self, picture: Picture, _: TickerText | None) -> None:
        """Draw the picture."""
        self._live.update(Screen(picture), refresh=True)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()


class PlainFace:
    """Writes a line now and then, and nothing that only a terminal could read."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._next_status_s = 0.0
        self._next_line_s = 0.0
        self._phase = ""
        self._incident: tuple[int, bool] | None = None
        self._mail: ArrivedMail | None = None

    def say(self, line: str) -> None:
        """Write a line."""
        self._console.print(line, soft_wrap=True)

    def show(self, picture: Picture, told: TickerText | None) -> None:
        """Write what is new."""
        if picture.phase != self._phase:
            self._phase = picture.phase
            self.say(picture.phase)
        if picture.incident is not None:
            self._tell_incident(picture.incident)
        if picture.mail is not None and self._mail is None:
            self._tell_mail(picture.mail)
        if told is not None and picture.elapsed_s >= self._next_line_s:
            self._next_line_s = picture.elapsed_s + LINE_EVERY_S
            self.say(f"  {o_clock(told.time)}  {told.who}: {told.what}; {told.done}")
        if picture.sent and picture.elapsed_s >= self._next_status_s:
            self._next_status_s = picture.elapsed_s + STATUS_EVERY_S
            self.say(_status(picture))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to put away."""

    def _tell_mail(self, mail: ArrivedMail) -> None:
        self._mail = mail
        self.say("an email arrives, by SMTP")
        for label, told in mail_rows(mail, MAIL_LINES):
            self.say(f"  {label:>{len(WAY_OUT)}}  {told}")

    def _tell_incident(self, incident: Incident) -> None:
        now = incident.pid, incident.restored_s is not None
        if now == self._incident:
            return
        self._incident = now
        if incident.restored_s is None:
            self.say(f"kill -9 {incident.pid}: worker {incident.index} is gone, in mid-run")
        else:
            self.say(
                f"worker {incident.index} is back after {incident.restored_s:.1f} s, "
                f"{incident.contexts:,} contexts restored"
            )


def _status(picture: Picture) -> str:
    return (
        f"{o_clock(picture.town_time)}  {picture.sent:,} of {picture.total:,} events, "
        f"{picture.events_rate:,.0f}/s in; {picture.customers:,} customers, "
        f"{picture.merges:,} merges; {sum(picture.situations.values()):,} situations, "
        f"{sum(picture.actions.values()):,} actions, {picture.actions_rate:,.0f}/s out"
    )
