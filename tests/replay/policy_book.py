"""Each reason for which a candidate loses, in a story of its own; run it to write them anew.

`python -m tests.replay.policy_book`, then read the difference before you keep it.
"""

from __future__ import annotations

from pathlib import Path

from tests.replay.scenario_book import ROOT, Scenario, chapter, play, scenarios

SHELF = Path(__file__).parent / "policy"
BOOK = ROOT / "docs" / "reasons.md"
HEAD = """# Why not: each reason in a story

Each chapter has a playbook of its own, as short as it can be, and shows one reason code
([glossary.md](glossary.md)), in the order in which they are asked. The keys of a playbook are
told in [contracts.md](contracts.md#policy). This page is written from the real outputs by
`python -m tests.replay.policy_book`; `tests/replay/test_policy_stories.py` fails when it is no
longer true, and shows that each check is missed when it is taken out.
"""


def stories() -> list[Scenario]:
    """Read all stories, in the order of the reasons."""
    return sorted(scenarios(SHELF), key=lambda story: float(story.number))


def book() -> str:
    """Tell all stories, each with its playbook."""
    return "\n".join([HEAD, *map(_with_playbook, stories())])


def _with_playbook(story: Scenario) -> str:
    text = (SHELF / story.folder / "playbook.yaml").read_text().strip()
    title, told, *rest = chapter(story)
    return "\n".join([title, told, f"```yaml\n{text}\n```\n", *rest])


if __name__ == "__main__":
    for each in stories():
        each.expected.write_bytes(b"".join(line + b"\n" for line in play(each)[1]))
    BOOK.write_text(book())
