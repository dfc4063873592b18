"""Numbers as the bytes of a file and back, whether each has bytes of its own or shares words with others."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from vspec.authoring.fakes import draws, packing
from vspec.datatypes import ElementType, Endian

Values = NDArray[np.generic]
BLOCK = 1 << 22
"""Elements that are drawn at a time for files too large to be held in memory."""


def size(kind: ElementType, endian: Endian, count: int) -> int:
    """Return the bytes that ``count`` elements take: a last word that is not full may end early."""
    return count * kind.nbytes if kind.packing is None else packing.size(kind, endian, count)


def drawn(rng: np.random.Generator, kind: ElementType, endian: Endian, count: int) -> bytes:
    """Return ``count`` invented elements as they stand in a file."""
    if kind.packing is not None:
        return packing.drawn(rng, kind, endian, count)
    return draws.data(rng, kind.dtype("little"), [count]).astype(kind.dtype(endian)).tobytes()


def blocks(rng: np.random.Generator, kind: ElementType, endian: Endian, count: int) -> Iterator[bytes]:
    """Yield ``count`` invented elements as they stand in a file, a block of whole words at a time."""
    step = max(1, BLOCK // kind.per_word) * kind.per_word
    for start in range(0, count, step):
        yield drawn(rng, kind, endian, min(step, count - start))


def written(values: Values, kind: ElementType, endian: Endian) -> bytes:
    """Return elements as they stand in a file; raises `ValueError` for a number that has no place there."""
    if kind.packing is not None:
        return packing.packed(values.ravel(), kind, endian)
    return values.astype(kind.dtype(endian)).tobytes()


def values(raw: bytes, kind: ElementType, endian: Endian, count: int) -> Values:
    """Return the first ``count`` elements that stand in ``raw``, flat."""
    if kind.packing is not None:
        return packing.unpacked(raw, kind, endian, count)
    return np.frombuffer(raw, kind.dtype(endian), count)
