"""The verbs of `legato`, listed by hand; a verb is imported only when it is called."""

from __future__ import annotations

from pathlib import Path

import click

from legato import __version__
from legato.cli.invocation import Invocation
from legato.cli.verbs import Verb, Verbs

EXAMPLES = """
\b
Examples:
  legato local                                 a Kafka, a worker and an API, to play with
  legato init --bootstrap kafka:9092           write legato.toml and playbook.yaml
  legato check                                 read both, and say what they mean
  legato topics create
  legato worker --processes 2
\b
  legato send cart.item_added --as loyalty:42 --channel web sku=SHOE-42 price=89
  legato send store.visited --as loyalty:42 --channel store location.venue=BER-1
  legato tail actions
  legato inspect loyalty:42
  legato explain loyalty:42                    why each action was taken, or was not
  legato identity show loyalty:42              which identifiers are theirs, and why
\b
  legato playbook test playbook.yaml           play the stories behind a playbook
  legato replay events.jsonl --until +3d       the same line over a file, without Kafka
  legato backtest --playbook new.yaml --against playbook.yaml events.jsonl
  legato shadow --playbook new.yaml --for 1h   beside the line, without sending anything
  legato dlq list

`legato VERB --help` tells more of each.
"""

VERBS = (
    Verb("demo", "legato.cli.demo:demo", "Watch a simulated day, a kill -9 and the verdict."),
    Verb("local", "legato.cli.local:local", "Start a Kafka, a worker and an API here."),
    Verb("init", "legato.cli.init:init", "Write settings and a playbook for your own Kafka."),
    Verb("check", "legato.cli.check:check", "Read both, and say what they mean."),
    Verb("topics", "legato.cli.topics:topics", "Create the topics, or check those that exist."),
    Verb("worker", "legato.cli.worker:worker", "Run the line: events in, actions out."),
    Verb("view", "legato.cli.view:view", "Run a view of the contexts, such as Redis."),
    Verb("api", "legato.cli.api:api", "Take events by HTTP, and tell of customers."),
    Verb("keys", "legato.cli.keys:keys", "Make keys for the API, list and revoke them."),
    Verb("users", "legato.cli.users:users", "Say who may sign in to the pages, for trying."),
    Verb("learn", "legato.cli.learn:learn", "Learn from what became of actions."),
    Verb("adapter", "legato.cli.adapter.group:adapter", "Run an adapter: it delivers actions."),
    Verb("content", "legato.cli.content:content", "See what messages look like."),
    Verb("send", "legato.cli.send:send", "Send an event, or a file of them."),
    Verb("ingest", "legato.cli.ingest:ingest", "Load history from files, once and in order."),
    Verb("tail", "legato.cli.tail:tail", "Follow situations, decisions, actions and more."),
    Verb("inspect", "legato.cli.inspect:inspect", "Show all that is known of one customer."),
    Verb("explain", "legato.cli.explain:explain", "Explain why a customer got what they got."),
    Verb(
        "identity", "legato.cli.identity.group:identity", "Show who is one customer, or split."
    ),
    Verb("playbook", "legato.cli.playbook.group:playbook", "Check a playbook, and test it."),
    Verb("replay", "legato.cli.replay:replay", "Run the line over a file, in virtual time."),
    Verb("backtest", "legato.cli.backtest:backtest", "Tell what another playbook would do."),
    Verb("shadow", "legato.cli.shadow:shadow", "Try a playbook beside the live one."),
    Verb("verify", "legato.cli.verify:verify", "See whether anything was lost or doubled."),
    Verb("simulate", "legato.cli.simulate:simulate", "Write a simulated day of customers."),
    Verb("source", "legato.cli.source:source", "Try a source's settings on a sample."),
    Verb("dlq", "legato.cli.dlq.group:dlq", "Look through dead letters, and send them again."),
)


class Legato(Verbs):
    """The verbs of this program."""

    table = VERBS


@click.group(
    cls=Legato,
    subcommand_metavar="VERB ...",
    epilog=EXAMPLES,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "--settings",
    "path",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Read settings from FILE; else from $LEGATO_SETTINGS, else from ./legato.toml.",
)
@click.version_option(__version__, message="legato %(version)s")
@click.pass_context
def main(context: click.Context, path: Path | None) -> None:
    """Channel events in, next best actions out: one live context per customer between.

    Every setting can also come from the environment: LEGATO_KAFKA_BOOTSTRAP and so on.
    """
    context.obj = Invocation(path)
