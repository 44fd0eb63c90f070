"""Some days of one customer's life, as lines that a person can read."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
import numpy as np

from risk.simulate.identities import payer_id
from risk.simulate.payees import PAYER, pack
from risk.simulate.world import Truth, World

_NAME, _MEMO = 28, 34


class UnknownPayer(Exception):
    """No such customer; `str()` says which there are."""


def tell(world: World, payer: str, days: Iterable[int]) -> Iterator[str]:
    """A heading, then a line for each payment made or received on those days.

    What belongs to a case is marked with its kind: `!` a fraud, `~` what only looks like one.
    """
    number = _number(world, payer)
    people = world.people
    sort = "a business" if people.business[number] else f"a person of {people.age[number]}"
    yield (
        f"{payer}  {world.identities.name(number)}, {sort}, {_home(world, number)}, "
        f"{people.activity[number]:.1f} times as active as the mean"
    )
    account = int(pack(PAYER, int(people.country[number]), 0, number))
    for day in days:
        payments, entries = world.payments(day)
        mine = payments.take(
            np.flatnonzero((payments.payer == number) | (payments.payee == account))
        )
        written = world.write(day, mine, entries)
        truths = {truth.transaction_id: truth for truth in written.truths}
        for line in written.lines:
            payment = msgspec.json.decode(line)
            yield _line(world, payment, payer, truths.get(payment["id"]))


def _number(world: World, payer: str) -> int:
    last = len(world.people)
    if not payer.startswith("P") or not payer[1:].isdigit() or not 1 <= int(payer[1:]) <= last:
        raise UnknownPayer(f"--payer {payer}: there are {payer_id(0)} to {payer_id(last - 1)}")
    return int(payer[1:]) - 1


def _home(world: World, number: int) -> str:
    payer = msgspec.json.decode(f"{{{world.identities.payer(number)}}}")
    return f"{payer['payer']['country']} ({world.identities.language(number)})"


def _line(world: World, payment: dict[str, Any], payer: str, truth: Truth | None) -> str:
    incoming = payment["payer"]["id"] != payer
    other = payment["payee"]["name"]
    if incoming:
        other = world.identities.name(_number(world, payment["payer"]["id"]))
    abroad = payment["payee"].get("country", "")
    abroad = "" if abroad == payment["payer"]["country"] else abroad
    status = "" if payment["status"] == "approved" else payment["status"].upper()
    mark = ""
    if truth:
        mark = (
            f"{'!' if truth.fraud else '~'} {truth.kind}{' (unseen)' if truth.unseen else ''}"
        )
    what = f"{payment['kind']}/{payment['channel']}"
    amount = f"{'+' if incoming else ''}{payment['amount']}"
    device = payment.get("device", {}).get("id", "")[-4:]
    return (
        f"{payment['time'][:10]} {payment['time'][11:16]}  {what:<16}{amount:>11}  "
        f"{other[:_NAME]:<{_NAME}} {abroad:<2} {device:<4} "
        f"{payment.get('memo', '')[:_MEMO]:<{_MEMO}} {status} {mark}"
    ).rstrip()
