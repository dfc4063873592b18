"""Attributes as a map carries them: JSON, and a word about what JSON cannot say."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from vspec.containers.model import Lost
from vspec.layout import Json

TIME_UNITS = {
    "D": "days",
    "h": "hours",
    "m": "minutes",
    "s": "seconds",
    "ms": "milliseconds",
    "us": "microseconds",
    "ns": "nanoseconds",
}
"""What numpy's units of time are called in attributes."""
LARGEST_ATTRIBUTE = 1 << 16
"""Characters of text, or numbers, that one attribute may have."""

_OWN = frozenset({"_ARRAY_DIMENSIONS", "vspec"})


def text(raw: bytes) -> str:
    """Return text that nothing gives an encoding for: UTF-8 where it is that, else Latin-1."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


@dataclass(slots=True)
class Attributes:
    """Collects the attributes of one array or group; ``lost`` is shared by all of a file."""

    path: str
    lost: list[Lost]
    found: dict[str, Json] = field(default_factory=dict)

    def put(self, name: str, value: object) -> None:
        """Keep an attribute: numbers, texts, bytes, and arrays, lists and mappings of them."""
        if name in _OWN:
            return self.lose(name, "the map itself has an attribute of this name")
        if _length(value) > LARGEST_ATTRIBUTE:
            return self.lose(name, f"more than {LARGEST_ATTRIBUTE} values or characters in one attribute")
        try:
            self.found[name] = as_json(value)
        except ValueError as error:
            self.lose(name, str(error))
        return None

    def lose(self, name: str, reason: str) -> None:
        """Note an attribute that is not kept."""
        self.lost.append(Lost(f"{self.path}@{name}", reason))


def _length(value: object) -> int:
    if isinstance(value, np.ndarray):
        return value.size * max(1, value.itemsize if value.dtype.kind in "SU" else 1)
    if isinstance(value, (str, bytes)):
        return len(value)
    if isinstance(value, Mapping):
        return sum(_length(part) for part in value.values())
    if isinstance(value, (list, tuple)):
        return sum(max(1, _length(part)) for part in value)
    return 1


def as_json(value: object) -> Json:
    """Return a value as JSON; raises `ValueError`, with a reason for people, where there is none."""
    if isinstance(value, (np.generic, np.ndarray)):
        return as_json(value.tolist())
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"JSON has no {value}")
        return value
    if isinstance(value, bytes):
        return text(value)
    if isinstance(value, complex):
        return [as_json(value.real), as_json(value.imag)]
    if isinstance(value, Mapping):
        return {str(name): as_json(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_json(part) for part in value]
    raise ValueError(f"JSON has no {type(value).__name__}")
