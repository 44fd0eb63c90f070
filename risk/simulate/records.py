"""Truth and labels as records: the files beside the payments, and the topic `labels`."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import msgspec

from risk.simulate.labels import Label
from risk.simulate.spec import Spec
from risk.simulate.world import Truth

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def header(spec: Spec) -> bytes:
    """Which world this is, as JSON: the first line of a truth file."""
    world = asdict(spec)
    del world["days"]  # a longer world begins with the same bytes
    note = "payments that are not listed here are genuine"
    return msgspec.json.encode({"world": world, "note": note})


def truth_line(truth: Truth) -> bytes:
    """One payment's truth as JSON."""
    return msgspec.json.encode(truth)


def label_line(label: Label, known_at: int) -> bytes:
    """One report as JSON, known at that time (milliseconds since 1970 UTC)."""
    known = (_EPOCH + timedelta(milliseconds=known_at)).isoformat(timespec="milliseconds")
    return msgspec.json.encode(
        {
            "transaction_id": label.transaction_id,
            "label": label.label,
            "kind": label.kind,
            "source": label.source,
            "known_at": known.replace("+00:00", "Z"),
        }
    )
