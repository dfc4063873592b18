"""What chunk planning takes and yields: a Zarr chunk grid, and where the bytes of each chunk lie."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from vspec.chunks.geometry import Geometry
from vspec.errors import Problem
from vspec.layout import ArrayLayout, Chunked, Derived, Int64, Json

Tail = Literal["none", "divisor", "overhang", "single", "padded-inline", "padded-sidecar"]
"""The rung of the tail ladder: what was done about a length that the chunk does not divide."""

Place = Literal["inline", "sidecar"]

Profile = Literal["portable", "packed"]
"""Plain references that every reader resolves, or chunks of many records behind vspec's own codecs."""


@dataclass(frozen=True, slots=True)
class ChunkOptions:
    """How chunks are chosen. All sizes are bytes; the defaults are those of the portable profile.

    ``chunk_bytes`` is the target. Copies go into the map while an array's copies stay within
    ``inline_bytes`` (never without ``inline``), else into the sidecar, at most ``copy_bytes`` or
    ``copy_share`` of the array, whichever is larger. Chunks below ``small_chunk`` are not sought;
    chunks of at most ``reference_bytes`` are dearer to reference than to copy. Without a ``profile`` an
    array is packed where it would need more than ``many_references`` of less than ``large_reference``
    on average, or cannot be had otherwise. Arrays that no reference can serve are copied whole with
    ``materialize``, and without it where they fit into ``inline_bytes``.
    With ``alternatives`` plans tell what others would cost.
    """

    chunk_bytes: int = 4 << 20
    inline: bool = True
    inline_bytes: int = 64 << 10
    copy_bytes: int = 64 << 20
    copy_share: float = 0.02
    small_chunk: int = 4 << 10
    reference_bytes: int = 64
    max_references: int = 10**8
    profile: Profile | None = None
    many_references: int = 10_000
    large_reference: int = 64 << 10
    materialize: bool = False
    alternatives: bool = False

    def copy_limit(self, nbytes: int) -> int:
        """Return how many bytes of an array of ``nbytes`` may be copied."""
        return max(int(nbytes * self.copy_share), self.copy_bytes)


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Consecutive references as int64 columns; ``file`` -1 is a chunk without a reference."""

    file: Int64
    offset: Int64
    nbytes: Int64


class References(Protocol):
    """References of one array, a row for each chunk of the grid in C order."""

    def __len__(self) -> int: ...

    def rows(self, start: int, stop: int) -> Rows:
        """Return rows ``start`` to ``stop``; this is how any number of them is streamed."""


@dataclass(frozen=True, slots=True, eq=False)
class Gathered:
    """Copied chunks are made of elements that lie apart, at the places of ``geometry``."""

    geometry: Geometry


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """Copied chunks are parts of an array that is known already, in map order."""

    values: NDArray[np.generic]


@dataclass(frozen=True, slots=True, eq=False)
class Recoded:
    """Copied chunks are cells of a container, decoded, padded, and encoded by chain ``chain``.

    ``cells`` has a row for each chunk of the map's grid: the container's cell it is.
    """

    source: Chunked
    chain: int
    cells: Int64


@dataclass(frozen=True, slots=True)
class Piece:
    """``nbytes`` from ``offset`` of ``file`` stand from byte ``at`` of a copied chunk on."""

    at: int
    file: int
    offset: int
    nbytes: int


@dataclass(frozen=True, slots=True, eq=False)
class Stretched:
    """Copied chunks hold whole records as the files do, for the array's codec to pick from.

    ``nbytes`` has the bytes of each copied chunk, ``pieces`` says what it is put together of; what no
    piece covers is zero.
    """

    nbytes: Int64
    pieces: Callable[[int], Iterator[Piece]]


@dataclass(frozen=True, slots=True, eq=False)
class Peered:
    """Copied chunks are windows of an array without bytes of its own, as its peer reads it."""

    source: Derived


Content = Gathered | Values | Recoded | Stretched | Peered


@dataclass(frozen=True, slots=True)
class Choice:
    """What one profile costs: references, bytes that a full read fetches, bytes that are copied.

    ``why_not`` says why the profile cannot be had; the numbers are then 0.
    """

    profile: Profile
    references: int = 0
    fetched_bytes: int = 0
    copied_bytes: int = 0
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class PlannedAxis:
    """One axis of the stored array; ``reversed`` tells that the card asks for it the other way."""

    name: str
    size: int
    chunk: int
    reversed: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class ArrayPlan:
    """One array of a map: its grid, a reference for each chunk, and which chunks are copied.

    ``copies`` are the cells (C order, ascending) that a reference cannot serve, ``copied_to`` where
    their bytes go. ``dtype`` is what Zarr stores; it differs from the layout's for complex numbers.
    """

    layout: ArrayLayout
    axes: tuple[PlannedAxis, ...]
    dtype: np.dtype[np.generic]
    references: References
    content: Content
    copies: Int64
    copied_to: Place = "inline"
    tail: Tail = "none"
    filters: tuple[Mapping[str, Json], ...] = ()
    compressor: Mapping[str, Json] | None = None
    fill_value: Json = None
    profile: Profile = "portable"
    warnings: tuple[Problem, ...] = field(default=())
    choices: tuple[Choice, ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes in stored order."""
        return tuple(axis.size for axis in self.axes)

    @property
    def chunks(self) -> tuple[int, ...]:
        """Chunk extents in stored order."""
        return tuple(axis.chunk for axis in self.axes)

    @property
    def grid(self) -> tuple[int, ...]:
        """Chunks along each axis."""
        return tuple(-(-axis.size // axis.chunk) for axis in self.axes)

    @property
    def chunk_bytes(self) -> int:
        """Bytes of a decoded chunk."""
        return prod(map(int, self.chunks)) * self.dtype.itemsize

    @property
    def copied_bytes(self) -> int:
        """Bytes of all chunks that are copied: decoded ones, of packed arrays as they are stored."""
        if isinstance(self.content, Stretched):
            return int(self.content.nbytes.sum())
        return len(self.copies) * self.chunk_bytes
