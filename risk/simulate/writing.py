"""The one place where payments become bytes."""

from collections.abc import Iterator

import numpy as np

from risk.simulate.calendar import Day
from risk.simulate.handwriting import typed
from risk.simulate.identities import Identities, device, text
from risk.simulate.memos import FAMILY, Facts, compose
from risk.simulate.names import OFFICES, SPOKEN
from risk.simulate.payees import unpack, use_of
from risk.simulate.people import LANGUAGES, NPP, P2P
from risk.simulate.rows import Payments
from risk.simulate.spec import CURRENCIES, Spec
from risk.simulate.stream import Ints, mix
from risk.simulate.uses import CHANNELS, KIND, KINDS, STATUSES, USES

_SECONDS = [f"{n // 3600:02d}:{n // 60 % 60:02d}:{n % 60:02d}." for n in range(86_400)]
_MILLIS = [f"{n:03d}Z" for n in range(1_000)]
_HEADS = [
    f'","kind":"{kind}","channel":"{channel}","status":"{status}","amount":"'
    for kind in KINDS
    for channel in CHANNELS
    for status in STATUSES
]
_PERSONAL = (FAMILY["person"], FAMILY["family"])
_DELICATE, _DEBIT, _TAX = FAMILY["delicate"], FAMILY["debit"], FAMILY["tax"]
_OTHER_LANGUAGE, _DELICATE_SHARE = 10, 10  # percent of payees; of notes in apps


class Writer:
    """Writes the payments of one world as JSON, one line each."""

    def __init__(self, spec: Spec, identities: Identities):
        self._identities = identities
        self._exponent, self._price = CURRENCIES[spec.currency]
        self._tail = f'","currency":"{spec.currency}",'
        self._fractions = [f".{n:0{self._exponent}d}" for n in range(10**self._exponent)]
        if not self._exponent:
            self._fractions = [""]

    def lines(self, day: Day, payments: Payments) -> Iterator[str]:
        """The payments' JSON, without line ends, in their order."""
        middle = f'","time":"{day.date.isoformat()}T'
        payer_json, payee_json = self._identities.payer, self._identities.payee
        fractions, tail = self._fractions, self._tail
        columns = (column.tolist() for column in self._columns(payments))
        for (
            key, second, milli, head, whole, part, payer, payee, word, country, *memo
        ) in zip(*columns, strict=True):  # fmt: skip
            fragment, name = payee_json(payee)
            rest = device(word, country) if word else ""
            if memo[0]:
                said = self._memo(day, payer, payee, name, *memo)
                rest = f'{rest},"memo":{text(said)}' if said else rest
            yield (
                f'{{"id":"{key:016x}{middle}{_SECONDS[second]}{_MILLIS[milli]}{_HEADS[head]}'
                f"{whole}{fractions[part]}{tail}{payer_json(payer)},{fragment}{rest}}}"
            )

    def _columns(self, payments: Payments) -> tuple[np.ndarray, ...]:
        minor = self._minor(payments.cents)
        unit = 10**self._exponent
        head = (KIND[payments.use] * len(CHANNELS) + payments.channel) * len(STATUSES)
        return (
            payments.key,
            payments.moment // 1_000,
            payments.moment % 1_000,
            head + payments.status,
            minor // unit,
            minor % unit,
            payments.payer,
            payments.payee,
            payments.device,
            payments.country,
            payments.family,
            payments.memo,
            mix(payments.memo.astype(np.uint64)),
            payments.rail,
            payments.turn,
        )

    def _minor(self, cents: Ints) -> Ints:
        """Cents of the reference currency in minor units of the world's."""
        if self._price == 1.0 and self._exponent == 2:
            return cents
        price = round(self._price * 100) * 10**self._exponent
        minor: Ints = np.maximum(cents * price // 10_000, np.minimum(cents, 1))
        return minor

    def _memo(
        self,
        day: Day,
        payer: int,
        payee: int,
        name: str,
        family: int,
        memo: int,
        habit: int,
        rail: int,
        turn: int,
    ) -> str:
        who = self._identities
        language, service = who.language(payer), ""
        if family == _DEBIT:  # these are the creditor's words
            _, country, _, number = unpack(payee)
            language, service = SPOKEN[country], USES[use_of(number)].name
        elif habit % 100 < _OTHER_LANGUAGE:
            language = LANGUAGES[(habit >> 8) % len(LANGUAGES)]
        if rail in (P2P, NPP) and family in _PERSONAL and (habit >> 16) % 100 < _DELICATE_SHARE:
            family = _DELICATE
        if family == _TAX:
            service = OFFICES[unpack(payee)[3] % len(OFFICES)]
        date = day.date
        facts = Facts(name, who.name(payer), payee, date.month, date.year, date.day, service)
        words = compose(language, family, memo, habit, turn, facts)
        return typed(words, habit >> 24, turn, rail, by_hand=family != _DEBIT)
