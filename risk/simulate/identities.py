"""Who is who in the bytes: the JSON of payers, payees and devices."""

from functools import lru_cache

import msgspec

from risk.simulate import names
from risk.simulate.accounts import account
from risk.simulate.payees import (
    COMPANY,
    CREDITOR,
    EXCHANGE,
    LANDLORDS,
    MACHINE,
    MERCHANT,
    OFFICE,
    OWN,
    PAYER,
    kind_of,
    pack,
    unpack,
    use_of,
)
from risk.simulate.people import COUNTRIES, LANGUAGES, People
from risk.simulate.stream import MASK, fold_one, mix_one
from risk.simulate.uses import KINDS_OF, USES

_REMEMBERED = 250_000
_VERSION = 0x3F << 38
_DOCUMENTATION = ("192.0.2", "198.51.100", "203.0.113")


def payer_id(payer: int) -> str:
    """What a payer's records are keyed by."""
    return f"P{payer + 1:07d}"


def text(value: str) -> str:
    """The value as a JSON string."""
    return msgspec.json.encode(value).decode()


@lru_cache(_REMEMBERED)
def device(word: int, country: int) -> str:
    """A device's JSON; its address is one of those reserved for documentation."""
    net = word >> 20
    if net % 10 < 3:
        address = f"{_DOCUMENTATION[net // 10 % 3]}.{net // 30 % 254 + 1}"
    else:
        address = f"2001:db8:{net & 0xFFFF:x}:{net >> 16 & 0xFFFF:x}::{net >> 32 & 0xFF:x}"
    return (
        f',"device":{{"id":"d{word & 0xFFFFFFFFFFF:011x}","ip":"{address}",'
        f'"country":"{COUNTRIES[country]}"}}'
    )


def _category(key: int, kinds: int) -> int:
    return (key >> 48 & 0xFFF) % kinds


class Identities:
    """Names, accounts and identifiers of one world."""

    def __init__(self, seed: int, people: People):
        self._salt = fold_one(seed, 90)
        self._languages = [LANGUAGES[number] for number in people.language.tolist()]
        self._homes = people.country.tolist()
        self._business = people.business.tolist()
        self._keys = people.key.tolist()
        self.name = lru_cache(_REMEMBERED)(self._name)
        self.payer = lru_cache(_REMEMBERED)(self._payer)
        self.payee = lru_cache(_REMEMBERED)(self._payee)

    def language(self, payer: int) -> str:
        """The payer's language."""
        return self._languages[payer]

    def _name(self, payer: int) -> str:
        call = names.company if self._business[payer] else names.person
        return call(self._keys[payer], self._languages[payer])

    def _payer(self, payer: int) -> str:
        """A payer's JSON."""
        country = self._homes[payer]
        number = account(self._key(int(pack(PAYER, country, 0, payer))), country)
        return (
            f'"payer":{{"id":"{payer_id(payer)}","account":"{number}",'
            f'"country":"{COUNTRIES[country]}"}}'
        )

    def _key(self, reference: int) -> int:
        return mix_one((reference + self._salt) & MASK)

    def _payee(self, reference: int) -> tuple[str, str]:
        """A payee's JSON (a shop's merchant with it) and its name.

        A new account is a new identifier: all that a bank knows of a payee is where money goes.
        """
        sort, country, _, index = unpack(reference)
        key = self._key(reference & ~_VERSION)
        name = self._payee_name(sort, names.SPOKEN[country], index, key)
        code = COUNTRIES[country]
        if sort in (MERCHANT, MACHINE):
            identity = f"m{key & 0xFFFFFFFFF:09x}"
            codes = USES[use_of(index)].codes
            category = codes[_category(key, len(codes))]
            return (
                f'"payee":{{"id":"{identity}","name":{text(name)},"country":"{code}"}},'
                f'"merchant":{{"id":"{identity}","category":"{category}"}}'
            ), name
        key = self._key(reference)
        return (
            f'"payee":{{"id":"y{key >> 20:011x}","name":{text(name)},'
            f'"account":"{account(key, country)}","country":"{code}"}}'
        ), name

    def _payee_name(self, sort: int, language: str, index: int, key: int) -> str:
        if sort in (MERCHANT, MACHINE):
            use = USES[use_of(index)]
            kinds = len(use.codes)
            return names.descriptor(key, language, use.name, _category(key, kinds), kinds)
        if sort in (PAYER, OWN):
            return self.name(index if sort == PAYER else index // 4)
        if sort == CREDITOR:
            use, kinds = USES[use_of(index)], int(KINDS_OF[use_of(index)])
            return names.creditor(key, language, use.name, kind_of(index), kinds)
        if sort == COMPANY and index >= LANDLORDS:
            return names.company(key, language, "landlord")
        if sort in (OFFICE, EXCHANGE):
            return (
                names.office(key, language, index) if sort == OFFICE else names.exchange(index)
            )
        return (names.company if sort == COMPANY else names.person)(key, language)
