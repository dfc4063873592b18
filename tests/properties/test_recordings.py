"""Random recordings, written by plain numpy, come back through zarr: as portable, packed and chosen maps."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import vspec
from tests.cards import maps
from tests.properties.recordings import Recording, recordings
from vspec.card.load import loads
from vspec.commands.options import ApplyOptions
from vspec.errors import VspecError

SETTINGS = settings(
    max_examples=int(os.environ.get("VSPEC_EXAMPLES", "60")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
PROFILES = st.sampled_from(["portable", "packed", None])
CHUNKS = st.sampled_from([1024, 1031, 5000, 4 << 20])


def check(made: Recording, options: ApplyOptions, allowed: set[str]) -> None:
    """Hold a map of a recording against what was written; ``allowed`` are codes by which it may be refused."""
    with tempfile.TemporaryDirectory() as folder:
        data, out = Path(folder, "data"), Path(folder, "maps")
        data.mkdir()
        for name, content in made.files.items():
            (data / name).write_bytes(content)
        try:
            report = vspec.apply(loads(made.card, "card.yaml"), data, out, {}, options)
            problems = [p for p in report.problems if p.level == "error"]
        except VspecError as error:
            problems = list(error.problems)
        if problems:
            assert {p.code for p in problems} <= allowed, problems
            return
        [one] = report.maps
        read = maps.read(Path(one.map))
        assert {path for path in read if path.endswith("/x")} == set(made.arrays)
        for path, expected in made.arrays.items():
            assert read[path].values.shape == expected.shape, path
            assert read[path].values.astype(expected.dtype).tobytes() == expected.tobytes(), path


@SETTINGS
@given(recordings(), PROFILES, CHUNKS)
def test_recordings_come_back_as_they_were_written(made, profile, chunk_bytes):
    allowed = {"V0336"} if made.packed and profile == "portable" else set()
    check(made, ApplyOptions(profile=profile, chunk_bytes=chunk_bytes), allowed)


SERIES = """
vspec: 1
files:
  f:
    match: "{rec}_{part:int}.bin"
    over: part
    layout:
      fields:
        r: {repeat: rest, fields: {n: uint8, x: "KIND"}}
arrays:
  g/x:
    from: f.r.x
    dims: "ARROW"
"""


def test_files_of_one_packed_sample_each():
    text = SERIES.replace("KIND", "int24").replace("ARROW", "part r -> time=(part r)")
    files = {f"a_{k}.bin": bytes([0, k, 1, 255]) for k in range(3)}
    expected = np.array([k + 256 - 2**16 for k in range(3)], "i4")
    check(Recording(text, files, {"g/x": expected}), ApplyOptions(profile="packed"), set())


def test_slots_filled_unequally_in_files_of_as_many_records():
    text = SERIES.replace("KIND", "uint8[s=n of 2]").replace("ARROW", "part r s -> time=(part r s)")
    files = {"a_0.bin": bytes([2, 1, 2, 0, 9, 9]), "a_1.bin": bytes([1, 3, 9, 0, 9, 9])}
    check(Recording(text, files, {"g/x": np.array([1, 2, 3], "u1")}), ApplyOptions(), set())
