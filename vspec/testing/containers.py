"""Hypothesis strategies for what lies in containers: chunks with codecs, and values given in a header."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product

import numcodecs
import numpy as np
from hypothesis import strategies as st

from vspec.layout import ArrayLayout, Axis, Chunked, Codecs, Inline, Json
from vspec.testing.layouts import Array, Sample, dtypes, values

_SIZES = st.sampled_from([1, 2, 3, 5, 7])


@dataclass(slots=True)
class _Cells:
    """The columns of a container's cells, and the files that they lie in."""

    files: list[bytearray]
    file: list[int] = field(default_factory=list)
    offset: list[int] = field(default_factory=list)
    nbytes: list[int] = field(default_factory=list)
    chain: list[int] = field(default_factory=list)

    def put(self, file: int, chunk: bytes, chain: int) -> None:
        self.file.append(file)
        self.offset.append(len(self.files[file]))
        self.nbytes.append(len(chunk))
        self.chain.append(chain)
        self.files[file] += chunk + b"\x55"

    def leave_out(self) -> None:
        for column, value in ((self.file, -1), (self.offset, 0), (self.nbytes, 0), (self.chain, 0)):
            column.append(value)


def encoded(part: Array, chain: Codecs) -> bytes:
    """Return an array's bytes, encoded by a chain of numcodecs."""
    found: object = np.ascontiguousarray(part)
    for config in chain:
        found = numcodecs.get_codec(dict(config)).encode(found)
    return found.tobytes() if isinstance(found, np.ndarray) else bytes(memoryview(found))  # type: ignore[arg-type]  # codecs return buffers


def _chains(item: np.dtype[np.generic]) -> list[Codecs]:
    """Return chains that a container might use."""
    deflate: Mapping[str, Json] = {"id": "zlib", "level": 1}
    shuffle: Mapping[str, Json] = {"id": "shuffle", "elementsize": item.itemsize}
    return [(), (deflate,), (shuffle, deflate), ({"id": "gzip", "level": 1},), ({"id": "bz2", "level": 1},)]


@st.composite
def chunked(draw: st.DrawFn) -> Sample:
    """Draw an array in a container's chunks: codecs alike or by cell, ragged ends, chunks left out."""
    item = draw(dtypes())
    sizes = draw(st.lists(_SIZES, min_size=1, max_size=3))
    chunk = [draw(st.integers(1, size + 1)) for size in sizes]
    chains = tuple(draw(st.permutations(_chains(item)))[: draw(st.integers(1, 3))])
    ragged, sparse = draw(st.booleans()), draw(st.booleans())
    by_cell = len(chains) > 1 and draw(st.booleans())
    array = values(item, sizes, draw(st.integers(0, 2**32))).copy()
    fill = draw(st.sampled_from([0, 1]))
    cells = _Cells([bytearray(b"head"), bytearray()])
    for corner in product(*(range(0, size, extent) for size, extent in zip(sizes, chunk, strict=True))):
        window = tuple(slice(at, at + extent) for at, extent in zip(corner, chunk, strict=True))
        if sparse and draw(st.booleans()):
            array[window] = fill * (1 + 1j) if item.kind == "c" else fill
            cells.leave_out()
            continue
        part = array[window]
        if not ragged:
            whole = np.zeros(chunk, item)
            whole[tuple(slice(0, size) for size in part.shape)] = part
            part = whole
        chain = draw(st.integers(0, len(chains) - 1)) if by_cell else 0
        cells.put(draw(st.integers(0, 1)), encoded(part, chains[chain]), chain)
    order = draw(st.permutations(range(len(sizes))))
    flips = [draw(st.booleans()) for _ in sizes]
    axes = tuple(
        Axis(f"axis{at}", sizes[at], (f"stored{at}",), flip) for at, flip in zip(order, flips, strict=True)
    )
    file, offset, nbytes = (np.array(column, np.int64) for column in (cells.file, cells.offset, cells.nbytes))
    source = Chunked(
        tuple((f"stored{at}", size) for at, size in enumerate(sizes)),
        tuple(chunk),
        item,
        file,
        offset,
        nbytes,
        chains=chains,
        cell_codecs=np.array(cells.chain, np.int64) if by_cell else None,
        ragged=ragged,
        fill=fill,
        peer="numcodecs",
    )
    turned = array.transpose(order)[tuple(slice(None, None, -1 if flip else 1) for flip in flips)]
    layout = ArrayLayout("array", axes, item, source)
    return Sample(layout, tuple(bytes(file) for file in cells.files), turned)


@st.composite
def inline(draw: st.DrawFn) -> Sample:
    """Draw an array whose values are known without any file."""
    item = draw(dtypes())
    sizes = draw(st.lists(st.sampled_from([0, 1, 2, 5, 13]), max_size=3))
    array = values(item, sizes, draw(st.integers(0, 2**32)))
    if item.kind in "fc":
        array = np.asarray(np.nan_to_num(array), item)
    flips = [draw(st.booleans()) for _ in sizes]
    axes = tuple(
        Axis(f"axis{at}", size, (f"axis{at}",), flip)
        for at, (size, flip) in enumerate(zip(sizes, flips, strict=True))
    )
    turned = np.asarray(array[tuple(slice(None, None, -1 if flip else 1) for flip in flips)], item)
    return Sample(ArrayLayout("array", axes, item, Inline(array)), (), turned)
