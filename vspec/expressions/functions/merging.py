"""Rows that are carried over: ``merge()``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import cast

import numpy as np

from vspec.expressions.columns import admitted, gathered, kind_of
from vspec.expressions.comparison import rows_of
from vspec.expressions.functions.registry import Call, Function, table
from vspec.expressions.values import Column, Record, UnknownName, Value


@dataclass(frozen=True, slots=True, eq=False)
class CarriedRecord:
    """A record of which what is absent (none) is as in an older one. It lies nowhere in particular."""

    newer: Record
    older: Record
    found: dict[str, Value] = field(default_factory=dict)

    def names(self) -> Iterable[str]:
        return self.newer.names()

    def get(self, name: str) -> Value:
        passed: list[CarriedRecord] = []
        record: Record = self
        value: Value = None
        while value is None and isinstance(record, CarriedRecord):  # no recursion: chains are long
            passed.append(record)
            value = record.found[name] if name in record.found else record.newer.get(name)
            record = record.older
        if value is None:
            value = record.get(name)
        for one in passed:
            one.found[name] = value
        return value

    def locate(self, name: str) -> object:
        raise UnknownName(name)


class MergedRows:
    """Rows that come from several tables, each with a key of its own; they lie nowhere in particular.

    ``records`` holds them by key, in order. A column needs its name in every row.
    """

    def __init__(self, records: Mapping[object, Record]) -> None:
        self._records = records

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[Value]:
        return iter(self._records.values())

    def names(self) -> Iterable[str]:
        return next(iter(self._records.values())).names() if self._records else ()

    def column(self, name: str) -> Value:
        if not self._records:
            return np.zeros(0, np.int64)
        return gathered([admitted(record.get(name)) for record in self._records.values()])

    def locate(self, name: str) -> object:
        raise UnknownName(name)

    def row(self, key: int | str) -> Value:
        return self._records[key]

    def take(self, index: Column | slice) -> MergedRows:
        keys = list(self._records)
        if isinstance(index, slice):
            return MergedRows({key: self._records[key] for key in keys[index]})
        chosen = np.flatnonzero(index) if index.dtype == bool else index
        return MergedRows({keys[i]: self._records[keys[i]] for i in chosen.tolist()})

    def choose(self, index: Column) -> MergedRows:
        """Return the rows of a column of keys."""
        return MergedRows({key: self._records[key] for key in index.tolist()})

    def keys(self) -> Iterable[object]:
        return list(self._records)

    def has(self, key: object) -> bool:
        return key in self._records


def _merge(call: Call, values: list[Value]) -> Value:
    key = values[2]
    if not isinstance(key, str):
        raise call.refuse(2, key, "the name of a column")
    records: dict[object, Record] = {}
    for part in (0, 1):
        for record in _rows(call, values[part], part):
            found = _key(call, record, key, part)
            records[found] = CarriedRecord(record, records[found]) if found in records else record
            call.site.check_objects(len(records))
    return MergedRows(records)


def _rows(call: Call, value: Value, part: int) -> Iterable[Record]:
    if value is None:
        return ()
    rows = rows_of(value)
    if rows is None:
        raise call.refuse(part, value, "rows or none")
    return cast("Iterable[Record]", iter(rows))


def _key(call: Call, record: Record, name: str, part: int) -> object:
    try:
        found = admitted(record.get(name))
    except UnknownName:
        message = f"{call.site.name(part)} has no column '{name}'"
        raise call.site.fail("V0221", message, f"usage: {call.function.usage}", 2) from None
    if kind_of(found) not in ("int", "text"):
        raise call.refuse(2, found, "a column of whole numbers or texts")
    return found


FUNCTIONS = table(Function("merge", "merge(rows, newer, 'key')", _merge, 3, 3))
