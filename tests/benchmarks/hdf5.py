"""``python -m tests.benchmarks.hdf5``: a million chunks of an HDF5 file, side by side with kerchunk and VirtualiZarr.

Each finds where the chunks lie, in a process of its own, in turns; the best of their times count, and all
references are compared. Times are those of the processor, so that what else the machine does counts little.
vspec's time is that of opening the file and of the columns; what a whole `apply`
with a card takes, references written, is shown as well. Ends with exit code 1 where a bound is broken.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np

CHUNKS = 1_000_000
ELEMENTS = 64
ROUNDS = 3
BOUNDS = {"virtualizarr": 1 / 4, "kerchunk": 1 / 6}
CARD = """\
vspec: 1
title: Whatever an HDF5 file holds
files: {h: {match: "*.h5", format: hdf5}}
arrays:
  all: {each: a in h.arrays, name: "{{ a.path }}", from: a}
"""


def write(path: Path, chunks: int) -> None:
    """Write a dataset of ``chunks`` chunks, in rows of which the last chunk reaches over the end."""
    size = chunks * ELEMENTS - 7
    with h5py.File(path, "w") as file:
        data = file.create_dataset("data", (size,), "<i2", chunks=(ELEMENTS,))
        block = 20_000 * ELEMENTS
        for start in range(0, size, block):
            stop = min(size, start + block)
            data[start:stop] = (np.arange(start, stop) & 0x7FFF).astype("<i2")


@contextmanager
def measured() -> Iterator[list[float]]:
    taken: list[float] = []
    began = time.process_time()
    yield taken
    taken.append(time.process_time() - began)


def by_vspec(path: Path) -> tuple[float, np.ndarray]:
    import vspec.containers.hdf5
    from vspec.containers.model import ContainerFile
    from vspec.layout import Chunked
    from vspec.sources import Files, data_file

    with Files(path.parent) as files:
        file = ContainerFile(files, files.add(data_file(path.name, path)))
        with measured() as taken:
            source = vspec.containers.hdf5.open_hdf5(file).entries["data"].layout().source
    assert isinstance(source, Chunked)
    assert set(source.file.tolist()) == {0}
    return taken[0], np.stack([source.offset, source.nbytes], axis=1)


def by_virtualizarr(path: Path) -> tuple[float, np.ndarray]:
    from obspec_utils.registry import ObjectStoreRegistry
    from obstore.store import LocalStore
    from virtualizarr.parsers import HDFParser

    registry, parser = ObjectStoreRegistry({"file://": LocalStore()}), HDFParser()
    with measured() as taken:
        store = parser(f"file://{path}", registry=registry)
    manifest = store._group.arrays["data"].manifest
    return taken[0], np.stack([manifest._offsets.ravel(), manifest._lengths.ravel()], axis=1).astype(np.int64)


def by_kerchunk(path: Path) -> tuple[float, np.ndarray]:
    from kerchunk.hdf import SingleHdf5ToZarr

    with measured() as taken:
        refs = SingleHdf5ToZarr(str(path), inline_threshold=0).translate()["refs"]
    count = sum(key.startswith("data/") and not key.startswith("data/.") for key in refs)
    return taken[0], np.array([refs[f"data/{number}"][1:] for number in range(count)], np.int64)


PEERS: dict[str, Callable[[Path], tuple[float, np.ndarray]]] = {
    "vspec": by_vspec,
    "virtualizarr": by_virtualizarr,
    "kerchunk": by_kerchunk,
}


def apart(peer: str, path: Path) -> tuple[float, np.ndarray]:
    """Measure one of them in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.hdf5", peer, str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[2])
    return json.loads(done.stdout.splitlines()[-1]), np.load(path.with_suffix(f".{peer}.npy"))


def end_to_end(path: Path) -> float:
    """Return the time of a whole ``apply``; the map must have every reference."""
    from vspec.commands import apply

    card = path.with_name("card.yaml")
    card.write_text(CARD)
    out = path.with_name("maps")
    out.mkdir(exist_ok=True)
    with measured() as taken:
        apply(card, path, out)
    (written,) = out.glob("*.vspec.json")
    refs = json.loads(written.read_text())["refs"]
    assert sum(key.startswith("data/") and not key.startswith("data/.") for key in refs) == CHUNKS
    return taken[0]


def main() -> int:
    """Measure, print, and return the exit code."""
    with tempfile.TemporaryDirectory(prefix="vspec-hdf5-") as folder:
        path = Path(folder) / "chunks.h5"
        write(path, CHUNKS)
        best = dict.fromkeys(PEERS, float("inf"))
        found: dict[str, np.ndarray] = {}
        for _ in range(ROUNDS):
            for peer in PEERS:
                taken, found[peer] = apart(peer, path)
                best[peer] = min(best[peer], taken)
        broken = 0
        for peer, taken in best.items():
            print(f"{peer:14}{taken:8.2f} s   {taken / CHUNKS * 1e6:6.2f} us a chunk")
        for peer, bound in BOUNDS.items():
            equal = np.array_equal(found[peer], found["vspec"])
            ratio = best["vspec"] / best[peer]
            good = equal and ratio <= bound
            broken += not good
            said = "the same references" if equal else "OTHER REFERENCES"
            print(f"{'ok  ' if good else 'NOT '} {ratio:.3f} of {peer} (at most {bound:.3f}), {said}")
        print(f"     apply, references written: {end_to_end(path):.2f} s")
    return 1 if broken else 0


if __name__ == "__main__":
    if len(sys.argv) == 3:
        seconds, table = PEERS[sys.argv[1]](Path(sys.argv[2]))
        np.save(Path(sys.argv[2]).with_suffix(f".{sys.argv[1]}.npy"), table)
        print(json.dumps(seconds))
    else:
        sys.exit(main())
