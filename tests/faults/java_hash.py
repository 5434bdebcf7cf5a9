"""Which partition of its internal topics Kafka keeps a name in."""


def java_hash(text: str) -> int:
    """Hash text as Java does, made positive as Kafka does."""
    value = 0
    for letter in text:
        value = (value * 31 + ord(letter)) & 0xFFFFFFFF
    return value & 0x7FFFFFFF
