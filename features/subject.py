"""Whom a payment is about: the keys by which history is kept, its time and its money."""

from collections.abc import Callable, Sequence
from operator import attrgetter

import msgspec

from features.transaction import Transaction
from features.velocity import Entity


class Subject(msgspec.Struct, frozen=True, gc=False):
    """One payment as history sees it.

    `id` is the payment's reference, which labels name; `at` microseconds UTC; `amount_minor` is
    in minor units of the book's currency, None without a rate. The rest are keys of entities.
    """

    id: str
    at: int
    amount_minor: int | None
    payer: str
    payee: str | None = None
    device: str | None = None
    ip: str | None = None
    merchant: str | None = None
    account: str | None = None


def subject_of(transaction: Transaction, base_minor: int | None) -> Subject:
    """The subject of a payment whose amount in the book's currency is `base_minor`."""
    payee, device, merchant = transaction.payee, transaction.device, transaction.merchant
    return Subject(
        transaction.id,
        transaction.at,
        base_minor,
        transaction.payer.id,
        None if payee is None else payee.id,
        None if device is None else device.id,
        None if device is None else device.ip,
        None if merchant is None else merchant.id,
        transaction.payer.account,
    )


def key_of(by: Sequence[Entity]) -> Callable[[Subject], str | None]:
    """Read the key of an entity, or of a pair: None if a part of it is unknown."""
    if len(by) == 1:
        return attrgetter(by[0])
    both = attrgetter(*by)

    def pair(subject: Subject) -> str | None:
        first, second = both(subject)
        if first is None or second is None:
            return None
        return f"{len(first)}:{first}{second}"

    return pair
