"""Which readers an array needs: told by `apply` and `info`, and refused with a code where one is not there."""

from __future__ import annotations

import os
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest

from tests.unit.test_cli import call
from vspec.chunks import ChunkOptions
from vspec.codecs.absent import missing
from vspec.commands import apply, info
from vspec.layout import ArrayLayout, Axis, Chunked, Derived, Origin
from vspec.profile.readers import COMPRESSORS, FILTERS, OTHERS, Needs, needs
from vspec.readers import zarr_store
from vspec.testing.maps import write_map

ROOT = Path(__file__).resolve().parents[2]
VALUES = np.arange(13, dtype="<u2")


def array(path, encoded, chain, file):
    one = np.zeros(1, np.int64)
    source = Chunked(
        (("x", 13),), (13,), VALUES.dtype, one + file, one, one + len(encoded), ((*chain,),), peer="npy"
    )
    return ArrayLayout(path, (Axis("x", 13, ("x",)),), VALUES.dtype, source)


def lzw_map(folder):
    imagecodecs = pytest.importorskip("imagecodecs")
    files = [imagecodecs.lzw_encode(VALUES.tobytes()), zlib.compress(VALUES.tobytes())]
    layouts = [
        array("tile", files[0], [{"id": "imagecodecs_lzw"}], 0),
        array("plain", files[1], [{"id": "zlib"}], 1),
    ]
    return write_map(folder, layouts, files).path


# --- what is known of codecs: each line as the reference page 'readers' has it ---------------


@pytest.mark.parametrize(
    ("filters", "compressor", "expected"),
    (
        (None, None, Needs()),
        (None, "zlib", Needs(("zlib",))),
        (None, "zstd", Needs(("zstd",), "portable", ("tensorstore",))),
        (["shuffle"], "zlib", Needs(("shuffle", "zlib"), "portable", ("tensorstore",))),
        (["shuffle"], "lz4", Needs(("shuffle", "lz4"), "portable", ("GDAL", "tensorstore"))),
        (None, "bz2", Needs(("bz2",), "python", ("zarrita", "GDAL"))),
        (["fletcher32"], None, Needs(("fletcher32",), "python", ("zarrita", "GDAL", "tensorstore"))),
        (["crc32c"], "gzip", Needs(("crc32c", "gzip"), "python", ("zarrita", "GDAL", "tensorstore"))),
        (None, "imagecodecs_lzw", Needs(("imagecodecs_lzw",), "python", OTHERS, ("imagecodecs",))),
        (
            ["imagecodecs_delta"],
            "vspec.gather",
            Needs(("imagecodecs_delta", "vspec.gather"), "vspec", OTHERS, ("vspec-maps", "imagecodecs")),
        ),
    ),
)
def test_codecs_ask_for_readers(filters, compressor, expected):
    listed = None if filters is None else [{"id": name} for name in filters]
    assert needs(listed, None if compressor is None else {"id": compressor, "level": 1}) == expected


def test_the_page_of_readers_says_what_the_code_says():
    page = (ROOT / "docs/reference/readers.md").read_text(encoding="utf-8")
    lines = [[cell.strip() for cell in row.strip("|").split("|")] for row in page.splitlines() if "|" in row]
    for place, known in (("compressor", COMPRESSORS), ("filter", FILTERS)):
        told = {cells[0].strip("`"): cells[2:] for cells in lines if cells[1:2] == [place]}
        assert told == {
            name: ["no" if other in unread else "yes" for other in OTHERS] for name, unread in known.items()
        }


# --- told by the commands --------------------------------------------------------------------

PACKED = """\
vspec: 1
files: "{name}.dat"
arrays:
  plain: {dtype: uint8, shape: {byte: auto}}
  packed: {dtype: int24, shape: {time: auto}}
"""


@pytest.fixture
def packed(tmp_path, monkeypatch):
    (tmp_path / "rig.yaml").write_text(PACKED)
    (tmp_path / "a.dat").write_bytes(bytes(39))
    monkeypatch.chdir(tmp_path)


