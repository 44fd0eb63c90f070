"""Questions to an archive in SQL: the door to DuckDB.

The statement sees the archive's folder and nothing else: no other file, no network.
"""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import duckdb
import msgspec

from risk.archive.shelf import DECISIONS, LABEL_KIND, LABELS, Archive, Busy
from risk.archive.table import SCHEMA
from risk.files import BadFile

VIEWS: Final = {
    "latest_labels": (
        "the newest label of each payment",
        "SELECT transaction_id, label, known_at FROM labels QUALIFY row_number() OVER"
        " (PARTITION BY transaction_id ORDER BY known_at DESC, key) = 1",
    ),
    "outcomes_by_day": (
        "payments and money by day and outcome",
        "SELECT day, outcome, count(*) AS payments, round(sum(amount), 2) AS money"
        " FROM decisions GROUP BY ALL ORDER BY day, outcome",
    ),
    "rules_by_precision": (
        "what each rule caught, of what is labelled by now",
        "SELECT rule, count(*) AS fired, count(*) FILTER (label = 'fraud') AS frauds,"
        " round(count(*) FILTER (label = 'fraud') / count(*), 4) AS share_fraud,"
        " round(sum(amount), 2) AS money"
        " FROM (SELECT unnest(rules) AS rule, transaction_id, amount FROM decisions"
        " WHERE duplicate_of IS NULL) LEFT JOIN latest_labels USING (transaction_id)"
        " GROUP BY rule ORDER BY share_fraud DESC, fired DESC, rule",
    ),
    "top_payers": (
        "payers by the money of theirs that was stopped",
        "SELECT payer_id, count(*) AS payments,"
        " count(*) FILTER (outcome <> 'approve') AS stopped,"
        " round(sum(amount) FILTER (outcome <> 'approve'), 2) AS money_stopped"
        " FROM decisions WHERE payer_id IS NOT NULL GROUP BY payer_id"
        " ORDER BY money_stopped DESC NULLS LAST, payer_id LIMIT 100",
    ),
    "value_stopped": (
        "money stopped by day: of frauds, and of good payments as far as labels tell",
        "SELECT day, round(sum(amount), 2) AS stopped,"
        " round(sum(amount) FILTER (label = 'fraud'), 2) AS fraud,"
        " round(sum(amount) FILTER (label IS DISTINCT FROM 'fraud'), 2) AS good"
        " FROM decisions LEFT JOIN latest_labels USING (transaction_id)"
        " WHERE outcome <> 'approve' AND duplicate_of IS NULL GROUP BY day ORDER BY day",
    ),
}
"""Ready questions: what each tells, and its SQL."""


class BadQuery(Exception):
    """The statement cannot be run; `str()` says why."""


class Rows(msgspec.Struct, frozen=True):
    """An answer: names of the columns, and the rows."""

    columns: tuple[str, ...]
    rows: Sequence[tuple[Any, ...]]


def ask(folder: Path, sql: str) -> Rows:
    """Run a statement over the archive; raises `BadFile` for no archive, `BadQuery`."""
    archive = Archive(folder)
    if not (folder / DECISIONS.name).is_dir():
        raise BadFile(f"{folder}: is no archive with decisions in it")
    with suppress(Busy), archive.writing():
        pass  # what a kill left is mended first; whoever is writing now has mended it
    connection = duckdb.connect(":memory:")
    try:
        _open(connection, archive)
        found = connection.execute(sql)
        columns = tuple(column[0] for column in found.description or ())
        return Rows(columns, found.fetchall())
    except duckdb.Error as error:
        raise BadQuery(str(error)) from None
    finally:
        connection.close()


def _open(connection: Any, archive: Archive) -> None:
    # Quoted as SQL wants it: the folder is the user's, and a statement cannot take parameters.
    place = str(archive.folder.resolve()).replace("'", "''")
    connection.execute(f"SET allowed_directories = ['{place}']")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    for kind, schema in ((DECISIONS, SCHEMA), (LABEL_KIND, LABELS)):
        if archive.files(kind):
            columns = "* REPLACE (try_cast(day AS DATE) AS day)"
            source = (
                f"read_parquet('{place}/{kind.name}/day=*/*.parquet', hive_partitioning = true,"
                " hive_types_autocast = false)"
            )
        else:
            columns, source = "*, NULL::DATE AS day", f"empty_{kind.name}"
            connection.register(source, schema.empty_table())
        view = f"CREATE VIEW {kind.name} AS SELECT {columns} FROM {source}"  # noqa: S608 # ours
        connection.execute(view)
    for name, (_, sql) in VIEWS.items():
        connection.execute(f"CREATE VIEW {name} AS {sql}")
