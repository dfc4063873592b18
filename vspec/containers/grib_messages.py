"""The messages of a GRIB file and the places of their packed values, by the sections' own numbers.

Sources: WMO Manual on Codes, FM 92 GRIB editions 1 (sections 0, 1, 4) and 2 (sections 0 and 5 to 7).
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from vspec.containers.cursor import Cursor
from vspec.containers.model import ContainerFile
from vspec.errors import VspecError

_LARGE = 0x800000
_LARGEST_EXPONENT = 300
_MOST_BYTES = 1 << 31


@dataclass(frozen=True, slots=True)
class Packing:
    """Simple packing: value = (``reference`` + X * 2^``binary``) * 10^-``decimal``, X of ``bits`` bits."""

    reference: float
    binary: int
    decimal: int
    bits: int

    @property
    def scale(self) -> float:
        """By what X is multiplied."""
        return _power(2.0, self.binary) * _power(10.0, -self.decimal)

    @property
    def offset(self) -> float:
        """What is added then."""
        return self.reference * _power(10.0, -self.decimal)


def _power(base: float, exponent: int) -> float:
    return float(base**exponent) if abs(exponent) < _LARGEST_EXPONENT else math.inf


@dataclass(frozen=True, slots=True)
class Message:
    """A message: where it is, how its values are packed (None: not simply), and where they begin.

    ``reason`` says why its values cannot be read in place; ``fields`` counts the fields in it, ``values`` the
    packed values.
    """

    at: int
    nbytes: int
    packing: Packing | None = None
    data: int = 0
    data_bytes: int = 0
    reason: str = ""
    fields: int = 1
    values: int = 0


def messages(file: ContainerFile) -> Iterator[Message]:
    """Yield the messages of a file; what lies between them is stepped over. Raises V0361."""
    at, size = 0, file.reader.size
    while True:
        found = file.reader.find(b"GRIB", at, max(0, size - at))
        if found is None:
            return
        message = _message(file, found)
        yield message
        at = found + message.nbytes


def _message(file: ContainerFile, at: int) -> Message:
    cursor = Cursor(file, at)
    head = cursor.take(8, "the start of a message")
    if head[7] == 2:
        nbytes = cursor.number(">u8", "a message's length")
        _require_end(file, at, nbytes, 20)
        return _edition_2(file, at, nbytes)
    if head[7] == 1:
        nbytes = int.from_bytes(head[4:7], "big")
        if nbytes & _LARGE:
            raise file.problem(
                "V0362", "a message of edition 1 has more than 8 MiB", at, found=f"{nbytes:#x}"
            )
        _require_end(file, at, nbytes, 12)
        return _edition_1(file, at, nbytes)
    raise file.problem(
        "V0361", "a message has an unknown edition", at + 7, expected="1 or 2", found=str(head[7])
    )


def _require_end(file: ContainerFile, at: int, nbytes: int, least: int) -> None:
    """Raise V0361 unless a message ends where its length says."""
    end = at + nbytes
    if (
        not least <= nbytes <= min(_MOST_BYTES, file.reader.size - at)
        or file.reader.read(end - 4, 4) != b"7777"
    ):
        raise file.problem(
            "V0361",
            "a message does not end where its length says",
            at,
            expected="7777 as its last four bytes",
            found=f"a length of {nbytes} in {file.reader.size - at} bytes",
            help="the file was cut short, or is still being written",
        )


def _wrong(file: ContainerFile, at: int, section: str) -> VspecError:
    return file.problem("V0361", f"{section} of a message leads outside it", at)


def _edition_2(file: ContainerFile, at: int, nbytes: int) -> Message:
    """Step through the sections: 4 bytes of length, one of number."""
    end, here = at + nbytes - 4, at + 16
    places: dict[int, tuple[int, int]] = {}
    fields = 0
    while here < end:
        if end - here < 5:
            raise _wrong(file, here, "a section")
        length, number = struct.unpack(">IB", file.reader.read(here, 5))
        if length < 5 or length > end - here:
            raise _wrong(file, here, f"section {number}")
        places[number] = (here, length)
        fields += number == 7
        here += length
    if not {5, 6, 7} <= places.keys():
        raise file.problem(
            "V0361", "a message lacks the sections of its values", at, expected="sections 5, 6, 7"
        )
    (start, length), (bitmap, _), (data, data_length) = places[5], places[6], places[7]
    template = _number(file, start + 9, 2) if length >= 21 else -1
    reason = "" if template == 0 else "its values are packed in a way that needs a library"
    if not reason and file.reader.read(bitmap, 6)[5] != 255:
        reason = "a bitmap tells which points have values"
    packing = None
    if template == 0:
        (reference,) = struct.unpack(">f", file.reader.read(start + 11, 4))
        binary, decimal = (_signed(_number(file, start + k, 2), 16) for k in (15, 17))
        packing = Packing(reference, binary, decimal, _number(file, start + 19, 1))
    values = _number(file, start + 5, 4) if length >= 9 else 0
    return Message(at, nbytes, packing, data + 5, data_length - 5, reason, fields, values)


def _edition_1(file: ContainerFile, at: int, nbytes: int) -> Message:
    """Step from the product definition, by what it says is there, to the binary data."""
    end, here = at + nbytes - 4, at + 8
    length = _section(file, here, end, 28)
    flags, decimal = _number(file, here + 7, 1), _signed(_number(file, here + 26, 2), 16)
    here += length
    reason = "a bitmap tells which points have values" if flags & 0x40 else ""
    for bit in (0x80, 0x40):
        if flags & bit:
            here += _section(file, here, end, 6)
    length = _section(file, here, end, 11)
    kind = _number(file, here + 3, 1) >> 4
    if kind & 0b1101:
        reason = "its values are packed in a way that needs a library"
    packing = Packing(
        _ibm(file.reader.read(here + 6, 4)),
        _signed(_number(file, here + 4, 2), 16),
        decimal,
        _number(file, here + 10, 1),
    )
    unused = _number(file, here + 3, 1) & 0xF
    values = (8 * (length - 11) - unused) // packing.bits if packing.bits else 0
    return Message(at, nbytes, packing, here + 11, length - 11, reason, values=values)


def _section(file: ContainerFile, at: int, end: int, least: int) -> int:
    """Return a section's length, which stands in its first three bytes."""
    length = _number(file, at, 3) if end - at >= 3 else 0
    if not least <= length <= end - at:
        raise _wrong(file, at, "a section")
    return length


def _number(file: ContainerFile, at: int, n: int) -> int:
    return int.from_bytes(file.reader.read(at, n), "big")


def _signed(value: int, bits: int) -> int:
    """Return a number whose first bit is its sign."""
    sign = 1 << (bits - 1)
    return -(value & (sign - 1)) if value & sign else value


def _ibm(raw: bytes) -> float:
    """Return a hexadecimal floating point number of four bytes."""
    value = int.from_bytes(raw, "big")
    magnitude = (value & 0xFFFFFF) / 2**24 * 16.0 ** ((value >> 24 & 0x7F) - 64)
    return -magnitude if value >> 31 else magnitude
