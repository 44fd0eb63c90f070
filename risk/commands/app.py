"""The command `risk`: every verb by name, each read only when it is called.

`risk --help` must not wait for Kafka clients and `risk score` needs none, so a command's module
is imported when the command is resolved. The help of the list stands here.
"""

from collections.abc import Sequence
from importlib import import_module, metadata
from importlib.util import find_spec
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

COMMANDS: Final = {
    "demo": "Watch payments being decided through a Kafka of its own, for a minute",
    "topics": "Create and list the topics",
    "worker": "Decide payments from Kafka until stopped",
    "simulate": "Generate payments, with fraud in them, to files or Kafka",
    "tail": "Watch decisions as they are made",
    "show": "Show one decision with its reasons and values",
    "score": "Decide the payments of a file, without Kafka",
    "replay": "Decide history again: recorded decisions, files, a topic",
    "backtest": "Compare two books over one history, and say why they differ",
    "challenger": "What a book or scorer on trial beside would have decided",
    "verify": "Decide recorded decisions again and name what differs",
    "backfill": "Build the history of velocities that a book declares anew",
    "archive": "Keep decisions and labels as Parquet by day",
    "query": "Ask the archive in SQL",
    "books": "Keep and list the books that decided, by their hash",
    "train": "Train a scorer on payments and what became known of them",
    "scorer": "Show what a scorer is and how good it was",
    "drift": "How far values and scores have moved from training",
    "audit": "Prove that every payment was decided once",
    "dlq": "List, show and redrive dead letters",
    "rules": "Check the rule book",
    "schema": "Print the JSON Schema of payments or decisions",
    "state": "Show what checkpoints hold",
    "settings": "Print every setting and where it came from",
}

HELP = """Streaming risk scoring for payments: every payment in, one explained decision out."""

EPILOG = (
    "Exit status: 0 done; 1 it could not be done, or a check found something; "
    "2 wrong usage, settings or rule book; 130 interrupted."
)


class LazyCommands(TyperGroup):
    """Lists the commands from the table; imports the one that is called."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Names in the order of the table."""
        return [name for name in COMMANDS if find_spec(f"risk.commands.{name}")]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """What the list shows of a command."""
        if cmd_name not in self.list_commands(ctx):
            return None
        return TyperCommand(cmd_name, help=COMMANDS[cmd_name])

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that the arguments call, and import it."""
        self.commands = {name: self.get_command(ctx, name) for name in self.list_commands(ctx)}
        name, command, rest = super().resolve_command(ctx, args)
        return name, command and load_command(str(name)), rest


def load_command(name: str) -> Any:
    """Import a command: its module's `app` (a group of verbs) or the function of its name."""
    module = import_module(f"risk.commands.{name}")
    found = getattr(module, "app", None)
    if found is None:
        found = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        found.command(name)(getattr(module, name))
    return typer.main.get_command(found)


app = typer.Typer(
    cls=LazyCommands,
    help=HELP,
    epilog=EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"riskstream {_version()}")
        raise typer.Exit


def _version() -> str:
    try:
        return metadata.version("riskstream")
    except metadata.PackageNotFoundError:
        return "(a checkout that is not installed)"


@app.callback()
def risk(
    version: bool = typer.Option(
        False, "--version", help="Print the version.", is_eager=True, callback=_print_version
    ),
) -> None:
    """Streaming risk scoring for payments."""


def run(arguments: Sequence[str] | None = None) -> None:
    """Run one command line; ends with `SystemExit`, or raises what the command raised."""
    app(args=arguments, prog_name="risk")
