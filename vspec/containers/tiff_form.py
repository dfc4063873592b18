"""How the samples of a page are kept, as its tags say it.

Source: TIFF revision 6.0 (Adobe, 1992); its Technical Notes 1 to 3; SGI's tags for volumes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isfinite, prod

import numpy as np

from vspec.containers.tiff_tags import Tags
from vspec.containers.tiff_words import damaged

PLAIN, LZW, OLD_JPEG, JPEG = 1, 5, 6, 7
JPEGS = frozenset({7, 33007, 34892})
PICTURES = frozenset(
    {6, 7, 22610, 33003, 33004, 33005, 33007, 34712, 34887, 34892, 34933, 34934, 48124, 50001, 50002, 52546}
    | {65000, 65001, 65002}
)
"""Compressions that know of samples themselves: no predictor, no byte order."""

LARGEST_SIDE = 2**31
_SINGLE = (254, 256, 257, 259, 262, 266, 277, 278, 284, 317, 322, 323, 32997, 32998)
"""Tags that have one whole number."""
_BY_SAMPLE = (258, 339)
"""Tags that have a whole number for each sample, or one for all."""
_ROWS = 278
_PLACES = (273, 279, 324, 325, 330)
_COLOURS = frozenset({*range(7), 8, 9, 10, 32803, 32844, 32845, 34892, 51177, 52527})
"""Kinds of colours that there are: a JPEG decoder has to know them."""
_LARGEST_TILE = 1 << 26
"""Samples of a tile that may be larger than its page."""
_INTEGERS = frozenset({3, 4, 6, 8, 9, 16, 17})
_WHOLE = {8: "1", 16: "2", 32: "4", 64: "8"}


@dataclass(frozen=True, slots=True)
class Form:
    """Sizes and coding of a page. Pages of equal forms can be one array.

    ``bits`` is one number, or one for each sample where they differ; ``format`` is SampleFormat. A strip has
    ``rows`` rows; ``tile`` has depth, rows and columns of a tile. What is not compared may differ by page.
    """

    width: int
    height: int
    depth: int
    samples: int
    planar: bool
    bits: int | tuple[int, ...]
    format: int
    compression: int
    photometric: int
    predictor: int
    bit_order: int
    rows: int
    tile: tuple[int, int, int] | None
    extra: tuple[int, ...]
    subsampled: bool = field(compare=False, default=False)
    reduced: bool = field(compare=False, default=False)
    tables: bytes | None = field(compare=False, default=None)
    nodata: str = field(compare=False, default="")

    @property
    def colored(self) -> bool:
        """Whether a page has an axis of samples."""
        return self.photometric == 2 or self.samples > 1

    @property
    def planes(self) -> int:
        """Planes of one sample each."""
        return self.samples if self.planar and self.colored else 1

    @property
    def inside(self) -> int:
        """Samples that stand together in each pixel."""
        return 1 if self.planar else self.samples

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes of a page's axes."""
        deep = (self.depth,) if self.depth > 1 else ()
        flat = (*deep, self.height, self.width)
        if not self.colored:
            return flat
        return (self.samples, *flat) if self.planar else (*flat, self.samples)

    @property
    def axes(self) -> str:
        """A letter for each axis: S for samples, then Z, Y and X."""
        flat = ("Z" if self.depth > 1 else "") + "YX"
        if not self.colored:
            return flat
        return "S" + flat if self.planar else flat + "S"

    @property
    def piece(self) -> tuple[int, int, int, int]:
        """Depth, rows, columns and samples of a strip or tile."""
        depth, rows, columns = self.tile or (1, self.rows, self.width)
        return depth, rows, columns, self.inside

    @property
    def grid(self) -> tuple[int, int, int, int]:
        """Strips or tiles along planes, depth, rows and columns."""
        depth, rows, columns, _ = self.piece
        return self.planes, -(-self.depth // depth), -(-self.height // rows), -(-self.width // columns)

    @property
    def code(self) -> str | None:
        """Numpy's code of the samples, without byte order; None where there is none."""
        bits, form = self.bits, self.format
        if isinstance(bits, tuple):
            return "u1" if bits == (5, 6, 5) and form in (1, 4) else None
        if form in (1, 4):
            if bits == 1:
                return "b1"
            return next((f"u{n}" for n in (1, 2, 4) if bits <= 8 * n), "u8" if bits == 64 else None)
        if form == 2:
            return f"i{_WHOLE[bits]}" if bits in _WHOLE else None
        if form == 3:
            return {16: "f2", 24: "f4", 32: "f4", 64: "f8"}.get(bits)
        if form == 6:
            return {64: "c8", 128: "c16"}.get(bits)
        return {16: "c8", 32: "c8", 64: "c16"}.get(bits) if form == 5 else None

    @property
    def whole(self) -> bool:
        """Whether samples are numbers as numpy has them, once they are decompressed."""
        return (
            isinstance(self.bits, int)
            and self.format in (1, 2, 3, 4, 6)
            and self.bits in (8, 16, 32, 64, 128)
        )


def form_of(tags: Tags) -> Form | None:
    """Return the form of a page, or None for one without size and strips. Raises V0361."""
    _check_counts(tags)
    width, height = tags.number(256, 0), tags.number(257, 0)
    if (width == 0 or height == 0) and not any(id in tags for id in (273, 324, 513)):
        return None
    compression = tags.number(259, PLAIN)
    samples, bits = tags.number(277, 1), tags.number(258, 1)
    photometric = tags.number(262, 0)
    if compression == OLD_JPEG:
        photometric = 6 if 262 not in tags or photometric == 2 else photometric
        bits = bits if 258 in tags else 8
        samples = samples if 277 in tags or photometric not in (0, 1, 2, 6) else 3
    depth = tags.number(32997, 1)
    tile = None
    if 322 in tags:
        tile = (tags.number(32998, 1), tags.number(323, 0), tags.number(322, 0))
    extra = tags.numbers(338)
    form = Form(
        width, height, depth, samples, tags.number(284, 1) == 2,
        bits=_same(tags, 258, samples, bits),
        format=tags.number(339, 1),
        compression=compression,
        photometric=photometric,
        predictor=1 if compression in PICTURES else tags.number(317, 1),
        bit_order=1 if compression in PICTURES else tags.number(266, 1),
        rows=_rows(tags, height),
        tile=tile,
        extra=() if extra is None else tuple(extra.tolist()),
        subsampled=_subsampled(tags, photometric),
        reduced=bool(tags.number(254, 0) & 1) or (254 not in tags and tags.number(255, 0) == 2),
        tables=_tables(tags),
        nodata=tags.text(42113) or "",
    )  # fmt: skip
    _check(tags, form)
    return form


def _check_counts(tags: Tags) -> None:
    """Refuse a size or a coding that is no number, or several where one is due."""
    for tag in tags.every:
        single = tag.id in _SINGLE
        if not single and tag.id not in _BY_SAMPLE:
            continue
        counted = tag.count == 1 or (tag.count > 1 and (not single or tag.id == _ROWS))
        if tag.kind not in _INTEGERS or not counted:
            raise damaged(
                tags.file,
                f"tag {tag.id} of a page has {tag.count} values of type {tag.kind}",
                tags.offset,
                expected="one whole number" if single else "a whole number, or one for each sample",
            )
    places = [tag.id for tag in tags.every if tag.id in _PLACES]
    if len(places) != len(set(places)):
        raise damaged(
            tags.file, "a page lists its strips or tiles twice", tags.offset, found=f"tags {places}"
        )
    formats = tags.numbers(339)
    if formats is not None and (formats != formats[0]).any():
        raise damaged(
            tags.file,
            "samples of a page have different formats",
            tags.offset,
            expected="one number throughout in tag 339",
            found=f"{formats[:20].tolist()}",
        )


def _check(tags: Tags, form: Form) -> None:
    """Refuse sizes and orders of samples that cannot be."""
    if tags.number(284, 1) not in (1, 2):
        raise damaged(
            tags.file,
            "samples of a page are neither together nor in planes",
            tags.offset,
            expected="1 or 2 in tag 284",
            found=f"{tags.number(284, 1)}",
        )
    if form.compression in JPEGS and form.photometric not in _COLOURS:
        raise damaged(tags.file, f"a JPEG page has colours of kind {form.photometric}", tags.offset)
    if form.tile is None and any(id in tags for id in (323, 32998)):
        raise damaged(tags.file, "a page has a length or depth of tiles, and no width", tags.offset)
    if form.tile is not None and prod(form.piece) > max(prod(form.shape), _LARGEST_TILE):
        raise damaged(
            tags.file, "the tiles of a page are far larger than the page", tags.offset, found=f"{form.tile}"
        )
    if isinstance(form.bits, tuple) and not any(id in tags for id in (279, 325, 514)):
        raise damaged(
            tags.file, "a page of samples of different bits does not say how long its strips are", tags.offset
        )
    sides = (form.width, form.height, form.depth, form.samples, *form.piece)
    if min(sides) < 1 or max(sides) > LARGEST_SIDE or form.samples > 65535:
        raise damaged(
            tags.file,
            "a page has a size that cannot be",
            tags.offset,
            expected=f"sides of 1 to {LARGEST_SIDE}",
            found=f"{form.width} x {form.height} x {form.depth} x {form.samples}, in pieces of {form.piece}",
        )


def _rows(tags: Tags, height: int) -> int:
    if 322 in tags:
        return 0
    tag = tags.get(278)
    return height if tag is None or tag.count > 1 else min(tags.number(278, height), height)


def _same(tags: Tags, id: int, samples: int, default: int) -> int | tuple[int, ...]:
    """Return the number that a tag gives each sample alike, or one for each of them."""
    found = tags.numbers(id)
    if found is None or len(found) <= 1:
        return default
    each = tuple(int(one) for one in found[:samples].tolist())
    return each[0] if len(set(each)) == 1 else each


def _subsampled(tags: Tags, photometric: int) -> bool:
    found = tags.numbers(530)
    horizontal, vertical = (2, 2) if found is None or len(found) < 2 else (int(found[0]), int(found[1]))
    return photometric == 6 and (horizontal, vertical) != (1, 1)


def _tables(tags: Tags) -> bytes | None:
    tag = tags.get(347)
    return None if tag is None else tags.raw(tag)


def native(form: Form, order: str) -> np.dtype[np.generic] | None:
    """Return the type of a page's samples as they are read; ``order`` is that of the file."""
    code = form.code
    if code is None:
        return None
    plain = form.whole and form.compression not in PICTURES
    return np.dtype((order if plain else "<") + code)


def fill_of(form: Form, dtype: np.dtype[np.generic]) -> int | float:
    """Return the number that pieces hold which are not in the file: the one for no data, or 0."""
    given = form.nodata.replace(",", ".")
    try:
        value = float(given) if dtype.kind in "fc" else int(given)
    except ValueError:
        return 0
    if dtype.kind in "iu":
        low = -(1 << (8 * dtype.itemsize - 1)) if dtype.kind == "i" else 0
        return value if low <= value < low + (1 << 8 * dtype.itemsize) else 0
    return value if isfinite(value) else 0
