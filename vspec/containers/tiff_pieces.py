"""Where the strips and tiles of a series lie, as columns: file, offset and bytes of each."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from vspec.containers.tiff_directory import MOST_CELLS
from vspec.containers.tiff_form import PLAIN, Form
from vspec.containers.tiff_series import OFFSETS, Series
from vspec.containers.tiff_words import damaged
from vspec.errors import VspecError
from vspec.layout import Int64

_COUNTS = (325, 279)
_ORDINARY = (8, 16, 32, 64)


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """A row for each page, a column for each of its pieces; ``file`` is -1 where there is none.

    ``nbytes`` is None where the file does not say how long compressed pieces are.
    """

    file: Int64
    offset: Int64
    nbytes: Int64 | None


def needed(form: Form) -> Int64:
    """Return the bytes of each piece of a page without compression; a last strip ends with the page."""
    _, rows, columns, inside = form.piece
    bits = sum(form.bits) if isinstance(form.bits, tuple) else form.bits * inside
    row = -(-columns * bits // 8)
    _, _, down, _ = form.grid
    counts = np.full(form.grid, rows, np.int64)
    if form.tile is None:
        counts[:, :, -1] = form.height - (down - 1) * rows
    return counts.reshape(-1) * row * form.piece[0]


def pieces(series: Series) -> Pieces:
    """Return where the pieces of a series lie. Raises V0361 for numbers that contradict each other."""
    form = series.form
    count = prod(form.grid)
    _check_listed(series, count)
    file, offset, nbytes = _placed(series, count)
    stated = nbytes is not None
    if nbytes is None:
        nbytes = (offset > 0).astype(np.int64)
    if form.compression == PLAIN and form.tile is None and count == 1:
        nbytes[(nbytes == 0) & (offset > 0)] = needed(form)[0]
    halved = (offset == 0) != (nbytes == 0)
    if halved.any():
        row, column = np.unravel_index(int(np.argmax(halved)), halved.shape)
        raise _halved(series, int(row), (int(offset[row, column]), int(nbytes[row, column])))
    file[offset == 0] = -1
    return Pieces(file, offset, nbytes if stated else None)


def _check_listed(series: Series, count: int) -> None:
    """Raise V0361 unless every page lists its pieces, before there is a table of them."""
    home, page = series.key
    if count * len(series.pages) > MOST_CELLS:
        raise damaged(
            home.file,
            f"{len(series.pages)} pages of {count} strips or tiles are more than can be",
            int(home.directory.places[page]),
            expected=f"at most {MOST_CELLS}",
        )
    for number, one in enumerate(series.homes):
        own = series.pages[(series.home == number) & (series.pages >= 0)]
        if len(own) and (listed := min(one.directory.listed(own, OFFSETS))) < count:
            raise _unlisted(series, count, listed)


def _placed(series: Series, count: int) -> tuple[Int64, Int64, Int64 | None]:
    """Return file, offset and bytes of all pieces as the tags say them; no bytes where one page says none."""
    form = series.form
    file = np.full((len(series.pages), count), -1, np.int64)
    offset, nbytes = np.zeros_like(file), np.zeros_like(file)
    stated = True
    for number, home in enumerate(series.homes):
        rows = np.flatnonzero((series.home == number) & (series.pages >= 0))
        pages = series.pages[rows]
        for own, table in home.directory.columns(pages, OFFSETS):
            assert table is not None
            offset[rows[own]] = table[:, :count]
            file[rows[own]] = home.file.index
        for own, table in home.directory.columns(pages, _COUNTS):
            if table is not None and table.shape[1] >= count:
                nbytes[rows[own]] = table[:, :count]
            elif table is None and form.compression != PLAIN:
                stated = False
            elif table is None and count == 1 and form.tile is None:
                nbytes[rows[own]] = needed(form)
            else:
                raise _unlisted(series, count, 0 if table is None else table.shape[1])
    return file, offset, nbytes if stated else None


def _unlisted(series: Series, count: int, found: int) -> VspecError:
    home, page = series.key
    return damaged(
        home.file,
        "a page does not list all of its strips or tiles",
        int(home.directory.places[page]),
        expected=f"{count} of them",
        found=str(found),
    )


def _halved(series: Series, row: int, found: tuple[int, int]) -> VspecError:
    home, page = series.homes[int(series.home[row])], int(series.pages[row])
    return damaged(
        home.file,
        f"a strip or tile of page {page} has a place without bytes, or bytes without a place",
        int(home.directory.places[page]),
        expected="both, or neither where all of its samples are zero",
        found=f"{found[1]} bytes at {found[0]}",
    )


def verbatim(series: Series, found: Pieces) -> Pieces:
    """Return pieces that are not compressed with the bytes that they need.

    Raises V0361 where a tile, or one of several strips of a page, is shorter than its rows, or longer than
    the file: of a page's only strip of ordinary numbers programs often write nonsense, and it is as long as
    its rows all the same.
    """
    want = needed(series.form)
    assert found.nbytes is not None
    present = found.file >= 0
    lenient = len(want) == 1 and series.form.tile is None and series.form.bits in _ORDINARY
    sizes = np.array([home.file.reader.size for home in series.homes], np.int64)[series.home]
    wrong = (found.nbytes < want) | (found.nbytes > sizes[:, np.newaxis])
    wrong &= present & (not lenient)
    if wrong.any():
        row, column = np.unravel_index(int(np.argmax(wrong)), wrong.shape)
        home = series.homes[int(series.home[row])]
        raise damaged(
            home.file,
            f"strip or tile {column} of page {int(series.pages[row])} has a length that cannot be",
            int(found.offset[row, column]),
            expected=f"{want[column]} bytes",
            found=f"{found.nbytes[row, column]} bytes",
        )
    return Pieces(found.file, found.offset, np.where(present, want, 0))


def joined(form: Form, found: Pieces) -> NDArray[np.bool_]:
    """Tell for each strip of a table (block, strip down) whether it begins where the one before ends."""
    down = form.grid[2]
    assert found.nbytes is not None
    offset, nbytes = found.offset.reshape(-1, down), found.nbytes.reshape(-1, down)
    after = np.zeros(offset.shape, bool)
    after[:, 1:] = offset[:, 1:] == offset[:, :-1] + nbytes[:, :-1]
    return after


def require_joined(series: Series, found: Pieces) -> None:
    """Raise V0361 where the strips of a stack's first page follow each other, and those of another do not.

    Who reads a stack by its first page would find other samples there.
    """
    assert found.nbytes is not None
    ends = found.offset[:, :-1] + found.nbytes[:, :-1]
    whole = (found.offset[:, 1:] == ends).all(axis=1)
    if not whole[0] or whole.all():
        return
    row = int(np.argmin(whole))
    home, page = series.homes[int(series.home[row])], int(series.pages[row])
    raise damaged(
        home.file,
        f"the strips of page {page} do not follow each other, as those of the first page do",
        int(home.directory.places[page]),
        help="the structure that the file states says that its pages are alike; nothing is guessed",
    )
