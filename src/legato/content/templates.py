"""The templates of one catalog, compiled, and what becomes of them with an action."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from traceback import walk_tb

from jinja2 import BaseLoader, Environment, Template, TemplateError, TemplateNotFound
from jinja2 import TemplateSyntaxError as SyntaxFault
from jinja2.meta import find_referenced_templates

from legato.content.budget import Budget, Exhausted
from legato.content.catalog import Catalog
from legato.content.errors import NoContent, UnfitContent
from legato.content.languages import languages_for, spoken
from legato.content.sandbox import ContentSandbox
from legato.content.scope import Spoken, scope_of
from legato.core.values.outputs import Action

_UNFIT = (
    *(TemplateError, Exhausted, RecursionError, MemoryError),
    *(ArithmeticError, LookupError, TypeError, ValueError, AttributeError),
)
"""What a template can come to; none of it is a fault of ours."""


class Templates:
    """All templates of a moment, for `language` where an action's own is not there."""

    def __init__(self, catalog: Catalog, language: str, zone: str) -> None:
        self.catalog = catalog
        self._language, self._zone = language, zone
        self._sandbox = ContentSandbox(_Places(catalog.texts))

    def compile_all(self) -> None:
        """See that all can be compiled, and include what there is; raises UnfitContent."""
        for place, text in self.catalog.texts.items():
            self._compile(place)
            for other in find_referenced_templates(self._sandbox.parse(text, place, place)):
                if other not in self.catalog.texts:
                    raise UnfitContent(place, f"there is no `{other}`; put it into the folder")

    def languages_for(self, language: str) -> tuple[str, ...]:
        """The languages that would do for a customer's, best first."""
        return languages_for(language, self._language)

    def render(self, action: Action, unsubscribe_url: str = "") -> dict[str, str]:
        """Make the parts of an action; raises NoContent, UnfitContent."""
        ref, there = action.content_ref, self.catalog.languages_of(action.content_ref)
        fitting = (each for each in self.languages_for(action.language) if each in there)
        chosen = next(fitting, None)
        if chosen is None:
            raise NoContent(f"there is no content for `{ref}` in a language that would do")
        wording = Spoken(chosen, spoken(action.language, chosen), self._zone)
        values = scope_of(action, wording, unsubscribe_url)
        places = self.catalog.parts_of(ref, chosen, action.variant)
        return {name: self._part(place, values) for name, place in places.items()}

    def _part(self, place: str, values: Mapping[str, object]) -> str:
        template = self._compile(place)
        self._sandbox.budget = Budget()
        try:
            return template.render(values)
        except SyntaxFault as error:
            raise _misspelt(error, place) from None
        except _UNFIT as error:
            told = str(error) or type(error).__name__
            raise UnfitContent(_line_of(error, place, self.catalog.texts), told) from error
        finally:
            self._sandbox.budget = None

    def _compile(self, place: str) -> Template:
        try:
            return self._sandbox.get_template(place)
        except SyntaxFault as error:
            raise _misspelt(error, place) from None
        except RecursionError:
            raise UnfitContent(place, "it is nested too deeply; write it flatter") from None


class _Places(BaseLoader):
    """Finds templates by their place among the texts, and nowhere else."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts

    def get_source(self, _: Environment, template: str) -> tuple[str, str, None]:
        """Return a text, and its place as what tracebacks call it."""
        if template not in self._texts:
            raise TemplateNotFound(template)
        return self._texts[template], template, None


def _misspelt(error: SyntaxFault, place: str) -> UnfitContent:
    where = f"{error.name or place}:{error.lineno}"
    return UnfitContent(where, error.message or "this is no template")


def _line_of(error: BaseException, place: str, texts: Mapping[str, str]) -> str:
    """Say in which template, and in which line of it, something went wrong."""
    lines: Iterator[str] = (
        f"{frame.f_code.co_filename}:{line}"
        for frame, line in walk_tb(error.__traceback__)
        if frame.f_code.co_filename in texts
    )
    return [place, *lines][-1]
