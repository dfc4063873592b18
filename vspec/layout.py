"""The seam: where the bytes of each array lie. Left of it are formats, right of it is Zarr.

Plain data without behaviour. An array's bytes are *stored* along stored axes (slowest first);
each logical `Axis` says which stored axes make it, so that a permutation, a join of records into
one time axis, and a reversal are all written down here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vspec.datatypes import ElementType, Endian
from vspec.errors import Place

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
Int64 = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Affine:
    """Coordinates ``start + i * step``: two numbers, never a column. ``epoch`` is ISO 8601."""

    start: float
    step: float
    units: str | None = None
    epoch: str | None = None


@dataclass(frozen=True, slots=True)
class Coordinate:
    """A further coordinate along an axis, as long as the axis, e.g. a gain for each channel."""

    name: str
    values: NDArray[np.generic]
    attrs: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Axis:
    """A logical axis, in the order the card asks for.

    ``parts`` are the stored axes that make it, slowest first (one for a plain axis);
    ``reverse`` means that index 0 is the last stored one. ``size`` is the size after a trim.
    """

    name: str
    size: int
    parts: tuple[str, ...]
    reverse: bool = False
    affine: Affine | None = None
    labels: tuple[str, ...] | None = None
    coordinates: tuple[Coordinate, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Runs:
    """Columns, one row a run: ``count`` steps of ``stride`` bytes from ``offset`` in ``file``.

    ``file`` indexes the data set's file table. ``cell`` is the index (C order, ascending) into
    the leading axes of the `Strided` that owns the runs; runs of one cell are concatenated in
    order, and every cell has the same total count.
    """

    file: Int64
    offset: Int64
    count: Int64
    stride: Int64
    cell: Int64


@dataclass(frozen=True, slots=True, eq=False)
class InnerAxis:
    """A stored axis inside a step of a run: a signed byte stride, or a list of byte offsets."""

    name: str
    size: int
    stride: int = 0
    offsets: Int64 | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Trim:
    """Of logical axis ``axis`` only positions ``start`` to ``stop`` exist (after the join)."""

    axis: str
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Unpack:
    """What is made of an item that is no number: a whole number of packed words in byte order ``endian``.

    The values of an item are ``axes`` in C order; they are the innermost stored axes, and there are
    none of them where an item is one value.
    """

    element: ElementType
    endian: Endian
    axes: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Strided:
    """Bytes as they lie: stored axes are ``lead``, then ``outer`` (the run axis), then ``inner``.

    At most one of ``trims`` is about an axis. ``item`` is the stored element in its file byte order.
    With ``unpack`` it is raw bytes (``|V3``), of which values of the array's dtype are made; their axes
    follow ``inner``.
    """

    runs: Runs
    item: np.dtype[np.generic]
    lead: tuple[tuple[str, int], ...] = ()
    outer: str = "run"
    inner: tuple[InnerAxis, ...] = ()
    trims: tuple[Trim, ...] = ()
    unpack: Unpack | None = None


Codecs = tuple[Mapping[str, Json], ...]
"""Numcodecs configurations in decoding order reversed: as Zarr v2 lists filters, then compressor."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an independent reader finds a part of a container's array.

    It is the array ``path`` of ``file`` (an index into the file table), and stands from position
    ``corner`` of the stored axes on, with axes of one position before those of its own ``shape``.
    """

    file: int
    path: str
    corner: tuple[int, ...]
    shape: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Chunked:
    """A container's own chunks: stored axes ``stored``, cells of ``chunk`` on a grid in C order.

    Columns ``file``, ``offset``, ``nbytes`` have one row a grid cell; ``file`` -1 is an absent
    cell (``fill``). ``cell_codecs`` (one index per cell into ``chains``) is given where cells
    differ, else every cell uses ``chains[0]``. A ragged last cell decodes to its clipped shape
    when ``ragged`` is true, with at most ``surplus`` bytes behind it. ``peer`` names the independent reader
    that is the oracle here; it finds the array in ``origins``, which cover all of it.
    """

    stored: tuple[tuple[str, int], ...]
    chunk: tuple[int, ...]
    item: np.dtype[np.generic]
    file: Int64
    offset: Int64
    nbytes: Int64
    chains: tuple[Codecs, ...] = ((),)
    cell_codecs: Int64 | None = None
    ragged: bool = False
    surplus: int = 0
    fill: Json = None
    peer: str = ""
    origins: tuple[Origin, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Inline:
    """Values known at compile time; stored axes are the logical axes."""

    values: NDArray[np.generic]


@dataclass(frozen=True, slots=True, eq=False)
class Derived:
    """No bytes that a reference could serve: the reader ``peer`` gives the values when they are copied.

    ``stored`` are the stored axes; ``reason`` says why, in words that follow "because". Under ``code`` the
    catalogue explains it. Where the header was read to the last value, ``values`` are they, and the reader
    is only the oracle.
    """

    stored: tuple[tuple[str, int], ...]
    peer: str
    origins: tuple[Origin, ...]
    reason: str
    code: str = "V0335"
    values: NDArray[np.generic] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Coded:
    """Strides inside regions of encoded bytes.

    ``file`` of the runs of ``inside`` is a region: row ``file - base`` of the columns ``file``, ``offset``,
    ``nbytes`` and ``chain`` (one of ``chains``, in encoding order); its bytes count from the decoded ones.
    ``decoded`` is what a region decodes to, as far as that was looked at: bytes, else None.
    """

    inside: Strided
    base: int
    file: Int64
    offset: Int64
    nbytes: Int64
    chain: Int64
    chains: tuple[Codecs, ...]
    decoded: int | None = None


Source = Strided | Chunked | Coded | Inline | Derived


@dataclass(frozen=True, slots=True, eq=False)
class ArrayLayout:
    """One array of a data set: its path (``/`` makes groups), axes, dtype, source, attributes.

    ``dtype`` is what a reader sees, in the byte order of the file. The order of ``axes`` is the
    order the card asks for; the stored order is the source's. ``place`` is where the card says what
    the bytes are, for messages.
    """

    path: str
    axes: tuple[Axis, ...]
    dtype: np.dtype[np.generic]
    source: Source
    attrs: Mapping[str, Json] = field(default_factory=dict)
    place: Place | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes of the logical axes, in the card's order."""
        return tuple(axis.size for axis in self.axes)
