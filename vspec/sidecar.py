"""Copies what no reference can serve: into the map itself, or into one file beside it."""

from __future__ import annotations

import hashlib
import lzma
import os
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import EllipsisType
from typing import BinaryIO, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from vspec.chunks import ArrayPlan, Gathered, Peered, Recoded, Stretched, Units, Values, units
from vspec.codecs.gather import Gather
from vspec.codecs.registration import borrow
from vspec.errors import Problem, VspecError, fail
from vspec.layout import Codecs, Json
from vspec.manifest import Placement
from vspec.peers.windows import window as peer_window

Bytes = NDArray[np.uint8]
_BLOCK = 8 << 20
_SPAN = 64 << 20
_NEAR = 64 << 10
_SPARSE = 8
"""Bytes that lie apart are read together within `_NEAR`, or while they are one in `_SPARSE`."""
_APART = 8 << 10
"""Units that lie farther apart than this are read one by one: what is between them is not read."""


class Viewable(Protocol):
    """An open source file."""

    @property
    def size(self) -> int:
        """Bytes in the file."""

    def view(self, offset: int, n: int) -> Bytes:
        """Return ``n`` bytes from ``offset``."""

    def pieces(self, offsets: Sequence[int], n: int) -> Bytes:
        """Return ``n`` bytes at each offset, a row each."""


class _Local(Protocol):
    """A source file on this machine."""

    @property
    def absolute(self) -> Path: ...


OpenFile = Callable[[int], Viewable]


class _Codec(Protocol):
    """A numcodecs codec."""

    def encode(self, buf: object) -> object: ...

    def decode(self, buf: object) -> object: ...


@dataclass(frozen=True, slots=True)
class Part:
    """A sidecar that is written but not yet in its place: a temporary file, its size and digest."""

    path: Path
    size: int
    digest: str


@dataclass(frozen=True, slots=True, eq=False)
class Copies:
    """Where the copies of each plan went, and the sidecar that holds them if one was needed."""

    placements: tuple[Placement, ...]
    part: Part | None


def digest_of(path: Path) -> str:
    """Return the digest of a sidecar that is in its place. Raises `OSError`."""
    found = hashlib.blake2b(digest_size=16)
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            found.update(block)
    return found.hexdigest()


@contextmanager
def materialise(plans: Sequence[ArrayPlan], open_file: OpenFile, target: Path) -> Iterator[Copies]:
    """Copy what the plans ask for; the sidecar is written beside ``target`` under a temporary name.

    The temporary file is removed at the end unless a writer has moved it into place. Raises
    `VspecError`: V0331 where a source turns out too short, V0710 where a codec is missing.
    """
    if all(plan.copied_to == "inline" or len(plan.copies) == 0 for plan in plans):
        yield Copies(tuple(_place(plan, open_file, None) for plan in plans), None)
        return
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
    path = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            sidecar = _Appender(file)
            placements = tuple(_place(plan, open_file, sidecar) for plan in plans)
            file.flush()
            os.fsync(file.fileno())
        yield Copies(placements, Part(path, sidecar.size, sidecar.hash.hexdigest()))
    finally:
        path.unlink(missing_ok=True)


