"""The primitives that there are: a new one is its file and a line here."""

from __future__ import annotations

from legato.core.situations.absence import Absence
from legato.core.situations.protocol import Primitive
from legato.core.situations.switch import Switch

PRIMITIVES: tuple[type[Primitive], ...] = (Absence, Switch)
