"""The specification of the codecs once more, in plain Python, as slow and as close to its text as can be.

It shares nothing with the package: whole numbers, bytes and loops only.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product


def decode(config, data):
    """Decode a chunk with a sound configuration."""
    return {"vspec.gather": gather, "vspec.bits": bits, "vspec.ibm32": ibm32}[config["id"]](config, data)


def offsets_of(axis):
    if "offsets" in axis:
        return axis["offsets"]
    return [i * axis["stride"] for i in range(axis["size"])]


def gather(config, data):
    item, axes, offset = config["item"], config["axes"], config.get("offset", 0)
    (records,) = [axis for axis in axes if "records" in axis]
    farthest = offset + sum(max(offsets_of(axis)) for axis in axes if axis is not records)
    reach = farthest + item
    count = 0
    while count * records["stride"] + reach <= len(data):
        count += 1
    assert count in {records["records"], records.get("last")}
    steps = []
    for axis in axes:
        if axis is not records:
            steps.append(offsets_of(axis))
            continue
        numbers = list(range(count))
        if records.get("reverse"):
            numbers.reverse()
        starts = [number * records["stride"] for number in numbers]
        steps.append(starts + [None] * (records["records"] - count))
    out = bytearray()
    for element in product(*steps):
        if None in element:
            out += bytes(item)
        else:
            start = offset + sum(element)
            assert 0 <= start <= len(data) - item
            out += data[start : start + item]
    return bytes(out)


def bits(config, data):
    size = int(config["dtype"][2:])
    out = bytearray()
    assert len(data) % config["word"] == 0
    for start in range(0, len(data), config["word"]):
        word = int.from_bytes(data[start : start + config["word"]], config["endian"])
        for ranges in config["values"]:
            value = width = 0
            for first, last in ranges:
                for bit in range(first, last + 1):
                    value += (word >> bit & 1) << width
                    width += 1
            if config["sign"] == "twos-complement" and value >= 1 << (width - 1):
                value -= 1 << width
            if config["sign"] == "offset-binary":
                value -= 1 << (width - 1)
            out += value.to_bytes(size, "little", signed=value < 0)
    return bytes(out)


def ibm32(config, data):
    out = bytearray()
    assert len(data) % 4 == 0
    for start in range(0, len(data), 4):
        word = int.from_bytes(data[start : start + 4], config["endian"])
        exponent = (word >> 24) & 0x7F
        value = Fraction(word & 0xFFFFFF) * Fraction(16) ** (exponent - 64) / 2**24
        out += ieee(value, word >> 31, config["dtype"])
    return bytes(out)


def ieee(value, sign, dtype):
    """Encode a fraction that is not negative, rounded to the nearest, ties to even."""
    fraction_bits, least, size = {"<f4": (23, -149, 4), "<f8": (52, -1074, 8)}[dtype]
    exponent = least
    while value >= Fraction(2) ** (exponent + fraction_bits + 1):
        exponent += 1
    mantissa = round(value / Fraction(2) ** exponent)  # of a half, Python takes the even neighbour
    # A subnormal number has exponent 0 and no hidden bit, so that the sum is right for it, too.
    encoded = mantissa + ((exponent - least) << fraction_bits)
    infinity = (1 << (8 * size - 1)) - (1 << fraction_bits)
    return (min(encoded, infinity) | sign << (8 * size - 1)).to_bytes(size, "little")
