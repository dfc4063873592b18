"""The cells of one column of a table in text: many at once where they are plain numbers, else one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from vspec.card.text_model import TextField
from vspec.errors import Problem, VspecError
from vspec.expressions import Column
from vspec.expressions.tables import column
from vspec.header.text_source import ROW_LIMIT, Line, Source
from vspec.header.text_values import TRUTHS, Unfit, default, misfit, typed

TOLD = 20
_TYPES: Mapping[str, type] = {"bool": bool, "int": int, "float": float}
_SWAPPED = {ord(","): ".", ord("."): ","}


@dataclass(slots=True)
class Cells:
    """One column while its table is read, block by block; ``problems`` are of its first 20 bad cells."""

    source: Source
    wanted: TextField
    problems: list[Problem] = field(default_factory=list)
    _parts: list[Column] = field(default_factory=list)
    _objects: int = 0

    def add(self, texts: Sequence[str], line_of: Callable[[int], Line]) -> None:
        """Append the cells of a block; ``line_of`` tells the line of each."""
        if self.problems:
            return
        found = _numbers(self._filled(texts), self.wanted.type, self.source.form.decimal)
        part = self._one_by_one(texts, line_of) if found is None else found
        self._parts.append(part)
        self._objects += len(part) if part.dtype == object else 0
        if self._objects > ROW_LIMIT:
            told = self.source.absent("V0915", _too_many(self.wanted), self.wanted.place)
            help = "leave the column out of 'fields', or give it a type of numbers"
            raise VspecError([replace(told, help=help)])

    def stand(self, count: int) -> None:
        """Append as many cells of a column that is not there."""
        self._parts.append(column([default(self.wanted)] * count, self.wanted.type))

    def column(self) -> Column:
        """Return the column that the blocks make."""
        parts = self._parts
        if parts and parts[0].dtype != object and all(part.dtype == parts[0].dtype for part in parts):
            return np.concatenate(parts)
        return column([value for part in parts for value in part.tolist()], self.wanted.type)

    def _filled(self, texts: Sequence[str]) -> Sequence[str]:
        """Return the texts with the default, where it is a number, in the place of empty ones."""
        stands = None if self.wanted.required else default(self.wanted)
        if type(stands) is not _TYPES.get(self.wanted.type) or "" not in texts:
            return texts
        written = repr(stands).lower()
        return [text or written for text in texts]

    def _one_by_one(self, texts: Sequence[str], line_of: Callable[[int], Line]) -> Column:
        bare = replace(self.source.form, quotes=())
        values = []
        for number, text in enumerate(texts):
            if not text and not self.wanted.required:
                values.append(default(self.wanted))
                continue
            try:
                values.append(typed(text, self.wanted.type, bare))
            except Unfit as unfit:
                self.problems.append(misfit(self.source, self.wanted, unfit, line_of(number)))
                if len(self.problems) == TOLD:
                    break
        return column(values, self.wanted.type)


def _too_many(wanted: TextField) -> str:
    return f"has more than {ROW_LIMIT} rows, and '{wanted.name}' is no column of plain numbers"


def _numbers(texts: Sequence[str], kind: str, decimal: str) -> Column | None:
    """Return the texts as numbers; None where one of them needs a closer look."""
    joined = "".join(texts)
    if "_" in joined or not joined.isascii():
        return None
    try:
        match kind:
            case "bool":
                return np.array([TRUTHS[text.lower()] for text in texts], np.bool_)
            case "int":
                return np.array(list(map(int, texts)), np.int64)
            case "float":
                plain = [text.translate(_SWAPPED) for text in texts] if decimal == "," else texts
                found = np.array(list(map(float, plain)), np.float64)
                return None if np.isinf(found).any() else found
    except (ValueError, KeyError, OverflowError):
        return None
    return None
