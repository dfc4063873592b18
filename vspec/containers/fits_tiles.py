"""Images of FITS files that are compressed tile by tile, in the rows of a table (FITS 4.0, section 10)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from itertools import product
from math import prod

import numpy as np

from vspec.containers.attributes import Attributes
from vspec.containers.derived import Converted, origin
from vspec.containers.fits_columns import Table
from vspec.containers.fits_scaling import linear, put_scaling
from vspec.containers.fits_tables import descriptors
from vspec.containers.fits_unit import Unit
from vspec.containers.model import Entry
from vspec.layout import ArrayLayout, Axis, Chunked, Codecs, Int64, Json

_BIG = {8: "u1", 16: ">i2", 32: ">i4", 64: ">i8", -32: ">f4", -64: ">f8"}
_LEFT_OUT = re.compile(
    r"SIMPLE|XTENSION|BITPIX|NAXIS\d*|PCOUNT|GCOUNT|TFIELDS|THEAP|END|BSCALE|BZERO|BLANK"
    r"|(?:TTYPE|TFORM|TUNIT|TSCAL|TZERO|TNULL|TDISP|TDIM)\d+"
    r"|ZIMAGE|ZSIMPLE|ZEXTEND|ZTENSION|ZBITPIX|ZNAXIS\d*|ZPCOUNT|ZGCOUNT|ZTILE\d+|ZBLANK"
)
_MOST_SHAPES = 64


@dataclass(frozen=True, slots=True, eq=False)
class _Image:
    """A compressed image: axes and tiles slowest first, and the places of its tiles in the file."""

    unit: Unit
    bits: int
    axes: tuple[Axis, ...]
    tile: tuple[int, ...]
    nbytes: Int64
    places: Int64
    attrs: Mapping[str, Json]

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(axis.size for axis in self.axes)

    @property
    def method(self) -> str:
        return self.unit.cards.string("ZCMPTYPE")

    def entry(self) -> Entry:
        """Return the entry; its dtype is that of the tiles, which may be wider than the image's own."""
        names = tuple(axis.name for axis in self.axes)
        reason = self._reason()
        own: np.dtype[np.generic] = np.dtype(_BIG[self.bits])
        item = own.newbyteorder("<")
        if reason is None and self.method != "RICE_1":
            # Writers pack short integers as they are, or as wider ones.
            width, rest = divmod(self._length(0), int(self._sizes()[0]))
            item = own if width == own.itemsize or width not in (2, 4, 8) else np.dtype(f">i{width}")
            wider = self.bits > 0 and width in (2, 4, 8) and width > own.itemsize
            if rest or (width != own.itemsize and not wider):
                reason = "the first tile has another number of bytes than it must"
                item = own.newbyteorder("<")
        return Entry(self.unit.path, self.shape, item, names, partial(self._layout, item, reason), self.attrs)

    def _reason(self) -> str | None:
        """Return why the tiles cannot be referenced, None if they can, for all that the header says."""
        cards = self.unit.cards
        names = {cards.string(f"TTYPE{k + 1}") for k in range(cards.whole("TFIELDS"))}
        if "ZSCALE" in names or "ZSCALE" in cards.values:
            return "the tiles are quantised, each with a scale of its own"
        if (self.nbytes == 0).any():
            return "some tiles are compressed in another way than the others"
        if self.method == "RICE_1":
            fits = self.bits in (8, 16, 32) and self._option("BYTEPIX", 4) == abs(self.bits) // 8
            return None if fits else "the codec takes other numbers than the image has"
        if self.method not in ("GZIP_1", "GZIP_2", "NOCOMPRESS"):
            return f"no codec for '{self.method}' is at hand"
        return None

    def _option(self, name: str, default: int) -> int:
        """Return a parameter of the compression."""
        cards = self.unit.cards
        for k in range(1, 100):
            if cards.string(f"ZNAME{k}") == name:
                return cards.whole(f"ZVAL{k}", default)
        return default

    def _sizes(self) -> Int64:
        """Return how many numbers each tile has."""
        sizes = np.ones((), np.int64)
        for size, tile in zip(self.shape, self.tile, strict=True):
            ends = np.minimum(tile, size - np.arange(0, size, tile, dtype=np.int64))
            sizes = sizes[..., None] * ends
        return np.ascontiguousarray(sizes.ravel())

    def _length(self, row: int) -> int:
        """Return the bytes of a tile once decoded, by the end of its gzip stream, which says so."""
        nbytes = int(self.nbytes[row])
        if self.method == "NOCOMPRESS":
            return nbytes
        last = min(4, nbytes)
        found = self.unit.cards.file.reader.read(int(self.places[row]) + nbytes - last, last)
        return int.from_bytes(found, "little")

    def _layout(self, item: np.dtype[np.generic], reason: str | None) -> ArrayLayout:
        shapes = list(product(*self._ends()))
        if reason is None and len(shapes) > _MOST_SHAPES:
            reason = "the tiles have too many shapes"
        if reason is None and self.method != "RICE_1":
            lengths = (self._sizes() * item.itemsize).tolist()
            alike = all(self._length(row) == nbytes % (1 << 32) for row, nbytes in enumerate(lengths))
            reason = None if alike else "the tiles hold numbers of different widths"
        if reason is not None:
            file, path = self.unit.cards.file, self.unit.path
            return Converted(file, path, item, self.axes, "fits", reason, self.attrs).entry().layout()
        return ArrayLayout(self.unit.path, self.axes, item, self._source(item, shapes), self.attrs)

    def _source(self, item: np.dtype[np.generic], shapes: list[tuple[int, ...]]) -> Chunked:
        chains = tuple(self._chain(item, shape) for shape in shapes)
        by_shape = self.method == "RICE_1" and len(chains) > 1
        return Chunked(
            tuple((axis.name, axis.size) for axis in self.axes),
            self.tile,
            item,
            np.full(len(self.nbytes), self.unit.cards.file.index, np.int64),
            self.places,
            self.nbytes,
            chains=chains if by_shape else chains[:1],
            cell_codecs=self._shape_of_each() if by_shape else None,
            ragged=any(size % tile for size, tile in zip(self.shape, self.tile, strict=True)),
            peer="fits",
            origins=(origin(self.unit.cards.file, self.unit.path, self.shape),),
        )

    def _chain(self, item: np.dtype[np.generic], shape: tuple[int, ...]) -> Codecs:
        """Return the codecs of a tile of this shape."""
        packed: Mapping[str, Json] = {"id": "gzip", "level": 1}
        match self.method:
            case "RICE_1":
                sizes: list[Json] = [*shape]
                block = self._option("BLOCKSIZE", 32)
                return ({"id": "imagecodecs_rcomp", "shape": sizes, "dtype": item.str, "nblock": block},)
            case "GZIP_2" if item.itemsize > 1:
                return ({"id": "shuffle", "elementsize": item.itemsize}, packed)
            case "NOCOMPRESS":
                return ()
        return (packed,)

    def _ends(self) -> list[tuple[int, ...]]:
        """Return the sizes that tiles have along each axis: whole ones, and the last."""
        found: list[tuple[int, ...]] = []
        for size, tile in zip(self.shape, self.tile, strict=True):
            rest = size % tile
            found.append((tile, rest) if rest and size > tile else (tile,))
        return found

    def _shape_of_each(self) -> Int64:
        """Return for each tile which of the shapes it has."""
        index = np.zeros((), np.int64)
        for size, tile, ends in zip(self.shape, self.tile, self._ends(), strict=True):
            count = -(-size // tile)
            last = (np.arange(count) == count - 1) & (len(ends) > 1)
            index = index[..., None] * len(ends) + last
        return np.ascontiguousarray(index.ravel(), np.int64)


def add_tiles(unit: Unit, table: Table) -> None:
    """Add an image that is compressed by tiles. Raises V0361 where the header contradicts itself."""
    cards = unit.cards
    bits = cards.values.get("ZBITPIX")
    if type(bits) is not int or bits not in _BIG:
        raise cards.damaged(
            "ZBITPIX is not what it must be", expected="8, 16, 32, 64, -32 or -64", found=f"{bits}"
        )
    rank = cards.whole("ZNAXIS")
    if not 1 <= rank <= 32:
        raise cards.damaged(f"ZNAXIS is {rank}", expected="1 to 32")
    sizes = [cards.whole(f"ZNAXIS{k}", least=1) for k in range(1, rank + 1)]
    tiles = [cards.whole(f"ZTILE{k}", sizes[0] if k == 1 else 1, least=1) for k in range(1, rank + 1)]
    tiles = [min(tile, size) for tile, size in zip(tiles, sizes, strict=True)]
    count = prod(-(-size // tile) for size, tile in zip(sizes, tiles, strict=True))
    if count != table.rows:
        raise cards.damaged(
            "the table has another number of rows than the image has tiles",
            expected=f"{count} rows",
            found=f"{table.rows}",
        )
    attrs = Attributes(unit.path, unit.lost)
    cards.put_into(attrs, _LEFT_OUT)
    blank = "BLANK" if "BLANK" in cards.values else "ZBLANK"
    put_scaling(cards, ("BSCALE", "BZERO", blank), attrs, whole=bits > 0)
    shape = tuple(reversed(sizes))
    names = [f"{unit.path}_axis_{k}" for k in range(rank)]
    axes = tuple(
        Axis(name, size, (name,), affine=linear(cards, rank - k))
        for k, (name, size) in enumerate(zip(names, shape, strict=True))
    )
    column = next((c for c in table.columns if c.name == "COMPRESSED_DATA"), None)
    if column is None or column.code not in "PQ" or column.heaped != "B":
        dtype: np.dtype[np.generic] = np.dtype(_BIG[bits]).newbyteorder("<")
        reason = "the compressed tiles are not bytes in the heap"
        unit.add(Converted(cards.file, unit.path, dtype, axes, "fits", reason, attrs.found).entry())
        return
    nbytes, places = descriptors(unit, table, column)
    unit.add(_Image(unit, bits, axes, tuple(reversed(tiles)), nbytes, places, attrs.found).entry())
