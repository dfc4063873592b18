"""``python -m tests.benchmarks.opening``: reading 1 GB of local samples through a map, against `numpy.memmap`.

A file of int16, 64 channels, is made in a temporary folder and read in every way in turn: a copy out of a
memory map, `vspec.open_arrays`, `vspec.open` as a bare Variable and as a DataArray with labels and times, and
xarray's kerchunk engine, which is shown and has no bound. All of it, one second of all channels, one channel, and
random windows of 64 samples of 16 channels. Every way takes its turn in each round, all must give the same
samples, and the median of the rounds' ratios counts. Ends with exit code 1 where a bound is broken.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import xarray as xr
from numpy.typing import NDArray

import vspec

RATE, CHANNELS = 30_000, 64
CARD = f"""\
vspec: 1
files: "{{session}}.dat"
arrays:
  raw:
    dtype: int16
    shape: {{time: auto, channel: {CHANNELS}}}
    time: {{step: 1 / {RATE}, units: s}}
    axes:
      channel: {{labels: [{", ".join(f"c{k}" for k in range(CHANNELS))}]}}
"""
Samples = NDArray[np.int16]
Cut = tuple[slice, slice | int]
Way = Callable[[Cut], Samples]

BOUNDS = {
    "all of it": {"open_arrays": 1.25, "Variable": 1.25, "DataArray": 1.25},
    "one second": {"open_arrays": 1.75, "Variable": 1.75, "DataArray": 1.75},
    "one channel": {"open_arrays": 2.5, "Variable": 2.5, "DataArray": 2.5},
    "64 x 16": {"open_arrays": 3.0, "Variable": 25.0, "DataArray": 80.0},
}
"""At most so many times as long as a copy out of a memory map."""


def make(folder: Path, nbytes: int) -> tuple[Path, Path]:
    """Write a recording of about so many bytes; return it and its map."""
    (folder / "data").mkdir()
    path = folder / "data" / "a.dat"
    rng = np.random.default_rng(11)
    left = nbytes // (2 * CHANNELS)
    with path.open("wb") as out:
        while left:
            count = min(left, 1 << 18)
            rng.integers(-32768, 32767, (count, CHANNELS), np.int16).tofile(out)
            left -= count
    (folder / "rig.yaml").write_text(CARD)
    (made,) = vspec.apply(folder / "rig.yaml", folder / "data", folder / "maps").maps
    return path, Path(made.map)


def ways(path: Path, made: Path) -> Mapping[str, Way]:
    """Return each way to read a part of the recording, opened."""
    plain = np.memmap(path, np.int16, "r").reshape(-1, CHANNELS)
    array = vspec.open_arrays(made)["raw"]
    held = vspec.open(made, cache=False)["raw"]
    variable = held.variable
    foreign = xr.open_dataset(str(made), engine="kerchunk", cache=False)["raw"]
    return {
        "memmap": lambda cut: np.array(plain[cut]),
        "open_arrays": lambda cut: np.asarray(array[cut], np.int16),
        "Variable": lambda cut: variable[cut].values,
        "DataArray": lambda cut: held[cut].values,
        "kerchunk": lambda cut: foreign[cut].values,
    }


def cuts(kind: str, count: int) -> list[Cut]:
    """Return the parts that are read in one round."""
    rng = np.random.default_rng(3)
    every = slice(None)
    if kind == "all of it":
        return [(every, every)]
    if kind == "one second":
        starts = rng.integers(0, count - RATE, 8)
        return [(slice(int(start), int(start) + RATE), every) for start in starts]
    if kind == "one channel":
        return [(every, int(channel)) for channel in rng.integers(0, CHANNELS, 1)]
    starts, firsts = rng.integers(0, count - 64, 300), rng.integers(0, CHANNELS - 16, 300)
    pairs = zip(starts.tolist(), firsts.tolist(), strict=True)
    return [(slice(start, start + 64), slice(first, first + 16)) for start, first in pairs]


def took(way: Way, parts: list[Cut]) -> float:
    """Return the seconds that a way needs for all parts."""
    began = time.perf_counter()
    for part in parts:
        way(part)
    return time.perf_counter() - began


def measure(kind: str, readers: Mapping[str, Way], count: int, rounds: int) -> bool:
    """Print a line for each way of a kind of reading; return whether the bounds are kept."""
    parts = cuts(kind, count)
    few = {name: parts[:3] if name == "kerchunk" else parts for name in readers}
    expected = readers["memmap"](parts[-1])
    kept = all(np.array_equal(way(parts[-1]), expected) for way in readers.values())
    if not kept:
        print(f"NOT  {kind}: the same samples")
    seconds: dict[str, list[float]] = {name: [] for name in readers}
    for turn in range(rounds):
        for name, way in readers.items():
            if name != "kerchunk" or turn < 3:
                seconds[name].append(took(way, few[name]) / len(few[name]))
    for name, taken in seconds.items():
        ratios = [a / b for a, b in zip(taken, seconds["memmap"], strict=False)]
        ratio, bound = statistics.median(ratios), BOUNDS[kind].get(name)
        fits = bound is None or ratio <= bound
        kept &= fits
        said = f"at most {bound:g}" if bound is not None else ""
        print(f"{'ok  ' if fits else 'NOT '} {kind:<12}{name:<12}{ratio:>10.2f}  {said}", flush=True)
    return kept


def main(argv: list[str]) -> int:
    """Make the recording, map it, measure; return 0 when the bounds hold."""
    parser = argparse.ArgumentParser("python -m tests.benchmarks.opening", description=__doc__)
    parser.add_argument("--bytes", type=int, default=1_000_000_000, help="size of the recording")
    parser.add_argument("--rounds", type=int, default=7)
    chosen = parser.parse_args(argv)
    warnings.simplefilter("ignore")
    kept = True
    with tempfile.TemporaryDirectory() as name:
        path, made = make(Path(name), chosen.bytes)
        readers = ways(path, made)
        count = path.stat().st_size // (2 * CHANNELS)
        print("times as long as a copy out of a memory map")
        for kind in BOUNDS:
            kept &= measure(kind, readers, count, chosen.rounds)
        del readers
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
