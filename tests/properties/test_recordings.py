"""Random recordings, written by plain numpy, come back through zarr: as portable, packed and chosen maps."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

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
