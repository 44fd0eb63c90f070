"""`risk audit`: prove that every payment was decided once."""

from typing import Annotated

import msgspec
import typer

from risk.audit import run_audit, totals, wait_for_commits
from risk.commands.progress import show_progress
from risk.commands.screen import AsJson, Bootstrap, console, print_json
from risk.kafka_admin import Cluster
from risk.offset_tally import Findings
from risk.settings import load

MEANING = {
    "decided": "payments decided",
    "pending": "still to be decided (not committed by the workers)",
    "lost": "lost: committed without a decision",
    "doubled": "doubled: accepted twice by a reader",
    "disordered": "out of order for their payer",
    "elsewhere": "decisions on another partition than their payment's",
    "letters_missing": "refused without a dead letter",
    "refused": "refused messages",
    "repeats": "physical repeats, dropped by the reader's rule",
    "letters_spare": "dead letters of payments that were decided after all",
    "strangers": "records that are no decisions",
    "other_epochs": "decisions of another topic epoch",
    "unaudited": "not audited: their decisions are older than the log",
}
ALWAYS = ("decided", "pending", "lost", "doubled", "disordered", "refused", "repeats")


def audit(
    bootstrap: Bootstrap = None,
    group: Annotated[str | None, typer.Option(help="consumer group of the workers")] = None,
    wait: Annotated[
        float, typer.Option(min=0, help="seconds to wait until everything is decided")
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """Compare the transactions log with the decisions log, offset by offset.

    Every payment that the workers have committed must have one decision, in order per payer
    and on its own partition number; every refused message must be on the dead-letter topic.
    Payments after the commit are still to be decided; with --wait none may be left at the end.

    Example: risk audit --wait 30

    Exit status: 0 it holds, 1 it does not (or no broker, a topic is missing), 2 wrong usage.
    """
    settings, _ = load({"bootstrap": bootstrap, "group": group})
    with Cluster(settings.bootstrap) as cluster:
        if wait:
            wait_for_commits(cluster, settings, wait)
        with show_progress(console(to_stderr=True), "records") as progress:
            findings = run_audit(cluster, settings, progress)
    holds = all(found.holds for found in findings)
    left = bool(wait) and any(found.pending for found in findings)
    if as_json:
        print_json(
            {
                "holds": holds and not left,
                "totals": totals(findings),
                "partitions": msgspec.to_builtins(findings),
            }
        )
    else:
        _print(findings, holds=holds, left=left)
    raise typer.Exit(0 if holds and not left else 1)


def _print(findings: list[Findings], *, holds: bool, left: bool) -> None:
    found = totals(findings)
    screen = console()
    for name, meaning in MEANING.items():
        if found[name] or name in ALWAYS:
            screen.print(f"{found[name]:>12,}  {meaning}", style=_style(name, found[name]))
    for one in findings:
        if one.lost:
            places = " ".join(f"{one.partition}:{offset}" for offset in one.lost_examples)
            screen.print(f"lost in partition {one.partition}: {places}", style="red")
    if not holds:
        screen.print("the audit does NOT hold", style="bold red")
    elif left:
        screen.print("not everything is decided yet: is a worker running?", style="bold red")
    else:
        screen.print("the audit holds", style="bold green")


def _style(name: str, count: int) -> str:
    must_be_zero = ("lost", "doubled", "disordered", "elsewhere", "letters_missing")
    return "red" if count and name in must_be_zero else ""
