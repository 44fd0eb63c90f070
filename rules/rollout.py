"""Which payments a rollout covers: stable, and growing with the percentage."""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Final

from rules.model import Dossier
from rules.vocabulary import Scalar

BUCKETS: Final = 10_000


def covers(rule: Dossier, values: Mapping[str, Scalar]) -> bool:
    """Whether the rule may act; a payment without the value of `by` is in the control group.

    The bucket depends on the rule's id and the value only, so a greater percentage covers all
    that a smaller one did, and two rules do not pick the same group.
    """
    rollout = rule.rollout
    if rollout is None:
        return True
    value = values.get(rollout.by)
    if value is None:
        return False
    key = rule.id.encode()
    digest = blake2b(str(value).encode(errors="replace"), digest_size=8, key=key).digest()
    return int.from_bytes(digest, "big") % BUCKETS < rollout.percent * (BUCKETS / 100)
