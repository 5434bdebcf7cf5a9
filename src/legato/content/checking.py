"""Whether content fits what a playbook pushes: tried with examples, before customers see it."""

from __future__ import annotations

from collections.abc import Iterator

from legato.content.errors import ContentError
from legato.content.examples import examples_of, pushed_refs
from legato.content.templates import Templates
from legato.core.playbook.definition import Playbook


def faults_of(templates: Templates, playbook: Playbook) -> Iterator[str]:
    """Render what there is of all that is pushed, in each language, and say what fails."""
    for ref in pushed_refs(playbook):
        for language in templates.catalog.languages_of(ref):
            for example in examples_of(playbook, ref, language):
                try:
                    templates.render(example.action, "https://api.example/v1/unsubscribe/x")
                except ContentError as error:
                    yield f"{error} (in the example `{example.name}`)"


def missing(templates: Templates, playbook: Playbook) -> dict[str, tuple[str, ...]]:
    """List what is pushed and has no content in the language that all have to fall back on."""
    fitting = templates.languages_for("")
    return {
        ref: channels
        for ref, channels in pushed_refs(playbook).items()
        if not set(fitting) & set(templates.catalog.languages_of(ref))
    }
