"""Axes of containers under names that cards and readers take: letters, digits and ``_``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from vspec.layout import ArrayLayout, Axis, Chunked, Derived, Source, Strided

_ODD = re.compile(r"\W+", re.ASCII)


def plain_names(names: Iterable[str], given: Mapping[str, str] = MappingProxyType({})) -> dict[str, str]:
    """Return a plain name for each, all of them different; some of them may have one already.

    >>> plain_names(["Time (s)", "0", "x"])
    {'Time (s)': 'Time_s_', '0': '_0', 'x': 'x'}
    """
    found: dict[str, str] = {}
    taken = set(given.values())
    for name in dict.fromkeys(names):
        if name in given:
            found[name] = given[name]
            continue
        plain = _ODD.sub("_", name) or "_"
        plain = f"_{plain}" if plain[0].isdigit() else plain
        base, n = plain, 1
        while plain in taken:
            n += 1
            plain = f"{base}_{n}"
        taken.add(plain)
        found[name] = plain
    return found


def plain_in_groups(arrays: Iterable[tuple[str, Sequence[str]]]) -> dict[str, dict[str, str]]:
    """Return, by group, a plain name for each axis of its arrays, which have a path and names of axes.

    Names that are plain already keep themselves, whatever becomes of others.
    """
    found: dict[str, dict[str, None]] = {}
    for path, axes in arrays:
        found.setdefault(path.rpartition("/")[0], {}).update(dict.fromkeys(axes))
    return {group: _plain_ones_first(names) for group, names in found.items()}


def _plain_ones_first(names: Iterable[str]) -> dict[str, str]:
    kept = {name: name for name in names if plain_names([name])[name] == name}
    return plain_names(names, kept)


def with_plain_axes(layout: ArrayLayout, given: Mapping[str, str]) -> ArrayLayout:
    """Return a layout whose axes have plain names throughout: those given, where they are."""
    names = plain_names((axis.name for axis in layout.axes), given)
    if all(old == new for old, new in names.items()):
        return layout
    parts = plain_names((part for axis in layout.axes for part in axis.parts), {**given, **names})
    axes = tuple(_axis(axis, names[axis.name], parts) for axis in layout.axes)
    return replace(layout, axes=axes, source=_source(layout.source, parts))


def _axis(axis: Axis, name: str, parts: Mapping[str, str]) -> Axis:
    return replace(axis, name=name, parts=tuple(parts[part] for part in axis.parts))


def _source(source: Source, names: Mapping[str, str]) -> Source:
    def pairs(axes: Iterable[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
        return tuple((names.get(name, name), size) for name, size in axes)

    match source:
        case Strided():
            unpack = source.unpack
            return replace(
                source,
                lead=pairs(source.lead),
                outer=names.get(source.outer, source.outer),
                inner=tuple(replace(axis, name=names.get(axis.name, axis.name)) for axis in source.inner),
                trims=tuple(replace(trim, axis=names.get(trim.axis, trim.axis)) for trim in source.trims),
                unpack=None if unpack is None else replace(unpack, axes=pairs(unpack.axes)),
            )
        case Chunked() | Derived():
            return replace(source, stored=pairs(source.stored))
        case _:
            return source
