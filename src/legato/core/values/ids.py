"""Derived names: the same reasons give the same id, on every replay."""

from functools import lru_cache
from hashlib import blake2b
from struct import Struct as Layout

_words = Layout("<I").iter_unpack


def derive_id(*reasons: object) -> str:
    """Hash the reasons for a thing into its name: 16 hexadecimal digits of BLAKE2b."""
    return blake2b("\x1f".join(map(str, reasons)).encode(), digest_size=8).hexdigest()


@lru_cache(maxsize=1 << 14)
def murmur2(key: bytes) -> int:
    """Hash a key as Kafka's Java producer does (Murmur2, seed 0x9747b28c), made positive.

    What two slots say to each other names both again and again, so the last keys are kept.
    """
    length, mask, mix = len(key), 0xFFFFFFFF, 0x5BD1E995
    value = 0x9747B28C ^ length
    whole = length & ~3
    for (word,) in _words(key[:whole]):
        word = word * mix & mask
        value = (value * mix ^ (word ^ word >> 24) * mix) & mask
    if length > whole:
        value = (value ^ int.from_bytes(key[whole:], "little")) * mix & mask
    value = (value ^ value >> 13) * mix & mask
    return (value ^ value >> 15) & 0x7FFFFFFF
