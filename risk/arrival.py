"""What comes in: a record of the log."""

import msgspec


class Arrival(msgspec.Struct, frozen=True, gc=False):
    """One record of the transactions log. `timestamp_ms` is the record's, None in files."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    timestamp_ms: int | None = None
