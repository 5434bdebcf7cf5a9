"""The front door: it opens fast, lists every verb, and fails in one sentence."""

import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from legato import cli
from legato.cli import VERBS, main
from legato.cli.verbs import Failure, Verb, Verbs, as_failure
from legato.operations.errors import NotSent, OperationFailed
from legato.queries.errors import KafkaAway, NotFound, Unclear
from legato.settings import SettingsError

HEAVY = ("rich", "msgspec", "confluent_kafka", "aiokafka", "fastavro", "faust")


def test_help_lists_every_verb_and_imports_none() -> None:
    show = (
        "import sys; from legato.cli import main; main(['--help'], standalone_mode=False);"
        f"print('heavy:', [name for name in {HEAVY} if name in sys.modules])"
    )
    told = subprocess.run(
        [sys.executable, "-c", show], capture_output=True, text=True, check=True
    )
    assert all(f"\n  {verb.name} " in told.stdout for verb in VERBS)
    assert "legato send cart.item_added --as loyalty:42" in told.stdout
    assert told.stdout.endswith("heavy: []\n")


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_each_verb_is_where_the_table_says_and_tells_how_it_is_used(verb: Verb) -> None:
    module, _, attribute = verb.place.partition(":")
    command = getattr(import_module(module), attribute)
    assert isinstance(command, click.Command)
    told = CliRunner().invoke(main, [verb.name, "--help"])
    assert told.exit_code == 0, told.output
    assert command.help


def test_no_verb_is_forgotten() -> None:
    folder = Path(cli.__file__).parent
    listed = {each.replace(".", "/") for verb in VERBS for each in _modules_of(verb)}
    marks = ("@click.command(", "@click.group(")
    verbs = {
        f"legato/cli/{path.relative_to(folder).with_suffix('')}"
        for path in folder.rglob("*.py")
        if any(mark in path.read_text() for mark in marks)
    }
    assert verbs - {"legato/cli/__init__"} <= listed


def _modules_of(verb: Verb) -> Iterator[str]:
    """Where a verb is, and those under it."""
    module, _, attribute = verb.place.partition(":")
    yield module
    command = getattr(import_module(module), attribute)
    for each in command.commands.values() if isinstance(command, click.Group) else ():
        yield each.callback.__module__


def test_wrong_settings_end_with_2_and_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "legato.toml"
    path.write_text("[kafka]\npartitions = 0\n")
    told = CliRunner().invoke(main, ["--settings", str(path), "check"])
    assert told.exit_code == 2
    told_where = f"correct it in `{path}`"
    assert told.stderr == f"legato: `kafka.partitions` must be at least 1; {told_where}\n"


def test_missing_settings_name_the_way_to_make_some(tmp_path: Path) -> None:
    told = CliRunner().invoke(main, ["--settings", str(tmp_path / "none.toml"), "check"])
    assert told.exit_code == 2
    assert "write some with `legato init`" in told.stderr


def test_ctrl_c_ends_with_130() -> None:
    assert _end_of(KeyboardInterrupt()) == (130, "")


def test_ctrl_c_at_a_question_ends_with_130_too() -> None:
    @click.command()
    def ask() -> None:
        try:
            _interrupt()
        except KeyboardInterrupt:
            raise click.Abort from None

    told = CliRunner().invoke(_only(ask), ["ask"])
    assert told.exit_code == 130


def test_what_is_no_message_for_a_person_keeps_its_trace() -> None:
    told = CliRunner().invoke(_failing(ZeroDivisionError("a bug")), ["fail"])
    assert isinstance(told.exception, ZeroDivisionError)


def test_our_own_errors_are_sentences_and_those_of_files_name_the_file() -> None:
    assert _end_of(SettingsError("no")) == (2, "legato: no\n")
    assert _end_of(Failure("so it is")) == (1, "legato: so it is\n")
    for request in (NotFound, Unclear, KafkaAway, OperationFailed, NotSent):
        assert _end_of(request("not so")) == (1, "legato: not so\n")
    missing = FileNotFoundError(2, "No such file or directory", "day.jsonl")
    assert _end_of(missing) == (1, "legato: `day.jsonl`: no such file or directory\n")


def test_what_kafka_says_is_told_without_its_codes() -> None:
    from confluent_kafka import KafkaError, KafkaException

    failure = as_failure(KafkaException(KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED)))
    assert failure is not None
    assert failure.message == (
        "kafka says `Broker: Topic authorization failed`; check `[kafka]` of the settings"
    )


def test_a_verb_that_is_not_installed_says_so() -> None:
    class Half(Verbs):
        table = (Verb("ghost", "legato.cli.ghost:ghost", "Not there."),)

    told = CliRunner().invoke(Half("half"), ["ghost"])
    assert (told.exit_code, told.stderr) == (
        1,
        "legato: `ghost` is not part of this installation\n",
    )


def _failing(error: BaseException) -> click.Group:
    @click.command()
    def fail() -> None:
        raise error

    return _only(fail)


def _only(command: click.Command) -> click.Group:
    class Only(Verbs):
        def get_command(self, _: click.Context, name: str) -> click.Command | None:
            return command

    return Only("only")


def _end_of(error: BaseException) -> tuple[int, str]:
    told = CliRunner().invoke(_failing(error), ["fail"])
    return told.exit_code, told.stderr


def _interrupt() -> None:
    raise KeyboardInterrupt
