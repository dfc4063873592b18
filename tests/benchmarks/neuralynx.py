"""``python -m tests.benchmarks.neuralynx``: a full read of 1 GB through a packed map, against Neo.

One channel of 512-sample records with a gap in the middle, a record that is not full before it and one at
the end, is made in a temporary folder. Neo, the map and a strided copy of numpy's take turns, each time in a
process of its own, as a program does that somebody starts to read a recording: imports are not counted, opening
the file and reading every sample are, and the medians count. All must give the same samples, and the map must be
at least 8 times as fast as Neo. Ends with exit code 1 where a bound is broken.

Most of Neo's time, and of numpy's, is the system's, which hands out the memory of the result and of the mapped
file page by page. In one process with many rounds much of that is left over from the round before.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from neo.rawio import NeuralynxRawIO
from numpy.typing import NDArray

from vspec.card.load import load
from vspec.commands import apply
from vspec.readers import zarr_store
from vspec.registry import find

RATE = 32_000
RECORD = np.dtype(
    [("time", "<u8"), ("channel", "<u4"), ("rate", "<u4"), ("valid", "<u4"), ("samples", "<i2", 512)]
)
HEADER = f"""\
######## Neuralynx Data File Header\r
-FileType NCS\r
-RecordSize {RECORD.itemsize}\r
-ApplicationName Cheetah "6.4.1 "\r
-TimeCreated 2021/02/26 15:46:52\r
-SamplingFrequency {RATE}\r
-ADMaxValue 32767\r
-ADBitVolts 0.000000030517578125\r
-AcqEntName CSC1\r
-NumADChannels 1\r
-ADChannel 7\r
-InputRange 1000\r
-InputInverted True\r
"""
START, GAP, STEP = 1_614_354_412_000_000, 5_000_000, 512 * 1_000_000 // RATE
SHORT, LAST = 101, 67
FASTER = 8.0
TOLERANCE_MS = 1.0
MEMORY = 1_300_000_000
Samples = list[NDArray[np.int16]]


@dataclass(frozen=True)
class Recording:
    """A file, and the samples of its two stretches."""

    path: Path
    stretches: Samples


def make(folder: Path, nbytes: int) -> Recording:
    """Write a recording of about so many bytes."""
    count = nbytes // RECORD.itemsize
    cut = count // 2
    records = np.zeros(count, RECORD)
    number = np.arange(count)
    records["time"] = START + STEP * number + GAP * (number >= cut)
    records["channel"], records["rate"], records["valid"] = 7, RATE, 512
    records["valid"][[cut - 1, -1]] = SHORT, LAST
    records["samples"] = np.random.default_rng(7).integers(-32768, 32768, (count, 512), np.int16)
    path = folder / "CSC1.ncs"
    with path.open("wb") as out:
        out.write(HEADER.encode("latin-1").ljust(16_384, b"\0"))
        records.tofile(out)
    flat = records["samples"].reshape(-1)
    middle, stop = (cut - 1) * 512 + SHORT, (count - 1) * 512 + LAST
    return Recording(path, [flat[:middle].copy(), flat[cut * 512 : stop].copy()])


def by_neo(path: Path) -> Samples:
    """Read all samples with Neo, stretch by stretch."""
    reader = NeuralynxRawIO(str(path.parent), gap_tolerance_ms=TOLERANCE_MS)
    reader.parse_header()
    sizes = range(reader.segment_count(0))
    return [reader.get_analogsignal_chunk(0, k, stream_index=0)[:, 0] for k in sizes]


def by_map(path: Path) -> Samples:
    """Read all samples through the map, stretch by stretch."""
    group = zarr_store.open_group(path)
    return [np.asarray(group[f"segment_{k}/samples"][...]) for k in range(2)]


def by_numpy(path: Path) -> Samples:
    """Read all samples by one strided copy for each stretch, told where they are."""
    records = np.memmap(path, RECORD, "r", 16_384)
    cut = len(records) // 2
    halves = (records["samples"][:cut], records["samples"][cut:])
    lengths = (-(512 - SHORT), -(512 - LAST))
    return [np.ascontiguousarray(half).reshape(-1)[:n] for half, n in zip(halves, lengths, strict=True)]


READERS = {"Neo": by_neo, "map": by_map, "numpy": by_numpy}


def digest(samples: Samples) -> str:
    """Return a digest of the samples of all stretches."""
    found = hashlib.blake2b()
    for stretch in samples:
        found.update(f"{stretch.dtype} {stretch.shape}".encode())
        found.update(np.ascontiguousarray(stretch).data)
    return found.hexdigest()


def hold_memory(nbytes: int) -> None:
    """Touch memory and give it back, so that the system has it at hand.

    A virtual machine hands memory that is free to its host after a while; to fetch it again takes up to two
    seconds for a gigabyte, whoever happens to need it first.
    """
    np.ones(nbytes, np.uint8)


def read_once(name: str, path: Path) -> None:
    """Print how long one reader took, in seconds, and the digest of what it gave."""
    importlib.import_module("zarr")
    hold_memory(MEMORY)
    began = time.perf_counter()
    found = READERS[name](path)
    taken = time.perf_counter() - began
    print(json.dumps({"seconds": taken, "digest": digest(found)}))


def timed(name: str, path: Path) -> tuple[float, str]:
    """Let one reader read in a process of its own; return the same two."""
    command = [sys.executable, "-m", "tests.benchmarks.neuralynx", "--read", name, str(path)]
    told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return float(told["seconds"]), str(told["digest"])


def measure(recording: Recording, made: Path, rounds: int) -> tuple[float, bool]:
    """Return how many times as fast as Neo the map is, and whether all samples were the same."""
    taken: dict[str, list[float]] = {name: [] for name in READERS}
    same, expected = True, digest(recording.stretches)
    for _ in range(rounds):
        for name in READERS:
            seconds, found = timed(name, made if name == "map" else recording.path)
            taken[name].append(seconds)
            same &= found == expected
    medians = {name: statistics.median(times) for name, times in taken.items()}
    for name, times in taken.items():
        ratio = medians["Neo"] / medians[name]
        print(f"{name}: {', '.join(f'{each:.2f}' for each in times)} s, {ratio:.1f} times as fast as Neo")
    return medians["Neo"] / medians["map"], same


def main(argv: list[str]) -> int:
    """Make the recording, map it, measure; return 0 when the bounds hold."""
    parser = argparse.ArgumentParser("python -m tests.benchmarks.neuralynx", description=__doc__)
    parser.add_argument("--bytes", type=int, default=1_000_000_000, help="size of the recording")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--read", nargs=2, metavar=("READER", "FILE"), help="one reading, in this process")
    chosen = parser.parse_args(argv)
    warnings.simplefilter("ignore")
    if chosen.read:
        read_once(chosen.read[0], Path(chosen.read[1]))
        return 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "data").mkdir()
        recording = make(folder / "data", chosen.bytes)
        began = time.perf_counter()
        report = apply(load(find("neuralynx/ncs")), folder / "data", folder / "maps")
        assert not report.problems, report.problems
        (made,) = report.maps
        print(f"mapped in {time.perf_counter() - began:.2f} s")
        ratio, same = measure(recording, Path(made.map), chosen.rounds)
    print(f"{'ok  ' if same else 'NOT '} the same samples")
    print(f"{'ok  ' if ratio >= FASTER else 'NOT '} {ratio:.1f} times as fast as Neo (at least {FASTER:g})")
    return 0 if same and ratio >= FASTER else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
