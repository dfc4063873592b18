"""All pages of a file as columns: which tags they have, and the values that are not the same in all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vspec.containers.model import ContainerFile
from vspec.containers.tiff_tags import Tag, Tags
from vspec.containers.tiff_walk import Block, Chain, scattered
from vspec.containers.tiff_words import FRACTIONS, TYPE_CODES, TYPE_SIZES, Table, damaged, gathered, opened
from vspec.layout import Int64

SHAPING = frozenset(
    {254, 255, 256, 257, 258, 259, 262, 266, 277, 278, 284, 292, 317, 322, 323}
    | {338, 339, 347, 530, 32997, 32998, 42113}
)
"""Tags that say how the samples of a page are kept."""

SUBPAGES = 330
MOST_CELLS = 10**8
_PLACES = (4, 13, 16, 18)
_SMALLEST_PAGE = 18


@dataclass(slots=True, eq=False)
class Template:
    """Pages with the same tags of the same types and counts, in the same order.

    ``values`` has a list of blocks for each tag whose word is not the same in all pages; a block without
    a column has the word of the first page throughout.
    """

    ids: NDArray[np.generic]
    kinds: NDArray[np.generic]
    counts: NDArray[np.generic]
    words: NDArray[np.generic]
    pages: list[Int64] = field(default_factory=list)
    values: dict[int, dict[int, NDArray[np.generic]]] = field(default_factory=dict)

    def like(self, table: Table) -> NDArray[np.bool_]:
        """Tell which pages of a table have these tags."""
        tags = table["tags"]
        same = (tags["id"] == self.ids) & (tags["kind"] == self.kinds) & (tags["count"] == self.counts)
        return np.asarray(same.all(axis=1))

    def add(self, pages: Int64, table: Table) -> None:
        """Take pages that have these tags."""
        block = len(self.pages)
        self.pages.append(pages)
        words = table["tags"]["value"]
        for number in np.flatnonzero((words != self.words).any(axis=0)).tolist():
            column = np.ascontiguousarray(words[:, number])
            self.values.setdefault(number, {})[block] = column.astype(column.dtype.newbyteorder("="))

    def column(self, number: int) -> NDArray[np.generic]:
        """Return the words of a tag, one for each page."""
        held = self.values.get(number, {})
        first = self.words[number]
        blocks = [held.get(k, np.full(len(pages), first)) for k, pages in enumerate(self.pages)]
        return np.concatenate(blocks).astype(np.uint64)

    def number_of(self, id: int) -> int | None:
        """Return which tag has an id, the first of several."""
        found = np.flatnonzero(self.ids == id)
        return int(found[0]) if len(found) else None

    def nbytes(self, number: int) -> int:
        """Return the bytes of a tag's values."""
        return TYPE_SIZES.get(int(self.kinds[number]), 0) * int(self.counts[number])


