"""Which partition a key goes to: murmur2, as Kafka's own clients have it."""

_M, _MASK, _SEED = 0x5BD1E995, 0xFFFFFFFF, 0x9747B28C


def partition_of(key: bytes, partitions: int) -> int:
    """The partition that every Kafka client chooses for that key."""
    return (_murmur2(key) & 0x7FFFFFFF) % partitions


def _murmur2(data: bytes) -> int:
    word = (_SEED ^ len(data)) & _MASK
    whole = len(data) & ~3
    for place in range(0, whole, 4):
        part = int.from_bytes(data[place : place + 4], "little") * _M & _MASK
        part = (part ^ part >> 24) * _M & _MASK
        word = (word * _M & _MASK) ^ part
    rest = data[whole:]
    if rest:
        word = (word ^ int.from_bytes(rest, "little")) * _M & _MASK
    word = (word ^ word >> 13) * _M & _MASK
    return word ^ word >> 15
