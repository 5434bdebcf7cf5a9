"""The primitives that there are: a new one is its file and a line here."""

from __future__ import annotations

from legato.core.situations.absence import Absence
from legato.core.situations.calendar import Calendar
from legato.core.situations.change import Change
from legato.core.situations.event_absence import EventAbsence
from legato.core.situations.match import Match
from legato.core.situations.protocol import Primitive
from legato.core.situations.repeat import Repeat
from legato.core.situations.sequence import Steps
from legato.core.situations.switch import Switch

PRIMITIVES: tuple[type[Primitive], ...] = (
    Absence,
    Switch,
    EventAbsence,
    Repeat,
    Steps,
    Match,
    Calendar,
    Change,
)
