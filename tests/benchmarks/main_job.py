"""``python -m tests.benchmarks.main_job``: how fast the main job is, as ratios to plain numpy.

A ten-line card and a raw file of 1 GiB (sparse, 64 x int16, a prime number of samples): mapping it takes
less than a second, its chunks are 2 to 8 MiB, and one second of data touches at most two of them.
Then a column of a million fixed records, read through the map, against one strided access of numpy.
Ends with exit code 1 where a bound is broken.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vspec.commands import apply
from vspec.readers import zarr_store

ROOT = Path(__file__).resolve().parents[2]
RATE = 30_000
CHANNELS = 64
SAMPLES = 8_388_593  # the largest prime below 1 GiB / 128 bytes
RECORDS = 1_000_000
RAW = """\
vspec: 1
title: Rig 3, NI-DAQ dump
files: "*.dat"
arrays:
  raw:
    dtype: int16
    shape: {time: auto, channel: 64}
    attrs: {units: uV, scale_factor: 0.195}
    time: {step: 1 / 30000, units: s}
"""
RECORD = """\
vspec: 1
files:
  f:
    match: "*.rec"
    layout:
      fields:
        event:
          repeat: rest
          fields: {time: uint64, code: uint16, channel: uint16, wave: "int16[sample=26]"}
arrays:
  time: {from: f.event.time}
  wave: {from: f.event.wave}
"""
KIND = np.dtype([("time", "<u8"), ("code", "<u2"), ("channel", "<u2"), ("wave", "<i2", 26)])


@dataclass
class Bounds:
    """What was measured against what is promised."""

    broken: int = 0

    def tell(self, what: str, found: float, bound: tuple[float, float], unit: str = "") -> None:
        """Print a measurement and whether it lies between the bounds."""
        good = bound[0] <= found <= bound[1]
        self.broken += not good
        between = f"at most {bound[1]:g}" if bound[0] == 0 else f"{bound[0]:g} to {bound[1]:g}"
        print(f"{'ok  ' if good else 'NOT '} {what}: {found:.3g}{unit} ({between}{unit})")


def median_of(times: int, work: Callable[[], object]) -> float:
    """Return the median time of some work, in seconds."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


@contextmanager
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="vspec-main-job-") as name:
        (Path(name) / "data").mkdir()
        yield Path(name)


def write_samples(path: Path) -> None:
    """Write a sparse file whose second at 100 s is noise, so that it can be told from nothing."""
    with path.open("wb") as file:
        file.truncate(SAMPLES * CHANNELS * 2)
        file.seek(100 * RATE * CHANNELS * 2)
        noise = np.random.default_rng(1).integers(-(2**15), 2**15, (RATE, CHANNELS))
        file.write(noise.astype("<i2").tobytes())


def measure_raw(bounds: Bounds) -> None:
    with folder() as place:
        (place / "rig3.yaml").write_text(RAW)
        data = place / "data" / "a.dat"
        write_samples(data)
        print(
            f"{data.stat().st_size / 2**30:.4f} GiB, {SAMPLES} x {CHANNELS} int16,"
            f" {len(RAW.splitlines())} lines of card"
        )
        bounds.tell(
            "apply", median_of(5, lambda: apply(place / "rig3.yaml", place / "data", place)), (0, 1), " s"
        )
        command = [sys.executable, "-m", "vspec", "apply", "rig3.yaml", "data", "-o", "maps"]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        started = median_of(
            3, lambda: subprocess.run(command, cwd=place, env=environment, check=True, capture_output=True)
        )
        bounds.tell("vspec apply, with the start of Python", started, (0, 1), " s")
        array = zarr_store.open_group(place / "a.vspec.json")["raw"]
        chunk = int(np.prod(array.chunks)) * array.dtype.itemsize
        bounds.tell("a chunk", chunk / 2**20, (2, 8), " MiB")
        touched = [
            (start + RATE - 1) // array.chunks[0] - start // array.chunks[0] + 1
            for start in range(0, 10**6, 997)
        ]
        bounds.tell("chunks that one second touches", max(touched), (0, 2))
        view = np.memmap(data, "<i2", "r", shape=(SAMPLES, CHANNELS))
        second = slice(100 * RATE, 101 * RATE)
        assert np.array_equal(array[second], view[second])
        assert np.asarray(view[second]).any()
        through = median_of(9, lambda: array[second])
        plain = median_of(9, lambda: np.array(view[second]))
        refs = json.loads((place / "a.vspec.json").read_text())["refs"]
        print(
            f"     {len(refs)} entries in the map, {(place / 'a.vspec.json').stat().st_size / 2**10:.0f} KiB"
        )
        print(
            f"     one second through zarr: {through * 1e3:.1f} ms,"
            f" {through / plain:.1f} times a copy by numpy"
        )


def measure_column(bounds: Bounds) -> None:
    with folder() as place:
        (place / "events.yaml").write_text(RECORD)
        rng = np.random.default_rng(2)
        rows = np.frombuffer(rng.bytes(RECORDS * KIND.itemsize), KIND)
        path = place / "data" / "a.rec"
        path.write_bytes(rows.tobytes())
        print(f"{RECORDS} records of {KIND.itemsize} bytes")
        made = median_of(3, lambda: apply(place / "events.yaml", place / "data", place))
        print(f"     apply: {made:.2f} s")
        group = zarr_store.open_group(place / "a.vspec.json")
        array = group["time"]
        assert np.array_equal(array[...], rows["time"])
        plain = median_of(9, lambda: np.ascontiguousarray(np.memmap(path, KIND, "r")["time"]))
        through = median_of(9, lambda: array[...])
        bounds.tell("the column through zarr, against one strided access", through / plain, (0, 5), " times")


def main() -> int:
    """Measure, print, and return the exit code."""
    bounds = Bounds()
    measure_raw(bounds)
    measure_column(bounds)
    return 1 if bounds.broken else 0


if __name__ == "__main__":
    sys.exit(main())
