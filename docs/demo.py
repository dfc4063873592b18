"""`make demo`: a made-up recording, mapped by a card of nine lines, verified, read, and drawn.

Run as `python docs/demo.py FOLDER`; everything is written into FOLDER.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import matplotlib as mpl
import numpy as np
import zarr

CARD = """\
vspec: 1
title: Rig 3, NI-DAQ dump
files: "{session}.dat"
arrays:
  raw:
    dtype: int16
    shape: {time: auto, channel: 16}
    attrs: {units: uV, scale_factor: 0.195}
    time: {step: 1 / 30000, units: s}
"""
RATE, CHANNELS, SAMPLES = 30_000, 16, 300_007  # a prime number of samples, as recordings have
WINDOW = slice(60_000, 66_000)
WIDTH, HEIGHT = 76, 13


def record(path: Path) -> np.ndarray:
    """Write ten seconds of noise, a slow wave that moves over the channels, and spikes; return it."""
    rng = np.random.default_rng(7)
    seconds = np.arange(SAMPLES)[:, None] / RATE
    phase = np.arange(CHANNELS) / CHANNELS * 2 * np.pi
    volts = 120 * np.sin(2 * np.pi * 3 * seconds - phase) + rng.normal(0, 18, (SAMPLES, CHANNELS))
    spike = -400 * np.exp(-(((np.arange(60) - 20) / 6.0) ** 2))
    for start in rng.integers(0, SAMPLES - 60, 600):
        volts[start : start + 60, start % CHANNELS] += spike
    raw = np.round(volts / 0.195).astype("<i2")
    path.write_bytes(raw.tobytes())
    return raw


def run(folder: Path, *arguments: str) -> None:
    """Run vspec as a user would type it."""
    print("$ " + " ".join(("vspec", *arguments)), flush=True)
    subprocess.run([sys.executable, "-m", "vspec", *arguments], cwd=folder, check=True)


def sketch(trace: np.ndarray) -> str:
    """Return a trace as lines of text: in each column a bar from the lowest to the highest value."""
    columns = np.array_split(trace, WIDTH)
    low, high = trace.min(), trace.max()

    def row(value: float) -> int:
        return round(float((high - value) / (high - low)) * (HEIGHT - 1))

    grid = [[" "] * WIDTH for _ in range(HEIGHT)]
    for number, column in enumerate(columns):
        for line in range(row(column.max()), row(column.min()) + 1):
            grid[line][number] = "|"
        grid[row(float(np.median(column)))][number] = "*"
    labels = {0: f"{high:.0f} uV", HEIGHT - 1: f"{low:.0f} uV"}
    return "\n".join(f"{labels.get(n, ''):>8} {''.join(line)}".rstrip() for n, line in enumerate(grid))


def draw(volts: np.ndarray, path: Path) -> None:
    """Draw a window of every channel, one above the other."""
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(9, 5), layout="constrained")
    seconds = (WINDOW.start + np.arange(len(volts))) / RATE
    axes.plot(seconds, volts + 350 * np.arange(CHANNELS), linewidth=0.5, color="black")
    title = "session.dat, read in place through session.vspec.json"
    axes.set(xlabel="time (s)", ylabel="channel", title=title)
    axes.set_yticks(350 * np.arange(CHANNELS), [str(channel) for channel in range(CHANNELS)])
    figure.savefig(path, dpi=110)


def main(folder: Path) -> None:
    """Make the recording, map it, verify the map, read it with zarr, draw it."""
    folder = folder.resolve()
    (folder / "data").mkdir(parents=True, exist_ok=True)
    raw = record(folder / "data" / "session.dat")
    (folder / "rig3.yaml").write_text(CARD, encoding="utf-8")
    print(f"data/session.dat: {raw.nbytes:,} bytes, {CHANNELS} channels, {SAMPLES:,} samples")
    print(f"rig3.yaml:\n\n{CARD}")
    run(folder, "apply", "rig3.yaml", "data", "-o", "maps")
    run(folder, "verify", "maps/session.vspec.json")

    path = folder / "maps" / "session.vspec.json"
    print('\n>>> options = {"fo": "maps/session.vspec.json"}')
    print('>>> group = zarr.open_group("reference://", storage_options=options, mode="r")')
    began = time.perf_counter()
    group = zarr.open_group("reference://", storage_options={"fo": str(path)}, mode="r")
    volts = group["raw"][WINDOW] * group["raw"].attrs["scale_factor"]
    took = time.perf_counter() - began
    print(f'>>> volts = group["raw"][{WINDOW.start}:{WINDOW.stop}] * 0.195    # {took * 1000:.0f} ms')
    channel = int(volts.min(axis=0).argmin())
    print(f"\nchannel {channel}, from {WINDOW.start / RATE:.1f} to {WINDOW.stop / RATE:.1f} s:")
    print(sketch(volts[:, channel]) + "\n")
    print(f"lowest {volts.min():.1f} uV, mean {volts.mean():.3f} uV, highest {volts.max():.1f} uV")
    draw(volts, folder / "demo.png")
    print(f"all channels: {folder / 'demo.png'}")
    same = np.array_equal(group["raw"][:], raw)
    print(f"every one of {raw.size:,} samples read through the map is that of the file: {same}")
    if not same:
        sys.exit(1)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
