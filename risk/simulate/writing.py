"""The one place where a payment becomes bytes."""

from collections.abc import Iterator
from functools import lru_cache

import msgspec

from risk.simulate import memos, names
from risk.simulate.calendar import Day
from risk.simulate.payees import (
    COMPANY,
    CREDITOR,
    EXCHANGE,
    MACHINE,
    MERCHANT,
    OFFICE,
    OWN,
    PAYER,
    merchant_place,
    unpack,
)
from risk.simulate.payments import Payments
from risk.simulate.people import COUNTRIES, LANGUAGES, People
from risk.simulate.spec import CURRENCIES, Spec
from risk.simulate.stream import fold_one
from risk.simulate.uses import CHANNELS, STATUSES, USES

_REMEMBERED = 200_000
_EXCHANGES = (
    "Coinhaven",
    "Bitquay",
    "Ledgerly",
    "Satoshi Park",
    "Orbit Exchange",
    "Tokenwell",
    "Blockharbour",
    "Nexcoin",
    "Krypta",
)
_OFFICES = (
    "Tax Office",
    "City Council",
    "Customs Office",
    "Court Service",
    "Vehicle Licensing",
    "Land Registry",
)


def _text(value: str) -> str:
    return msgspec.json.encode(value).decode()


class Writer:
    """Writes the payments of one world as JSON lines."""

    def __init__(self, spec: Spec, people: People):
        self._spec = spec
        self._people = people
        self._languages = [LANGUAGES[number] for number in people.language.tolist()]
        self._homes = people.country.tolist()
        self._keys = people.key.tolist()
        exponent, price = CURRENCIES[spec.currency]
        self._price, self._unit = price * 10**exponent / 100, 10**exponent
        self._digits = exponent
        self._payee = lru_cache(_REMEMBERED)(self._describe_payee)
        self._payer = lru_cache(_REMEMBERED)(self._describe_payer)
        self._name = lru_cache(_REMEMBERED)(self.name)
        self._seconds = [
            f"{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}." for s in range(86_400)
        ]

    def name(self, payer: int) -> str:
        """What a payer is called."""
        language = self._languages[payer]
        if self._people.business[payer]:
            return names.company(self._keys[payer], language)
        return names.person(self._keys[payer], language)

    def lines(self, day: Day, payments: Payments) -> Iterator[tuple[int, str, str]]:
        """For each payment: the payer's number, the payment's id and its JSON without newline."""
        date, month = day.date.isoformat(), (day.date.month, day.date.year, day.date.day)
        currency = self._spec.currency
        columns = (
            payments.key, payments.moment, payments.payer, payments.use, payments.channel,
            payments.status, payments.cents, payments.payee, payments.device, payments.country,
            payments.family, payments.memo, payments.rail,
        )  # fmt: skip
        for row in zip(*(column.tolist() for column in columns), strict=True):
            (
                key,
                moment,
                payer,
                use,
                channel,
                status,
                cents,
                payee,
                device,
                country,
                family,
                memo,
                rail,
            ) = row
            fragment, payee_name = self._payee(payee)
            amount = self._amount(cents)
            identity = f"{key:016x}"
            tail = ""
            if device:
                tail = _device(device, country)
            if family:
                facts = memos.Facts(
                    payee_name, self._name(payer), month[0], month[1], month[2], amount
                )
                text = memos.write("en", family, memo, key, facts, rail)
                tail += f',"memo":{_text(text)}'
            yield (
                payer,
                identity,
                (
                    f'{{"id":"{identity}","time":"{date}T{self._seconds[moment // 1000]}{moment % 1000:03d}Z",'
                    f'"kind":"{KINDS_OF[use]}","channel":"{CHANNELS[channel]}","status":"{STATUSES[status]}",'
                    f'"amount":"{amount}","currency":"{currency}",{self._payer(payer)},{fragment}{tail}}}'
                ),
            )

    def _amount(self, cents: int) -> str:
        minor = max(1, round(cents * self._price)) if self._price != 1 else cents
        if not self._digits:
            return str(minor)
        return f"{minor // self._unit}.{minor % self._unit:0{self._digits}d}"

    def _describe_payer(self, payer: int) -> str:
        country = self._homes[payer]
        account = names.account(self._account_key(PAYER, country, 0, payer), country)
        return f'"payer":{{"id":"{payer_id(payer)}","account":"{account}","country":"{COUNTRIES[country]}"}}'

    def _account_key(self, sort: int, country: int, version: int, index: int) -> int:
        return fold_one(self._spec.seed, 90, sort, country, version, index)

    def _describe_payee(self, reference: int) -> tuple[str, str]:
        sort, country, version, index = unpack(reference)
        key = self._account_key(sort, country, 0, index)
        name = self.payee_name(sort, country, index, key)
        detail = self._account_key(sort, country, version, index)
        code = COUNTRIES[country]
        if sort in (MERCHANT, MACHINE):
            use, _ = merchant_place(index)
            codes = USES[use].codes
            return (
                f'"payee":{{"id":"m{key % 16**9:09x}","name":{_text(name)},"country":"{code}"}},'
                f'"merchant":{{"id":"m{key % 16**9:09x}","category":"{codes[(key >> 40) % len(codes)]}"}}'
            ), name
        account = names.account(detail, country)
        return (
            f'"payee":{{"id":"y{detail % 16**11:011x}","name":{_text(name)},'
            f'"account":"{account}","country":"{code}"}}'
        ), name

    def payee_name(self, sort: int, country: int, index: int, key: int) -> str:
        """What a payee is called."""
        language = names.spoken(country)
        if sort == MERCHANT:
            return names.descriptor(key, language, merchant_place(index)[0] in (4, 5))
        if sort == MACHINE:
            return f"{names.descriptor(key, language, False)[:20]} ATM"
        if sort == PAYER:
            return self._name(index)
        if sort == OWN:
            return self._name(index // 4)
        if sort == EXCHANGE:
            return _EXCHANGES[index % len(_EXCHANGES)]
        if sort == OFFICE:
            return _OFFICES[index % len(_OFFICES)]
        if sort == CREDITOR:
            return names.creditor(key, language, merchant_place(index)[0])
        if sort == COMPANY:
            return names.company(key, language)
        return names.person(key, language)


KINDS_OF = tuple(use.kind for use in USES)


def payer_id(payer: int) -> str:
    """The key of a payer's records."""
    return f"P{payer + 1:07d}"


def _device(word: int, country: int) -> str:
    """Addresses are those reserved for documentation."""
    net = word >> 20
    if net % 10 < 3:
        address = (
            f"{('192.0.2', '198.51.100', '203.0.113')[net // 10 % 3]}.{net // 30 % 254 + 1}"
        )
    else:
        address = f"2001:db8:{net & 0xFFFF:x}:{net >> 16 & 0xFFFF:x}::{net >> 32 & 0xFF:x}"
    return f',"device":{{"id":"d{word & 0xFFFFFFFFFFF:011x}","ip":"{address}","country":"{COUNTRIES[country]}"}}'
