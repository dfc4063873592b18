"""Starting is light: the commands that only compile never import what only reading needs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

# Also where vspec is not installed, as the checkout's tests may run.
WITH_CHECKOUT = os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[2])}
HEAVY = ("zarr", "xarray", "kerchunk", "pandas")
CARD = """\
vspec: 1
title: A made-up recorder
files: "*.dat"
arrays:
  raw:
    dtype: int16
    shape: {time: auto, channel: 4}
    attrs: {units: uV, scale_factor: 0.195}
    time: {step: 1 / 30000, units: s}
"""
PROGRAM = """\
import json, sys
from vspec.cli import main
try:
    code = main()
except SystemExit as done:
    code = done.code
print("\\n" + json.dumps([code or 0, sorted({name.split(".")[0] for name in sys.modules})]))
"""


@pytest.fixture
def rig(tmp_path):
    (tmp_path / "rig.yaml").write_text(CARD)
    (tmp_path / "a.dat").write_bytes(np.arange(400, dtype="<i2").tobytes())
    return tmp_path


def run(folder, *arguments):
    """Return the exit code of a command and the top-level modules it imported."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        cwd=folder,
        env=WITH_CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.stdout.strip(), done.stderr
    code, modules = json.loads(done.stdout.splitlines()[-1])
    return code, modules, done


@pytest.mark.parametrize(
    "arguments",
    (
        ("--help",),
        ("apply", "--help"),
        ("check", "rig.yaml"),
        ("check", "rig.yaml", "a.dat"),
        ("identify", "a.dat"),
        ("apply", "rig.yaml", "a.dat"),
        ("apply", "rig.yaml", "a.dat", "--dry-run"),
        ("apply", "rig.yaml", "a.dat", "--json"),
    ),
    ids=" ".join,
)
def test_a_command_that_only_compiles_starts_light(rig, arguments):
    code, modules, done = run(rig, *arguments)
    # No card may fit a made-up file: then identify has a finding.
    assert code in ((0, 1) if arguments[0] == "identify" else (0,)), done.stdout + done.stderr
    assert [name for name in HEAVY if name in modules] == []


def test_apply_has_done_its_work(rig):
    run(rig, "apply", "rig.yaml", "a.dat")
    (written,) = rig.glob("*.vspec.json")
    assert "raw/.zarray" in json.loads(written.read_text())["refs"]


def test_the_measure_sees_a_heavy_import(rig):
    done = subprocess.run(
        [sys.executable, "-c", f"import zarr\n{PROGRAM}", "--help"],
        cwd=rig,
        env=WITH_CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "zarr" in json.loads(done.stdout.splitlines()[-1])[1]
