"""A placed field: its element type, axes and bytes, and how its value is read."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vspec.card.model import Field
from vspec.codecs import unpacker
from vspec.datatypes import ElementType, Endian, TextType
from vspec.errors import Problem, VspecError, fail
from vspec.expressions import Value, as_column
from vspec.header.located import Located, stored_axes, strides
from vspec.header.text_values import Unfit, scalar
from vspec.layout import InnerAxis, Int64
from vspec.sources import PastEnd

MAX_READ = 64 * 2**20
"""Bytes that one header value may take."""

MAX_TEXTS = 10**6
"""Texts that a column may have: they are read one by one."""

WINDOW, LENT = 4 * 2**20, 16 * 2**20
FAR_APART = 8 * 2**10
"""Rows whose fields lie farther apart than this many bytes are read one by one, others in windows."""


Blank = Callable[[], Value] | None
"""What blanks are worth in a text that is read as a number; None where they are an error."""


class Bytes(Protocol):
    """An open file, as the header needs it."""

    @property
    def size(self) -> int: ...

    def read(self, offset: int, n: int) -> bytes: ...

    def view(self, offset: int, n: int) -> NDArray[np.uint8]: ...

    def lend(self, offset: int, n: int) -> NDArray[np.uint8] | None: ...

    def pieces(self, offsets: Sequence[int], n: int) -> NDArray[np.uint8]: ...

    def find(self, needle: bytes, start: int) -> int | None: ...


@dataclass(frozen=True, slots=True)
class View:
    """A file of the data set: its index in the file table, its name for messages, its bytes."""

    index: int
    name: str
    bytes: Bytes


@dataclass(frozen=True, slots=True)
class Spot:
    """A field where it lies: ``nbytes`` from ``offset``, elements along ``axes`` (C order).

    ``item`` is the bytes of one element: of a number, or of one text of its given length. Texts up
    to a terminator have ``ends`` instead: where each of them ends, its ``mark`` bytes included.
    """

    field: Field
    kind: ElementType | TextType
    item: int
    endian: Endian
    offset: int
    axes: tuple[tuple[str, int], ...] = ()
    ends: tuple[int, ...] | None = None
    mark: int = 0

    @property
    def count(self) -> int:
        """Number of elements."""
        return math.prod(size for _, size in self.axes)

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        if self.ends is not None:
            return (self.ends[-1] if self.ends else self.offset) - self.offset
        if isinstance(self.kind, ElementType):
            return self.kind.span(self.count, self.endian)
        return self.count * self.item

    def slices(self) -> list[tuple[int, int]]:
        """Return where each text starts and stops, counted from ``offset``, without its terminator."""
        if self.ends is None:
            return [(i * self.item, (i + 1) * self.item) for i in range(self.count)]
        starts = (self.offset, *self.ends)
        return [
            (start - self.offset, stop - self.mark - self.offset)
            for start, stop in zip(starts, self.ends, strict=False)
        ]

    def inner(self) -> tuple[InnerAxis, ...]:
        """Return the axes with their byte strides."""
        return strides(self.axes, self.item)


def locate(spot: Spot, view: View) -> Located:
    """Return a field of numbers as something an array can be made of."""
    assert isinstance(spot.kind, ElementType)
    inner, inside = stored_axes(spot.axes, spot.kind)
    return Located(
        element=spot.kind,
        endian=spot.endian,
        file=np.array([view.index], np.int64),
        first=np.array([spot.offset], np.int64),
        place=spot.field.place,
        inner=inner,
        inside=inside,
    )


def read(spot: Spot, view: View, blank: Blank = None) -> Value:
    """Return the value of a field: a scalar, or a column of its axes' shape; blanks are worth ``blank``.

    Raises V0301 where the file ends too early, V0920 where the value is too large to be a header
    value, V0306 and V0307 for text that cannot be decoded or converted.
    """
    if spot.nbytes > MAX_READ:
        raise fail(
            "V0920",
            f"{view.name}: '{spot.field.name}' is {spot.nbytes} bytes: too large to read as a header value",
            spot.field.place,
            expected=f"at most {MAX_READ} bytes",
            help="data belongs in 'arrays: from:', where it is only located",
        )
    if not isinstance(spot.kind, ElementType):
        require_few_texts(spot, view, spot.count)
    raw = take(view, spot.offset, spot.nbytes, spot.field)
    if isinstance(spot.kind, ElementType):
        return numbers(_stored(np.frombuffer(raw, np.uint8), spot, spot.kind), spot)
    return _texts(raw, spot, view, blank)


def _stored(raw: NDArray[np.uint8], spot: Spot, kind: ElementType) -> NDArray[np.generic]:
    """Return the numbers that stand in the bytes of a field."""
    if kind.packing is None:
        return raw.view(kind.dtype(spot.endian))
    if len(raw) % kind.nbytes:
        raw = np.pad(raw, (0, -len(raw) % kind.nbytes))
    decoded: NDArray[np.generic] = unpacker(kind, spot.endian).decode(raw).view(kind.dtype(spot.endian))
    return decoded[: spot.count]


def take(view: View, offset: int, nbytes: int, field: Field) -> bytes:
    """Return bytes of the file, or raise V0301 that names the field."""
    try:
        return view.bytes.read(offset, nbytes)
    except PastEnd:
        raise past_end(view, offset, nbytes, field) from None


def past_end(view: View, offset: int, nbytes: int, field: Field) -> VspecError:
    """Return the error for bytes that the file does not have."""
    size = view.bytes.size
    return VspecError(
        [
            Problem(
                "V0301",
                f"{view.name} ends before '{field.name}'",
                field.place,
                data_file=view.name,
                offset=offset,
                expected=f"{nbytes} bytes at byte {offset}",
                found=f"a file of {size} bytes",
                help="is the file cut short, still being written, or of another version of the format?",
            )
        ]
    )


def numbers(array: NDArray[np.generic], spot: Spot) -> Value:
    """Return numbers as the expression engine wants them, in the field's shape."""
    if array.dtype.kind == "c":
        raise fail(
            "V0303", f"'{spot.field.name}' is complex: it can be located, not computed with", spot.field.place
        )
    column = as_column(array, spot.field.place).reshape([size for _, size in spot.axes])
    if spot.axes:
        return column
    return _plain(column)


