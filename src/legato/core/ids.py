"""Derived names: the same reasons give the same id, on every replay."""

from hashlib import blake2b


def derive_id(*reasons: object) -> str:
    """Hash the reasons for a thing into its name: 16 hexadecimal digits of BLAKE2b."""
    return blake2b("\x1f".join(map(str, reasons)).encode(), digest_size=8).hexdigest()


def murmur2(key: bytes) -> int:
    """Hash a key as Kafka's Java producer does (Murmur2, seed 0x9747b28c), made positive."""
    length, mask, mix = len(key), 0xFFFFFFFF, 0x5BD1E995
    value = 0x9747B28C ^ length
    for at in range(0, length - 3, 4):
        word = int.from_bytes(key[at : at + 4], "little") * mix & mask
        value = (value * mix & mask) ^ ((word ^ word >> 24) * mix & mask)
    if tail := key[length & ~3 :]:
        value = (value ^ int.from_bytes(tail, "little")) * mix & mask
    value = (value ^ value >> 13) * mix & mask
    return (value ^ value >> 15) & 0x7FFFFFFF
