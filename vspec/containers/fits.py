"""FITS files: images and random groups as they lie, tables by column, compressed images by tile."""

from __future__ import annotations

import re
from math import prod

import numpy as np

from vspec.containers.attributes import Attributes
from vspec.containers.fits_cards import BLOCK, read_cards
from vspec.containers.fits_columns import Table
from vspec.containers.fits_scaling import linear, put_scaling
from vspec.containers.fits_tables import add_ascii_table, add_table
from vspec.containers.fits_tiles import add_tiles
from vspec.containers.fits_unit import Unit
from vspec.containers.model import Container, ContainerFile, Entry, Lost
from vspec.containers.verbatim import Block, Verbatim, plain
from vspec.layout import Axis, Json

DTYPES = {8: "u1", 16: ">i2", 32: ">i4", 64: ">i8", -32: ">f4", -64: ">f8"}
STRUCTURE = r"SIMPLE|XTENSION|BITPIX|NAXIS\d*|EXTEND|PCOUNT|GCOUNT|GROUPS|END"
_IMAGE = re.compile(STRUCTURE + "|BSCALE|BZERO|BLANK")
_MOST_AXES = 999


def open_fits(file: ContainerFile) -> Container:
    """Open a file. Raises V0360 for another kind of file, V0361 for a damaged one."""
    magic = file.reader.read(0, min(9, file.reader.size))
    if magic != b"SIMPLE  =":
        raise file.problem(
            "V0360",
            f"{file.name} is no FITS file",
            0,
            expected="'SIMPLE  =' at its beginning",
            found=repr(magic)[1:] if magic else "an empty file",
            help="check the pattern, or unpack the file first",
        )
    return _Opened(file).container()


class _Opened:
    def __init__(self, file: ContainerFile) -> None:
        self._file = file
        self._lost: list[Lost] = []
        self._entries: dict[str, Entry] = {}
        self._groups: dict[str, dict[str, Json]] = {"": {}}

    def container(self) -> Container:
        at, number, size = 0, 0, self._file.reader.size
        while at < size:
            if number and self._file.reader.read(at, min(9, size - at)) != b"XTENSION=":
                if self._file.reader.read(at, min(size - at, BLOCK)).strip(b"\0 "):
                    self._lost.append(Lost("", f"the bytes from {at} on, which are no extension"))
                break
            cards = read_cards(self._file, at)
            unit = Unit(f"hdu{number}", cards, self._entries, self._groups, self._lost)
            nbytes = self._add(unit)
            at = cards.end + nbytes + -nbytes % BLOCK
            number += 1
        return Container(self._entries, self._groups, tuple(self._lost))

    def _add(self, unit: Unit) -> int:
        """Add what one header describes; returns the bytes of its data."""
        cards = unit.cards
        bits = cards.values.get("BITPIX")
        if bits not in DTYPES:
            raise cards.damaged(
                "BITPIX is not what it must be", expected="8, 16, 32, 64, -32 or -64", found=f"{bits}"
            )
        rank = cards.whole("NAXIS")
        if rank > _MOST_AXES:
            raise cards.damaged(f"NAXIS is {rank}", expected=f"0 to {_MOST_AXES}")
        sizes = [cards.whole(f"NAXIS{k}") for k in range(1, rank + 1)]
        groups = cards.values.get("GROUPS") is True and sizes[:1] == [0] and "SIMPLE" in cards.values
        count = prod(sizes[1:] if groups else sizes) if sizes else 0
        extra = cards.whole("PCOUNT", 0) if groups or "XTENSION" in cards.values else 0
        parts = cards.whole("GCOUNT", 1) if groups or "XTENSION" in cards.values else 1
        item = np.dtype(DTYPES[int(bits)])  # type: ignore[arg-type]  # it is one of the keys
        if groups:
            _add_groups(unit, item, sizes[1:], (parts, extra))
        else:
            self._add_unit(unit, item, sizes)
        return item.itemsize * parts * (extra + count)

    def _add_unit(self, unit: Unit, item: np.dtype[np.generic], sizes: list[int]) -> None:
        kind = unit.cards.string("XTENSION") if "XTENSION" in unit.cards.values else "IMAGE"
        if kind in ("IMAGE", "IUEIMAGE"):
            if unit.cards.whole("PCOUNT", 0) or unit.cards.whole("GCOUNT", 1) != 1:
                unit.lose(unit.path, "an image with parameters or of several groups")
            _add_image(unit, item, sizes)
        elif kind in ("BINTABLE", "A3DTABLE", "TABLE"):
            if len(sizes) != 2 or item.itemsize != 1:
                raise unit.cards.damaged(
                    "a table must have 2 axes of bytes", found=f"{len(sizes)} axes of {item}"
                )
            table = Table.of(unit.cards, sizes[1], sizes[0], text=kind == "TABLE")
            if kind == "TABLE":
                add_ascii_table(unit, table)
            elif unit.cards.values.get("ZIMAGE") is True:
                add_tiles(unit, table)
            else:
                add_table(unit, table)
        else:
            unit.lose(unit.path, f"an extension of the kind '{kind}'")


