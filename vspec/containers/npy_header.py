"""The header of a NumPy array on disk, versions 1 to 3.

Source: numpy.lib.format, "Format version 1.0" to "3.0".
"""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass

import numpy as np

MAGIC = b"\x93NUMPY"
LONGEST = 1 << 16
"""Characters that a header may have; numpy itself takes 10 000 unless told otherwise."""

FIRST = 12
"""Bytes that hold the magic, the version and the length of the text, whatever the version."""

_KEYS = {"descr", "fortran_order", "shape"}
_MOST_AXES = 32


class BadHeader(Exception):  # noqa: N818 -- whoever reads the header makes a problem of it
    """What is wrong with a header, and what would be right."""

    def __init__(self, message: str, expected: str, found: str) -> None:
        super().__init__(message)
        self.message, self.expected, self.found = message, expected, found


@dataclass(frozen=True, slots=True, eq=False)
class NpyHeader:
    """An array: where its elements begin, and what they are. ``shape`` is as the header gives it."""

    begin: int
    dtype: np.dtype[np.generic]
    shape: tuple[int, ...]
    fortran: bool


def text_place(first: bytes) -> tuple[int, int]:
    """Return where the text of a header begins, and its length, from the first 12 bytes.

    Raises `BadHeader` for another version or a text without bounds.
    """
    version = tuple(first[6:8])
    if len(first) < FIRST or version not in ((1, 0), (2, 0), (3, 0)):
        raise BadHeader(
            "the version of the array is unknown", "1.0, 2.0 or 3.0", f"{'.'.join(map(str, version))}"
        )
    begin = 10 if version == (1, 0) else 12
    length = int.from_bytes(first[8:begin], "little")
    if length > LONGEST:
        raise BadHeader("the header is too long", f"at most {LONGEST} characters", f"{length}")
    return begin, length


def parse(raw: bytes, begin: int) -> NpyHeader:
    """Return what the text of a header says; elements follow it at ``begin``. Raises `BadHeader`."""
    try:
        with warnings.catch_warnings(action="ignore"):
            found = ast.literal_eval(raw.decode("utf-8" if raw.isascii() else "latin-1").strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        raise BadHeader("the header is no dictionary", "a Python dictionary", repr(raw[:60])[1:]) from None
    if not isinstance(found, dict) or set(found) != _KEYS:
        raise BadHeader("the header has other keys", ", ".join(sorted(_KEYS)), repr(raw[:60])[1:])
    shape, fortran = found["shape"], found["fortran_order"]
    sizes = shape if isinstance(shape, tuple) else (-1,)
    if not all(type(size) is int and 0 <= size < 1 << 62 for size in sizes) or len(sizes) > _MOST_AXES:
        raise BadHeader("'shape' is not what it must be", "a tuple of at most 32 sizes", repr(shape)[:60])
    if type(fortran) is not bool:
        raise BadHeader("'fortran_order' is not what it must be", "True or False", repr(fortran)[:60])
    # Where at most one axis has more than one position both orders are the same, and count as C.
    turned = fortran and 0 not in sizes and sum(size > 1 for size in sizes) > 1
    return NpyHeader(begin, _dtype(found["descr"]), sizes, turned)


def _dtype(descr: object) -> np.dtype[np.generic]:
    try:
        with warnings.catch_warnings(action="error"):
            return np.lib.format.descr_to_dtype(descr)  # type: ignore[arg-type]  # what it is not, it refuses
    except (TypeError, ValueError, LookupError, AttributeError, SyntaxError, RecursionError, Warning):
        raise BadHeader("'descr' is no dtype", "a dtype of numpy", repr(descr)[:60]) from None
