"""Pages that are one array, with its axes: by equal forms, or as the structure says that a program wrote.

A series is what tifffile calls one; its order of axes and its letters are followed, so that a user finds the
same arrays: X Y Z, T time, C channel, S sample, I page, and others of the structures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import prod

import numpy as np

from vspec.containers.model import ContainerFile
from vspec.containers.tiff_directory import Directory
from vspec.containers.tiff_form import Form, form_of
from vspec.containers.tiff_tags import Tags
from vspec.containers.tiff_words import damaged
from vspec.layout import Affine, Int64, Json

MOST_PAGES = 10**8
OFFSETS = (324, 273)
"""Tags that list where tiles or strips lie."""
_STEPS = 16


class Pages:
    """The pages of one file, and their forms as they are asked for."""

    def __init__(self, file: ContainerFile) -> None:
        self.file = file
        self.directory = Directory(file)
        self._forms: dict[int, Form | None] = {}

    @property
    def count(self) -> int:
        """Pages of the chain."""
        return self.directory.chained

    def tags(self, page: int) -> Tags:
        """Return the tags of a page."""
        return self.directory.tags(page)

    def form(self, page: int) -> Form | None:
        """Return the form of a page."""
        kind = int(self.directory.kinds[page])
        if kind not in self._forms:
            self._forms[kind] = form_of(self.tags(page))
        return self._forms[kind]

    def forms(self, pages: Int64) -> dict[int, Form | None]:
        """Return the forms of many pages, by their kind."""
        kinds, first = np.unique(self.directory.kinds[pages], return_index=True)
        return {int(kind): self.form(int(pages[at])) for kind, at in zip(kinds, first, strict=True)}

    def parts(self, page: int) -> Int64:
        """Return the pages that a page names as its parts; -1 for one that is left out."""
        return self.directory.subpages.get(page, np.zeros(0, np.int64))


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """An array of pages.

    ``pages`` are page numbers in the C order of the axes before those of a page, -1 where there is none;
    ``homes`` are the files that they are in, ``home`` says which by page. Where ``follow`` is true the one
    page is the first of ``count``, which lie behind each other. ``shape`` and ``axes`` have all axes.
    """

    form: Form
    homes: tuple[Pages, ...]
    pages: Int64
    home: Int64
    shape: tuple[int, ...]
    axes: str
    kind: str
    follow: bool = False
    count: int = 0
    keep: bool = False
    name: str = ""
    affine: Mapping[str, Affine] = field(default_factory=dict)
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    attrs: Mapping[str, Json] = field(default_factory=dict)
    levels: tuple[Series, ...] = ()

    @property
    def key(self) -> tuple[Pages, int]:
        """The file and the number of the page that stands for all."""
        at = int(np.argmax(self.pages >= 0))
        return self.homes[int(self.home[at])], int(self.pages[at])

    @property
    def squeezed(self) -> tuple[tuple[int, ...], str]:
        """Sizes and letters without axes of size 1, but for those of a picture."""
        if self.keep:
            return self.shape, self.axes
        kept = [
            k for k, (n, axis) in enumerate(zip(self.shape, self.axes, strict=True)) if n > 1 or axis in "XY"
        ]
        kept = kept or [len(self.shape) - 1]
        return tuple(self.shape[k] for k in kept), "".join(self.axes[k] for k in kept)


def plain(pages: Pages, form: Form, numbers: Int64, shaped: tuple[Sequence[int], str], kind: str) -> Series:
    """Return a series of pages of one file; ``shaped`` are its sizes and letters."""
    (shape, axes), home = shaped, np.zeros(len(numbers), np.int64)
    return Series(form, (pages,), numbers, home, tuple(shape), axes, kind, count=len(numbers))


def alike(pages: Pages, numbers: Int64, what: str) -> Form:
    """Return the form that all these pages have. Raises V0361 where one differs or is no picture."""
    found = pages.forms(numbers)
    key = pages.form(int(numbers[0]))
    for kind, form in found.items():
        if form is None or form != key:
            page = int(numbers[np.argmax(pages.directory.kinds[numbers] == kind)])
            raise damaged(
                pages.file,
                f"page {page} is not like the first page of {what}",
                int(pages.directory.places[page]),
                help="the structure that the file states says that its pages are alike; nothing is guessed",
            )
    assert key is not None
    listed_alike(pages, numbers, key, what)
    return key


def listed_alike(pages: Pages, numbers: Int64, form: Form, what: str) -> None:
    """Raise V0361 unless pages list as many strips or tiles as the first one of them."""
    directory = pages.directory
    (first,) = directory.listed(numbers[:1], OFFSETS)
    due = first if form.tile is not None else min(first, prod(form.grid))
    for listed in directory.listed(numbers[1:], OFFSETS):
        if listed != due:
            raise damaged(
                pages.file,
                f"pages of {what} list different numbers of strips or tiles",
                int(directory.places[int(numbers[0])]),
                expected=f"{due} as in the first page",
                found=str(listed),
            )


def generic(pages: Pages) -> list[Series]:
    """Return a series for each form, in the order in which they first come, and their smaller versions."""
    directory = pages.directory
    order = _order(pages)
    unique, inverse = np.unique(directory.kinds[order], return_inverse=True)
    by_form: dict[Form, int] = {}
    own = np.full(len(unique), -1, np.int64)
    for at, form in enumerate(pages.forms(order).values()):
        if form is not None:
            own[at] = by_form.setdefault(form, len(by_form))
    of_page = own[inverse.reshape(-1)]
    rows = np.argsort(of_page, kind="stable")
    edges = np.searchsorted(of_page[rows], np.arange(len(by_form) + 1))
    found: list[tuple[int, Series]] = []
    for form, number in by_form.items():
        here = rows[edges[number] : edges[number + 1]]
        numbers = _once(directory, order[here])
        shape, axes = (len(numbers), *form.shape), "I" + form.axes
        if "S" not in axes:
            shape, axes = (*shape, 1), axes + "S"
        found.append((int(here[0]), plain(pages, form, numbers, (shape, axes), "generic")))
    return pyramids([series for _, series in sorted(found, key=lambda pair: pair[0])], pages)


def _order(pages: Pages) -> Int64:
    """Return all pages, each followed by its parts."""
    directory = pages.directory
    chained = np.arange(directory.chained, dtype=np.int64)
    if not directory.subpages:
        return chained
    parts = [own[own >= 0] for own in directory.subpages.values()]
    owners = [np.full(len(own), page) for page, own in zip(directory.subpages, parts, strict=True)]
    every = np.concatenate([chained, *parts])
    place = np.concatenate([chained, *owners])
    return every[np.lexsort((np.arange(len(every)) >= len(chained), place))]


def _once(directory: Directory, numbers: Int64) -> Int64:
    """Leave out pages whose IFD was there before."""
    _, first = np.unique(directory.places[numbers], return_index=True)
    return numbers if len(first) == len(numbers) else numbers[np.sort(first)]


def pyramids(series: list[Series], pages: Pages, *, reduced: bool = False) -> list[Series]:
    """Put series that are smaller versions of another one under it, as its levels.

    They come in the order of their sizes, each smaller by the same factor of 2, 3 or 4. With ``reduced`` only
    those count whose pages say that they are reduced. A page's part is never the largest version.
    """
    left, done = list(series), []
    while left:
        top = left.pop(0)
        levels: list[Series] = []
        factor = 0
        at = 0
        while at < len(left) and int(top.pages[0]) < pages.count:
            below, above = left[at], (levels or [top])[-1]
            factors = (factor,) if factor else (2, 3, 4)
            fits = [f for f in factors if _is_below(above, below, f)]
            if fits and (below.form.reduced or not reduced):
                factor = fits[0]
                levels.append(left.pop(at))
            else:
                at += 1
        done.append(replace(top, levels=tuple(levels)))
    return done


def _is_below(above: Series, below: Series, factor: int) -> bool:
    """Tell whether a series is the next smaller version of another: X, Y and Z smaller, all else the same."""
    (sizes, axes), (smaller, other) = above.squeezed, below.squeezed
    if axes != other or above.form.code != below.form.code:
        return False
    level: int | None = None
    for axis, n, m in zip(axes, sizes, smaller, strict=True):
        if axis not in "XYZ":
            if n != m:
                return False
        elif level is None:
            level = next((k for k in range(_STEPS) if factor**k > n or m in _parts(n, factor**k)), None)
            if level is None or factor**level > n:
                return False
        elif factor**level > n or m not in _parts(n, factor**level):
            return False
    return level == 1


def _parts(n: int, by: int) -> tuple[int, int]:
    return n // by, -(-n // by)


def followed(pages: Pages, page: int, form: Form) -> int | None:
    """Return where a page lies whose strips follow each other and are numbers as they are; None elsewhere."""
    if not final(form):
        return None
    offsets, counts = (pages.tags(page).numbers(id) for id in (273, 279))
    strips = prod(form.grid)
    if offsets is None or len(offsets) < strips:
        return None
    first, offsets, counts = int(offsets[0]), offsets[:strips], None if counts is None else counts[:strips]
    if len(offsets) > 1:
        if counts is None or len(counts) != len(offsets) or int(counts.sum()) != page_bytes(form):
            return None
        ends = offsets[:-1].astype(np.uint64) + counts[:-1].astype(np.uint64)
        if not np.array_equal(ends, offsets[1:].astype(np.uint64)):
            return None
    return first


def final(form: Form) -> bool:
    """Tell whether the strips of a form are verbatim numbers."""
    return (
        form.compression == 1
        and form.whole
        and form.bits != 128
        and form.predictor == 1
        and form.bit_order == 1
        and form.tile is None
        and not form.subsampled
    )


def page_bytes(form: Form) -> int:
    """Return the bytes of a page of whole numbers."""
    assert isinstance(form.bits, int)
    return prod(form.shape) * form.bits // 8


def agree(pages: Pages, numbers: Int64, first: int, step: int) -> bool:
    """Tell whether the first strips of pages lie ``step`` bytes apart from ``first`` on."""
    for rows, table in pages.directory.columns(numbers, (273,)):
        if table is None or not table.size or not np.array_equal(table[:, 0], first + step * rows):
            return False
    return True