def _plain(column: NDArray[np.generic]) -> Value:
    item: int | float | bool = column.reshape(-1)[0].item()
    return item


def _texts(raw: bytes, spot: Spot, view: View, blank: Blank) -> Value:
    if isinstance(spot.kind, TextType) and spot.kind.encoding is None:
        return raw if not spot.axes else [raw[start:stop] for start, stop in spot.slices()]
    places = spot.slices()
    items = [_text(raw[start:stop], spot, view, start) for start, stop in places]
    values = [
        _instead(spot.field, blank()) if blank and not text.strip() else _convert(text, spot, view, start)
        for text, (start, _) in zip(items, places, strict=True)
    ]
    if not spot.axes:
        return values[0]
    column = np.array(values, dtype=object if spot.field.convert in (None, "str") else None)
    return column.reshape([size for _, size in spot.axes])


def _text(raw: bytes, spot: Spot, view: View, start: int) -> str:
    encoding = spot.kind.encoding if isinstance(spot.kind, TextType) else None
    if encoding == "utf-16":
        encoding = "utf-16-le" if spot.endian == "little" else "utf-16-be"
        raw = raw[: len(raw) // 2 * 2]
    else:
        raw = raw.split(b"\0", 1)[0]
    try:
        text = raw.decode(encoding or "ascii")
    except UnicodeDecodeError as error:
        raise VspecError(
            [
                Problem(
                    "V0306",
                    f"'{spot.field.name}' is not {spot.kind.name} text",
                    spot.field.place,
                    data_file=view.name,
                    offset=spot.offset + start + error.start,
                    found=f"byte 0x{raw[error.start]:02x}",
                    help="try latin1(n), cp1252(n) or utf8(n)",
                )
            ]
        ) from None
    return text.split("\0", 1)[0].rstrip()


def _instead(field: Field, value: Value) -> int | float:
    """Return what ``else`` gives for blanks: a number, as the field is. Raises V0307."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and field.convert == "float":
        return value
    raise fail(
        "V0307",
        f"'{field.name}' is blank, and its 'else' is no {'whole ' if field.convert == 'int' else ''}number",
        field.default.text.place if field.default is not None else field.place,
        found=repr(value),
    )


def _convert(text: str, spot: Spot, view: View, start: int) -> str | int | float:
    convert = spot.field.convert
    if convert is None or convert == "str":
        return text.strip() if convert else text
    try:
        return scalar(text.strip(), convert)
    except Unfit as unfit:
        help = "leave out 'as' to read it as text"
        problem = Problem(
            "V0307",
            f"'{spot.field.name}' should be {'a whole number' if convert == 'int' else 'a number'}",
            spot.field.place,
            data_file=view.name,
            offset=spot.offset + start,
            expected=convert if unfit.code == "V0505" else unfit.expected,
            found=repr(text[:40]) if text else "blanks",
            help=help if text else f"{help}, or give the value to use instead with 'else'",
        )
        raise VspecError([problem]) from None


def strided(spot: Spot, view: View, count: int, stride: int, blank: Blank = None) -> Value:
    """Return the column of a field over ``count`` rows, ``stride`` bytes apart, by one strided access.

    The result has the axes (row, *field axes).
    """
    if not isinstance(spot.kind, ElementType):
        require_few_texts(spot, view, count * spot.count)
        rows = [read(_moved(spot, i * stride), view, blank) for i in range(count)]
        return np.array(rows, dtype=object if spot.field.convert in (None, "str") else None)
    require_readable(spot, view, count)
    if count == 0:
        return np.zeros((0, *(size for _, size in spot.axes)), np.int64)
    try:
        column = _column(spot, view, count, stride)
    except PastEnd:
        extent = (count - 1) * stride + spot.nbytes
        raise past_end(view, spot.offset, extent, spot.field) from None
    if column.dtype.kind == "c":
        raise fail(
            "V0303", f"'{spot.field.name}' is complex: it can be located, not computed with", spot.field.place
        )
    return as_column(column, spot.field.place)


def require_readable(spot: Spot, view: View, count: int) -> None:
    """Raise V0920 where the column of a field over ``count`` rows is too large for a header value."""
    if count * spot.nbytes > MAX_READ:
        raise fail(
            "V0920",
            f"{view.name}: the column '{spot.field.name}' is {count * spot.nbytes} bytes:"
            " too large for a header value",
            spot.field.place,
            expected=f"at most {MAX_READ} bytes",
            help="data belongs in 'arrays: from:', where it is only located",
        )


def require_few_texts(spot: Spot, view: View, count: int) -> None:
    """Raise V0920 for more texts than a column may have: of no length, they take no bytes of the file."""
    if count > MAX_TEXTS:
        message = f"{view.name}: the column '{spot.field.name}' is {count} texts"
        help = "is a count or the byte order wrong?"
        raise fail("V0920", message, spot.field.place, expected=f"at most {MAX_TEXTS}", help=help)


def _column(spot: Spot, view: View, count: int, stride: int) -> NDArray[np.generic]:
    """Return the numbers of a column as they are stored, read in bounded windows; raises `PastEnd`."""
    assert isinstance(spot.kind, ElementType)
    shape = [size for _, size in spot.axes]
    if spot.kind.packing is not None:
        return _packed_column(spot, view, count, stride)
    dtype = spot.kind.dtype(spot.endian)
    if stride > FAR_APART:
        rows = range(spot.offset, spot.offset + count * stride, stride)
        return np.ndarray((count, *shape), dtype, view.bytes.pieces(rows, spot.nbytes))
    strides = (stride, *(axis.stride for axis in spot.inner()))
    column: NDArray[np.generic] = np.empty((count, *shape), dtype)
    start = 0
    while start < count:
        raw = _window(spot, view, (start, count), stride)
        n = (len(raw) - spot.nbytes) // stride + 1 if stride else count
        column[start : start + n] = np.ndarray((n, *shape), column.dtype, raw, 0, strides)
        start += n
    return column


def _window(spot: Spot, view: View, rows: tuple[int, int], stride: int) -> NDArray[np.uint8]:
    """Return the bytes of a field in rows from the first of ``rows`` on, as many as are read at once."""
    start, stop = rows
    offset = spot.offset + start * stride

    def nbytes(window: int) -> int:
        count = min(stop - start, max(1, window // stride)) if stride else 1
        return (count - 1) * stride + spot.nbytes

    lent = view.bytes.lend(offset, nbytes(LENT))
    return view.bytes.view(offset, nbytes(WINDOW)) if lent is None else lent


def _packed_column(spot: Spot, view: View, count: int, stride: int) -> NDArray[np.generic]:
    assert isinstance(spot.kind, ElementType)
    raw = np.empty((count, spot.nbytes), np.uint8)
    for row in range(count):
        raw[row] = view.bytes.view(spot.offset + row * stride, spot.nbytes)
    return decoded(raw, spot)


def decoded(raw: NDArray[np.uint8], spot: Spot) -> NDArray[np.generic]:
    """Return the numbers of a field in many rows, from a table of its bytes (row, byte)."""
    assert isinstance(spot.kind, ElementType)
    count, shape = len(raw), [size for _, size in spot.axes]
    if spot.kind.packing is None:
        return raw.view(spot.kind.dtype(spot.endian)).reshape(count, *shape)
    words = unpacker(spot.kind, spot.endian).decode(raw).view(spot.kind.dtype(spot.endian))
    return words.reshape(count, -1)[:, : spot.count].reshape(count, *shape)


def _moved(spot: Spot, by: int) -> Spot:
    return replace(spot, offset=spot.offset + by)


def offsets(spot: Spot, count: int, stride: int) -> Int64:
    """Return where the field starts in each of ``count`` rows."""
    return spot.offset + np.arange(count, dtype=np.int64) * stride
