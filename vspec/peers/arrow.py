"""Arrow files and streams as pyarrow reads them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vspec.errors import fail

if TYPE_CHECKING:
    import pyarrow as pa

_FAILURES = (
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)
_VALID = "_valid"
_FLOATS = {"halffloat": "f2", "float": "f4", "double": "f8"}


def read_arrow(path: Path, array: str, selection: tuple[slice, ...]) -> NDArray[np.generic]:
    """Return a box of a column over all batches: what lies in its buffer, under nulls too.

    No other column is read.

    ``<column>_valid`` is false where the column, or a record or list around it, is null. Raises V0363
    without the library, V0361 where it fails.
    """
    try:
        import pyarrow as pa
        from pyarrow import ipc
    except ImportError:
        raise fail("V0363", "pyarrow is not installed", help="pip install pyarrow") from None
    try:
        raw = path.read_bytes()
        read = ipc.open_file if raw[:6] == b"ARROW1" else ipc.open_stream
        names = read(pa.BufferReader(raw)).schema.names
        first = array.partition("/")[0]
        own = [at for at, name in enumerate(names) if first in (name, f"{name}{_VALID}")]
        table = read(pa.BufferReader(raw), options=ipc.IpcReadOptions(included_fields=own)).read_all()
        table.validate()
        whole = _whole(table, array)
    except _FAILURES as error:
        raise fail("V0361", f"pyarrow cannot read '{array}'", found=str(error)) from None
    return whole[selection]


def _whole(table: pa.Table, array: str) -> NDArray[np.generic]:
    names = array.split("/")
    for name in (names, [*names[:-1], names[-1].removesuffix(_VALID)]):
        if name[0] in table.schema.names:
            column = table.column(table.schema.names.index(name[0]))
            try:
                return _parts(column, name[1:], valid=name != names)
            except KeyError:
                continue
    raise KeyError(array)


def _parts(column: pa.ChunkedArray, rest: list[str], *, valid: bool) -> NDArray[np.generic]:
    found = [_chunk(chunk, rest, np.ones(len(chunk), bool), valid=valid) for chunk in column.chunks]
    if not found:
        empty = column.type.field(rest[0]).type if rest else column.type
        return _chunk_of_nothing(empty, valid=valid)
    return np.concatenate(found)


def _chunk_of_nothing(kind: pa.DataType, *, valid: bool) -> NDArray[np.generic]:
    import pyarrow as pa

    return _chunk(pa.array([], kind), [], np.zeros(0, bool), valid=valid)


def _chunk(chunk: pa.Array, rest: list[str], outer: NDArray[np.bool_], *, valid: bool) -> NDArray[np.generic]:
    """Return the values, or the validity, of a chunk; structs and fixed lists are gone into."""
    import pyarrow as pa

    if isinstance(chunk, pa.ExtensionArray):
        chunk = chunk.storage
    kind = chunk.type
    here = outer & np.asarray(chunk.is_valid())
    if pa.types.is_struct(kind):
        if not rest or kind.get_field_index(rest[0]) < 0:
            raise KeyError(rest[0] if rest else "")
        field = chunk.field(kind.get_field_index(rest[0]))
        return _chunk(field, rest[1:], here, valid=valid)
    if rest:
        raise KeyError(rest[0])
    if pa.types.is_fixed_size_list(kind):
        size: int = kind.list_size
        inside = chunk.values.slice(chunk.offset * size, len(chunk) * size)
        found = _chunk(inside, [], np.repeat(here, size), valid=valid)
        return found.reshape(len(chunk), size, *found.shape[1:])
    return here if valid else _numbers(chunk)


def _numbers(chunk: pa.Array) -> NDArray[np.generic]:
    """Return what lies in the buffer of a chunk's values."""
    import pyarrow as pa

    count, kind = len(chunk), chunk.type
    if pa.types.is_boolean(kind):
        bits = np.frombuffer(chunk.buffers()[1] or b"", np.uint8)
        values: NDArray[np.uint8] = np.unpackbits(bits, bitorder="little")
        return values[chunk.offset : chunk.offset + count].astype(bool)
    dtype = _dtype(kind)
    raw = chunk.buffers()[1]
    if raw is None or not count:
        return np.zeros(count, dtype)
    return np.frombuffer(raw, dtype, count, chunk.offset * dtype.itemsize)


def _dtype(kind: pa.DataType) -> np.dtype[np.generic]:
    """Return how the numbers of a type lie in memory: times are counts."""
    import pyarrow as pa

    types = pa.types
    if types.is_integer(kind) or types.is_floating(kind):
        return np.dtype(_FLOATS.get(str(kind), str(kind)))
    if types.is_temporal(kind) or types.is_decimal(kind):
        return np.dtype(f"i{kind.bit_width // 8}")
    raise TypeError(f"{kind} is no number")
