"""Maps and their files after a move, a copy, a change: found, refused by name, or read with a warning."""

from __future__ import annotations

import json
import shutil
import threading
import warnings
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

import vspec
from tests.unit.opened import codes, made, samples
from vspec.commands.options import ApplyOptions
from vspec.errors import VspecError
from vspec.opening.locating import VspecWarning

CARD = """
vspec: 1
files: "{session}.dat"
arrays:
  raw:
    dtype: int16
    shape: {time: auto, channel: 4}
    axes:
      channel: {gain: [1, 2, 3, 4]}
"""
RAW = np.random.default_rng(2).integers(-32768, 32767, (150_001, 4), np.int16)


def mapped(folder, maps="maps", **options):
    """Return the map of two sessions' first one: a.dat in ``data``, the map in ``maps``."""
    (folder / "data").mkdir(parents=True)
    (folder / "rig.yaml").write_text(CARD)
    RAW.tofile(folder / "data" / "a.dat")
    report = vspec.apply(folder / "rig.yaml", folder / "data", folder / maps, options=ApplyOptions(**options))
    assert not report.problems
    return folder / maps / "a.vspec.json"


def check(path, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        arrays = vspec.open_arrays(path, **options)
    assert (arrays["raw"][...] == RAW).all()
    assert arrays["channel_gain"][...].tolist() == [1, 2, 3, 4]
    return arrays.document


def refused(path, **options):
    with pytest.raises(VspecError) as error:
        vspec.open_arrays(path, **options)
    return [(problem.code, problem.data_file) for problem in error.value.problems]


# --- moved ----------------------------------------------------------------------------------


@pytest.mark.parametrize("maps", ("maps", "data", "data/derived/maps"))
@pytest.mark.parametrize("inline", (True, False))
def test_data_and_maps_that_moved_together_are_found(tmp_path, maps, inline):
    mapped(tmp_path / "old", maps, inline=inline)
    (tmp_path / "new" / "place").mkdir(parents=True)
    shutil.move(tmp_path / "old", tmp_path / "new" / "place" / "lab")
    document = check(tmp_path / "new" / "place" / "lab" / maps / "a.vspec.json")
    assert document.root.endswith("/new/place/lab/data")


def test_a_copy_is_read_from_where_its_own_data_were(tmp_path):
    mapped(tmp_path / "old")
    shutil.copytree(tmp_path / "old", tmp_path / "new")
    assert check(tmp_path / "new" / "maps" / "a.vspec.json").root.endswith("/old/data")


def test_a_map_moved_with_its_sidecar_and_without_its_data(tmp_path):
    path = mapped(tmp_path / "lab", inline=False)
    shutil.move(path.parent, tmp_path / "far")
    assert check(tmp_path / "far" / "a.vspec.json").root.endswith("/lab/data")


def test_a_map_that_left_its_sidecar_behind_finds_it(tmp_path):
    path = mapped(tmp_path / "lab", inline=False)
    (tmp_path / "far").mkdir()
    shutil.move(path, tmp_path / "far" / path.name)
    check(tmp_path / "far" / path.name)


def test_data_that_moved_alone_are_found_by_the_root(tmp_path):
    path = mapped(tmp_path / "lab")
    shutil.move(tmp_path / "lab" / "data", tmp_path / "elsewhere")
    assert refused(path) == [("V0741", "a.dat")]
    check(path, root=tmp_path / "elsewhere")
    check(path, root=str(tmp_path / "elsewhere"), memory_map=False)
    assert refused(path, root=tmp_path) == [("V0741", "a.dat")]
    assert codes(lambda: vspec.open_arrays(path, root=tmp_path / "none")) == ["V0746"]
    assert codes(lambda: vspec.open_arrays(path, root="/")) == ["V0746"]
    assert codes(lambda: vspec.open_arrays(path, root=path)) == ["V0746"]


def test_other_data_of_the_same_name_near_the_map_are_not_taken_for_its_own(tmp_path):
    path = mapped(tmp_path / "lab")
    shutil.move(tmp_path / "lab" / "data", tmp_path / "elsewhere")
    (path.parent / "data").mkdir()
    (RAW + np.int16(1)).tofile(path.parent / "data" / "a.dat")
    assert refused(path) == [("V0741", "a.dat")]
    RAW[:-1].tofile(path.parent / "data" / "a.dat")
    assert refused(path) == [("V0741", "a.dat")]
    RAW.tofile(path.parent / "data" / "a.dat")
    check(path)


def test_a_folder_near_the_map_that_leads_away_is_none(tmp_path):
    path = mapped(tmp_path / "lab")
    shutil.move(tmp_path / "lab" / "data", tmp_path / "elsewhere")
    (path.parent / "data").mkdir()
    (path.parent / "data" / "a.dat").symlink_to(tmp_path / "elsewhere" / "a.dat")
    assert refused(path) == [("V0741", "a.dat")]


def test_the_sidecar_is_missing_or_cut(tmp_path):
    path = mapped(tmp_path / "lab", inline=False)
    (sidecar,) = path.parent.glob("*.vspec.bin")
    data = sidecar.read_bytes()
    sidecar.write_bytes(data[:-1])
    assert refused(path) == [("V0742", sidecar.name)]
    sidecar.unlink()
    assert refused(path) == [("V0741", sidecar.name)]


# --- changed --------------------------------------------------------------------------------


@pytest.mark.parametrize("sealed", ("sampled", "full"))
@pytest.mark.parametrize("at", (3, 600_000, 1_199_999))
def test_a_source_that_changed_is_refused_by_name(tmp_path, at, sealed):
    path = mapped(tmp_path / "lab", seal=sealed)
    data = bytearray(RAW.tobytes())
    if sealed == "sampled" and at == 600_000:
        at = 98_304
    data[at] ^= 255
    (tmp_path / "lab" / "data" / "a.dat").write_bytes(data)
    assert refused(path) == [("V0742", "a.dat")]
    with pytest.warns(VspecWarning, match=r"V0742: a\.dat is not what the map was made from"):
        arrays = vspec.open_arrays(path, allow_drift=True)
    assert arrays["raw"][...].tobytes() == bytes(data)


def test_a_large_file_sealed_as_a_whole_is_looked_at_here_and_there(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "rig.yaml").write_text(CARD)
    data = bytearray(12 << 20)
    (tmp_path / "data" / "a.dat").write_bytes(data)
    options = ApplyOptions(seal="full")
    assert not vspec.apply(
        tmp_path / "rig.yaml", tmp_path / "data", tmp_path / "maps", options=options
    ).problems
    data[4 << 20] = 1
    (tmp_path / "data" / "a.dat").write_bytes(data)
    assert refused(tmp_path / "maps" / "a.vspec.json") == [("V0742", "a.dat")]


def test_a_source_that_grew_is_read_as_far_as_it_was_mapped(tmp_path):
    path = mapped(tmp_path / "lab")
    with (tmp_path / "lab" / "data" / "a.dat").open("ab") as out:
        out.write(b"more")
    with pytest.warns(VspecWarning, match=r"V0743: a\.dat grew from 1200008 to 1200012 bytes"):
        arrays = vspec.open_arrays(path)
    assert (arrays["raw"][...] == RAW).all()


def test_what_is_missing_cannot_be_let_through(tmp_path):
    path = mapped(tmp_path / "lab")
    (tmp_path / "lab" / "data" / "a.dat").unlink()
    assert refused(path, allow_drift=True) == [("V0741", "a.dat")]


def test_all_that_is_wrong_is_said_at_once(tmp_path):
    path = made(tmp_path, samples("raw", 100, 4), files=[RAW[:100].tobytes(), b"two", b"three"])
    (tmp_path / "1.bin").unlink()
    (tmp_path / "2.bin").write_bytes(b"other")
    assert refused(path) == [("V0741", "1.bin"), ("V0742", "2.bin")]


@pytest.mark.parametrize("text", ("", "{}", "[" * 100_000, '{"version": 1, "refs": {}}'))
def test_files_that_are_no_maps(tmp_path, text):
    (tmp_path / "a.vspec.json").write_text(text)
    assert codes(lambda: vspec.open_arrays(tmp_path / "a.vspec.json"))[0] in ("V0701", "V0703")
    assert codes(lambda: vspec.open_arrays(tmp_path)) == ["V0701"]
    assert codes(lambda: vspec.open_arrays(tmp_path / "none.vspec.json")) == ["V0701"]


# --- other machines -------------------------------------------------------------------------


class Ranges(SimpleHTTPRequestHandler):
    """Serves a folder, and parts of its files."""

    def do_GET(self):
        asked = self.headers.get("Range")
        if asked is None:
            super().do_GET()
            return
        with self.send_path().open("rb") as data:
            whole = data.read()
        first, _, last = asked.removeprefix("bytes=").partition("-")
        start, stop = int(first), min(int(last or len(whole)), len(whole) - 1) + 1
        self.send_response(206)
        self.send_header("Content-Length", str(stop - start))
        self.send_header("Content-Range", f"bytes {start}-{stop - 1}/{len(whole)}")
        self.end_headers()
        self.wfile.write(whole[start:stop])

    def send_path(self):
        from pathlib import Path

        return Path(self.translate_path(self.path))

    def log_message(self, *_):
        pass


@pytest.fixture
def served(tmp_path):
    pytest.importorskip("aiohttp")
    (tmp_path / "lab").mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Ranges, directory=str(tmp_path / "lab" / "data")))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    (tmp_path / "lab").rmdir()
    yield mapped(tmp_path / "lab", base_url=f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    server.server_close()
    thread.join()


def test_data_of_another_machine_are_read_over_the_net(served):
    pytest.importorskip("xarray")
    root = json.loads(json.loads(served.read_text())["refs"][".zattrs"])["vspec"]["root"]
    assert root.startswith("http://127.0.0.1:")
    tree = vspec.open(served, scaled=True)
    assert (
        tree["raw"].isel(time=slice(100_000, 100_020)).values == RAW[100_000:100_020] * [1, 2, 3, 4]
    ).all()
    assert (vspec.open_arrays(served)["raw"][-1] == RAW[-1]).all()
