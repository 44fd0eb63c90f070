"""`risk rules test`: the tests that stand in a book, on every evaluator."""

from collections.abc import Sequence
from typing import Annotated

import typer

from risk.commands.book import BookFolder, counted, read_bench
from risk.commands.rules_explain import show_line
from rules.coverage import Coverage, coverage
from rules.engine import ENGINES
from rules.examples import Failure, failures_on, untested
from rules.explain import deciding
from rules.model import Book


def run_tests(
    book: BookFolder = None,
    coverage_: Annotated[
        bool, typer.Option("--coverage", help="Show what was seen of each rule and condition.")
    ] = False,
) -> None:
    """Run the tests that stand in a book, on every evaluator, and show expected beside actual.

    Every live rule must have a test that hits and one that misses. A condition is covered if a
    test saw it true and another one saw it false.

    Example: risk rules test books/cards --coverage

    Exit status: 0 all tests hold; 1 one fails or is lacking, or the book has mistakes.
    """
    read = read_bench(book).book
    found = failures_on(read, ENGINES)
    for failure, engines in found:
        _show(read, failure, engines)
    lacking = list(untested(read))
    for rule, kind in lacking:
        place = f"{rule.place.file}:{rule.place.line}"
        typer.secho(f"{place}: {rule.id} is live and has no test that is a {kind}", fg="red")
    seen = list(coverage(read))
    if coverage_:
        for covered in seen:
            _show_coverage(covered)
    failed = len({failure.example.place for failure, _ in found})
    _sum_up(read, failed, seen)
    if failed or lacking:
        raise typer.Exit(1)


def _sum_up(read: Book, failed: int, seen: list[Coverage]) -> None:
    conditions = [condition for covered in seen for condition in covered.conditions]
    rules = sum({True, False} <= covered.truths for covered in seen)
    known = sum(condition.is_covered for condition in conditions)
    typer.echo(
        f"{len(read.examples) - failed} of {counted(len(read.examples), 'test')} passed on "
        f"{', '.join(ENGINES)}; covered: {_share(rules, len(seen))} rules, "
        f"{_share(known, len(conditions))} conditions"
    )


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({100 * part / whole:.0f} %)" if whole else "0 of 0"


def _show(read: Book, failure: Failure, engines: Sequence[str]) -> None:
    example = failure.example
    about = f" of {example.rule}" if example.rule else ""
    place = f"{example.place.file}:{example.place.line}"
    on = "" if len(engines) == len(ENGINES) else f" on {', '.join(engines)}"
    typer.secho(f"{place}: test {example.name!r}{about} failed{on}", fg="red")
    for key, expected in failure.expected.items():
        typer.echo(f"    {key:8} expected {expected}")
        typer.echo(f"    {'':8} actual   {failure.actual[key]}")
    if example.rule is not None:
        rule, values = read.dossiers[example.rule], example.given
        for line in deciding(read, rule, values, example.at, example.truth):
            show_line(line, 3)


def _show_coverage(covered: Coverage) -> None:
    colour = None if covered.is_covered else "yellow"
    typer.secho(f"{covered.rule.id}: {_truths(covered.truths)}", fg=colour)
    for condition in covered.conditions:
        colour = None if condition.is_covered else "yellow"
        typer.secho(f"    {_truths(condition.truths):22} {condition.text}", fg=colour)


def _truths(truths: frozenset[bool | None]) -> str:
    names = {True: "true", False: "false", None: "unknown"}
    return ", ".join([name for truth, name in names.items() if truth in truths]) or "never seen"