class Directory:
    """The pages of a file, by number: those of the chain, then those that pages name as their parts."""

    def __init__(self, file: ContainerFile) -> None:
        self.file = file
        self.words, first = opened(file)
        self.templates: list[Template] = []
        self._known: dict[bytes, Template] = {}
        self.count = 0
        places: list[Int64] = []
        if not first:
            raise damaged(file, "the file has no page", 8 if self.words.big else 4)
        for block in Chain(file, self.words).blocks(first):
            self._add(block, self.count + np.arange(len(block.offsets), dtype=np.int64))
            places.append(block.offsets)
        self.chained = self.count
        self.subpages = self._subpages(places)
        self.places = np.concatenate(places)
        self._settle()

    def _add(self, block: Block, pages: Int64) -> None:
        self.count += len(pages)
        table, left = block.table, np.arange(len(pages))
        while len(left):
            part = table if len(left) == len(table) else table[left]
            template = self._template(part[0])
            like = template.like(part)
            whole = bool(like.all())
            template.add(pages[left if whole else left[like]], part if whole else part[like])
            left = left[:0] if whole else left[~like]

    def _template(self, row: np.void) -> Template:
        key = b"".join(row["tags"][name].tobytes() for name in ("id", "kind", "count"))
        found = self._known.get(key)
        if found is None:
            tags = row["tags"]
            found = Template(*(tags[name].astype(np.uint64) for name in ("id", "kind", "count", "value")))
            self._known[key] = found
            self.templates.append(found)
        return found

    def _subpages(self, places: list[Int64]) -> dict[int, Int64]:
        """Read the pages that pages name as their parts: their numbers, by the page that names them.

        A number is -1 where nothing is named. Their offsets are added to ``places``.
        """
        named = self._named()
        if not named:
            return {}
        offsets = np.concatenate([own for _, own in named])
        present = np.flatnonzero(offsets >= 8)
        numbers = np.full(len(offsets), -1, np.int64)
        numbers[present] = added = self.count + np.arange(len(present), dtype=np.int64)
        for rows, block in scattered(self.file, self.words, offsets[present]):
            self._add(block, added[rows])
        places.append(offsets[present])
        ends = np.cumsum([len(own) for _, own in named])
        return {page: numbers[end - len(own) : end] for (page, own), end in zip(named, ends, strict=True)}

    def _named(self) -> list[tuple[int, Int64]]:
        """Return the offsets of parts that pages name, in the order of the pages."""
        named: list[tuple[int, Int64]] = []
        total = 0
        for template in tuple(self.templates):
            number = template.number_of(SUBPAGES)
            if number is None or int(template.kinds[number]) not in _PLACES:
                continue
            total += int(template.counts[number]) * sum(map(len, template.pages))
            if total > self.file.reader.size // _SMALLEST_PAGE:
                raise damaged(self.file, f"{total} pages within pages are more than fit into the file", 0)
            lists = self.lists(template, number)
            named += zip(np.concatenate(template.pages).tolist(), lists, strict=True)
        return sorted(named, key=lambda pair: pair[0])

    def lists(self, template: Template, number: int) -> NDArray[np.int64]:
        """Return the whole numbers of a tag as a table: a row for each page, in the template's order.

        Raises V0361 for numbers that are none of an offset or a length, or are not in the file.
        """
        kind, count = int(template.kinds[number]), int(template.counts[number])
        code, rows = TYPE_CODES.get(kind, ""), sum(map(len, template.pages))
        if code not in ("u2", "u4", "u8") or kind in FRACTIONS:
            raise damaged(self.file, f"tag {int(template.ids[number])} is of type {kind}", 0)
        if rows * count > MOST_CELLS:
            raise damaged(self.file, f"{rows} pages of {count} pieces are more than can be", 0)
        words = template.column(number)
        if template.nbytes(number) <= self.words.room:
            raw = words.astype(self.words.word).view(np.uint8).reshape(rows, self.words.room)
            raw = np.ascontiguousarray(raw[:, : template.nbytes(number)])
        else:
            places = self._checked(words)
            raw = gathered(self.file, places, template.nbytes(number), f"tag {int(template.ids[number])}")
        numbers = raw.reshape(-1).view(np.dtype(self.words.order + code)).astype(np.uint64)
        return self._checked(numbers).reshape(rows, count)

    def _checked(self, numbers: NDArray[np.generic]) -> Int64:
        if len(numbers) and int(numbers.max()) > np.iinfo(np.int64).max:
            raise damaged(self.file, "an offset or a length has more than 63 bits", 0)
        return numbers.astype(np.int64)

    def _settle(self) -> None:
        """Make the columns that lead from a page to its template."""
        self.template_of = np.empty(self.count, np.int32)
        self.row_of = np.empty(self.count, np.int64)
        for number, template in enumerate(self.templates):
            pages = np.concatenate(template.pages)
            self.template_of[pages] = number
            self.row_of[pages] = np.arange(len(pages))
        self.kinds = self._kinds()

    def _kinds(self) -> Int64:
        """Return a number for each page: pages of one number keep their samples in the same way."""
        kinds = np.empty(self.count, np.int64)
        used = 0
        for template in self.templates:
            pages = np.concatenate(template.pages)
            codes = self._codes(template)
            kinds[pages] = used + codes
            used += int(codes.max()) + 1
        return kinds

    def _codes(self, template: Template) -> Int64:
        """Return numbers for the pages of a template: the same where samples are kept in the same way."""
        codes = np.zeros(sum(map(len, template.pages)), np.int64)
        for number in sorted(template.values):
            if int(template.ids[number]) not in SHAPING:
                continue
            words, nbytes = template.column(number), template.nbytes(number)
            _, own = np.unique(words, return_inverse=True)
            if nbytes > self.words.room:
                places, own = np.unique(self._checked(words), return_inverse=True)
                raw = gathered(self.file, places, nbytes, f"tag {int(template.ids[number])}")
                _, same = np.unique(raw.view(f"V{nbytes}").reshape(-1), return_inverse=True)
                own = same.reshape(-1)[own]
            _, codes = np.unique(codes * (int(own.max()) + 1) + own.reshape(-1), return_inverse=True)
            codes = codes.reshape(-1).astype(np.int64)
        return codes

    def offset(self, page: int) -> int:
        """Return where the IFD of a page lies."""
        return int(self.places[page])

    def tags(self, page: int) -> Tags:
        """Return the tags of one page."""
        template = self.templates[int(self.template_of[page])]
        row = int(self.row_of[page])
        block, inside = self._block(template, row)
        every = []
        for number in range(len(template.ids)):
            column = template.values.get(number, {}).get(block)
            word = int(template.words[number] if column is None else column[inside])
            kind = int(template.kinds[number])
            if kind in TYPE_CODES:
                every.append(Tag(int(template.ids[number]), kind, int(template.counts[number]), word))
        return Tags(self.file, self.words, self.offset(page), tuple(every))

    @staticmethod
    def _block(template: Template, row: int) -> tuple[int, int]:
        for block, pages in enumerate(template.pages):
            if row < len(pages):
                return block, row
            row -= len(pages)
        raise IndexError(row)

    def listed(self, pages: Int64, ids: Iterable[int]) -> list[int]:
        """Return how many values the first of these tags has in pages; pages of the same tags count once."""
        found = []
        for number in np.unique(self.template_of[pages]).tolist():
            template = self.templates[number]
            own = next((n for id in ids if (n := template.number_of(id)) is not None), None)
            found.append(0 if own is None else int(template.counts[own]))
        return found

    def columns(self, pages: Int64, ids: Iterable[int]) -> Iterator[tuple[NDArray[np.intp], Int64 | None]]:
        """Yield, for pages with the same tags, their positions and the first of these tags as a table.

        The table is None where none of the tags is there.
        """
        own = self.template_of[pages]
        for template_number in np.unique(own).tolist():
            template = self.templates[template_number]
            rows = np.flatnonzero(own == template_number)
            number = next((n for id in ids if (n := template.number_of(id)) is not None), None)
            if number is None:
                yield rows, None
            else:
                yield rows, self.lists(template, number)[self.row_of[pages[rows]]]
