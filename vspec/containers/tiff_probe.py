"""A few strips or tiles are decoded before a map promises them: as many bytes must come out as are needed."""

from __future__ import annotations

import lzma
import zlib
from enum import Enum
from importlib import import_module

import numpy as np

from vspec.codecs.registration import borrow
from vspec.containers.model import ContainerFile
from vspec.containers.tiff_form import Form
from vspec.containers.tiff_pieces import Pieces
from vspec.errors import Problem, VspecError
from vspec.layout import Codecs

_LARGEST = 256 << 20


class Decoded(Enum):
    """What the last strip of a page decodes to: its own rows, or as many as the others."""

    CLIPPED = "clipped"
    WHOLE = "whole"


def probe(
    file: ContainerFile,
    form: Form,
    item: np.dtype[np.generic],
    pieces: tuple[Pieces, int],
    chains: tuple[Codecs, Codecs],
) -> tuple[Decoded, str]:
    """Decode the first and the last piece of a page; a text says why the array cannot be had so.

    Raises V0361 for a piece that cannot be decoded: a few bytes of it are wrong, or it is cut short.
    """
    found, row = pieces
    columns = np.flatnonzero(found.file[row] >= 0)
    depth, rows, width, inside = form.piece
    whole = depth * rows * width * inside * item.itemsize
    down = form.grid[2]
    last = int(columns[-1])
    short = form.height - (down - 1) * rows if form.tile is None else rows
    state = Decoded.CLIPPED
    for column in sorted({int(columns[0]), last}):
        ends = form.tile is None and column % down == down - 1 and short != rows
        expected = whole // rows * short if ends else whole
        if expected > _LARGEST:
            continue
        cell = row, column
        if not ends:
            got = _length(file, found, cell, chains[0])
        elif chains[0] == chains[1]:
            got = _length(file, found, cell, chains[1])
            state = Decoded.WHOLE if got == whole else state
        else:
            got, state = _of_last(file, found, cell, (chains, whole))
        if got is not None and got != (whole if ends and state is Decoded.WHOLE else expected):
            return state, f"its strips or tiles decode to {got} bytes and not to {expected}"
    return state, ""


def _of_last(
    file: ContainerFile, found: Pieces, cell: tuple[int, int], how: tuple[tuple[Codecs, Codecs], int]
) -> tuple[int | None, Decoded]:
    """Decode a last strip by the chain of its own rows; where that fails, by the one of all others."""
    (usual, short), whole = how
    try:
        return _length(file, found, cell, short), Decoded.CLIPPED
    except VspecError:
        got = _length(file, found, cell, usual)
        if got != whole:
            raise
        return got, Decoded.WHOLE


def _length(file: ContainerFile, found: Pieces, cell: tuple[int, int], chain: Codecs) -> int | None:
    """Return how many bytes a piece decodes to; None where a codec is not installed."""
    assert found.nbytes is not None
    offset, nbytes = int(found.offset[cell]), int(found.nbytes[cell])
    if offset + nbytes > file.reader.size:
        return None
    data: object = file.reader.view(offset, nbytes).tobytes()
    for config in reversed(chain):
        codec = _codec(dict(config))
        if codec is None:
            return None
        try:
            data = codec.decode(data)
        except (ValueError, TypeError, RuntimeError, OSError, EOFError, zlib.error, lzma.LZMAError) as error:
            raise VspecError(
                [
                    Problem(
                        "V0361",
                        f"a strip or tile cannot be decoded by '{config['id']}'",
                        data_file=file.name,
                        offset=offset,
                        found=str(error) or type(error).__name__,
                        help="the file is damaged, cut short, or still being written: fetch it again",
                    )
                ]
            ) from error
    return data.nbytes if isinstance(data, np.ndarray) else len(bytes(data))  # type: ignore[call-overload]  # codecs return buffers


class _Codec:
    """A numcodecs codec."""

    def decode(self, buf: object) -> object:
        raise NotImplementedError


def _codec(config: dict[str, object]) -> _Codec | None:
    registry = import_module("numcodecs")
    if str(config["id"]).startswith("imagecodecs_"):
        borrow()
    try:
        codec: _Codec = registry.get_codec(config)
    except (ValueError, TypeError):
        return None
    return codec
