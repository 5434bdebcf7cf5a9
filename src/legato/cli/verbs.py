"""A group of verbs that imports none of them for `--help`, and fails in one sentence."""

from __future__ import annotations

from importlib import import_module
from typing import IO, ClassVar, NamedTuple

import click

INTERRUPTED = 130
OF_EXTRAS = {
    "jinja2": "channels",
    "babel": "channels",
    "aiosmtplib": "channels",
    "argon2": "pages",
    "authlib": "pages",
}
"""What a verb may miss, and which extra of the package brings it."""


class Verb(NamedTuple):
    """A verb's name, where its click command is (`module:attribute`), and what it is for."""

    name: str
    place: str
    summary: str


class Failure(click.ClickException):
    """What a person is told when a verb cannot go on."""

    def __init__(self, sentence: str, exit_code: int = 1) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code

    def show(self, file: IO[str] | None = None) -> None:
        """Write the sentence to stderr."""
        mark = click.style("legato:", fg="red", bold=True)
        click.echo(f"{mark} {self.format_message()}", file=file, err=True)


class Verbs(click.Group):
    """Lists the verbs of `table`, imports the one that is called, and tells its failure."""

    table: ClassVar[tuple[Verb, ...]] = ()

    def list_commands(self, _: click.Context) -> list[str]:
        """Name the verbs in the order of the table."""
        return [verb.name for verb in self.table]

    def get_command(self, _: click.Context, name: str) -> click.Command | None:
        """Import the verb that is called."""
        verb = next((verb for verb in self.table if verb.name == name), None)
        return None if verb is None else _imported(verb)

    def format_commands(self, _: click.Context, formatter: click.HelpFormatter) -> None:
        """List names and summaries without importing anything."""
        with formatter.section("Verbs"):
            formatter.write_dl([(verb.name, verb.summary) for verb in self.table])

    def invoke(self, ctx: click.Context) -> object:
        """Run the verb; what is meant for a person ends as one sentence and an exit code."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise click.exceptions.Exit(INTERRUPTED) from None
        except click.Abort as abort:
            # Click takes Ctrl-C at a question for a no.
            if isinstance(abort.__context__, KeyboardInterrupt):
                raise click.exceptions.Exit(INTERRUPTED) from None
            raise
        except (click.ClickException, click.exceptions.Exit):
            raise
        except Exception as error:
            failure = as_failure(error)
            if failure is None:
                raise
            raise failure from error


def as_failure(error: Exception) -> Failure | None:
    """Turn an error whose message is meant for a person into that message; None if none is.

    The messages of our own errors are sentences by rule; those of Kafka get their address.
    """
    from legato.adapter_module import AdapterError
    from legato.content.errors import ContentError
    from legato.core.playbook.compile import PlaybookError
    from legato.settings import SettingsError
    from legato.wire.formats.registry import RegistryError
    from legato.wire.source.mapping import SourceError

    by_hand = (
        SettingsError
        | PlaybookError
        | RegistryError
        | SourceError
        | ContentError
        | AdapterError
    )
    if isinstance(error, by_hand):
        return Failure(str(error), 2)
    if isinstance(error, ModuleNotFoundError) and error.name in OF_EXTRAS:
        extra = OF_EXTRAS[error.name]
        return Failure(f"`{error.name}` is not installed; `pip install 'legato[{extra}]'`")
    package = type(error).__module__.partition(".")[0]
    if package == "legato":
        return Failure(str(error))
    if package in ("cimpl", "confluent_kafka", "aiokafka"):
        return Failure(f"kafka says `{_kafka_words(error)}`; check `[kafka]` of the settings")
    if isinstance(error, OSError) and error.filename is not None:
        return Failure(f"`{error.filename}`: {(error.strerror or str(error)).lower()}")
    return None


def _kafka_words(error: Exception) -> str:
    words = getattr(error.args[0] if error.args else None, "str", None)
    return str(words()) if callable(words) else str(error)


def _imported(verb: Verb) -> click.Command:
    module, _, attribute = verb.place.partition(":")
    try:
        command = getattr(import_module(module), attribute)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        raise Failure(f"`{verb.name}` is not part of this installation") from None
    if not isinstance(command, click.Command):
        raise TypeError(f"`{verb.place}` is not a click command")
    return command
