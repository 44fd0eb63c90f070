"""The name of a text that is not the text: a keyed hash.

A plain hash of a memo could be guessed back (PCI DSS 3.5.1.1 asks for keys for that reason), so
caches, logs and records name a memo by this one.
"""

from hashlib import blake2b
from typing import Final

MIN_SECRET: Final = 16
_SIZE: Final = 16


class Fingerprint:
    """Names texts under one secret. Equal texts, equal names; other secrets, other names."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < MIN_SECRET:
            raise ValueError(f"the secret has {len(secret)} bytes; at least {MIN_SECRET}")
        # blake2b takes keys up to 64 bytes; longer secrets are folded first.
        self._key = secret if len(secret) <= 64 else blake2b(secret).digest()

    def of(self, text: str) -> str:
        """32 hex digits. Lone surrogates are allowed: a text may hold anything."""
        data = text.encode("utf-8", "surrogatepass")
        return blake2b(data, key=self._key, digest_size=_SIZE).hexdigest()
