"""TIFF and BigTIFF: a series of alike pages is an array, by the axes that the file states.

Arrays are ``series_K``, smaller versions ``pyramid/level_J`` (of series K ``pyramid_K/level_J``), tables of
colours ``palette_K``. Nothing of the samples is read but a strip or two, to see that they can be decoded.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from vspec.containers.model import Container, ContainerFile, Entry, Lost
from vspec.containers.tiff_attributes import attributes, resolution
from vspec.containers.tiff_layout import Made, dtype_of, laid_out, roles
from vspec.containers.tiff_lsm import TAG as LSM
from vspec.containers.tiff_lsm import lsm
from vspec.containers.tiff_ome import is_ome, ome
from vspec.containers.tiff_series import Pages, Series, generic
from vspec.containers.tiff_structures import (
    descriptions,
    imagej,
    imagej_text,
    is_scanimage,
    scanimage,
    shaped,
    shaped_text,
)
from vspec.containers.verbatim import Block, Verbatim, anonymous
from vspec.layout import Axis

_NAMES = {
    "X": "x", "Y": "y", "Z": "z", "T": "t", "C": "c", "S": "sample", "I": "page", "A": "angle",
    "P": "position", "R": "tile", "H": "lifetime", "E": "lambda", "L": "exposure", "V": "event",
    "M": "mosaic", "Q": "other", "J": "column", "K": "row",
}  # fmt: skip
_PALETTE = 320


def open_tiff(file: ContainerFile) -> Container:
    """Return the arrays of a file. Raises V0360 for another format, V0361 for a damaged file."""
    pages = Pages(file)
    series = _series(pages)
    lost: list[Lost] = []
    entries: dict[str, Entry] = {}
    for number, one in enumerate(series):
        path, suffix = f"series_{number}", f"_{number}" if number else ""
        base = _axes(one, suffix)
        _add(entries, lost, (path, file, one), base)
        group = f"pyramid{suffix}"
        for level, below in enumerate(one.levels, 1):
            axes = _below(_axes(below, suffix), base, level)
            _add(entries, lost, (f"{group}/level_{level}", file, below), axes)
        palette = _palette(one, number, lost)
        if palette is not None:
            entries[palette.path] = palette
    lost += _unused(pages, series)
    return Container(
        entries, {"": {"format": "BigTIFF" if pages.directory.words.big else "TIFF"}}, tuple(lost)
    )


def _series(pages: Pages) -> list[Series]:
    """Return the arrays of a file as its structure says, else by the forms of the pages."""
    tags = pages.tags(0)
    description = descriptions(tags)[0]
    found: list[Series] | None = None
    text = imagej_text(tags)
    if shaped_text(tags) is not None:
        found = shaped(pages)
    elif LSM in tags:
        found = lsm(pages)
    elif is_ome(description):
        found = ome(pages, description)
        if not found and text is not None:
            found = imagej(pages, text)
    elif text is not None:
        found = imagej(pages, text)
    elif is_scanimage(tags):
        found = scanimage(pages)
    return found or generic(pages)


def _axes(series: Series, suffix: str) -> tuple[Axis, ...]:
    """Return the axes of a series by name, with their coordinates."""
    sizes, letters = series.squeezed
    home, page = series.key
    affine = resolution(home.tags(page)) if series.kind not in ("ome", "lsm") else {}
    affine |= dict(series.affine)
    found = []
    for number, (letter, size) in enumerate(zip(letters, sizes, strict=True)):
        before = letters[:number].count(letter)
        name = _NAMES.get(letter, f"axis_{letter.lower()}") + (f"_{before + 1}" if before else "") + suffix
        labels = series.labels.get(letter)
        labels = labels if labels is not None and len(labels) == size and not before else None
        found.append(Axis(name, size, (name,), affine=None if before else affine.get(letter), labels=labels))
    return tuple(found)


def _below(axes: tuple[Axis, ...], base: tuple[Axis, ...], level: int) -> tuple[Axis, ...]:
    """Return the axes of a smaller version: those of another size have names of their own, and no steps."""
    sizes = {axis.name: axis for axis in base}
    found = []
    for axis in axes:
        same = sizes.get(axis.name)
        if same is not None and same.size == axis.size:
            found.append(same)
        else:
            found.append(Axis(f"{axis.name}_{level}", axis.size, (f"{axis.name}_{level}",)))
    return tuple(found)


def _add(
    entries: dict[str, Entry],
    lost: list[Lost],
    what: tuple[str, ContainerFile, Series],
    axes: tuple[Axis, ...],
) -> None:
    path, file, series = what
    dtype = dtype_of(series)
    own = roles(series)
    if dtype is None:
        bits, form = series.form.bits, series.form.format
        lost.append(
            Lost(path, f"samples of {bits} bits and format {form} are no numbers that a map can hold")
        )
        return
    if series.form.subsampled and series.form.compression == 1:
        lost.append(Lost(path, "its colours have fewer samples than its brightness, and are not compressed"))
        return
    kept = _squeeze(series, own) if own is not None else ("",) * len(axes)
    made = Made(path, file, series, axes, kept, dtype, attributes(path, series, lost))
    names = tuple(axis.name for axis in axes)
    shape = tuple(axis.size for axis in axes)
    entries[path] = Entry(path, shape, dtype, names, partial(laid_out, made), made.attrs)


def _squeeze(series: Series, own: Sequence[str]) -> tuple[str, ...]:
    """Return the roles of the axes that are left without those of size 1."""
    if series.keep:
        return tuple(own)
    pairs = zip(own, series.shape, series.axes, strict=True)
    kept = tuple(role for role, n, axis in pairs if n > 1 or axis in "XY")
    return kept or (own[-1],)


def _palette(series: Series, number: int, lost: list[Lost]) -> Entry | None:
    """Return the table of colours of a series, where it has one: red, green and blue of each value."""
    home, page = series.key
    tags = home.tags(page)
    tag = tags.get(_PALETTE)
    if tag is None:
        return None
    path, where = f"palette_{number}", tags.place(tag)
    if tag.kind != 3 or tag.count % 3 or where is None:
        lost.append(Lost(path, f"a table of colours of {tag.count} values of type {tag.kind}"))
        return None
    axes = anonymous(path, (3, tag.count // 3))
    return Verbatim(path, Block(home.file, where, np.dtype(tags.words.order + "u2"), axes)).entry()


def _unused(pages: Pages, series: Sequence[Series]) -> list[Lost]:
    """Return a word about the pages that are in no array."""
    used = np.zeros(pages.directory.count, bool)
    every = [*series, *(level for one in series for level in one.levels)]
    for one in every:
        for number, home in enumerate(one.homes):
            if home is pages:
                own = one.pages[(one.home == number) & (one.pages >= 0)]
                used[own] = True
                if one.follow:
                    used[int(own[0]) : int(own[0]) + one.count] = True
    left = np.flatnonzero(~used)
    if not len(left):
        return []
    numbers = ", ".join(str(page) for page in left[:20].tolist()) + (" ..." if len(left) > 20 else "")
    return [Lost(f"pages {numbers}", "they are no pictures, or in no array that the file describes")]
