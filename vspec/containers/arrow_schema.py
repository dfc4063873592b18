"""Fields of an Arrow schema: which columns hold numbers, and which buffers of a batch are theirs.

Source: Arrow columnar format and Schema.fbs (metadata versions 4 and 5).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from vspec.containers.arrow_flat import Malformed, Table
from vspec.containers.attributes import Attributes
from vspec.containers.model import Lost
from vspec.containers.naming import one_name
from vspec.layout import Json

Dtype = np.dtype[np.generic]
_DEEPEST, _MOST_FIELDS = 64, 10**5
_UNITS = ("seconds", "milliseconds", "microseconds", "nanoseconds")
_WORDS = {
    1: "nulls",
    4: "bytes of any length",
    5: "texts",
    7: "decimals of more than 64 bits",
    11: "intervals of several parts",
    12: "lists of any length",
    14: "values of different types",
    15: "bytes",
    17: "maps",
    19: "bytes of any length",
    20: "texts",
    21: "lists of any length",
    22: "runs",
    23: "bytes of any length",
    24: "texts",
    25: "lists of any length",
    26: "lists of any length",
}
_BUFFERS = {1: 0, 4: 3, 5: 3, 12: 2, 13: 1, 16: 1, 17: 2, 19: 3, 20: 3, 21: 2, 22: 0, 25: 3, 26: 3}
"""Buffers of a type's own where that are not two (validity and values). Unions follow the version."""

_INT, _FLOAT, _BOOL, _DECIMAL, _DATE, _TIME, _TIMESTAMP, _INTERVAL = 2, 3, 6, 7, 8, 9, 10, 11
_STRUCT, _UNION, _FIXED_LIST, _DURATION, _VIEWS = 13, 14, 16, 18, (23, 24)


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """A column of numbers: ``node`` and ``buffer`` count through a batch as its metadata do.

    ``inner`` are the sizes of fixed lists around the numbers, and ``nodes`` those lists' nodes, the
    column's own first. ``parents`` are the nodes of structs around it. ``bits`` tells of booleans.
    """

    path: str
    item: Dtype
    node: int
    buffer: int
    inner: tuple[int, ...] = ()
    nodes: tuple[int, ...] = ()
    validity: tuple[tuple[int, int], ...] = ()
    bits: bool = False
    attrs: Mapping[str, Json] = field(default_factory=dict)


