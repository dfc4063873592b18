"""Chunks of an array that is copied, and the pieces in which it is."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import prod

CHUNK_BYTES = 1 << 20
SHARD_CHUNKS = 32
"""Chunks that share a file, where there would be more than twice as many files."""

Box = tuple[slice, ...]


def chunks_of(shape: tuple[int, ...], itemsize: int, most: int = CHUNK_BYTES) -> tuple[int, ...]:
    """Return chunks of at most ``most`` bytes: the largest extent is halved until they fit.

    >>> chunks_of((50009, 4), 2), chunks_of((1000, 512, 512), 2)
    ((50009, 4), (63, 128, 64))
    """
    found = [max(1, size) for size in shape]
    while prod(found) * itemsize > most and max(found) > 1:
        largest = found.index(max(found))
        found[largest] = -(-found[largest] // 2)
    return tuple(found)


def shards_of(shape: tuple[int, ...], chunks: tuple[int, ...]) -> tuple[int, ...] | None:
    """Return the extents of shards, whole numbers of chunks; None where there are few chunks."""
    counts = [-(-size // chunk) for size, chunk in zip(shape, chunks, strict=True)]
    if prod(counts) <= 2 * SHARD_CHUNKS:
        return None
    held = [1] * len(counts)
    while prod(held) < SHARD_CHUNKS:
        open_ = [axis for axis, count in enumerate(counts) if held[axis] < count]
        axis = max(open_, key=lambda axis: counts[axis] / held[axis])
        held[axis] *= 2
    return tuple(chunk * number for chunk, number in zip(chunks, held, strict=True))


def boxes(shape: tuple[int, ...], steps: tuple[int, ...]) -> Iterator[Box]:
    """Yield the boxes of a grid, the last ones cut off at the end of the array."""
    for corner in product(*(range(0, size, step) for size, step in zip(shape, steps, strict=True))):
        sizes = zip(corner, steps, shape, strict=True)
        yield tuple(slice(at, min(at + step, size)) for at, step, size in sizes)
