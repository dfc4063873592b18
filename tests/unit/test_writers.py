"""The Kerchunk JSON writer: exact text, speed, and what a killed run leaves behind."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest

from tests.unit.effort import steps
from vspec.chunks import ChunkOptions, Table, plan
from vspec.layout import ArrayLayout, Axis, Inline, InnerAxis, Runs, Strided
from vspec.manifest import ArrayEntry, Manifest, Placement, SourceEntry, array_entry
from vspec.readers.zarr_store import open_group
from vspec.testing.maps import write_map
from vspec.writers import kerchunk_json
from vspec.writers.digits import render

NONE = np.zeros(0, np.int64)
NOWHERE = Placement(NONE, NONE, NONE)


def table(file, offset, nbytes, grid, path="x"):
    columns = [np.array(column, np.int64) for column in (file, offset, nbytes)]
    return ArrayEntry(path, {}, {}, grid, Table(*columns), NOWHERE)


def text(*entries, sources=("a.bin", "b.bin")):
    manifest = Manifest(entries, "file:///R", tuple(SourceEntry(name, 10**12) for name in sources))
    return b"".join(kerchunk_json.pieces(manifest)).decode()


@pytest.mark.parametrize(
    "numbers", ([0], [9, 10], [0, 7, 10**17, 123456789], list(range(9990, 10010)), [5] * 9)
)
def test_digits_are_those_of_the_numbers(numbers):
    column = np.array(numbers, np.int64)
    assert render([b"<", column, b",", column[::-1], b">"]).decode() == "".join(
        f"<{a},{b}>" for a, b in zip(numbers, numbers[::-1], strict=True)
    )


def test_the_text_of_references():
    found = text(table([0, 0, 1, -1], [0, 999, 10**12, 0], [5, 5, 77, 0], (2, 2)))
    refs = json.loads(found)["refs"]
    assert refs["x/0.0"] == ["file:///R/a.bin", 0, 5]
    assert refs["x/0.1"] == ["file:///R/a.bin", 999, 5]
    assert refs["x/1.0"] == ["file:///R/b.bin", 10**12, 77]
    assert "x/1.1" not in refs
    assert found.startswith('{"version":1,"refs":{".zgroup":"{\\"zarr_format\\":2}",".zmetadata":')


@pytest.mark.parametrize("spread", (1, 2, 100_000))
def test_files_that_alternate_and_files_that_do_not(spread):
    count = 40_000
    file = np.arange(count) // spread % 2
    offset = np.random.default_rng(3).integers(0, 10**12, count)
    refs = json.loads(text(table(file, offset, np.full(count, 64), (200, 200))))["refs"]
    keys = [key for key in refs if key[0] == "x" and ".z" not in key]
    assert keys == [f"x/{n // 200}.{n % 200}" for n in range(count)]
    urls = ("file:///R/a.bin", "file:///R/b.bin")
    assert all(refs[key] == [urls[file[n]], offset[n], 64] for n, key in enumerate(keys))


def test_names_are_escaped():
    refs = json.loads(text(table([0], [0], [1], (1,), path='é"\\'), sources=('q"é.bin',)))["refs"]
    assert refs['é"\\/0'] == ['file:///R/q"é.bin', 0, 1]


def test_a_million_references_are_written_in_columns():
    def referenced(count):
        columns = [np.array([value], np.int64) for value in (0, 20, count, 244, 0)]
        source = Strided(Runs(*columns), np.dtype("<i2"), inner=(InnerAxis("s", 100, 2),))
        axes = (Axis("r", count, ("run",)), Axis("s", 100, ("s",)))
        planned = plan(
            ArrayLayout("x", axes, np.dtype("<i2"), source), [245 * count], ChunkOptions(profile="portable")
        )
        return Manifest((array_entry(planned, NOWHERE),), "file:///R", (SourceEntry("a.bin", 1),))

    def written(manifest):
        return sum(map(len, kerchunk_json.pieces(manifest)))

    million = referenced(10**6)
    assert steps(lambda: written(million)) < 10**6 // 2  # fewer than one for each reference
    assert written(million) > 35 * 10**6


# --- files ----------------------------------------------------------------------------------


def layout_of(values):
    return ArrayLayout("x", (Axis("i", len(values), ("i",)),), np.dtype("<i4"), Inline(np.array(values)))


SIDECAR = ChunkOptions(inline=False)


def named(values):
    """Return the name of the sidecar that holds just these numbers."""
    digest = hashlib.blake2b(np.array(values, "<i4").tobytes(), digest_size=16).hexdigest()
    return f"map.{digest[:16]}.vspec.bin"


def test_the_same_input_gives_the_same_bytes(tmp_path):
    first = write_map(tmp_path, [layout_of([1, 2])], [b"abc"], SIDECAR)
    texts = first.path.read_bytes(), (tmp_path / named([1, 2])).read_bytes()
    time.sleep(0.01)
    write_map(tmp_path, [layout_of([1, 2])], [b"abc"], SIDECAR)
    assert (first.path.read_bytes(), (tmp_path / named([1, 2])).read_bytes()) == texts


def test_only_the_map_and_one_sidecar_remain(tmp_path):
    write_map(tmp_path, [layout_of([1, 2])], [b"abc"], SIDECAR)
    write_map(tmp_path, [layout_of([3, 4])], [b"abc"], SIDECAR)
    assert {path.name for path in tmp_path.iterdir()} == {"0.bin", named([3, 4]), "map.vspec.json"}
    assert open_group(tmp_path / "map.vspec.json")["x"][:].tolist() == [3, 4]
    write_map(tmp_path, [layout_of([5, 6])], [b"abc"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0.bin", "map.vspec.json"]


def test_a_failure_leaves_the_old_map_and_nothing_else(tmp_path):
    write_map(tmp_path, [layout_of([1, 2])], [b"abc"], SIDECAR)
    broken = ArrayLayout(
        "x", layout_of([1]).axes, np.dtype("<i4"), Inline(np.array([1])), {"a": float("nan")}
    )
    with pytest.raises(Exception, match="V0343"):
        write_map(tmp_path, [broken], [b"abc"], SIDECAR)
    assert {path.name for path in tmp_path.iterdir()} == {"0.bin", named([1, 2]), "map.vspec.json"}
    assert open_group(tmp_path / "map.vspec.json")["x"][:].tolist() == [1, 2]


KILLED = """
    import os, sys
    from pathlib import Path
    import numpy as np
    from vspec.chunks import ChunkOptions
    from vspec.layout import ArrayLayout, Axis, Inline
    from vspec.testing.maps import write_map

    left = int(sys.argv[2])
    def killing(name):
        plain = getattr(Path, name)
        def step(self, *rest, **named):
            global left
            left -= 1
            if left < 0:
                os._exit(9)
            return plain(self, *rest, **named)
        setattr(Path, name, step)
    for name in ("replace", "unlink", "chmod"):
        killing(name)
    layout = ArrayLayout("x", (Axis("i", 2, ("i",)),), np.dtype("<i4"), Inline(np.array([7, 8])))
    write_map(Path(sys.argv[1]), [layout], [b"abc"], ChunkOptions(inline=False))
"""


@pytest.mark.parametrize("steps", range(7))
def test_a_killed_run_leaves_the_old_map_or_the_new_one(tmp_path, steps):
    write_map(tmp_path, [layout_of([1, 2])], [b"abc"], SIDECAR)
    root = str(Path(kerchunk_json.__file__).parents[2])
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(KILLED), str(tmp_path), str(steps)],
        env={"PYTHONPATH": root},
        check=False,
    )
    assert ended.returncode in (0, 9)
    path = tmp_path / "map.vspec.json"
    found = open_group(path)["x"][:].tolist()
    assert found in ([1, 2], [7, 8])
    assert steps > 0 or found == [1, 2]
    assert ended.returncode == 9 or found == [7, 8]