@dataclass(slots=True)
class Schema:
    """What a walk through the fields of a schema finds; ``views`` are buffers with others behind them.

    ``tops`` are the nodes of columns; ``nulls`` are nodes with the buffers that tell their nulls.
    """

    order: str
    version: int
    lost: list[Lost]
    columns: list[Column] = field(default_factory=list)
    attrs: dict[str, Json] = field(default_factory=dict)
    nodes: int = 0
    buffers: int = 0
    views: list[int] = field(default_factory=list)
    fields: int = 0
    tops: list[int] = field(default_factory=list)
    nulls: list[tuple[int, int]] = field(default_factory=list)

    def take(self, schema: Table) -> None:
        """Walk through a schema."""
        kept = Attributes("", self.lost)
        for name, value in _metadata(schema, 2):
            kept.put(name, value)
        self.attrs = kept.found
        self._children(schema.tables(1), _Place())

    def _children(self, fields: list[Table], place: _Place) -> None:
        seen: set[str] = set()
        for one in fields:
            name = one.name(0) or ""
            why = "another column has its name" if name in seen else one_name(name)
            seen.add(name)
            path = f"{place.path}/{name}" if place.path else name
            inside = _Place(path, place.depth + 1, place.validity, quiet=place.quiet)
            if why and not place.quiet:
                self.lost.append(Lost(path or "(no name)", why))
                inside = _Place(path, place.depth + 1, place.validity, quiet=True)
            self._field(one, inside)

    def _field(self, one: Table, place: _Place) -> None:
        """Count a field's nodes and buffers, and keep it if it is a column of numbers."""
        self.fields += 1
        if place.depth > _DEEPEST or self.fields > _MOST_FIELDS:
            raise Malformed(one.at)
        kind, node, buffer = one.number(2, "B"), self.nodes, self.buffers
        encoded = one.table(4) is not None
        union = 2 if kind == _UNION and self._is_dense(one) else 1
        own = 2 if encoded else union + (self.version < 4) if kind == _UNION else _BUFFERS.get(kind, 2)
        if place.depth == 1 and not place.inner:
            self.tops.append(node)
        if own > 0 and (encoded or kind != _UNION):
            self.nulls.append((node, buffer))
        self.nodes += 1
        self.buffers += own
        if kind in _VIEWS and not encoded:
            self.views.append(self.buffers)
        children = [] if encoded else one.tables(5)
        if encoded or (kind in _WORDS and kind not in (_DECIMAL, _INTERVAL)):
            reason = (
                "its values are numbers of words in a dictionary"
                if encoded
                else f"its values are {_WORDS[kind]}"
            )
            place = self._lose(place, reason)
            self._children(children, place)
            return
        here = (*place.validity, (node, buffer))
        if kind == _STRUCT:
            inside = _Place(place.path, place.depth, here, quiet=place.quiet)
            self._children(children, inside)
        elif kind == _FIXED_LIST:
            self._list(
                one, children, _Place(place.path, place.depth, here, place.inner, place.nodes, place.quiet)
            )
        else:
            self._number(
                one, kind, _Place(place.path, place.depth, here, place.inner, place.nodes, place.quiet)
            )

    @staticmethod
    def _is_dense(one: Table) -> bool:
        kind = one.table(3)
        return kind is not None and kind.number(0, "h") == 1

    def _lose(self, place: _Place, reason: str) -> _Place:
        if not place.quiet:
            self.lost.append(Lost(place.path, reason))
        return _Place(place.path, place.depth, place.validity, quiet=True)

    def _list(self, one: Table, children: list[Table], place: _Place) -> None:
        """Go on inside a list of a fixed size, which is an axis of the numbers in it."""
        kind = one.table(3)
        size = kind.number(0, "i") if kind is not None else 0
        if len(children) != 1 or size < 0:
            raise Malformed(one.at)
        nodes = (*place.nodes, self.nodes - 1)
        inside = _Place(place.path, place.depth + 1, place.validity, (*place.inner, size), nodes, place.quiet)
        if children[0].number(2, "B") == _STRUCT and not place.quiet:
            inside = self._lose(inside, "its values are lists of records")
        self._field(children[0], inside)

    def _number(self, one: Table, kind: int, place: _Place) -> None:
        described = _described(one, kind)
        if isinstance(described, str):
            self._lose(place, described)
            return
        code, attrs = described
        if place.quiet:
            return
        kept = Attributes(place.path, self.lost)
        for name, value in _metadata(one, 6):
            kept.put(name, value)
        item = np.dtype(self.order + code) if code != "b1" else np.dtype(bool)
        self.columns.append(
            Column(
                place.path,
                item,
                self.nodes - 1,
                self.buffers - 1,
                place.inner,
                (*place.nodes, self.nodes - 1),
                place.validity,
                code == "b1",
                {**kept.found, **attrs},
            )
        )


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in the tree of fields a field stands; what is under a ``quiet`` one is told of already."""

    path: str = ""
    depth: int = 0
    validity: tuple[tuple[int, int], ...] = ()
    inner: tuple[int, ...] = ()
    nodes: tuple[int, ...] = ()
    quiet: bool = False


def _metadata(table: Table, slot: int) -> list[tuple[str, str]]:
    return [(pair.text(0) or "", pair.text(1) or "") for pair in table.tables(slot)]


def _described(one: Table, kind: int) -> tuple[str, dict[str, Json]] | str:
    """Return numpy's code of a type and what attributes say of it; or why it is no number."""
    detail = one.table(3)
    if detail is None:
        raise Malformed(one.at)
    if kind == _INT:
        bits = detail.number(0, "i")
        if bits not in (8, 16, 32, 64):
            raise Malformed(detail.at)
        return f"{'i' if detail.number(1, 'B') else 'u'}{bits // 8}", {}
    if kind == _FLOAT:
        precision = detail.number(0, "h")
        if precision not in (0, 1, 2):
            raise Malformed(detail.at)
        return f"f{2 << precision}", {}
    if kind == _BOOL:
        return "b1", {}
    if kind == _DECIMAL:
        bits = detail.number(2, "i", 128)
        if bits not in (32, 64):
            return f"its values are {_WORDS[kind]}"
        return f"i{bits // 8}", {"scale_factor": 10.0 ** -detail.number(1, "i")}
    return _times(kind, detail)


def _times(kind: int, detail: Table) -> tuple[str, dict[str, Json]] | str:
    """Return dates, times and durations as counts, with CF's units."""
    if kind == _DATE:
        days = detail.number(0, "h", 1) == 0
        return ("i4", {"units": "days since 1970-01-01"}) if days else ("i8", _since("milliseconds"))
    if kind == _INTERVAL:
        months = detail.number(0, "h") == 0
        return ("i4", {"units": "months"}) if months else f"its values are {_WORDS[kind]}"
    unit = detail.number(0, "h", 0 if kind == _TIMESTAMP else 1)
    if not 0 <= unit < len(_UNITS):
        raise Malformed(detail.at)
    if kind == _TIME:
        return f"i{detail.number(1, 'i', 32) // 8}", {"units": _UNITS[unit]}
    if kind == _DURATION:
        return "i8", {"units": _UNITS[unit]}
    if kind == _TIMESTAMP:
        zone = detail.text(1)
        return "i8", _since(_UNITS[unit]) | ({"timezone": zone} if zone else {})
    return f"its values are of type {kind}, which is not known"


def _since(unit: str) -> dict[str, Json]:
    return {"units": f"{unit} since 1970-01-01"}