def _add_image(unit: Unit, item: np.dtype[np.generic], sizes: list[int]) -> None:
    if not sizes:
        # The header of a file without a first image speaks of the whole file.
        unit.add_group("" if unit.path == "hdu0" else unit.path, re.compile(STRUCTURE))
        return
    attrs = Attributes(unit.path, unit.lost)
    unit.cards.put_into(attrs, _IMAGE)
    put_scaling(unit.cards, ("BSCALE", "BZERO", "BLANK"), attrs, whole=item.kind in "iu")
    axes = image_axes(unit, sizes)
    unit.add(Verbatim(unit.path, Block(unit.cards.file, unit.cards.end, item, axes), attrs.found).entry())


def image_axes(unit: Unit, sizes: list[int]) -> tuple[Axis, ...]:
    """Return the axes of an image, slowest first, of sizes as a header gives them: fastest first."""
    found: list[Axis] = []
    for k, size in enumerate(reversed(sizes)):
        name = f"{unit.path}_axis_{k}"
        found.append(Axis(name, size, (name,), affine=linear(unit.cards, len(sizes) - k)))
    return tuple(found)


def _add_groups(unit: Unit, item: np.dtype[np.generic], sizes: list[int], counts: tuple[int, int]) -> None:
    """Add random groups: the parameters and the array of each group, each as an array over the groups."""
    parts, parameters = counts
    stride = item.itemsize * (parameters + prod(sizes))
    unit.add_group(unit.path, re.compile(STRUCTURE + r"|(?:PTYPE|PSCAL|PZERO)\d+|BSCALE|BZERO|BLANK"))
    row = plain(f"{unit.path}_group", parts)
    for k in range(parameters if parameters * item.itemsize <= unit.cards.file.reader.size else 0):
        path = unit.free(unit.cards.string(f"PTYPE{k + 1}"), f"parameter{k + 1}")
        attrs = Attributes(path, unit.lost)
        put_scaling(unit.cards, (f"PSCAL{k + 1}", f"PZERO{k + 1}", ""), attrs, whole=False)
        place = unit.cards.end + k * item.itemsize
        unit.add(Verbatim(path, Block(unit.cards.file, place, item, (row,), (stride,)), attrs.found).entry())
    path = unit.free("DATA", "data")
    attrs = Attributes(path, unit.lost)
    put_scaling(unit.cards, ("BSCALE", "BZERO", "BLANK"), attrs, whole=item.kind in "iu")
    axes = tuple(plain(f"{path.rpartition('/')[2]}_axis_{k + 1}", n) for k, n in enumerate(reversed(sizes)))
    inner = Block(unit.cards.file, 0, item, axes).steps
    block = Block(
        unit.cards.file, unit.cards.end + parameters * item.itemsize, item, (row, *axes), (stride, *inner)
    )
    unit.add(Verbatim(path, block, attrs.found).entry())
