"""The pages of a TIFF file: the chain is followed, in columns where pages lie at a constant distance.

A hypothesis is made of the distance between some pages; it holds as far as every page of a block has as many
tags, and leads to the next one. A page that does not ends the hypothesis and is read by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from vspec.containers.model import ContainerFile
from vspec.containers.tiff_words import (
    FAR,
    MOST_TAGS,
    Table,
    Words,
    damaged,
    gathered,
    most_of,
    require,
    strided,
)
from vspec.layout import Int64

_ALIKE = 3
"""Equal distances in a row that make a hypothesis."""
_LEAST, _MOST = 64, 1 << 14
_LOOSE = 4096
_BYTES = 32 << 20
"""Bytes of IFDs that are in memory at a time."""


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Pages of one number of tags that follow each other: where their IFDs lie, and the IFDs."""

    offsets: Int64
    table: Table


class _Circle:
    """Notices a chain that leads back, with one remembered offset (Brent's method)."""

    def __init__(self, file: ContainerFile, first: int) -> None:
        self._file, self._mark, self._since, self._power = file, first, 0, 1

    def pass_by(self, start: int, step: int, count: int) -> None:
        """Note ``count`` pages from ``start`` on; raises V0361 where one was passed before."""
        away = self._mark - start
        if (step == 0 and away == 0) or (step and away % step == 0 and 0 <= away // step < count):
            raise damaged(self._file, "the chain of pages leads back to a page before", self._mark)
        self._since += count
        if self._since >= self._power:
            self._mark, self._since, self._power = start + step * (count - 1), 0, 2 * self._power


class Chain:
    """The pages of a file from one on, in the order of the chain."""

    def __init__(self, file: ContainerFile, words: Words) -> None:
        self._file, self._words = file, words
        self._loose: list[bytes] = []
        self._places: list[int] = []

    def blocks(self, first: int) -> Iterator[Block]:
        """Yield the pages. Raises V0361 for a page outside the file, and for a chain that leads back."""
        at, last, alike = first, 0, 0
        circle = _Circle(self._file, first)
        while at:
            raw = self._page(at)
            if self._loose and (len(raw) != len(self._loose[0]) or len(self._loose) == _LOOSE):
                yield self._taken()
            self._loose.append(raw)
            self._places.append(at)
            after = int(np.frombuffer(raw, self._words.word, 1, len(raw) - self._words.room)[0])
            step = after - at
            alike = alike + 1 if step == last and after else 0
            at, last = after, step
            if alike >= _ALIKE and abs(step) >= len(raw):
                yield self._taken()
                for block in self._uniform(at, step, raw):
                    yield block
                    circle.pass_by(int(block.offsets[0]), step, len(block.offsets))
                    at = int(block.table["next"][-1])
                alike = 0
            elif at:
                circle.pass_by(at, 0, 1)
        if self._loose:
            yield self._taken()

    def _taken(self) -> Block:
        tags = int(np.frombuffer(self._loose[0], self._words.number, 1)[0])
        table = np.frombuffer(b"".join(self._loose), self._words.table(tags))
        block = Block(np.array(self._places, np.int64), table)
        self._loose, self._places = [], []
        return block

    def _page(self, at: int) -> bytes:
        """Return the bytes of one IFD."""
        reader, width = self._file.reader, self._words.number.itemsize
        require(self._file, at, width, "a page")
        likely = len(self._loose[0]) if self._loose else width
        raw = reader.read(at, min(likely, reader.size - at))
        tags = int(np.frombuffer(raw, self._words.number, 1)[0])
        nbytes = self._nbytes(at, tags)
        return raw if nbytes == len(raw) else reader.read(at, nbytes)

    def _nbytes(self, at: int, tags: int) -> int:
        if not 0 < tags <= MOST_TAGS:
            raise damaged(
                self._file, f"a page of {tags} tags", at, expected=f"1 to {MOST_TAGS} tags", found=f"{tags}"
            )
        nbytes = self._words.table(tags).itemsize
        require(self._file, at, nbytes, f"a page of {tags} tags")
        return nbytes

    def _uniform(self, at: int, step: int, like: bytes) -> Iterator[Block]:
        """Yield blocks of pages ``step`` bytes apart that have as many tags, as far as they go."""
        tags = int(np.frombuffer(like, self._words.number, 1)[0])
        dtype = self._words.table(tags)
        most = _LEAST
        most_rows = max(1, _BYTES // max(dtype.itemsize, abs(step) if abs(step) <= FAR else 0))
        while count := min(most, most_rows, most_of(self._file, step, at, dtype.itemsize)):
            table = strided(self._file, at, step, (count, dtype))
            places = at + step * np.arange(count, dtype=np.int64)
            leads_on = table["next"] == places + step
            same = table["number"] == tags
            good = _until(same & np.concatenate([[True], leads_on[:-1]]))
            if good:
                yield Block(places[:good], table[:good])
            if good < count or not leads_on[-1]:
                return
            at, most = at + step * count, min(2 * most, _MOST)


def _until(good: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> int:
    """Return how many are true before the first that is not."""
    return len(good) if good.all() else int(np.argmin(good))


def scattered(file: ContainerFile, words: Words, offsets: Int64) -> Iterator[tuple[Int64, Block]]:
    """Yield pages at known offsets, with their positions among these, in blocks of one number of tags.

    Raises V0361 for a page outside the file.
    """
    heads = gathered(file, offsets, words.number.itemsize, "a page")
    numbers = heads.reshape(-1).view(words.number).astype(np.uint64)
    if len(numbers) and not 0 < int(numbers.min()) <= int(numbers.max()) <= MOST_TAGS:
        row = int(np.argmax((numbers == 0) | (numbers > MOST_TAGS)))
        raise damaged(file, f"a page of {numbers[row]} tags", int(offsets[row]))
    for tags in np.unique(numbers).tolist():
        rows = np.flatnonzero(numbers == tags)
        dtype = words.table(int(tags))
        most = min(_MOST, max(1, _BYTES // dtype.itemsize))
        for start in range(0, len(rows), most):
            part = rows[start : start + most]
            raw = gathered(file, offsets[part], dtype.itemsize, f"a page of {tags} tags")
            yield part.astype(np.int64), Block(offsets[part], raw.reshape(-1).view(dtype))
