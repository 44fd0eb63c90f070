"""A dead letter: bytes that were no payment, where they stood, and what is wrong with them."""

import msgspec

from features.errors import Mistake
from risk.kafka_admin import Headers, Record
from risk.reader import parse_src

REDRIVEN = "redriven"
"""Header of a message that was sent again: the place at which it was refused, as in `src`."""


class Letter(msgspec.Struct, frozen=True):
    """One dead letter.

    `epoch`, `partition`, `offset`: its place in the transactions log; `reason`: a code of
    `risk.decide.REFUSALS`; `refused_at`: milliseconds since 1970 UTC; `cut`: how many bytes the
    message had if only its beginning is kept here.
    """

    epoch: str
    partition: int
    offset: int
    reason: str
    mistakes: tuple[Mistake, ...]
    key: bytes | None
    value: bytes
    refused_at: int
    cut: int | None = None

    @property
    def place(self) -> str:
        """`partition:offset`, as people type it."""
        return f"{self.partition}:{self.offset}"

    @property
    def src(self) -> bytes:
        """The place with its epoch, as the header has it."""
        return f"{self.epoch}:{self.place}".encode()


_decode_mistakes = msgspec.json.Decoder(tuple[Mistake, ...]).decode


def read_letter(record: Record) -> Letter | None:
    """Read a record of the dead-letter topic; None if it is none of ours."""
    headers = dict(record.headers)
    src = parse_src(headers.get("src"))
    if src is None:
        return None
    try:
        mistakes = _decode_mistakes(headers.get("mistakes", b"[]"))
    except msgspec.MsgspecError:
        return None
    cut = headers.get("cut", b"")
    return Letter(
        *src,
        reason=headers.get("reason", b"?").decode("ascii", "backslashreplace"),
        mistakes=mistakes,
        key=record.key,
        value=record.value or b"",
        refused_at=record.timestamp,
        cut=int(cut) if cut.isdigit() else None,
    )


def redriven(letter: Letter) -> Headers:
    """The headers of the message that is sent again."""
    return [(REDRIVEN, letter.src)]
