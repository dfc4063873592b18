"""The tags of one page, with their values: those in the tag itself and those it points to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vspec.containers.attributes import text
from vspec.containers.model import ContainerFile
from vspec.containers.tiff_words import FRACTIONS, TYPE_CODES, TYPE_SIZES, Words, damaged, require

_HEADER = 8
LARGEST = 64 << 20
"""Bytes of a tag's value that are read."""


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag of a page: its type, how many values, and its word, their place where they do not fit."""

    id: int
    kind: int
    count: int
    word: int

    @property
    def nbytes(self) -> int:
        """Bytes of the values; 0 of a type that is not known."""
        return TYPE_SIZES.get(self.kind, 0) * self.count


@dataclass(frozen=True, slots=True, eq=False)
class Tags:
    """The tags of one page, in the file's order; a tag of a type that nobody knows is left out."""

    file: ContainerFile
    words: Words
    offset: int
    every: tuple[Tag, ...]

    def get(self, id: int, index: int = 0) -> Tag | None:
        """Return a tag, or the second one (``index`` 1) where there are several of a kind."""
        found = [tag for tag in self.every if tag.id == id]
        return found[index] if index < len(found) else None

    def __contains__(self, id: int) -> bool:
        return self.get(id) is not None

    def place(self, tag: Tag) -> int | None:
        """Return where the values of a tag lie, or None where they are in the tag itself."""
        return tag.word if tag.nbytes > self.words.room else None

    def raw(self, tag: Tag) -> bytes:
        """Return the bytes of a tag's values. Raises V0361 where they are not in the file."""
        where = self.place(tag)
        if where is None:
            return np.array(tag.word, np.uint64).astype(self.words.word).tobytes()[: tag.nbytes]
        require(self.file, where, tag.nbytes, f"the value of tag {tag.id}")
        if where < _HEADER:
            raise damaged(self.file, f"the value of tag {tag.id} lies in the header of the file", where)
        if tag.nbytes > LARGEST:
            raise self.file.problem(
                "V0361", f"tag {tag.id} has {tag.nbytes} bytes", where, expected=f"at most {LARGEST} bytes"
            )
        return self.file.reader.view(where, tag.nbytes).tobytes()

    def numbers(self, id: int) -> NDArray[np.generic] | None:
        """Return the numbers of a tag; None where it is not there or is text."""
        tag = self.get(id)
        if tag is None or TYPE_CODES[tag.kind] == "S":
            return None
        code = TYPE_CODES[tag.kind].replace("V", "u1")
        return np.frombuffer(self.raw(tag), np.dtype(self.words.order + code))

    def number(self, id: int, default: int) -> int:
        """Return the first whole number of a tag, or the default where it is not there.

        Raises V0361 where it is a fraction.
        """
        tag = self.get(id)
        if tag is not None and tag.kind in FRACTIONS:
            raise damaged(self.file, f"tag {id} is a fraction, where a whole number is due", self.offset)
        found = self.numbers(id)
        if found is None or not len(found):
            return default
        return int(found[0]) if np.isfinite(found[0]) else default

    def ratio(self, id: int) -> float | None:
        """Return a rational number above 0; None where it is not there or is none."""
        found, tag = self.numbers(id), self.get(id)
        if found is None or tag is None or not len(found):
            return None
        if tag.kind in (5, 10):
            ratio = float(found[0]) / float(found[1]) if found[1] else 0.0
        else:
            ratio = float(found[0])
        return ratio if 0 < ratio < float("inf") else None

    def text(self, id: int, index: int = 0) -> str | None:
        """Return the text of a tag without zeros at its end; None where it is not there or is no text."""
        tag = self.get(id, index)
        if tag is None or (TYPE_CODES[tag.kind] not in "SV" and tag.kind != 1):
            return None
        return text(self.raw(tag).rstrip(b"\0")).strip()
