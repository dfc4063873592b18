"""MATLAB files of version 4: one header of five numbers before each matrix."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vspec.containers.cursor import Cursor
from vspec.containers.mat_found import MatFound, stored_axes
from vspec.containers.model import Container, ContainerFile
from vspec.containers.verbatim import Block, Verbatim, plain

_HEADER = 20
_ITEMS = ("f8", "f4", "i4", "i2", "u2", "u1")
_FULL, _TEXT, _SPARSE = 0, 1, 2
_LONGEST_TEXT = 1 << 20


@dataclass(frozen=True, slots=True, eq=False)
class _Matrix:
    name: str
    kind: int
    item: np.dtype[np.generic]
    rows: int
    columns: int
    complex: bool
    begin: int

    @property
    def plane(self) -> int:
        """Bytes of the real numbers, or of the imaginary ones."""
        return self.rows * self.columns * self.item.itemsize


def looks_like_4(head: bytes) -> bool:
    """Tell whether a file begins as one of version 4, by its first number, in either byte order."""
    return len(head) >= _HEADER and any(_known(head[:4], order) for order in "<>")


def _known(word: bytes, order: str) -> bool:
    mopt = int(np.frombuffer(word, f"{order}i4")[0])
    machine, zero, precision, kind = mopt // 1000, mopt // 100 % 10, mopt // 10 % 10, mopt % 10
    own = {"<": 0, ">": 1}[order]
    return machine == own and zero == 0 and precision < len(_ITEMS) and kind <= _SPARSE


def read_4(file: ContainerFile) -> Container:
    """Read the matrices of a file one after the other. Raises V0361."""
    found = MatFound()
    cursor = Cursor(file)
    order = "<" if _known(file.reader.read(0, 4), "<") else ">"
    while cursor.left:
        matrix = _matrix(cursor, order)
        path = found.variable(matrix.name)
        if path is not None:
            _add(file, matrix, path, found)
        nbytes = matrix.plane * (2 if matrix.complex else 1)
        cursor.skip(nbytes, f"matrix '{matrix.name}'")
    return found.container()


def _matrix(cursor: Cursor, order: str) -> _Matrix:
    at = cursor.at
    word = cursor.take(4, "the header of a matrix")
    if not _known(word, order):
        raise cursor.damaged(
            "a matrix begins with an unknown type", at, found=f"{int.from_bytes(word, 'little')}"
        )
    mopt = int(np.frombuffer(word, f"{order}i4")[0])
    rows, columns, imaginary, length = (
        cursor.number(f"{order}i4", "the header of a matrix") for _ in range(4)
    )
    if rows < 0 or columns < 0 or imaginary not in (0, 1) or length < 1:
        raise cursor.damaged(
            "the header of a matrix is not what it must be",
            at,
            expected="rows and columns of at least 0, a flag, and a name",
            found=f"{rows}, {columns}, {imaginary}, {length}",
        )
    name = cursor.take(length, "the name of a matrix").partition(b"\0")[0].decode("latin-1")
    item: np.dtype[np.generic] = np.dtype(order + _ITEMS[mopt // 10 % 10])
    kind = mopt % 10
    return _Matrix(name, kind, item, rows, columns, bool(imaginary) and kind != _SPARSE, cursor.at)


def _add(file: ContainerFile, matrix: _Matrix, path: str, found: MatFound) -> None:
    if matrix.kind == _TEXT:
        _add_text(file, matrix, path, found)
    elif matrix.kind == _SPARSE:
        _add_sparse(file, matrix, path, found)
    else:
        axes = stored_axes(path, (matrix.rows, matrix.columns))
        parts = ((f"{path}/real", 0), (f"{path}/imag", matrix.plane)) if matrix.complex else ((path, 0),)
        if matrix.complex:
            found.add_group(path, matlab_class="complex")
        for own, offset in parts:
            found.add(Verbatim(own, Block(file, matrix.begin + offset, matrix.item, axes)).entry())


def _add_text(file: ContainerFile, matrix: _Matrix, path: str, found: MatFound) -> None:
    """Keep a matrix of characters, whose codes are numbers of any type, as its lines."""
    if matrix.plane > _LONGEST_TEXT or not matrix.plane:
        found.lose(path, "a text too long for an attribute" if matrix.plane else "an empty text")
        return
    codes = Cursor(file, matrix.begin).numbers(
        matrix.item, matrix.plane // matrix.item.itemsize, f"text '{path}'"
    )
    with np.errstate(invalid="ignore"):
        letters = np.asarray(codes, "f8").astype("i8")
    if not ((letters >= 0) & (letters < 0x110000) & (letters == codes)).all():
        found.lose(path, "a text of numbers that are no characters")
        return
    lines = letters.reshape(matrix.columns, matrix.rows).T.tolist()
    found.add_text(path, ["".join(map(chr, line)) for line in lines])


def _add_sparse(file: ContainerFile, matrix: _Matrix, path: str, found: MatFound) -> None:
    """Add the columns of a sparse matrix: rows and columns (from 1), values; the last row has its sizes."""
    if matrix.columns not in (3, 4) or matrix.rows < 1:
        found.lose(path, "a sparse matrix that has not 3 or 4 columns")
        return
    found.add_group(path, matlab_class="sparse", first_index=1)
    step = matrix.rows * matrix.item.itemsize
    leaf = path.rpartition("/")[2]
    axis = (plain(f"{leaf}_element", matrix.rows - 1),)
    for k, name in enumerate(
        ("rows", "columns", "real" if matrix.columns == 4 else "values", "imag")[: matrix.columns]
    ):
        found.add(Verbatim(f"{path}/{name}", Block(file, matrix.begin + k * step, matrix.item, axis)).entry())
    sizes = [matrix.begin + k * step + (matrix.rows - 1) * matrix.item.itemsize for k in (0, 1)]
    if sizes[1] + matrix.item.itemsize <= file.reader.size:
        shape = [float(Cursor(file, at).numbers(matrix.item, 1, "the sizes")[0]) for at in sizes]
        if all(0 <= size < 1 << 53 and size.is_integer() for size in shape):
            found.groups[path]["shape"] = [int(size) for size in shape]
