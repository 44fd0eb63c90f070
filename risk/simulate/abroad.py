"""Where money goes when it leaves the country: to shops, and to people."""

from collections.abc import Mapping

import numpy as np

from risk.simulate.people import COUNTRIES
from risk.simulate.stream import Ints, Words, pick, shares

_SELLING = {  # where shops abroad are
    "US": 28, "DE": 13, "GB": 13, "NL": 8, "IE": 7, "FR": 7, "CN": 6, "ES": 5, "LU": 3, "SE": 3,
    "IT": 2, "PL": 1, "HK": 1, "LT": 0.8, "RO": 0.7, "TR": 0.7, "CZ": 0.5, "CH": 0.5,
}  # fmt: skip
_RECEIVING = {  # where money is sent to
    "DE": 12, "ES": 10, "GB": 10, "RO": 9, "TR": 8, "PL": 8, "LT": 7, "FR": 6, "MA": 6, "US": 6,
    "IT": 5, "PT": 4, "CY": 3, "TH": 3, "EE": 2, "AE": 1,
}  # fmt: skip


def _places(shares_of: Mapping[str, float]) -> tuple[Ints, Ints]:
    return np.array([COUNTRIES.index(code) for code in shares_of]), shares(
        list(shares_of.values())
    )


_SELLERS, _SELLER_SHARES = _places(_SELLING)
_RECEIVERS, _RECEIVER_SHARES = _places(_RECEIVING)


def shop_abroad(words: Words) -> Ints:
    """A country where people buy from afar."""
    return _SELLERS[pick(words, _SELLER_SHARES)]


def receiver_abroad(words: Words) -> Ints:
    """A country where people send money to."""
    return _RECEIVERS[pick(words, _RECEIVER_SHARES)]
