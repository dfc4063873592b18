"""How samples are unpacked: each as one or a few loads of machine words at odd addresses, then two shifts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from vspec.codecs.findings import Bytes

_BLOCK = 1 << 16
_MARGIN = 8

Range = tuple[int, int]
Plain = tuple[Literal["little", "big"], bool]


@dataclass(frozen=True, slots=True)
class Load:
    """Bits ``low`` to ``low + width`` of an unsigned number at byte ``at`` of each word.

    ``at`` may lie before the word, and the number may reach over its end, by less than 8 bytes.
    ``place`` is the bit of the value that the lowest of them becomes.
    """

    dtype: np.dtype[np.generic]
    at: int
    low: int
    width: int
    place: int


@dataclass(frozen=True, slots=True)
class Unpacking:
    """What to do with words of ``word`` bytes: ``loads`` has a tuple for each value, ``widths`` its bits.

    ``plain`` is the bit order of numpy's own unpacking where the values are all bits of the word, and
    whether the bytes of a word must be turned round for it.
    """

    word: int
    loads: tuple[tuple[Load, ...], ...]
    widths: tuple[int, ...]
    sign: str
    dtype: np.dtype[np.generic]
    plain: Plain | None

    @classmethod
    def of(
        cls, word: int, endian: str, values: Sequence[Sequence[Range]], form: tuple[str, str]
    ) -> Unpacking:
        """Work out the loads for values that have been checked; ``form`` is their sign and dtype."""
        loads, widths = [], []
        for value in values:
            width = sum(last - first + 1 for first, last in value)
            place, parts = 0, []
            for first, last in value:
                parts.append(_load(word, endian, (first, last), (place, width)))
                place += last - first + 1
            loads.append(tuple(parts))
            widths.append(width)
        sign, dtype = form
        plain = None
        if sign == "unsigned" and np.dtype(dtype).itemsize == 1:
            plain = _plain(word, endian, values)
        return cls(word, tuple(loads), tuple(widths), sign, np.dtype(dtype), plain)

    def unpack(self, data: Bytes, count: int) -> Bytes:
        """Return the values of ``count`` words."""
        if self.plain is not None:
            order, turn = self.plain
            return np.unpackbits(_turned(data, self.word) if turn else data, bitorder=order)
        out = np.empty((count, len(self.loads)), self.dtype)
        for start in range(0, count, _BLOCK):
            stop = min(start + _BLOCK, count)
            self._block(data, (start, stop), out[start:stop])
        return out.reshape(-1).view(np.uint8)

    def _block(self, data: Bytes, span: tuple[int, int], out: NDArray[np.generic]) -> None:
        start, stop = span[0] * self.word, span[1] * self.word
        base = start
        if start < _MARGIN or stop + _MARGIN > len(data):
            padded = np.zeros(stop - start + 2 * _MARGIN, np.uint8)
            padded[_MARGIN:-_MARGIN] = data[start:stop]
            data, base = padded, _MARGIN
        for number, (loads, width) in enumerate(zip(self.loads, self.widths, strict=True)):
            target = out[:, number]
            views = [
                np.ndarray((len(out),), load.dtype, data.data, base + load.at, (self.word,)) for load in loads
            ]
            if len(loads) == 1:
                self._shift(_native(views[0], target), loads[0], target)
            else:
                joined = _joined(views, loads, width)
                self._shift(joined, Load(joined.dtype, 0, 0, width, 0), target)

    def _shift(self, number: NDArray[np.unsignedinteger], load: Load, target: NDArray[np.generic]) -> None:
        above = 8 * number.itemsize - load.low - load.width
        down = load.low
        if self.sign == "unsigned":
            if above:
                mask = ((1 << load.width) - 1) << load.low
                np.bitwise_and(number, number.dtype.type(mask), out=number)
            shifted: NDArray[np.integer] = number
        else:
            self._turn(number, load.low + load.width - 1)
            shifted = number.view(f"i{number.itemsize}")
            if above:
                np.left_shift(shifted, above, out=shifted)
                down += above
        if down:
            np.right_shift(shifted, down, out=shifted)
        _store(shifted, target)

    def _turn(self, number: NDArray[np.unsignedinteger], top: int) -> None:
        """Make two's complement of offset binary: its top bit is the other way round."""
        if self.sign == "offset-binary":
            np.bitwise_xor(number, number.dtype.type(1 << top), out=number)


def _native(view: NDArray[np.unsignedinteger], target: NDArray[np.generic]) -> NDArray[np.unsignedinteger]:
    """Return the numbers in the machine's byte order: in the target's own memory where they fit."""
    native = view.dtype.newbyteorder("=")
    if target.dtype.isnative and target.dtype.itemsize == native.itemsize and target.flags.c_contiguous:
        number: NDArray[np.unsignedinteger] = target.view(native)
        np.copyto(number, view)
        return number
    return view.astype(native)


def _joined(
    views: Sequence[NDArray[np.unsignedinteger]], loads: Sequence[Load], width: int
) -> NDArray[np.unsignedinteger]:
    total = np.zeros(len(views[0]), f"u{next(n for n in (1, 2, 4, 8) if 8 * n >= width)}")
    for view, load in zip(views, loads, strict=True):
        number = view.astype(view.dtype.newbyteorder("="))
        np.right_shift(number, load.low, out=number)
        np.bitwise_and(number, number.dtype.type((1 << load.width) - 1), out=number)
        part = number.astype(total.dtype, copy=False)
        np.left_shift(part, load.place, out=part)
        np.bitwise_or(total, part, out=total)
    return total


def _store(number: NDArray[np.integer], target: NDArray[np.generic]) -> None:
    if not np.may_share_memory(number, target):
        np.copyto(target, number, casting="unsafe")


def _load(word: int, endian: str, span: Range, value: Range) -> Load:
    """Return the load for a range of bits that becomes bits ``place`` and up of a value."""
    first, last = span
    place, _ = value
    width = last - first + 1
    low_byte, high_byte = first // 8, last // 8
    size = next(n for n in (1, 2, 4, 8) if n > high_byte - low_byte)
    if endian == "big":
        # The most significant byte comes first: take it as the number's own first byte.
        at = word - 1 - high_byte
        low = first - 8 * (high_byte + 1 - size)
        return Load(np.dtype(f">u{size}"), at, low, width, place)
    # The most significant byte is the number's last one, so that whole bytes need no shift to the left.
    at = high_byte + 1 - size
    return Load(np.dtype(f"<u{size}"), at, first - 8 * at, width, place)


def _plain(word: int, endian: str, values: Sequence[Sequence[Range]]) -> Plain | None:
    """Return how numpy's own unpacking gives the values, where they are all bits of the word in order."""
    if any(len(value) != 1 or value[0][0] != value[0][1] for value in values):
        return None
    bits = [value[0][0] for value in values]
    upwards = list(range(8 * word))
    if bits == upwards:
        return "little", endian == "big" and word > 1
    if bits == upwards[::-1]:
        return "big", endian == "little" and word > 1
    return None


def _turned(data: Bytes, word: int) -> Bytes:
    """Return the bytes of each word the other way round."""
    if word in (2, 4, 8):
        return data.view(f"u{word}").byteswap().view(np.uint8)
    return np.ascontiguousarray(data.reshape(-1, word)[:, ::-1]).reshape(-1)
