"""Raw files: dense arrays in stored order behind ``offset`` bytes of filler."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from vspec.authoring.fakes import stored
from vspec.authoring.fakes.encoding import encode
from vspec.authoring.fakes.files import FakeFile
from vspec.authoring.fakes.known import Dense
from vspec.authoring.fakes.many_rows import SPARSE_FROM, within
from vspec.authoring.fakes.options import KEEP_LIMIT, Windows
from vspec.authoring.fakes.orders import choose
from vspec.authoring.fakes.paths import path_of
from vspec.card.model import ArraySpec, ByteOrderTest
from vspec.datatypes import ElementType, Endian, NamedType
from vspec.errors import fail
from vspec.expressions import Chain, Expression, Scope, Value


@dataclass(frozen=True, slots=True)
class Region:
    """The bytes of an array in a raw file; ``stored`` are its axes, slowest first.

    ``encode`` is what encodes them, where the card says that they are; they stand in the file as that.
    """

    spec: ArraySpec
    key: str
    kind: ElementType
    endian: Endian
    offset: int
    stored: tuple[tuple[str, int], ...]
    listed: tuple[str, ...]
    encode: Callable[[bytes], bytes] | None = None

    @property
    def count(self) -> int:
        """Number of elements."""
        return math.prod(size for _, size in self.stored)

    def filled(self, windows: Windows | None) -> list[range]:
        """Return the elements that hold data: all, or those of ``windows`` along the slowest axis."""
        rows = self.stored[0][1] if self.stored else 1
        if windows is None or rows < SPARSE_FROM:
            return [range(self.count)]
        row, word = self.count // rows, self.kind.per_word
        found = (range(w.start * row // word * word, w.stop * row) for w in within(windows, rows))
        return list(found)

    @property
    def nbytes(self) -> int:
        """Bytes of all elements, before they are encoded."""
        return stored.size(self.kind, self.endian, self.count)


def region(spec: ArraySpec, file: FakeFile, scope: Scope, space: int | None = None) -> Region:
    """Return where an array lies in a raw file; ``space`` is the file's size where that is settled."""
    inside = Chain(dict(file.captures), scope)
    if spec.dtype is None:
        raise fail("V0853", f"'{spec.key.value}' has no dtype", spec.place)
    kind: object = spec.dtype.evaluate(inside)
    if isinstance(kind, NamedType):
        kind = file.sheet.plan.card.types[kind.name].element
    if not isinstance(kind, ElementType):
        raise fail("V0853", "this is no type", spec.dtype.text.place, found=repr(kind))
    order = file.endian
    if not isinstance(spec.endian, ByteOrderTest):
        order = choose(spec.endian, order, inside)
    offset = 0 if spec.offset is None else spec.offset.integer(inside)
    sizes = _sizes(spec, inside)
    known = math.prod(n for _, n in sizes if n is not None)

    def auto(name: str) -> int:
        if space is not None and not spec.codec:
            return (space - offset) // kind.nbytes * kind.per_word // known if known else 0
        return file.sheet.open_size(name, kind.per_word // math.gcd(kind.per_word, known))

    axes = [(name, auto(name) if n is None else n) for name, n in sizes]
    fortran = (spec.order if isinstance(spec.order, str) else spec.order.evaluate(inside)) == "F"
    stored_axes = tuple(reversed(axes)) if fortran else tuple(axes)
    listed = tuple(name for name, _ in axes)
    encoder = partial(encode, steps=spec.codec, scope=inside) if spec.codec else None
    return Region(spec, path_of(spec.name, scope), kind, order, offset, stored_axes, listed, encoder)


def _sizes(spec: ArraySpec, scope: Scope) -> list[tuple[str, int | None]]:
    if isinstance(spec.shape, Mapping):
        return [(name, None if e is None else e.integer(scope)) for name, e in spec.shape.items()]
    if spec.shape is None:
        return []
    value = spec.shape.evaluate(scope)
    items = _items(value)
    names = spec.dims if isinstance(spec.dims, tuple) else tuple(f"axis_{k}" for k in range(len(items)))
    if isinstance(spec.dims, Expression):
        given = spec.dims.evaluate(scope)
        names = names if isinstance(given, str) else tuple(str(name) for name in _items(given))
    return [(name, int(n)) for name, n in zip(names, items, strict=True)]


def _items(value: Value) -> list[int]:
    items: list[int] = value.tolist() if isinstance(value, np.ndarray) else list(value)  # type: ignore[arg-type]  # a list or column
    return items


@dataclass(frozen=True, slots=True)
class RawFile:
    """The regions of a raw file, in the order of the card; those without room of their own come last."""

    file: FakeFile
    regions: tuple[Region, ...]

    @property
    def nbytes(self) -> int:
        """Size of the file."""
        return max((self.end(r) for r in self.regions), default=0)

    def end(self, r: Region) -> int:
        """First byte behind an array, as it stands in the file."""
        return r.offset + (r.nbytes if r.encode is None else len(r.encode(self._elements(r))))

    def _elements(self, r: Region) -> bytes:
        return b"".join(stored.blocks(self._rng(r.key), r.kind, r.endian, r.count))

    @property
    def kept(self) -> bool:
        """Whether the contents are kept in memory."""
        return self.nbytes <= KEEP_LIMIT

    def contents(self, *, filler: bool = True) -> bytes:
        """Return the bytes of the file; raises V0858 where arrays share some of their bytes only."""
        rng = self._rng("filler")
        whole = np.frombuffer(rng.bytes(self.nbytes if filler else 0), np.uint8).copy()
        whole.resize(self.nbytes)
        taken = np.zeros(self.nbytes, np.bool_)
        for r in self.regions:
            own = slice(r.offset, self.end(r))
            if taken[own].any():
                if not taken[own].all() or r.encode is not None:
                    raise fail("V0858", f"'{r.key}' overlaps another array", r.spec.place)
                continue
            whole[own] = 0
            for start, data in self._pieces(r):
                whole[start : start + len(data)] = np.frombuffer(data, np.uint8)
            taken[own] = True
        return whole.tobytes()

    def known(self, r: Region, contents: bytes) -> Dense:
        """Return an array as it was written."""
        raw = contents[r.offset : self.end(r)] if r.encode is None else self._elements(r)
        flat = stored.values(raw, r.kind, r.endian, r.count)
        return Dense(tuple(name for name, _ in r.stored), flat.reshape([size for _, size in r.stored]))

    def _pieces(self, r: Region) -> Iterator[tuple[int, bytes]]:
        """Yield the data of an array, a block at a time, with the byte at which it stands."""
        if r.encode is not None:
            yield r.offset, r.encode(self._elements(r))
            return
        rng = self._rng(r.key)
        for part in r.filled(self.file.sheet.plan.windows):
            start = r.offset + stored.size(r.kind, r.endian, part.start)
            for block in stored.blocks(rng, r.kind, r.endian, len(part)):
                yield start, block
                start += len(block)

    def stream(self, path: Path) -> None:
        """Write a file too large for memory, in blocks; raises V0857 unless it holds one array alone."""
        if len(self.regions) != 1:
            raise fail(
                "V0857", f"{path.name} would have {self.nbytes} bytes in several arrays", self.file.role.place
            )
        only = self.regions[0]
        with path.open("wb") as handle:
            handle.write(self._rng("filler").bytes(only.offset))
            for start, block in self._pieces(only):
                handle.seek(start)
                handle.write(block)
            handle.truncate(self.nbytes)

    def _rng(self, name: str) -> np.random.Generator:
        return self.file.sheet.rng(f"{self.file.role.name} {name}", self.file.sheet.index)


def raw_file(file: FakeFile, arrays: Iterator[tuple[ArraySpec, Scope]]) -> RawFile:
    """Return the arrays of a raw file; the first ones settle its size for ``auto`` axes of later ones."""
    regions: list[Region] = []
    for spec, scope in arrays:
        space = RawFile(file, tuple(regions)).nbytes if regions else None
        regions.append(region(spec, file, scope, space if _is_open(spec) else None))
    return RawFile(file, tuple(regions))


def _is_open(spec: ArraySpec) -> bool:
    return isinstance(spec.shape, Mapping) and None in spec.shape.values()
