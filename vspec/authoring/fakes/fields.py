"""One field as it is written: its type and sizes, and values as bytes and as expressions see them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vspec.authoring.fakes import stored
from vspec.card.model import Field
from vspec.datatypes import ElementType, Endian, TextType
from vspec.errors import VspecError, fail
from vspec.expressions import Value


@dataclass(frozen=True, slots=True)
class Slot:
    """The space of a field: ``item`` bytes for each element along ``axes``, or texts up to ``mark``."""

    field: Field
    kind: ElementType | TextType
    item: int
    endian: Endian
    axes: tuple[tuple[str, int], ...] = ()
    mark: bytes = b""

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes along the axes."""
        return tuple(size for _, size in self.axes)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the axes, slowest first."""
        return tuple(name for name, _ in self.axes)

    @property
    def count(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    def first(self, filled: int | None) -> Slot:
        """Return the slot as if its slowest axis had ``filled`` positions only."""
        if filled is None:
            return self
        return replace(self, axes=((self.axes[0][0], filled), *self.axes[1:]))

    @property
    def nbytes(self) -> int:
        """Bytes of all elements: whole words, where they are packed."""
        if isinstance(self.kind, ElementType):
            return stored.size(self.kind, self.endian, self.count)
        return self.item * self.count


def numbers(slot: Slot, value: Value) -> NDArray[np.generic]:
    """Return a value as the elements of a number field: one value for all, or one for each element.

    Raises V0853 for what does not fit the type or the sizes.
    """
    assert isinstance(slot.kind, ElementType)
    dtype = slot.kind.dtype(slot.endian)
    try:
        exact = np.array(value) if isinstance(value, (bool, int, float, list, np.ndarray)) else None
        if exact is None or exact.dtype.kind not in "biufc":
            raise unfit(slot, value, slot.kind.name)
        if dtype.kind in "iu" and exact.size and not _fits(exact, dtype):
            raise unfit(slot, value, f"{slot.kind.name}: {np.iinfo(dtype).min} to {np.iinfo(dtype).max}")  # type: ignore[type-var]  # an integer
        whole: NDArray[np.generic] = np.broadcast_to(exact.astype(dtype), slot.shape)
    except (ValueError, OverflowError):
        raise unfit(slot, value, f"{slot.kind.name}, one value or sizes {list(slot.shape)}") from None
    return np.ascontiguousarray(whole).reshape(slot.shape)


def stored_numbers(slot: Slot, value: Value) -> bytes:
    """Return a value as the bytes of a number field; raises V0853 for what does not fit."""
    assert isinstance(slot.kind, ElementType)
    try:
        return stored.written(numbers(slot, value), slot.kind, slot.endian)
    except (ValueError, OverflowError):
        raise unfit(slot, value, f"numbers that '{slot.kind.name}' has bits for") from None


def _fits(values: NDArray[np.generic], dtype: np.dtype[np.generic]) -> bool:
    limits = np.iinfo(dtype)  # type: ignore[type-var]  # an integer type, by its kind
    items = values.ravel().tolist()
    return all(limits.min <= v <= limits.max and v == int(v) for v in items)


def texts(slot: Slot, value: Value) -> bytes:
    """Return a value as the bytes of a text field: padded with NUL, or with blanks where it is a number.

    Raises V0853 for what does not fit.
    """
    count = math.prod(slot.shape)
    items = list(np.ravel(np.array(value, object))) if isinstance(value, np.ndarray) else value
    if slot.axes:
        flat = _flat(items) if isinstance(items, list) else [items] * count
        if len(flat) != count:
            raise unfit(slot, value, f"{count} texts")
        return b"".join(_text(slot, item) for item in flat)
    return _text(slot, items)


def _flat(items: Sequence[object]) -> list[object]:
    return [one for item in items for one in (_flat(item) if isinstance(item, list) else [item])]


def _text(slot: Slot, value: object) -> bytes:
    raw = encoded(slot, value)
    if slot.mark:
        if len(_split(slot, raw + slot.mark)) != 1:
            raise unfit(slot, value, f"a text without {slot.mark!r}")
        return raw + slot.mark
    if len(raw) > slot.item:
        raise unfit(slot, value, f"{slot.item} bytes")
    return raw.ljust(slot.item, b" " if slot.field.convert in ("int", "float") else b"\0")


def encoded(slot: Slot, value: object) -> bytes:
    """Return a text without padding; raises V0853 where the encoding does not have its letters."""
    assert isinstance(slot.kind, TextType)
    if isinstance(value, bytes):
        return value
    if slot.kind.encoding is None:
        return _raw(slot, value)
    encoding = _encoding(slot)
    try:
        return written(value).encode(encoding)
    except UnicodeEncodeError:
        raise unfit(slot, value, f"{slot.kind.name} text") from None


def _encoding(slot: Slot) -> str:
    assert isinstance(slot.kind, TextType)
    if slot.kind.encoding == "utf-16":
        return "utf-16-le" if slot.endian == "little" else "utf-16-be"
    return slot.kind.encoding or "latin-1"


def _split(slot: Slot, raw: bytes) -> list[bytes]:
    """Return the bytes of each text of a field, without terminators."""
    if not slot.mark:
        return [raw[i * slot.item : (i + 1) * slot.item] for i in range(math.prod(slot.shape))]
    encoding = _encoding(slot)
    parts = raw.decode(encoding).split(slot.mark.decode(encoding))
    return [part.encode(encoding) for part in parts[:-1]]


def _raw(slot: Slot, value: object) -> bytes:
    if isinstance(value, str):
        return value.encode("latin-1", "replace")
    if isinstance(value, list) and all(isinstance(v, int) and 0 <= v < 256 for v in value):
        return bytes(value)
    if value in (0, None):
        return b""
    raise unfit(slot, value, "a text, or a list of bytes")


def written(value: object) -> str:
    """Return a value as a header in text writes it.

    >>> written(3.0), written(True), written([1, 2])
    ('3.0', '1', '1,2')
    """
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return ",".join(written(item) for item in value)
    return "" if value is None else str(value)


def seen(slot: Slot, raw: bytes) -> Value:
    """Return written bytes as an expression sees the field: a scalar, or a column in its shape."""
    if isinstance(slot.kind, ElementType):
        return _seen_numbers(slot, stored.values(raw, slot.kind, slot.endian, slot.count))
    if slot.kind.encoding is None:
        pieces = _split(slot, raw)
        return pieces if slot.axes else pieces[0]
    items = [_seen_text(slot, piece) for piece in _split(slot, raw)]
    if not slot.axes:
        return items[0]
    column = np.array(items, None if slot.field.convert in ("int", "float") else object)
    return column.reshape(slot.shape)


def _seen_numbers(slot: Slot, values: NDArray[np.generic]) -> Value:
    native = {"b": np.bool_, "i": np.int64, "u": np.int64, "f": np.float64}.get(values.dtype.kind)
    if native is None:
        raise fail("V0853", f"'{slot.field.name}' is complex: it cannot be computed with", slot.field.place)
    wide: NDArray[np.generic] = values.astype(native).reshape(slot.shape)
    if slot.axes:
        return wide
    scalar: bool | int | float = wide[()].item()
    return scalar


def _seen_text(slot: Slot, raw: bytes) -> str | int | float:
    text = raw.decode(_encoding(slot)).split("\0", 1)[0].rstrip()
    match slot.field.convert:
        case "int":
            return int(text)
        case "float":
            return float(text)
        case "str":
            return text.strip()
        case _:
            return text


def unfit(slot: Slot, value: object, expected: str) -> VspecError:
    """Return the error for a value that a field cannot hold."""
    shown = repr(value)
    message = f"the value for '{slot.field.name}' does not fit"
    found = shown if len(shown) <= 60 else f"{shown[:57]}..."
    return fail("V0853", message, slot.field.place, expected=expected, found=found)
