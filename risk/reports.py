"""Labels in files: JSON lines, as they stand in the topic."""

from collections.abc import Sequence
from pathlib import Path

from risk.decide import Bench
from risk.files import BadFile, open_source
from risk.labels import Heard, report_of


class NoLabels(Exception):
    """The book looks at labels, and nobody said where they are."""


def require_labels(bench: Bench, places: Sequence[object]) -> None:
    """Raise `NoLabels` if a book that looks at labels gets none."""
    if bench.reads_labels and not places:
        names = [v.name for v in bench.plan.velocities if v.delay is not None]
        raise NoLabels(
            f"the book looks at labels ({', '.join(names)}): say with --labels where they are;"
            " without any, every payment would count as genuine"
        )


def read_reports(paths: Sequence[Path]) -> list[Heard]:
    """The labels of files in the order of their names.

    Their offsets count the lines of all files. Raises `BadFile` for a line that is none.
    """
    heard: list[Heard] = []
    for path in sorted(paths):
        with open_source(path, "jsonl") as source:
            for row in source.rows:
                message = bytes(row.content)
                if report_of(message) is None:
                    raise BadFile(
                        f"{path}: line {row.number} is no label: {{transaction_id, label:"
                        " fraud or genuine, known_at: time with zone}"
                    )
                heard.append(Heard(len(heard), message))
    return heard
