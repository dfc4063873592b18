"""Rows of text with numbers in them, made a column at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vspec.layout import Int64

Matrix = NDArray[np.uint8]

_FOURS = np.frombuffer("".join(f"{n:04d}" for n in range(10_000)).encode(), np.uint32)
_POWERS = 10 ** np.arange(1, 19, dtype=np.int64)


def render(parts: Sequence[bytes | Int64]) -> bytes:
    """Return the rows that constant texts and columns of non-negative integers make together.

    >>> import numpy as np
    >>> render([b"<", np.array([7, 12]), b">"])
    b'<7><12>'
    """
    rows = next(len(part) for part in parts if not isinstance(part, bytes))
    widths = [len(part) if isinstance(part, bytes) else _width(part) for part in parts]
    matrix = np.empty((rows, sum(widths)), np.uint8)
    column = 0
    for part, width in zip(parts, widths, strict=True):
        target = matrix[:, column : column + width]
        if isinstance(part, bytes):
            target[:] = np.frombuffer(part, np.uint8)
        else:
            _put(target, part)
        column += width
    text: bytes = matrix[matrix != 0].tobytes()
    return text


def _width(column: Int64) -> int:
    return len(str(int(column.max())))


def _put(target: Matrix, column: Int64) -> None:
    """Write numbers right-aligned; what stands before their first digit becomes zero bytes."""
    width, rest = target.shape[1], column
    if int(column.min()) == int(column.max()):
        target[:] = np.frombuffer(str(int(column[0])).encode(), np.uint8)
        return
    end = width
    while end > 0:
        rest, four = np.divmod(rest, 10_000)
        size = min(4, end)
        target[:, end - size : end] = _FOURS[four].view(np.uint8).reshape(-1, 4)[:, 4 - size :]
        end -= size
    digits = np.searchsorted(_POWERS, column, side="right") + 1
    shortest = int(digits.min())
    for blank in range(width - shortest):
        target[digits < width - blank, blank] = 0
