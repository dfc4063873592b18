"""`make demo`: a made-up recording, mapped by a card of ten lines, read through the map, and drawn.

Run as `python docs/demo.py FOLDER`; everything is written into FOLDER.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import matplotlib as mpl
import numpy as np
import xarray as xr

CARD = """\
vspec: 1
title: Rig 3, NI-DAQ dump
files: "*.dat"
arrays:
  raw:
    dtype: int16
    shape: {time: auto, channel: 16}
    attrs: {units: uV, scale_factor: 0.195}
    time: {step: 1 / 30000, units: s}
"""
RATE, CHANNELS, SAMPLES = 30_000, 16, 300_007  # a prime number of samples, as recordings have


def record(path: Path) -> np.ndarray:
    """Write ten seconds of noise, a slow wave that moves over the channels, and spikes; return them."""
    rng = np.random.default_rng(7)
    seconds = np.arange(SAMPLES)[:, None] / RATE
    phase = np.arange(CHANNELS) / CHANNELS * 2 * np.pi
    volts = 120 * np.sin(2 * np.pi * 3 * seconds - phase) + rng.normal(0, 18, (SAMPLES, CHANNELS))
    spike = -400 * np.exp(-(((np.arange(60) - 20) / 6.0) ** 2))
    for start in rng.integers(0, SAMPLES - 60, 200):
        volts[start : start + 60, start % CHANNELS] += spike
    raw = np.round(volts / 0.195).astype("<i2")
    path.write_bytes(raw.tobytes())
    return raw


def apply(folder: Path) -> Path:
    """Run the command that a user would type; return the map."""
    command = ["vspec", "apply", "rig3.yaml", "data", "-o", "."]
    print("$ " + " ".join(command), flush=True)
    subprocess.run([str(Path(sys.executable).parent / command[0]), *command[1:]], cwd=folder, check=True)
    return folder / "session.vspec.json"


def draw(window: xr.DataArray, path: Path) -> None:
    """Draw a fifth of a second of every channel, one above the other."""
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(9, 5), layout="constrained")
    seconds = np.arange(window.sizes["time"]) / RATE
    axes.plot(seconds, window.values + 350 * np.arange(CHANNELS), linewidth=0.5, color="black")
    axes.set(
        xlabel="time (s)", ylabel="channel", title="session.dat, read in place through session.vspec.json"
    )
    axes.set_yticks(350 * np.arange(CHANNELS), [str(channel) for channel in range(CHANNELS)])
    figure.savefig(path, dpi=110)


def main(folder: Path) -> None:
    """Make the recording, map it, read it, draw it."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    raw = record(folder / "data" / "session.dat")
    (folder / "rig3.yaml").write_text(CARD, encoding="utf-8")
    print(f"{folder}/data/session.dat: {raw.nbytes:,} bytes, {CHANNELS} channels, {SAMPLES:,} samples")
    print(f"{folder}/rig3.yaml:\n\n{CARD}")
    path = apply(folder)

    print(f"\n>>> recording = xarray.open_dataset('{path.name}', engine='kerchunk')")
    recording = xr.open_dataset(str(path), engine="kerchunk")
    began = time.perf_counter()
    window = recording["raw"].isel(time=slice(60_000, 66_000)).load()
    took = time.perf_counter() - began
    print(f">>> recording['raw'].isel(time=slice(60_000, 66_000))   # {took * 1000:.0f} ms\n{window}\n")

    stored = xr.open_dataset(str(path), engine="kerchunk", mask_and_scale=False)["raw"].values
    same = np.array_equal(stored, raw)
    print(f"every one of {stored.size:,} samples equals the original file's: {same}")
    lowest, mean, highest = (float(value) for value in (window.min(), window.mean(), window.max()))
    print(f"lowest {lowest:.1f} uV, mean {mean:.3f} uV, highest {highest:.1f} uV")
    draw(window, folder / "demo.png")
    print(f"picture: {folder / 'demo.png'}")
    if not same:
        sys.exit(1)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