def test_apply_and_info_tell_the_readers_of_each_array(packed):
    made = apply("rig.yaml", "a.dat", "maps").to_json()["maps"][0]["arrays"]
    shown = info("maps/a.vspec.json").to_json()["arrays"]
    for arrays in (made, shown):
        plain, gathered = arrays
        assert (plain["readers"], plain["codecs"], plain["packages"]) == ("portable", [], [])
        assert gathered["readers"] == "vspec"
        assert gathered["codecs"] == ["vspec.bits", "vspec.gather"]
        assert gathered["packages"] == ["vspec-maps"]
        assert gathered["profile"] == "packed"
        assert gathered["not_read_by"] == list(OTHERS)


def test_info_says_on_a_line_what_is_read_in_python_only(tmp_path, monkeypatch):
    path = lzw_map(tmp_path)
    monkeypatch.chdir(tmp_path)
    code, out, _ = call("info", path.name)
    assert code == 0
    assert out.splitlines()[-1] == "  tile: read in Python only (imagecodecs_lzw); pip install imagecodecs"
    assert "plain:" not in out


def test_info_says_that_an_array_was_materialized(tmp_path, monkeypatch):
    np.save(tmp_path / "held.npy", VALUES)
    source = Derived((("x", 13),), "npy", (Origin(0, "data", (0,), (13,)),), "it is text")
    layout = ArrayLayout("copied", (Axis("x", 13, ("x",)),), VALUES.dtype, source)
    files = [(tmp_path / "held.npy").read_bytes()]
    monkeypatch.setattr("vspec.sidecar.peer_window", lambda *_: VALUES)
    write_map(tmp_path, [layout], files, ChunkOptions(materialize=True))
    (shown,) = info(tmp_path / "map.vspec.json").to_json()["arrays"]
    assert shown["materialized"] is True
    assert shown["readers"] == "portable"
    _, out, _ = call("info", str(tmp_path / "map.vspec.json"))
    assert out.splitlines()[-1].split() == ["copied", "x=13", "<u2", "0", "references", "materialized"]


# --- a codec that is there, and one that is not ----------------------------------------------

READ = """\
import sys
from vspec.errors import VspecError
import vspec.codecs.registration as registration
from vspec.readers import zarr_store
if "absent" in sys.argv:
    real = registration.find_spec
    registration.find_spec = lambda name: None if name == "imagecodecs" else real(name)
for opened in (zarr_store.group, zarr_store.plain_group):
    group = opened(zarr_store.load(__import__("pathlib").Path(sys.argv[1])))
    print(group["plain"][:].tolist())
    try:
        print(group["tile"][:].tolist())
    except VspecError as error:
        print(error.problems[0].code, error.problems[0].message, "|", error.problems[0].help)
print("imagecodecs" in sys.modules)
"""


def read(path, *words):
    done = subprocess.run(
        [sys.executable, "-c", READ, str(path), *words],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_the_codecs_of_imagecodecs_are_known_where_a_map_needs_them(tmp_path):
    whole = str(VALUES.tolist())
    assert read(lzw_map(tmp_path)) == [whole, whole, whole, whole, "True"]


def test_without_imagecodecs_the_array_is_refused_by_its_code_and_others_are_read(tmp_path):
    whole = str(VALUES.tolist())
    refused = (
        "V0710 the array needs the codec 'imagecodecs_lzw', of the package imagecodecs"
        " | pip install imagecodecs"
    )
    assert read(lzw_map(tmp_path), "absent") == [whole, refused, whole, refused, "False"]


def test_imagecodecs_is_not_imported_for_a_map_that_does_not_need_it(tmp_path):
    files = [zlib.compress(VALUES.tobytes())]
    names = [array(name, files[0], [{"id": "zlib"}], 0) for name in ("plain", "tile")]
    whole = str(VALUES.tolist())
    assert read(write_map(tmp_path, names, files).path) == [whole] * 4 + ["False"]


def test_a_package_that_is_too_old_is_told_apart():
    problem = missing("imagecodecs_new", "imagecodecs", installed=True)
    assert problem.message.endswith("which the installed imagecodecs does not have")
    assert problem.help == "pip install -U imagecodecs"


def test_an_own_codec_is_registered_as_before(packed):
    assert apply("rig.yaml", "a.dat", "maps").problems == ()
    group = zarr_store.open_group(Path("maps/a.vspec.json"))
    assert group["packed"][:].tolist() == [0] * 13
