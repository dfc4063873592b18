"""From a series of pages to an array layout: verbatim rows, pieces behind codecs, or neither."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import prod

import numpy as np

from vspec.containers.model import ContainerFile
from vspec.containers.tiff_codecs import Coded, coded
from vspec.containers.tiff_form import PLAIN, Form, fill_of, native
from vspec.containers.tiff_pieces import Pieces, needed, pieces, require_joined, verbatim
from vspec.containers.tiff_probe import Decoded, probe
from vspec.containers.tiff_series import Series, final, followed, page_bytes
from vspec.containers.tiff_strides import packed, runs_of, unpacking
from vspec.layout import (
    ArrayLayout,
    Axis,
    Chunked,
    Codecs,
    Derived,
    Int64,
    Json,
    Origin,
    Source,
    Strided,
)

PEER = "tiff"
_JFIF = slice(6, 10)


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """An array to be laid out: its path, its axes with their coordinates, and what a page's axes they are.

    ``roles`` has for each axis of ``axes`` the letter of the page's axis, or an empty text for those before.
    """

    path: str
    file: ContainerFile
    series: Series
    axes: tuple[Axis, ...]
    roles: tuple[str, ...]
    dtype: np.dtype[np.generic]
    attrs: Mapping[str, Json]

    @property
    def stored(self) -> tuple[tuple[str, int], ...]:
        """Names and sizes of the stored axes."""
        return tuple((axis.name, axis.size) for axis in self.axes)

    @property
    def outer(self) -> list[tuple[str, int]]:
        """Axes that count pages."""
        return [(axis.name, axis.size) for axis, role in zip(self.axes, self.roles, strict=True) if not role]

    def page_axes(self, letters: str) -> list[tuple[str, int]]:
        """Return the axes of a page with these letters, in this order; those of size 1 may not be there."""
        by_role = {
            role: (axis.name, axis.size) for axis, role in zip(self.axes, self.roles, strict=True) if role
        }
        return [by_role[letter] for letter in letters if letter in by_role]

    def derived(self, reason: str) -> Derived:
        """Return the source of an array that the peer alone can read."""
        return Derived(self.stored, PEER, self.origins, reason)

    @property
    def origins(self) -> tuple[Origin, ...]:
        """Where the peer finds the array."""
        return (Origin(self.file.index, self.path, (0,) * len(self.axes)),)


def roles(series: Series) -> tuple[str, ...] | None:
    """Return for each axis of a series which of a page it is; None where they do not follow a page's.

    From the end on, each axis of more than one position is a page's, as long as a page has any.
    """
    form = series.form
    left = [(axis, n) for axis, n in zip(form.axes, form.shape, strict=True) if n != 1]
    found: list[str] = []
    for axis, n in zip(reversed(series.axes), reversed(series.shape), strict=True):
        if n == 1:
            found.append(axis if axis in "XY" else "")
        elif left:
            letter, size = left.pop()
            if size != n:
                return None
            found.append(letter)
        else:
            found.append("")
    return None if left else tuple(reversed(found))


def laid_out(made: Made) -> ArrayLayout:
    """Return the layout of a series. Raises V0361 for a file that contradicts itself."""
    return ArrayLayout(made.path, made.axes, made.dtype, _source(made), made.attrs)


def _source(made: Made) -> Source:
    series, form = made.series, made.series.form
    if prod(size for _, size in made.outer) != series.count:
        return made.derived("its axes do not follow those of its pages")
    if series.follow:
        return _following(made)
    found = pieces(series)
    if found.nbytes is None:
        return made.derived("the file does not say how many bytes its strips have")
    if form.compression == PLAIN and form.predictor == 1 and (form.tile is None or form.whole):
        found = verbatim(series, found)
    if (found.file >= 0).all() and form.tile is None and form.compression == PLAIN and not form.subsampled:
        element = unpacking(form) if form.predictor == 1 and not form.whole else None
        if final(form) or (form.whole and form.bits == 128 and form.predictor == 1 and form.bit_order == 1):
            return _rows(made, found)
        if element is not None:
            row = np.dtype(f"V{int(needed(form)[-1]) // _last_rows(form)}")
            axes = made.page_axes("XS")
            return replace(_strips(made, found, [], row), unpack=packed(element, axes))
    return _cells(made, found)


def _last_rows(form: Form) -> int:
    return form.height - (form.grid[2] - 1) * form.rows


def _following(made: Made) -> Source:
    """Return planes that lie behind the first one's first strip."""
    series, form = made.series, made.series.form
    home, page = series.key
    first, step = followed(home, page, form), page_bytes(form)
    assert first is not None
    parts = form.planes * form.depth
    offset = (first + step // parts * np.arange(series.count * parts, dtype=np.int64)).reshape(-1, 1)
    file = np.full(offset.shape, home.file.index, np.int64)
    whole = replace(form, rows=form.height)
    found = Pieces(file, offset, np.full(offset.shape, step // parts, np.int64))
    return _strips(made, found, made.page_axes("XS" if not form.planar else "X"), made.dtype, whole)


def _rows(made: Made, found: Pieces) -> Strided:
    form = made.series.form
    if final(form) and made.series.kind != "generic":
        require_joined(made.series, found)
    return _strips(made, found, made.page_axes("X" if form.planar else "XS"), made.dtype)


def _strips(
    made: Made,
    found: Pieces,
    inner: list[tuple[str, int]],
    item: np.dtype[np.generic],
    form: Form | None = None,
) -> Strided:
    form = form or made.series.form
    blocks = [*made.outer, *made.page_axes("SZ" if form.planar else "Z")]
    rows = made.page_axes("Y")
    ((name, _),) = rows or [("_row", 1)]
    return runs_of(form, found, blocks, (name, inner), item)


def _cells(made: Made, found: Pieces) -> Source:
    """Return strips or tiles on their grid."""
    series, form = made.series, made.series.form
    chunk = _chunk(made)
    if chunk is None:
        return made.derived("its tiles reach over axes that are not there")
    chains = _chains(made, found)
    if isinstance(chains, str):
        return made.derived(chains)
    whole, why_not = _fit(made, found, chains)
    if why_not:
        return made.derived(why_not)
    ragged = form.tile is None and form.height % form.rows != 0 and whole is not Decoded.WHOLE
    if ragged and chains.lossy:
        return made.derived("its last strips are shorter, and cannot be encoded again without a loss")
    used = chains.every
    by_cell = None
    if ragged and chains.short:
        used, by_cell = _with_short(chains, form, len(series.pages))
        counts = np.bincount(by_cell[found.file.reshape(-1) >= 0], minlength=len(used))
        if int(np.argmax(counts)) >= len(chains.every):
            return made.derived("most of its strips are the last of their pages, and shorter")
    elif chains.of_page is not None:
        by_cell = np.repeat(chains.of_page, prod(form.grid))
    assert found.nbytes is not None
    return Chunked(
        made.stored,
        chunk,
        made.dtype,
        found.file.reshape(-1),
        found.offset.reshape(-1),
        found.nbytes.reshape(-1),
        chains=used,
        cell_codecs=by_cell,
        ragged=ragged,
        fill=fill_of(form, made.dtype) if (found.file < 0).any() else None,
        peer=PEER,
        origins=made.origins,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Chains:
    """The chains of a series; ``short`` those of last strips where they differ, ``of_page`` a page's."""

    every: tuple[Codecs, ...]
    short: tuple[Codecs, ...] = ()
    of_page: Int64 | None = None
    lossy: bool = False


def _chains(made: Made, found: Pieces) -> _Chains | str:
    """Return the codecs of all pages, several where JPEG tables differ. A text says why there are none."""
    series = made.series
    every: list[Codecs] = []
    short: list[Codecs] = []
    of_page = np.zeros(len(series.pages), np.int64)
    lossy = False
    for number, home in enumerate(series.homes):
        rows = np.flatnonzero((series.home == number) & (series.pages >= 0))
        kinds = home.directory.kinds[series.pages[rows]]
        for kind, at in zip(*np.unique(kinds, return_index=True), strict=True):
            form = home.form(int(series.pages[rows[at]])) or series.form
            jfif = _has_jfif(made, found, int(rows[at]))
            one = coded(form, made.dtype, form.piece[1], jfif=jfif)
            if one.why_not:
                return one.why_not
            if one.chain not in every:
                every.append(one.chain)
                short.append(_short(form, made.dtype, jfif=jfif).chain)
            of_page[rows[kinds == kind]] = every.index(one.chain)
            lossy = one.lossy
    differ = tuple(short) if short != every else ()
    return _Chains(tuple(every), differ, of_page if len(every) > 1 else None, lossy)


def _short(form: Form, item: np.dtype[np.generic], *, jfif: bool) -> Coded:
    return coded(form, item, form.piece[1] if form.tile else _last_rows(form), jfif=jfif)


def _with_short(chains: _Chains, form: Form, pages: int) -> tuple[tuple[Codecs, ...], Int64]:
    """Return chains with those of last strips behind them, and which one each cell has."""
    of_page = chains.of_page if chains.of_page is not None else np.zeros(pages, np.int64)
    cells = np.repeat(of_page, prod(form.grid)).reshape(-1, form.grid[2])
    cells[:, -1] += len(chains.every)
    return (*chains.every, *chains.short), cells.reshape(-1)


def _has_jfif(made: Made, found: Pieces, row: int) -> bool:
    """Tell whether the first strip or tile of a page begins as a JPEG file does."""
    home = made.series.homes[int(made.series.home[row])]
    offset, size = int(found.offset[row, 0]), home.file.reader.size
    if offset <= 0 or offset + 10 > size:
        return False
    return home.file.reader.read(offset, 10)[_JFIF] == b"JFIF"


def _chunk(made: Made) -> tuple[int, ...] | None:
    """Return the extents of a piece along the stored axes; None where it has more than they have."""
    form = made.series.form
    depth, rows, columns, inside = form.piece
    by_role = {"S": 1 if form.planar else inside, "Z": depth, "Y": rows, "X": columns}
    chunk = tuple(by_role[role] if role else 1 for role in made.roles)
    return chunk if prod(chunk) == prod(form.piece) else None


def _fit(made: Made, found: Pieces, chains: _Chains) -> tuple[Decoded, str]:
    """Decode a few pieces, and tell what last strips hold; a text says why the array cannot be had so."""
    series, form = made.series, made.series.form
    if form.compression == PLAIN and form.whole and form.predictor == 1:
        return _plain_tiles(form, found)
    rows = np.flatnonzero((found.file >= 0).any(axis=1))
    if not len(rows):
        return Decoded.CLIPPED, ""
    row = int(rows[0])
    kind = int(chains.of_page[row]) if chains.of_page is not None else 0
    home = series.homes[int(series.home[row])]
    short = (chains.short or chains.every)[kind]
    return probe(home.file, form, made.dtype, (found, row), (chains.every[kind], short))


def _plain_tiles(form: Form, found: Pieces) -> tuple[Decoded, str]:
    assert found.nbytes is not None
    if form.tile is not None and (found.nbytes[found.file >= 0].reshape(-1) != needed(form)[0]).any():
        return Decoded.CLIPPED, "its tiles have different lengths"
    return Decoded.CLIPPED, ""


def dtype_of(series: Series) -> np.dtype[np.generic] | None:
    """Return the type of an array's elements as they are read; None where there is none."""
    home, _ = series.key
    return native(series.form, home.directory.words.order)
