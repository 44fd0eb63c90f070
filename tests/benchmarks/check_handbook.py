"""The Handbook's features from declared velocities against its 201,295 golden rows.

`python tests/benchmarks/check_handbook.py`: prints what differs; exit status 1 if anything but
the two payments whose order inside one second the book lost to an unstable sort.
"""

import sys
import time
from math import isclose

import pyarrow.parquet as pq
from handbook import BOOK, DELAY, FOLDER, LEAN, payments

from features.history import BEGINNING, History
from features.labels import Label
from features.plan import compile_plan

TIES = {1240489, 1240490}


def main() -> int:
    """Fold the whole slice and compare every row that has golden values."""
    golden = pq.read_table(FOLDER / "features_slice_20180725_20180814.parquet").to_pylist()
    expected = {row["TRANSACTION_ID"]: row for row in golden}
    history = History(compile_plan((*BOOK, *LEAN)), since=BEGINNING)
    wrong: dict[int, list[str]] = {}
    seen, count, start = 0, 0, time.process_time()
    for subject, own, is_fraud in payments():
        values = history.observe(subject, own).values
        count += 1
        if is_fraud:
            history.learn(Label(subject.id, True, subject.at + DELAY))
        row = expected.get(int(subject.id))
        if row is None:
            continue
        seen += 1
        for v in BOOK:
            if not isclose(row[v.name], float(values.get(v.name, 0)), abs_tol=1e-9):
                wrong.setdefault(int(subject.id), []).append(v.name)
    spent = time.process_time() - start
    print(
        f"{seen:,} golden rows, {len(BOOK) + len(LEAN)} velocities, {spent / count * 1e6:.1f}"
    )
    print(f"differ: {wrong}")
    return 0 if set(wrong) == TIES and seen == len(expected) else 1


if __name__ == "__main__":
    sys.exit(main())