class _Appender:
    """Appends chunks to the sidecar and keeps its digest."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = 0
        self.hash = hashlib.blake2b(digest_size=16)

    def append(self, chunk: bytes) -> int:
        start = self.size
        self._file.write(chunk)
        self.hash.update(chunk)
        self.size += len(chunk)
        return start


def _place(plan: ArrayPlan, open_file: OpenFile, sidecar: _Appender | None) -> Placement:
    none = np.zeros(0, np.int64)
    chunks = (copied_chunk(plan, cell, open_file) for cell in plan.copies.tolist())
    if plan.copied_to == "inline" or sidecar is None:
        return Placement(plan.copies, none, none, tuple(chunks))
    offset, nbytes = np.zeros(len(plan.copies), np.int64), np.zeros(len(plan.copies), np.int64)
    for row, chunk in enumerate(chunks):
        offset[row], nbytes[row] = sidecar.append(chunk), len(chunk)
    return Placement(plan.copies, offset, nbytes)


def copied_chunk(plan: ArrayPlan, cell: int, open_file: OpenFile) -> bytes:
    """Return the bytes of one copied chunk, as a reader expects them (padded, encoded)."""
    match plan.content:
        case Gathered():
            return _gathered(plan, units(plan, plan.content, cell), open_file)
        case Values(values):
            corner = np.unravel_index(cell, plan.grid) if plan.grid else ()
            start = [int(at) * chunk for at, chunk in zip(corner, plan.chunks, strict=True)]
            ranges = (slice(a, a + chunk) for a, chunk in zip(start, plan.chunks, strict=True))
            window: tuple[slice | EllipsisType, ...] = (*ranges, ...)
            data = _padded(values[window], plan.chunks, plan.dtype)
            return data if plan.compressor is None else _encode(plan, (plan.compressor,), data)
        case Recoded():
            return _recoded(plan, plan.content, cell, open_file)
        case Stretched():
            return _stretched(plan, plan.content, cell, open_file)
        case Peered():
            return _peered(plan, cell, open_file)


def _peered(plan: ArrayPlan, cell: int, open_file: OpenFile) -> bytes:
    """Return a window of an array as its peer reads it, in stored order, padded and encoded."""
    logical = plan.axes[: len(plan.layout.axes)]
    corner = np.unravel_index(cell, plan.grid)[: len(logical)] if plan.grid else ()
    spans = [(int(at) * axis.chunk, axis) for at, axis in zip(corner, logical, strict=True)]
    asked = []
    for start, axis in spans:
        stop = min(start + axis.chunk, axis.size)
        asked.append(slice(axis.size - stop, axis.size - start) if axis.reversed else slice(start, stop))
    values = peer_window(plan.layout, lambda file: cast("_Local", open_file(file)).absolute, asked)
    values = np.flip(values, tuple(k for k, (_, axis) in enumerate(spans) if axis.reversed))
    if plan.layout.dtype.kind == "c":
        values = np.asarray(values, order="C").reshape(*values.shape, 1).view(plan.dtype)
    data = _padded(np.asarray(values, plan.dtype, order="C"), plan.chunks, plan.dtype)
    return data if plan.compressor is None else _encode(plan, (plan.compressor,), data)


def _padded(part: NDArray[np.generic], chunk: tuple[int, ...], dtype: np.dtype[np.generic]) -> bytes:
    if part.shape == chunk:
        return part.tobytes()
    whole = np.zeros(chunk, dtype)
    whole[tuple(slice(0, size) for size in part.shape)] = part
    return whole.tobytes()


def _gathered(plan: ArrayPlan, blocks: Iterable[Units], open_file: OpenFile) -> bytes:
    chunk = np.zeros(plan.chunk_bytes, np.uint8)
    for block in blocks:
        rows = chunk.reshape(-1, block.nbytes)
        for file in np.unique(block.file).tolist():
            own = np.flatnonzero(block.file == file)
            _gather(plan, open_file(file), block, own, rows)
    return chunk.tobytes()


def _stretched(plan: ArrayPlan, content: Stretched, cell: int, open_file: OpenFile) -> bytes:
    nbytes = int(content.nbytes[np.searchsorted(plan.copies, cell)])
    chunk = np.zeros(nbytes, np.uint8)
    for piece in content.pieces(cell):
        reader = open_file(piece.file)
        if piece.offset < 0 or piece.offset + piece.nbytes > reader.size:
            raise VspecError([_too_short(plan, reader, piece.offset, piece.offset + piece.nbytes)])
        chunk[piece.at : piece.at + piece.nbytes] = reader.view(piece.offset, piece.nbytes)
    return chunk.tobytes()


def _gather(plan: ArrayPlan, reader: Viewable, block: Units, own: NDArray[np.intp], rows: Bytes) -> None:
    """Copy the units ``own`` of a block out of one file, a bounded span of it at a time."""
    offset = block.offset[own]
    low, high = int(offset.min()), int(offset.max()) + block.nbytes
    if low < 0 or high > reader.size:
        raise VspecError([_too_short(plan, reader, low, high)])
    if high - low > max(_APART, _SPARSE * block.nbytes) * len(own):
        rows[block.at[own]] = reader.pieces(offset.tolist(), block.nbytes)
        return
    together = min(_SPAN, max(_NEAR, _SPARSE * len(own) * block.nbytes))
    if high - low > together and len(own) > 1:
        middle = len(own) // 2
        _gather(plan, reader, block, own[:middle], rows)
        _gather(plan, reader, block, own[middle:], rows)
        return
    view = np.ascontiguousarray(reader.view(low, high - low))
    stretches = np.lib.stride_tricks.sliding_window_view(view, block.nbytes)
    rows[block.at[own]] = stretches[offset - low]


def _too_short(plan: ArrayPlan, reader: Viewable, low: int, high: int) -> Problem:
    return Problem(
        "V0331",
        f"array '{plan.layout.path}' needs the bytes {low} to {high} of a file",
        plan.layout.place,
        offset=low,
        found=f"a file of {reader.size} bytes",
        help="is the recording truncated, or is a count, an offset or the dtype of the card wrong?",
    )


# --- cells of containers --------------------------------------------------------------------


def _recoded(plan: ArrayPlan, content: Recoded, cell: int, open_file: OpenFile) -> bytes:
    """Decode a container's cell by its own chain, pad it, and encode it by the array's chain."""
    source, row = content.source, int(content.cells[cell])
    own = content.chain if source.cell_codecs is None else int(source.cell_codecs[row])
    reader = open_file(int(source.file[row]))
    stored = reader.view(int(source.offset[row]), int(source.nbytes[row])).tobytes()
    shape = _cell_shape(content, row)
    data = _decode(plan, source.chains[own], stored)
    expected = int(np.prod(shape, dtype=object)) * source.item.itemsize
    surplus = len(data) - expected
    if not 0 <= surplus <= (source.surplus if source.ragged else 0):
        raise VspecError([_wrong_length(plan, content, row, expected, len(data))])
    part = np.frombuffer(data[:expected], source.item).reshape(shape)
    return _encode(plan, source.chains[content.chain], _padded(part, source.chunk, source.item))


def _cell_shape(content: Recoded, row: int) -> tuple[int, ...]:
    source = content.source
    if not source.ragged:
        return source.chunk
    counts = [-(-size // chunk) for (_, size), chunk in zip(source.stored, source.chunk, strict=True)]
    index = np.unravel_index(row, counts)
    return tuple(
        min(chunk, size - int(at) * chunk)
        for at, (_, size), chunk in zip(index, source.stored, source.chunk, strict=True)
    )


def _wrong_length(plan: ArrayPlan, content: Recoded, row: int, expected: int, found: int) -> Problem:
    return Problem(
        "V0337",
        f"chunk {row} of array '{plan.layout.path}' decodes to another length than its shape has",
        offset=int(content.source.offset[row]),
        expected=f"{expected} bytes",
        found=f"{found} bytes",
        help="the file is damaged, or its chunks are not what the container says",
    )


def _codec(plan: ArrayPlan, config: dict[str, Json]) -> _Codec:
    registry = import_module("numcodecs")
    if str(config.get("id")).startswith("imagecodecs_"):
        borrow()
    try:
        codec: _Codec = registry.get_codec(dict(config))
    except (ValueError, TypeError) as error:
        raise _no_codec(plan, str(config.get("id")), error) from error
    return codec


def _no_codec(plan: ArrayPlan, name: str, error: Exception) -> VspecError:
    return fail(
        "V0710",
        f"array '{plan.layout.path}' needs the codec '{name}': {error}",
        help="install the package that provides it (numcodecs, imagecodecs)",
    )


def _decode(plan: ArrayPlan, chain: Codecs, data: bytes) -> bytes:
    found: object = data
    for config in reversed(chain):
        try:
            found = _codec(plan, dict(config)).decode(found)
        except (ValueError, RuntimeError, OSError, EOFError, zlib.error, lzma.LZMAError) as error:
            message = f"a chunk of array '{plan.layout.path}' cannot be decoded by '{config['id']}': {error}"
            damaged = Problem("V0337", message, help="the file is damaged or still being written")
            raise VspecError([damaged]) from error
    return _raw(found)


def _encode(plan: ArrayPlan, chain: Codecs, data: bytes) -> bytes:
    found: object = np.frombuffer(data, plan.dtype)
    for config in chain:
        shape = config.get("shape")
        try:
            if isinstance(shape, list):
                found = np.asarray(found).reshape([int(str(n)) for n in shape])
            if config["id"] == Gather.id:
                found = _scattered(Gather.from_config(config), found)
            else:
                found = _codec(plan, dict(config)).encode(found)
        except (NotImplementedError, ValueError, RuntimeError) as error:
            raise _no_codec(plan, str(config["id"]), error) from error
    return _raw(found)


def _scattered(codec: Gather, values: object) -> bytes:
    """Return a record out of which a codec picks these values; what it does not pick is zero."""
    record = np.zeros(codec.span(codec.records.size), np.uint8)
    where = np.arange(len(record), dtype=np.int64)
    picked = np.zeros(codec.nbytes, np.int64)
    for place in range(0, 64, 8):
        if len(record) >> place:
            digits = codec.decode(((where >> place) & 255).astype(np.uint8).tobytes())
            picked |= np.frombuffer(_raw(digits), np.uint8).astype(np.int64) << place
    record[picked] = np.frombuffer(_raw(values), np.uint8)
    return record.tobytes()


def _raw(found: object) -> bytes:
    if isinstance(found, np.ndarray):
        return found.tobytes()
    return bytes(found)  # type: ignore[call-overload,no-any-return]  # codecs return buffers
