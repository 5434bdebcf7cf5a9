"""What was learned, as a table for a terminal and as lines of references."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import Raw
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from legato.core.decisions.learning import read_counts
from legato.core.decisions.lessons import key_of
from legato.core.playbook.definition import Playbook
from legato.core.playbook.learning import Learning
from legato.core.references.versions import ReferenceVersion
from legato.core.values.time import in_words

_HEADS = ("action", "channel", "segment", "written", "learned", "tries", "successes")
_TEXTS = 3
"""So many columns are text; numbers stand on the right."""
_means = msgspec.json.Decoder(dict[str, dict[str, float]]).decode


def line_of(version: ReferenceVersion) -> str:
    """Write a reference as `legato replay` takes it."""
    told = {
        "reference": version.kind,
        "key": version.key,
        "time": in_words(version.time),
        "value": Raw(version.value),
    }
    return msgspec.json.encode(told).decode()


def tell_table(table: Sequence[ReferenceVersion], playbook: Playbook) -> RenderableType:
    """Tell a table; what has too few tries counts as it is written, and is told so."""
    if not table:
        return Text("nothing is learned yet: no action has reached anybody so long ago")
    learning = playbook.learning or Learning()
    plans = (plan for plans in playbook.actions.values() for plan in plans)
    written = {key_of(plan.name, plan.channel): plan.propensity for plan in plans}
    shown = Table(title=f"counts from {in_words(table[0].time)}", title_justify="left")
    for number, head in enumerate(_HEADS):
        shown.add_column(head, justify="left" if number < _TEXTS else "right")
    for version in table:
        means = _means(version.value)
        for cell, counts in read_counts(version):
            enough = counts.tries >= learning.least
            mean = f"{means[cell.segment]['mean']:.4f}" if enough else "too few tries"
            numbers = f"{counts.tries:.1f}", f"{counts.successes:.1f}"
            as_written = f"{written.get(version.key, 0):g}"
            shown.add_row(cell.action, cell.channel, cell.segment, as_written, mean, *numbers)
    return shown
