"""The partition that Kafka's clients choose for a key: murmur2, as in the Java client.

Written out so that files can be sharded as the topic is, without a Kafka client.
"""

_MASK = 0xFFFFFFFF
_M = 0x5BD1E995
_SEED = 0x9747B28C


def murmur2(data: bytes) -> int:
    """The 32-bit hash of the Java client, unsigned."""
    length = len(data)
    whole = length & ~3
    state = _SEED ^ length
    for at in range(0, whole, 4):
        word = int.from_bytes(data[at : at + 4], "little") * _M & _MASK
        word = (word ^ word >> 24) * _M & _MASK
        state = (state * _M & _MASK) ^ word
    if length > whole:
        state = (state ^ int.from_bytes(data[whole:], "little")) * _M & _MASK
    state = (state ^ state >> 13) * _M & _MASK
    return state ^ state >> 15


def partition_of(key: bytes | None, partitions: int) -> int:
    """Where a record with this key goes, 0 to `partitions` - 1; without a key to 0.

    A Kafka client spreads records without a key at will, so these have no place to reproduce.
    """
    if key is None or partitions == 1:
        return 0
    return (murmur2(key) & 0x7FFFFFFF) % partitions
