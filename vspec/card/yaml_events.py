"""The events of PyYAML's parser (in C where it is built) as typed values with zero-based positions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import yaml

LOADER: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Position = tuple[int, int]
"""Line and column, from 0."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event: ``quote`` is empty for a plain scalar, else the sign that opens it."""

    kind: Literal["document", "scalar", "list", "mapping", "end", "alias"]
    start: Position
    stop: Position
    value: str = ""
    quote: str = ""
    flow: bool = False
    anchor: str | None = None
    tag: str | None = None

    @property
    def block(self) -> bool:
        """Whether this is a scalar after ``|`` or ``>``."""
        return self.quote in ("|", ">")


def read_events(text: str) -> Iterator[Event]:
    """Yield the events that matter; raise `yaml.YAMLError` where the text is not YAML."""
    for event in yaml.parse(text, Loader=LOADER):
        first, last = event.start_mark, event.end_mark
        if first is None or last is None:
            continue
        start, stop = (first.line, first.column), (last.line, last.column)
        match event:
            case yaml.ScalarEvent():
                yield Event(
                    "scalar", start, stop, event.value, event.style or "", anchor=event.anchor, tag=event.tag
                )
            case yaml.MappingStartEvent():
                flow = bool(event.flow_style)
                yield Event("mapping", start, stop, flow=flow, anchor=event.anchor, tag=event.tag)
            case yaml.SequenceStartEvent():
                flow = bool(event.flow_style)
                yield Event("list", start, stop, flow=flow, anchor=event.anchor, tag=event.tag)
            case yaml.CollectionEndEvent():
                yield Event("end", start, stop)
            case yaml.DocumentStartEvent():
                yield Event("document", start, stop)
            case yaml.AliasEvent():
                yield Event("alias", start, stop, anchor=event.anchor)
