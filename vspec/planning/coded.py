"""Arrays in regions of encoded bytes: the strides inside, and the columns of the regions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from vspec.card.model import ArraySpec
from vspec.errors import Place, Problem, VspecError, fail
from vspec.expressions import Scope
from vspec.header.coded import chain_of
from vspec.header.dataset import Header
from vspec.header.roles import RoleFile
from vspec.layout import ArrayLayout, Coded, Source, Strided
from vspec.planning.arranging import Arranged

_LOOKED_INTO = 16 << 20
"""Encoded bytes that are decoded for a look at how many there are."""


def region_of(
    spec: ArraySpec, file: RoleFile, offset: int, around: tuple[Scope, Header]
) -> tuple[int, int | None]:
    """Return the index of the region that an array's ``codec:`` speaks of, and its decoded bytes.

    The latter are None where they are too many for a look, and every size is written. Raises V0302.
    """
    scope, header = around
    space = file.nbytes - offset
    nbytes = space if spec.encoded is None else spec.encoded.integer(scope)
    if not 0 < nbytes <= space:
        place = spec.place if spec.encoded is None else spec.encoded.text.place
        message = f"the encoded bytes are not in {file.view.name}"
        raise fail("V0302", message, place, expected=f"1 to {space} bytes from {offset}", found=f"{nbytes}")
    where, start, length = (np.array([n], np.int64) for n in (file.view.index, offset, nbytes))
    (index,) = header.files.regions.add(where, start, length, chain_of(spec.codec, scope)).tolist()
    has_auto = not isinstance(spec.shape, Mapping) or None in spec.shape.values()
    inside = header.files.inside(index)
    if nbytes > _LOOKED_INTO and not has_auto and not inside.is_stream:
        return index, None
    return index, inside.size


def settled(arranged: Arranged, header: Header, place: Place) -> Arranged:
    """Return what was arranged, with the columns of the regions where it lies in such.

    Bytes that nothing has encoded, though a codec could, are strides like any others. Raises V0347 where
    some of an array's bytes are encoded and others not.
    """
    source = arranged.source
    if not isinstance(source, Strided) or not header.files.is_region(source.runs.file):
        return arranged
    if not header.files.is_region(source.runs.file[[source.runs.file.argmin()]]):
        message = "some bytes of this array lie in regions of encoded bytes, and others do not"
        raise fail("V0347", message, place, help="map the parts of each kind as arrays of their own")
    return replace(arranged, source=_coded(source, header, place))


def _coded(source: Strided, header: Header, place: Place) -> Source:
    base = int(source.runs.file.min())
    stop = int(source.runs.file.max()) + 1
    file, offset, nbytes, chain = header.files.regions.between(base, stop)
    chains = tuple(header.files.regions.chains)
    own = source.runs.file - base
    if header.files.is_region(file[own]):
        message = "these bytes are encoded inside bytes that are encoded"
        raise fail("V0347", message, place, help="no reader decodes twice: convert the file once")
    if all(len(chains[k]) == 0 for k in np.unique(chain[own]).tolist()):
        runs = replace(source.runs, file=file[own], offset=offset[own] + source.runs.offset)
        return replace(source, runs=runs)
    decoded = _looked_at(source, header, place)
    return Coded(source, base, file, offset, nbytes, chain, chains, decoded)


def _looked_at(source: Strided, header: Header, place: Place) -> int | None:
    """Return the bytes that the first, the middle and the last region decode to, None where it takes long.

    Where they differ, it is the most of them. Raises V0331 for one that is too short for what is in it.
    """
    regions = np.unique(source.runs.file)
    sizes = []
    for index in np.unique(regions[[0, len(regions) // 2, -1]]).tolist():
        region = header.files.regions.region(index)
        inside = header.files.inside(index)
        if region.nbytes > _LOOKED_INTO and not (inside.is_stream and len(regions) == 1):
            continue
        need = _reach(source, index)
        if need > inside.size:
            raise VspecError(
                [
                    Problem(
                        "V0331",
                        f"{header.files.paths[region.file]}: a region decodes to {inside.size} bytes",
                        place,
                        data_file=header.files.paths[region.file],
                        offset=region.offset,
                        expected=f"{need} bytes at least",
                        found=f"{inside.size} bytes",
                        help="is the file damaged, or a count, an offset or the type of the card wrong?",
                    )
                ]
            )
        sizes.append(inside.size)
    return max(sizes, default=None)


def left_over(arrays: Sequence[ArrayLayout], header: Header) -> Iterator[Problem]:
    """Yield a warning (V0348) for the first region that decodes to more than the arrays in it reach to.

    The first, the middle and the last region of each array are looked at. Whatever follows in a file that is
    encoded as a whole is as with any other file: nobody asks.
    """
    coded = [(layout.source.inside, layout) for layout in arrays if isinstance(layout.source, Coded)]
    for index in sorted({k for inside, _ in coded for k in _looked_into(inside, header)}):
        region = header.files.regions.region(index)
        size = header.files.inside(index).size
        own = [(inside, layout) for inside, layout in coded if (inside.runs.file == index).any()]
        need = max(_reach(inside, index) for inside, _ in own)
        if size > need:
            name = header.files.paths[region.file]
            yield Problem(
                "V0348",
                f"{name}: a region decodes to {size} bytes, and the card describes {need} of them",
                own[0][1].place,
                data_file=name,
                offset=region.offset,
                level="warn",
                help="is a size in the card or the file wrong? map what is meant to be there as an array",
            )
            return


def _looked_into(inside: Strided, header: Header) -> Iterator[int]:
    """Yield some regions of an array that are small enough to decode, and no whole file."""
    regions = np.unique(inside.runs.file)
    for index in regions[[0, len(regions) // 2, -1]].tolist():
        region = header.files.regions.region(index)
        is_whole = region.offset == 0 and region.nbytes == header.files.inside(region.file).size
        if region.nbytes <= _LOOKED_INTO and not is_whole:
            yield index


def _reach(source: Strided, region: int) -> int:
    """Return how many of a region's decoded bytes are needed, from the first on."""
    own = np.flatnonzero(source.runs.file == region)
    if 0 in [axis.size for axis in source.inner]:
        return 0
    runs = source.runs
    far = np.maximum((runs.count[own] - 1) * runs.stride[own], 0) + runs.offset[own]
    inner = 0
    for axis in source.inner:
        steps = axis.offsets if axis.offsets is not None else np.array([0, (axis.size - 1) * axis.stride])
        inner += int(steps.max())
    return int(far.max()) + inner + source.item.itemsize if (runs.count[own] > 0).any() else 0
