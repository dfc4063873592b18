"""Arrays whose container counts their axes the other way round than they are stored, the fastest first."""

from __future__ import annotations

from dataclasses import replace

from vspec.containers.model import Entry
from vspec.layout import ArrayLayout, Inline


def turned(entry: Entry, count: int) -> Entry:
    """Return an entry whose layout has the slowest ``count`` of the stored axes the other way round."""
    if count < 2:
        return entry

    def layout() -> ArrayLayout:
        found = entry.layout()
        order = (*range(count)[::-1], *range(count, len(found.axes)))
        source = found.source
        if isinstance(source, Inline):
            source = Inline(source.values.transpose(order))
        return replace(found, axes=tuple(found.axes[k] for k in order), source=source)

    return replace(entry, layout=layout, turned=count)
