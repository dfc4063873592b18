"""Maps of local files as zarr 3 reads them without detours.

zarr's own way fetches a chunk as new bytes, decodes it into a new array and copies that: three times
through new memory. Here a store knows where the chunks lie, and a pipeline decodes them straight into the
array that zarr returns, several chunks at once. What the pipeline does not know it leaves to zarr.
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Awaitable, Callable, Generator, Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import zarr
from zarr.core.codec_pipeline import BatchedCodecPipeline
from zarr.storage import StorePath

from vspec.readers.local_chunks import ChunkReading, Index, Scratch, Wanted
from vspec.readers.local_places import Place
from vspec.readers.local_store import LocalStore

if TYPE_CHECKING:
    from zarr.abc.store import ByteGetter
    from zarr.core.array_spec import ArraySpec
    from zarr.core.buffer import NDBuffer
    from zarr.core.indexing import SelectorTuple
    from zarr.types import AnyArray

    Item = tuple[ByteGetter, ArraySpec, SelectorTuple, SelectorTuple, bool]

_MOST_THREADS = 8


@dataclass(frozen=True, slots=True)
class _Job:
    """A chunk to read, and where it is wanted."""

    store: LocalStore
    reading: ChunkReading
    place: Place
    wanted: Wanted

    def run(self, scratch: Scratch) -> None:
        fill = partial(self.store.places.fill, self.place)
        self.reading.read(self.place.nbytes, fill, self.wanted, scratch)


@dataclass(frozen=True)
class DirectPipeline(BatchedCodecPipeline):
    """zarr's own pipeline, which reads the chunks of a `LocalStore` straight into the array returned."""

    async def read(  # type: ignore[override]  # zarr 3.1 wants nothing back, later ones what was found
        self, batch_info: Iterable[Item], out: NDBuffer, drop_axes: tuple[int, ...] = ()
    ) -> tuple[object, ...]:
        """Read chunks into ``out``; what is not plain bytes of a local file is left to zarr."""
        items = list(batch_info)
        memory = out.as_ndarray_like()
        jobs = [_job(item, memory, drop_axes) for item in items]
        rest = [item for item, job in zip(items, jobs, strict=True) if job is None]
        found: object = ()
        if rest:
            left_to_zarr: Callable[..., Awaitable[object]] = super().read
            found = await left_to_zarr(rest, out, drop_axes)
        left = iter(found if isinstance(found, tuple) else ())
        await _all(deque(job for job in jobs if job is not None))
        return tuple({"status": "present"} if job else next(left, None) for job in jobs)


def _job(item: Item, memory: object, drop_axes: tuple[int, ...]) -> _Job | None:
    getter, _, selection, where, _ = item
    if not isinstance(getter, StorePath) or not isinstance(getter.store, LocalStore):
        return None
    store = getter.store
    reading, place = store.readings.get(getter.path.rpartition("/")[0]), store.places.find(getter.path)
    if reading is None or place is None or not isinstance(memory, np.ndarray):
        return None
    return _Job(store, reading, place, Wanted(_tuple(selection), memory, _tuple(where), drop_axes))


def _tuple(selection: SelectorTuple) -> Index:
    return selection if isinstance(selection, tuple) else (selection,)


async def _all(jobs: deque[_Job]) -> None:
    """Run jobs in a few threads; after an error none is begun, and those at work are waited for."""
    threads = min(len(jobs), _processors(), _MOST_THREADS)
    ends = await asyncio.gather(
        *(asyncio.to_thread(_work, jobs) for _ in range(threads)), return_exceptions=True
    )
    for end in ends:
        if isinstance(end, BaseException):
            raise end


def _processors() -> int:
    """Return the processors that we may use: more threads than those would be slower."""
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed is not None else os.cpu_count() or 1


def _work(jobs: deque[_Job]) -> None:
    scratch = Scratch()
    try:
        while (job := _next(jobs)) is not None:
            job.run(scratch)
    finally:
        jobs.clear()


def _next(jobs: deque[_Job]) -> _Job | None:
    try:
        return jobs.popleft()
    except IndexError:
        return None


class LocalGroup(zarr.Group):
    """A group of a `LocalStore`, whose arrays are read by a `DirectPipeline` however one comes to them."""

    def __getitem__(self, path: str) -> AnyArray | zarr.Group:
        """Return an array or a group below this one."""
        return _direct(super().__getitem__(path))

    def members(
        self, max_depth: int | None = 0, *, use_consolidated_for_children: bool = True
    ) -> tuple[tuple[str, AnyArray | zarr.Group], ...]:
        """Return arrays and groups below this one, with their paths."""
        found = super().members(max_depth, use_consolidated_for_children=use_consolidated_for_children)
        return tuple((name, _direct(node)) for name, node in found)

    def arrays(self) -> Generator[tuple[str, AnyArray], None]:
        """Yield the arrays right below this group, with their names."""
        for name, array in super().arrays():
            _hasten(array)
            yield name, array

    def array_values(self) -> Generator[AnyArray, None]:
        """Yield the arrays right below this group."""
        for _, array in self.arrays():
            yield array

    def groups(self) -> Generator[tuple[str, zarr.Group], None]:
        """Yield the groups right below this one, with their names."""
        for name, group in super().groups():
            yield name, _local(group)

    def group_values(self) -> Generator[zarr.Group, None]:
        """Yield the groups right below this one."""
        for _, group in self.groups():
            yield group


def _direct(node: AnyArray | zarr.Group) -> AnyArray | zarr.Group:
    if isinstance(node, zarr.Group):
        return _local(node)
    _hasten(node)
    return node


def _local(group: zarr.Group) -> LocalGroup:
    return LocalGroup(group._async_group)  # noqa: SLF001 -- a field of the dataclass, without a public name


def _hasten(array: AnyArray) -> None:
    """Give an array the `DirectPipeline`, unless it was opened with one of the user's choice.

    zarr takes the class of a pipeline from its configuration, which is one for all threads and looked at
    whenever an array is opened; other people's arrays are none of our business. So it is set here, past
    the guard of a frozen class.
    """
    pipeline = array.async_array.codec_pipeline
    if type(pipeline) is BatchedCodecPipeline:
        direct = DirectPipeline.from_codecs(pipeline, batch_size=pipeline.batch_size)
        object.__setattr__(array.async_array, "codec_pipeline", direct)
