"""Maps made from bytes at hand, for tests of whatever reads them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vspec.chunks import ArrayPlan, ChunkOptions, coordinate_plans, plan_all
from vspec.layout import ArrayLayout
from vspec.manifest import Manifest, SidecarEntry, SourceEntry, array_entry
from vspec.profile.addresses import sidecar_name
from vspec.seal import seal, to_json
from vspec.sidecar import materialise
from vspec.writers import kerchunk_json


@dataclass(frozen=True, slots=True, eq=False)
class Memory:
    """A file in memory, with the methods that vspec asks of an open file."""

    data: bytes

    @property
    def size(self) -> int:
        """Bytes in the file."""
        return len(self.data)

    def read(self, offset: int, n: int) -> bytes:
        """Return ``n`` bytes from ``offset``."""
        if offset < 0 or offset + n > self.size:
            raise EOFError(f"{n} bytes from {offset} of {self.size}")
        return self.data[offset : offset + n]

    def view(self, offset: int, n: int) -> NDArray[np.uint8]:
        """Return ``n`` bytes from ``offset``."""
        return np.frombuffer(self.read(offset, n), np.uint8)

    def pieces(self, offsets: Sequence[int], n: int) -> NDArray[np.uint8]:
        """Return ``n`` bytes at each offset, a row each."""
        joined = b"".join(self.read(offset, n) for offset in offsets)
        return np.frombuffer(joined, np.uint8).reshape(len(offsets), n)


@dataclass(frozen=True, slots=True, eq=False)
class Written:
    """A map on disk, the plans that it was made from, and its sources as open files."""

    path: Path
    plans: tuple[ArrayPlan, ...]
    files: tuple[Memory, ...] = field(default=())


def write_map(
    folder: Path, layouts: Sequence[ArrayLayout], files: Sequence[bytes], options: ChunkOptions | None = None
) -> Written:
    """Write ``files`` as ``0.bin``, ``1.bin`` ... and a map ``map.vspec.json`` of them into a folder."""
    memory = tuple(Memory(data) for data in files)
    for number, data in enumerate(files):
        (folder / f"{number}.bin").write_bytes(data)
    names = [f"{number}.bin" for number in range(len(files))]
    plans = plan_all(layouts, [len(data) for data in files], options, names)
    extra = coordinate_plans(plans, options)
    every = (*plans, *extra.plans)
    path = folder / "map.vspec.json"
    root = f"file://{folder}"
    with materialise(every, memory.__getitem__, path) as copies:
        beside = None
        if copies.part is not None:
            part = copies.part
            name = sidecar_name(path.name, part.digest)
            beside = SidecarEntry(name, f"{root}/{name}", part.size, part.digest)
        entries = tuple(
            array_entry(plan, placement, extra.names.get(plan.layout.path, ()))
            for plan, placement in zip(every, copies.placements, strict=True)
        )
        sources = tuple(
            SourceEntry(name, file.size, to_json(seal(file)))
            for name, file in zip(names, memory, strict=True)
        )
        kerchunk_json.write(Manifest(entries, root, sources, sidecar=beside), path, copies.part)
    return Written(path, plans, memory)
