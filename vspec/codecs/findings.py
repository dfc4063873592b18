"""What may be wrong with a configuration or a chunk: both come from maps, and maps from anywhere."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vspec.errors import Problem, VspecError, fail

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
Bytes = NDArray[np.uint8]
Buffer = bytes | bytearray | memoryview | NDArray[np.generic]

LARGEST_CHUNK = 1 << 28
"""Bytes that a chunk may have once it is decoded."""

_MOST_PROBLEMS = 20

FARTHEST = (1 << 53) - 1
"""The largest whole number that every reader of JSON keeps as it is."""


@dataclass(frozen=True, slots=True)
class Findings:
    """Collects the problems of one configuration, to raise them together."""

    codec: str
    problems: list[Problem] = field(default_factory=list)

    def add(self, key: str, expected: str, found: object) -> None:
        """Note that the value of ``key`` is not what it must be; after twenty such notes no more."""
        if len(self.problems) >= _MOST_PROBLEMS:
            return
        message = f"codec '{self.codec}': '{key}' is not what it must be"
        self.problems.append(Problem("V0711", message, expected=expected, found=shortened(found)))

    def stop(self) -> None:
        """Raise `VspecError` with all that was noted, if anything was."""
        if self.problems:
            raise VspecError(self.problems)

    def integer(self, key: str, value: object) -> int:
        """Return a whole number that JSON can carry; 0 where the value is none."""
        if type(value) is int and -FARTHEST <= value <= FARTHEST:
            return value
        self.add(key, "a whole number between -2^53 and 2^53", value)
        return 0

    def items(self, key: str, value: object, most: int) -> list[Json]:
        """Return a list of one to ``most`` items; an empty one where the value is none."""
        if isinstance(value, list) and 1 <= len(value) <= most:
            return value
        self.add(key, f"a list of 1 to {most} items", value)
        return []

    def word(self, key: str, value: object, words: Collection[str]) -> str:
        """Return one of a few words; an empty one where the value is none of them."""
        if isinstance(value, str) and value in words:
            return value
        self.add(key, "one of " + ", ".join(sorted(words)), value)
        return ""

    def keys(self, key: str, value: object, must: set[str], may: set[str]) -> Mapping[str, Json]:
        """Return an object that has the keys it must have and no unknown ones; an empty one else."""
        if isinstance(value, dict) and must <= set(value) <= must | may:
            return value
        allowed = f"an object with {', '.join(sorted(must))}"
        if may:
            allowed += f" and perhaps {', '.join(sorted(may))}"
        self.add(key, allowed, sorted(map(str, value)) if isinstance(value, dict) else value)
        return {}


def shortened(value: object) -> str:
    """Return a value as a message shows it; numbers without an end are not spelled out."""
    if type(value) is int and abs(value) > 10**30:
        return f"a whole number of {value.bit_length()} bits"
    if isinstance(value, list | dict) and len(value) > 20:
        return f"{len(value)} items"
    text = repr(value) if not isinstance(value, list | dict) else str(_clipped(value))
    return text if len(text) <= 80 else text[:77] + "..."


def _clipped(value: list[Json] | dict[str, Json]) -> list[str]:
    return [shortened(item) if not isinstance(item, list | dict) else "..." for item in value]


def as_bytes(codec: str, buffer: Buffer) -> Bytes:
    """Return the bytes of a buffer, without a copy. Raises `VspecError` V0712 where they do not adjoin."""
    if isinstance(buffer, np.ndarray):
        if not buffer.flags.c_contiguous or buffer.dtype.hasobject:
            raise fail("V0712", f"codec '{codec}': the chunk is no stretch of bytes")
        return buffer.reshape(-1).view(np.uint8)
    view = memoryview(buffer)
    if not view.c_contiguous:
        raise fail("V0712", f"codec '{codec}': the chunk is no stretch of bytes")
    return np.frombuffer(view, np.uint8)


def too_large(codec: str, nbytes: int) -> VspecError:
    """Return the error of a chunk that would take too much memory."""
    return fail(
        "V0930",
        f"codec '{codec}': a decoded chunk would take too much memory",
        expected=f"at most {LARGEST_CHUNK} bytes",
        found=f"{nbytes} bytes" if nbytes < 10**30 else "a number of bytes without an end",
        help="map with smaller chunks (--chunk-bytes)",
    )


def read_only(codec: str) -> VspecError:
    """Return the error of an attempt to write."""
    return fail(
        "V0713",
        f"codec '{codec}' only reads: it shows a recording as an array, and recordings are never changed",
        help="write a copy of the array, with codecs of Zarr's own",
    )
