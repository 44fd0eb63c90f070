"""The values that a payment's own fields give."""

from features.transaction import Scalar, Transaction

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US


def payment_values(
    transaction: Transaction, base_minor: int | None, base_exponent: int
) -> dict[str, Scalar]:
    """Every known value of `features.catalogue.PAYMENT`, and `attributes.<name>`.

    `base_minor` is the amount in minor units of the book's currency (None: no rate), which has
    `base_exponent` decimals. The amount is the float nearest to the decimal number, so that it
    equals the literal that an analyst writes.
    """
    at = transaction.at
    values: dict[str, Scalar] = {
        "currency": transaction.currency,
        "kind": transaction.kind,
        "status": transaction.status,
        "payer_id": transaction.payer.id,
        "hour": at // HOUR_US % 24,
        "weekday": (at // DAY_US + 3) % 7,  # 1970 began on a Thursday
    }
    if base_minor is not None:
        values["amount"] = base_minor / 10**base_exponent
    if transaction.channel is not None:
        values["channel"] = transaction.channel
    _add_parties(values, transaction)
    for name, value in transaction.attributes.items():
        values[f"attributes.{name}"] = value
    return values


def _add_parties(values: dict[str, Scalar], transaction: Transaction) -> None:
    payee, merchant, device = transaction.payee, transaction.merchant, transaction.device
    home = transaction.payer.country
    if home is not None:
        values["payer_country"] = home
    if payee is not None:
        _add(values, "payee_id", payee.id)
        _add_abroad(values, "payee_country", payee.country, home)
    if merchant is not None:
        _add(values, "merchant_id", merchant.id)
        _add(values, "merchant_category", merchant.category)
    if device is not None:
        _add(values, "device_id", device.id)
        _add(values, "ip", device.ip)
        _add_abroad(values, "device_country", device.country, home)


def _add(values: dict[str, Scalar], name: str, value: str | None) -> None:
    if value is not None:
        values[name] = value


def _add_abroad(
    values: dict[str, Scalar], name: str, country: str | None, home: str | None
) -> None:
    if country is not None:
        values[name] = country
        if home is not None and not values.get("is_foreign"):
            values["is_foreign"] = country != home
