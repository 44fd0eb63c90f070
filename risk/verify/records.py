"""Decide a recorded decision again from what it holds, and name the first field that differs.

The record has every value that was used and the hashes of what judged, so nothing else is
needed: the core must give the same record byte for byte (timings are no part of it). A repeat
of an earlier payment is held against the record of its first answer instead.
"""

from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

import msgspec

from features.fields import microseconds
from risk.again import Unfit, again
from risk.books import Books, NoBook
from risk.challenger import challenge
from risk.decide import Bench
from risk.decision import Decision, decode, encode
from risk.ledger import FirstAnswer, first_answer
from risk.replay.processes import spread
from risk.replay.reconsider import Records, id_of

Find: TypeAlias = Callable[[str, str], Bench]
"""Gives what judged, by the hashes of book and scorer; raises `NoBook`."""

SHOWN: Final = 20
"""Differences that are kept for people; all are counted."""


_decode_answer: Final = msgspec.json.Decoder(FirstAnswer).decode


class Difference(msgspec.Struct, frozen=True):
    """One record that is not reproduced: where it is, and the first field that differs."""

    id: str
    partition: int
    offset: int
    field: str
    recorded: str
    computed: str


class Repeat(msgspec.Struct, frozen=True):
    """A record that repeats an earlier one: what it says of it."""

    id: str
    partition: int
    offset: int
    first: FirstAnswer


class Checked(msgspec.Struct):
    """What a batch of records came to. `unread` are records that are no decisions."""

    records: int = 0
    same: int = 0
    differing: int = 0
    unread: int = 0
    differences: list[Difference] = []
    repeats: list[Repeat] = []
    unjudged: dict[str, int] = {}
    """Why a record could not be judged again, and how many times."""

    def add(self, other: "Checked") -> None:
        """Count another batch."""
        self.records += other.records
        self.same += other.same
        self.differing += other.differing
        self.unread += other.unread
        self.differences = [*self.differences, *other.differences][:SHOWN]
        self.repeats += other.repeats
        for reason, count in other.unjudged.items():
            self.unjudged[reason] = self.unjudged.get(reason, 0) + count

    @property
    def holds(self) -> bool:
        """Whether every record was judged again and came out the same."""
        return self.records > 0 and self.same == self.records


def check(records: Iterable[bytes], find: Find) -> Checked:
    """Judge a batch of records again. Repeats are left in `repeats`, to be held later."""
    found = Checked()
    for raw in records:
        found.records += 1
        try:
            recorded = decode(raw)
        except msgspec.MsgspecError:
            found.unread += 1
            continue
        try:
            _check(recorded, find, found)
        except NoBook as error:
            reason = str(error)
            found.unjudged[reason] = found.unjudged.get(reason, 0) + 1
    return found


def hold_repeats(found: Checked, firsts: dict[str, FirstAnswer]) -> None:
    """Hold the repeats against the first answers, by their ids; empties `repeats`."""
    for repeat in found.repeats:
        first = firsts.get(repeat.first.id)
        if first is None:
            reason = "a repeat whose first answer is not among the records"
            found.unjudged[reason] = found.unjudged.get(reason, 0) + 1
        elif first == repeat.first:
            found.same += 1
        else:
            name, one, other = _first_difference(repeat.first, first)
            place = (repeat.id, repeat.partition, repeat.offset)
            _differ(found, Difference(*place, name, one, other))
    found.repeats = []


def beside(recorded: Decision, computed: Decision, find: Find) -> Decision:
    """Let the challenger of a record judge what was computed too; raises `NoBook`.

    That it failed then cannot be judged again: it is taken over as it is recorded.
    """
    answer = recorded.challenger
    if answer is not None and answer.outcome is not None and computed.event_time is not None:
        bench = find(answer.book.hash, answer.scorer.hash)
        answer = challenge(computed, microseconds(computed.event_time), bench)
    return msgspec.structs.replace(computed, challenger=answer)


def compare(recorded: Decision, computed: Decision, found: Checked) -> None:
    """Count whether two records of one payment are the same."""
    recorded, computed = _timeless(recorded), _timeless(computed)
    if encode(recorded) == encode(computed):
        found.same += 1
        return
    place = recorded.source
    name, one, other = _first_difference(recorded, computed)
    _differ(found, Difference(recorded.id, place.partition, place.offset, name, one, other))


def _check(recorded: Decision, find: Find, found: Checked) -> None:
    if recorded.duplicate_of is not None:
        first = msgspec.structs.replace(first_answer(recorded), id=recorded.duplicate_of)
        place = recorded.source
        found.repeats.append(Repeat(recorded.id, place.partition, place.offset, first))
        return
    bench = find(recorded.book.hash, recorded.scorer.hash)
    try:
        compare(recorded, beside(recorded, again(recorded, bench), find), found)
    except Unfit as unfit:
        place = recorded.source
        given = (recorded.id, place.partition, place.offset)
        _differ(found, Difference(*given, "record", str(unfit), "-"))


def _differ(found: Checked, difference: Difference) -> None:
    found.differing += 1
    if len(found.differences) < SHOWN:
        found.differences.append(difference)


def _timeless(decision: Decision) -> Decision:
    return msgspec.structs.replace(decision, timings_us={})


def _first_difference(
    recorded: msgspec.Struct, computed: msgspec.Struct
) -> tuple[str, str, str]:
    for name in recorded.__struct_fields__:
        one, other = getattr(recorded, name), getattr(computed, name)
        if _text(one) != _text(other):
            return _inside(name, one, other)
    return "order of values", "-", "-"


def _inside(name: str, one: object, other: object) -> tuple[str, str, str]:
    """Go down to the entry that differs: `values.history.payer_count_1h`."""
    while isinstance(one, dict) and isinstance(other, dict):
        keys = [key for key in {**one, **other} if _text(one.get(key)) != _text(other.get(key))]
        if not keys:
            break
        name, one, other = f"{name}.{keys[0]}", one.get(keys[0]), other.get(keys[0])
    return name, _text(one), _text(other)


def _text(value: object) -> str:
    return msgspec.json.encode(value, order="deterministic").decode()[:200]


def verify(
    records: Records, books: Books, processes: int, show: Callable[[int], None]
) -> Checked:
    """Check all records in several processes, then the repeats among them.

    `show` takes the records so far. Raises what reading raises.
    """
    whole = Checked()
    for found in spread(_check_batch, records(), processes, _set_up, books):
        whole.add(found)
        show(whole.records)
    if whole.repeats:
        wanted = {repeat.first.id for repeat in whole.repeats}
        hold_repeats(whole, _answers(records, wanted))
    return whole


def _answers(records: Records, wanted: set[str]) -> dict[str, FirstAnswer]:
    found: dict[str, FirstAnswer] = {}
    for batch in records():
        for raw in batch:
            if id_of(raw) in wanted:
                answer = _decode_answer(raw)
                found.setdefault(answer.id, answer)
    return found


class _Place:
    """What one process works with, set once."""

    books: Books


def _set_up(books: Books) -> None:
    _Place.books = books


def _check_batch(records: list[bytes]) -> Checked:
    return check(records, _Place.books.find)
