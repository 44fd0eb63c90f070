"""Truth and labels as records: the files beside the payments, and the topic `labels`."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from risk.simulate.labels import Label
from risk.simulate.spec import Spec
from risk.simulate.world import Truth

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def header(spec: Spec) -> bytes:
    """The first line of a truth file: which world this is. Payments not listed are genuine."""
    told: dict[str, Any] = {**asdict(spec), "start": spec.start.isoformat()}
    return msgspec.json.encode(
        {"world": told, "note": "payments that are not listed are genuine"}
    )


def truth_line(truth: Truth) -> bytes:
    """One payment's truth."""
    return msgspec.json.encode(truth)


def label_line(label: Label, known_at: int) -> bytes:
    """One report, known at that time (milliseconds since 1970 UTC)."""
    told = (_EPOCH + timedelta(milliseconds=known_at)).isoformat(timespec="milliseconds")
    return msgspec.json.encode(
        {
            "transaction_id": label.transaction_id,
            "label": label.label,
            "kind": label.kind,
            "source": label.source,
            "known_at": told.replace("+00:00", "Z"),
        }
    )
