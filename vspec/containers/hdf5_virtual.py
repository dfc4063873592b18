"""Virtual datasets, followed to where their sources' bytes lie.

What is missing is filled, as the library does it. Blocks that are no whole chunks of their sources stay
with the library.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from vspec.containers.hdf5_library import FAULTS, is_missing, named_file, opened, said
from vspec.containers.hdf5_mosaic import Box, NoMosaic, Piece, mosaic
from vspec.containers.hdf5_stored import Stored
from vspec.containers.hdf5_values import clean
from vspec.containers.model import ContainerFile
from vspec.errors import VspecError
from vspec.layout import Source

if TYPE_CHECKING:
    import h5py

Trail = tuple[tuple[int, str], ...]
"""Files and paths of virtual datasets, each a source of the one before."""
Follow = Callable[[ContainerFile, str, Trail], tuple[Stored, Source] | None]
_DEEPEST = 8
_UNLIMITED = (1 << 64) - 1
_OWN_CODES = ("V0360", "V0361", "V0362", "V0430")


def virtual(it: Stored, trail: Trail, follow: Follow) -> Source:
    """Return where the bytes of a virtual dataset lie. Raises V0410 to V0418 for a source elsewhere."""
    step = (it.file.index, it.inner.strip("/"))
    if step in trail or len(trail) >= _DEEPEST:
        return it.derived("its sources lead back to itself, or too far")
    try:
        return mosaic(it, list(_pieces(it, (*trail, step), follow)))
    except NoMosaic as error:
        return it.derived(str(error))
    except FAULTS as error:
        return it.derived(f"one of its sources cannot be followed: {said(error)}")
    except VspecError as error:
        if any(problem.code not in _OWN_CODES for problem in error.problems):
            raise
        return it.derived(f"one of its sources cannot be followed: {error.problems[0].message}")


def _pieces(it: Stored, trail: Trail, follow: Follow) -> Iterator[Piece]:
    from h5py import h5s

    creation = it.creation
    for at in range(creation.get_virtual_count()):
        name, path = _names(creation, at)
        if "%" in name + path:
            raise NoMosaic("the names of its sources are patterns")
        place, part = creation.get_virtual_vspace(at), creation.get_virtual_srcspace(at)
        if h5s.SEL_NONE in (place.get_select_type(), part.get_select_type()):
            continue
        box = _box(place)
        file = _file(it.file, name)
        found = follow(file, path, trail) if file is not None else None
        if found is None:
            yield Piece(box, None, None, None)
            continue
        source, layout = found
        whole = part.get_select_type() == h5s.SEL_ALL
        if whole and tuple(part.shape) not in ((), source.shape):
            raise NoMosaic("a source has another shape than it had")
        cut = Box((0,) * len(source.shape), source.shape) if whole else _box(part)
        yield Piece(box, source, layout, cut)


def _names(creation: h5py.h5p.PropDCID, at: int) -> tuple[str, str]:
    """Return the file and the path of a source."""
    return clean(creation.get_virtual_filename(at)), clean(creation.get_virtual_dsetname(at))


def _file(file: ContainerFile, name: str) -> ContainerFile | None:
    """Return the file of a source, or None where it is not there."""
    if name == ".":
        return file
    try:
        return named_file(file, name)
    except VspecError as error:
        if is_missing(error):
            return None
        raise


def _box(space: h5py.h5s.SpaceID) -> Box:
    """Return a selection that is one block; raises `NoMosaic` for any other."""
    from h5py import h5s

    if space.get_select_type() == h5s.SEL_ALL:
        return Box((0,) * len(space.shape), tuple(map(int, space.shape)))
    if space.get_select_type() != h5s.SEL_HYPERSLABS or not space.is_regular_hyperslab():
        raise NoMosaic("its sources are not put together from whole blocks")
    start, stride, count, block = space.get_regular_hyperslab()
    sizes: list[int] = []
    for step, times, size in zip(stride, count, block, strict=True):
        if _UNLIMITED in (times, size) or times < 0 or size < 0:
            raise NoMosaic("it has no end: it grows with its sources")
        if times != 1 and step != size:
            raise NoMosaic("its sources are not put together from whole blocks")
        sizes.append(int(times * size))
    return Box(tuple(map(int, start)), tuple(sizes))


def require_confined(it: Stored) -> None:
    """Raise V0410 to V0418 where a source of a virtual dataset lies outside the data root."""
    creation = it.creation
    for at in range(creation.get_virtual_count()):
        _file(it.file, _names(creation, at)[0].replace("%b", "0"))


def missing_sources(file: ContainerFile, dataset: h5py.Dataset) -> Iterator[str]:
    """Yield, for each source of a virtual dataset that is not there, what that means."""
    if not dataset.is_virtual:
        return
    creation, there = dataset.id.get_create_plist(), dict[tuple[str, str], bool]()
    for at in range(creation.get_virtual_count()):
        name, path = _names(creation, at)
        if "%" in name + path or (name, path) in there:
            continue
        there[name, path] = True
        with suppress(VspecError, *FAULTS):
            there[name, path] = _is_there(file, dataset, name, path)
        if not there[name, path]:
            yield f"its source '{path}' in '{name}' is not there: that part holds the fill value"


def _is_there(file: ContainerFile, dataset: h5py.Dataset, name: str, path: str) -> bool:
    if name == ".":
        return path in dataset.file
    found = _file(file, name)
    if found is None:
        return False
    with opened(found) as handle:
        return path in handle
