"""A made-up recorder: its card, its files, and the command line in front of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
CARD = """\
vspec: 1
id: made-up/rig3
title: Rig 3, NI-DAQ dump
version: 1.2.0
files: "*.dat"
arrays:
  raw:
    dtype: int16
    shape: {time: auto, channel: 8}
    attrs: {units: uV, scale_factor: 0.195}
    time: {step: 1 / 30000, units: s}
"""


def samples(seed: int, time: int = 1009) -> np.ndarray:
    """Return the samples of a recording, all values possible."""
    return np.random.default_rng(seed).integers(-(2**15), 2**15, (time, 8)).astype("<i2")


def write_rig(folder: Path, card: str = CARD, names: tuple[str, ...] = ("a",)) -> Path:
    """Write ``rig.yaml`` and ``data/<name>.dat`` below a folder; return the card's path."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    for seed, name in enumerate(names):
        (folder / "data" / f"{name}.dat").write_bytes(samples(seed).tobytes())
    path = folder / "rig.yaml"
    path.write_text(card, encoding="utf-8")
    return path


def refs(path: Path) -> dict:
    """Return the references of a map."""
    return json.loads(path.read_text(encoding="utf-8"))["refs"]


def origin(path: Path) -> dict:
    """Return what a map says of where it comes from."""
    return json.loads(refs(path)[".zattrs"])["vspec"]


def rewrite(path: Path, found: dict) -> None:
    """Write references back as a map, the consolidated metadata made to agree."""
    documents = {
        key: json.loads(value) for key, value in found.items() if key.rpartition("/")[2].startswith(".z")
    }
    documents.pop(".zmetadata", None)
    found[".zmetadata"] = json.dumps({"metadata": documents, "zarr_consolidated_format": 1})
    path.write_text(json.dumps({"version": 1, "refs": found}), encoding="utf-8")


def edit(path: Path, key: str, change) -> None:
    """Change one metadata document of a map by a function that takes and changes it."""
    found = refs(path)
    document = json.loads(found[key])
    change(document)
    found[key] = json.dumps(document)
    rewrite(path, found)


def run(*arguments: object, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "vspec", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        encoding=environment.get("PYTHONIOENCODING", "utf-8"),
        check=False,
        timeout=120,
    )
