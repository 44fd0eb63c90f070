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
    values |= _parties(transaction)
    for name, value in transaction.attributes.items():
        values[f"attributes.{name}"] = value
    return values


def _parties(transaction: Transaction) -> dict[str, Scalar]:
    payee, merchant, device = transaction.payee, transaction.merchant, transaction.device
    home = transaction.payer.country
    found: dict[str, Scalar | None] = {"payer_country": home}
    if payee is not None:
        found["payee_id"] = payee.id
        found["payee_country"] = payee.country
    if merchant is not None:
        found["merchant_id"] = merchant.id
        found["merchant_category"] = merchant.category
    if device is not None:
        found["device_id"] = device.id
        found["device_country"] = device.country
        found["ip"] = device.ip
    if home is not None:
        abroad = (found.get("payee_country"), found.get("device_country"))
        countries = [country for country in abroad if country is not None]
        if countries:
            found["is_foreign"] = any([country != home for country in countries])
    return {name: value for name, value in found.items() if value is not None}
