"""apply: which data sets, where their maps go, what is told of them, what stops it."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.cards import maps
from tests.unit.recordings import CARD, origin, refs, samples, write_rig
from vspec.card.load import load
from vspec.commands import ApplyOptions, apply, status, verify
from vspec.errors import VspecError


def codes(problems):
    return [problem.code for problem in problems]


def refused(*arguments, **more):
    with pytest.raises(VspecError) as caught:
        apply(*arguments, **more)
    return caught.value.problems


def test_a_folder_of_recordings_becomes_one_map_each(tmp_path):
    card = write_rig(tmp_path, names=("a", "b", "c"))
    report = apply(card, tmp_path / "data", tmp_path / "maps")
    assert report.problems == ()
    assert [Path(m.map).name for m in report.maps] == [f"{name}.vspec.json" for name in "abc"]
    for seed, name in enumerate("abc"):
        read = maps.read(tmp_path / "maps" / f"{name}.vspec.json")
        np.testing.assert_array_equal(read["raw"].values, samples(seed))


def test_the_report_is_as_documented(tmp_path):
    card = write_rig(tmp_path)
    report = apply(card, tmp_path / "data", tmp_path / "maps").to_json()
    assert json.loads(json.dumps(report)) == {
        "maps": [
            {
                "map": str(tmp_path / "maps" / "a.vspec.json"),
                "dataset": "a",
                "card": "made-up/rig3",
                "profile": "portable",
                "sources": ["a.dat"],
                "arrays": [
                    {
                        "path": "raw",
                        "dims": ["time", "channel"],
                        "stored": ["time", "channel"],
                        "shape": [1009, 8],
                        "dtype": "<i2",
                        "chunks": [1009, 8],
                        "refs": 1,
                        "copied_bytes": 0,
                        "tail": "none",
                        "profile": "portable",
                        "materialized": False,
                        "codecs": [],
                        "readers": "portable",
                        "not_read_by": [],
                        "packages": [],
                    }
                ],
                "choices": [
                    {
                        "array": "raw",
                        "profile": "portable",
                        "refs": 1,
                        "fetched_bytes": 16144,
                        "copied_bytes": 0,
                        "why_not": None,
                    }
                ],
                "warnings": [],
            }
        ],
        "problems": [],
    }


def test_the_map_goes_into_the_current_folder(tmp_path, monkeypatch):
    card = write_rig(tmp_path)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    apply(card, tmp_path / "data")
    assert [p.name for p in (tmp_path / "here").iterdir()] == ["a.vspec.json"]


def test_out_may_be_a_file_for_one_data_set(tmp_path):
    card = write_rig(tmp_path)
    report = apply(card, tmp_path / "data", tmp_path / "other.vspec.json")
    assert [Path(m.map).name for m in report.maps] == ["other.vspec.json"]
    np.testing.assert_array_equal(maps.read(tmp_path / "other.vspec.json")["raw"].values, samples(0))


def test_one_file_cannot_hold_two_data_sets(tmp_path):
    card = write_rig(tmp_path, names=("a", "b"))
    (problem,) = refused(card, tmp_path / "data", tmp_path / "other.vspec.json")
    assert problem.code == "V0820"
    assert "2 data sets" in problem.message
    assert not list(tmp_path.glob("*.vspec.json"))


@pytest.mark.parametrize("name", ("other.json", "notes.txt"))
def test_a_file_that_is_no_map_is_no_place_for_one(tmp_path, name):
    card = write_rig(tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    (problem,) = refused(card, tmp_path / "data", tmp_path / name)
    assert problem.code == "V0820"
    assert problem.help.endswith(f"{Path(name).stem}.vspec.json")
    assert (tmp_path / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("inline", (True, False))
@pytest.mark.parametrize("source", ("a.SIDECAR.vspec.bin", "a.vspec.json"))
def test_a_map_never_takes_the_place_of_data(tmp_path, source, inline):
    card = tmp_path / "rig.yaml"
    card.write_text(CARD.replace("*.dat", "*.vspec.*"))
    data = samples(1).tobytes()
    options = ApplyOptions(chunk_bytes=1024, inline=False if "SIDECAR" in source else inline)
    if "SIDECAR" in source:  # the data have the very name that the sidecar will need
        (tmp_path / "first").mkdir()
        (tmp_path / "first" / "b.vspec.dat").write_bytes(data)
        apply(card, tmp_path / "first", tmp_path / "first" / "a.vspec.json", options=options)
        (sidecar,) = (tmp_path / "first").glob("a.*.bin")
        source = sidecar.name
    (tmp_path / source).write_bytes(data)
    report = apply(card, tmp_path / source, tmp_path / "a.vspec.json", options=options)
    assert report.maps == ()
    assert codes(report.problems) == ["V0825"]
    assert report.problems[0].data_file == source
    assert (tmp_path / source).read_bytes() == data


def test_one_bad_data_set_does_not_keep_the_others_from_their_maps(tmp_path):
    card = write_rig(tmp_path, names=("a", "b", "c"))
    path = tmp_path / "data" / "b.dat"
    path.write_bytes(path.read_bytes()[:-5])
    report = apply(card, tmp_path / "data", tmp_path / "maps")
    assert sorted(p.name for p in (tmp_path / "maps").iterdir()) == ["a.vspec.json", "c.vspec.json"]
    assert [m.dataset for m in report.maps] == ["a", "c"]
    (problem,) = report.problems
    assert (problem.code, problem.data_file) == ("V0312", "b.dat")
    assert problem.place.line == 9


def test_a_problem_has_every_documented_key(tmp_path):
    card = write_rig(tmp_path)
    path = tmp_path / "data" / "a.dat"
    path.write_bytes(path.read_bytes()[:-5])
    (problem,) = apply(card, tmp_path / "data", tmp_path / "maps").to_json()["problems"]
    documented = {
        "code",
        "message",
        "file",
        "line",
        "column",
        "data_file",
        "offset",
        "expected",
        "found",
        "help",
    }
    assert documented <= problem.keys()
    assert problem["file"] == str(card)
    assert (problem["line"], problem["column"]) == (9, 13)


def test_two_data_sets_of_one_name_are_an_error(tmp_path):
    card = write_rig(tmp_path, CARD.replace("*.dat", "[{run}]"), names=())
    card.write_text(CARD.replace('"*.dat"', '"{dir:path}/{run}.dat"'))
    for folder in ("x", "X"):
        (tmp_path / "data" / folder).mkdir(exist_ok=True)
        (tmp_path / "data" / folder / "a.dat").write_bytes(samples(0).tobytes())
    report = apply(card, tmp_path / "data", tmp_path / "maps")
    assert report.maps == ()
    assert set(codes(report.problems)) == {"V0440"}
    assert not list(tmp_path.rglob("*.vspec.json"))


def test_the_root_is_the_folder_or_the_parent_of_the_file(tmp_path):
    card = write_rig(tmp_path)
    apply(card, tmp_path, tmp_path / "one")
    apply(card, tmp_path / "data" / "a.dat", tmp_path / "two")
    first, second = (origin(tmp_path / n / "a.vspec.json") for n in ("one", "two"))
    assert (first["root"], first["sources"][0]["path"]) == (f"file://{tmp_path}", "data/a.dat")
    assert (second["root"], second["sources"][0]["path"]) == (f"file://{tmp_path}/data", "a.dat")


def test_a_registered_card_is_found_by_its_id(tmp_path):
    write_rig(tmp_path)
    params = {"dtype": "int16", "channels": 8, "rate": 30000}
    report = apply("generic/raw", tmp_path / "data" / "a.dat", tmp_path, params)
    assert report.maps[0].card == "generic/raw"
    np.testing.assert_array_equal(maps.read(tmp_path / "a.vspec.json")["samples"].values, samples(0))


def test_a_loaded_card_will_do(tmp_path):
    card = load(write_rig(tmp_path))
    assert apply(card, tmp_path / "data", tmp_path).maps[0].dataset == "a"
    (problem,) = refused(card, tmp_path / "data", options=ApplyOptions(overlay=tmp_path / "o.yaml"))
    assert problem.code == "V0808"


def test_a_card_that_is_not_there(tmp_path):
    write_rig(tmp_path)
    (problem,) = refused("generic/row", tmp_path / "data")
    assert problem.code == "V0802"
    assert "'generic/raw'" in problem.help


def test_params_must_be_given_and_known_all_told_at_once(tmp_path):
    write_rig(tmp_path)
    problems = refused("generic/raw", tmp_path / "data", tmp_path, {"dtype": 5, "chanels": "8"})
    assert sorted(codes(problems)) == ["V0810", "V0811", "V0812", "V0812"]
    unknown = next(p for p in problems if p.code == "V0810")
    assert "'channels'" in unknown.help


@pytest.mark.parametrize(
    ("name", "value"),
    (
        ("channels", "many"),
        ("channels", "8.5"),
        ("channels", 8.25),
        ("channels", True),
        ("channels", str(2**63)),
        ("rate", "nan"),
        ("rate", "inf"),
        ("rate", "fast"),
        ("planar", "yes"),
        ("planar", 1),
    ),
)
def test_a_value_of_another_type_is_no_param(tmp_path, name, value):
    write_rig(tmp_path)
    good = {"dtype": "int16", "channels": "8", "rate": "30000"}
    (problem,) = refused("generic/raw", tmp_path / "data", tmp_path, {**good, name: value})
    assert problem.code == "V0811"
    assert name in problem.message


def test_large_whole_numbers_stay_exact(tmp_path):
    text = CARD.replace("arrays:", "params: {serial: {type: int}}\nattrs: {serial: '{{ serial }}'}\narrays:")
    card = write_rig(tmp_path, text)
    apply(card, tmp_path / "data", tmp_path, {"serial": "9007199254740993"})
    assert maps.attributes(tmp_path / "a.vspec.json")["serial"] == 9007199254740993
    assert origin(tmp_path / "a.vspec.json")["params"] == {"serial": 9007199254740993}


def test_an_overlay_corrects_what_the_card_says(tmp_path):
    card = write_rig(tmp_path)
    (tmp_path / "fix.yaml").write_text("attrs: {rig: three}\narrays: {raw: {attrs: {scale_factor: 0.2}}}\n")
    apply(card, tmp_path / "data", tmp_path, options=ApplyOptions(overlay=tmp_path / "fix.yaml"))
    path = tmp_path / "a.vspec.json"
    attrs = maps.read(path)["raw"].attrs
    assert (attrs["scale_factor"], attrs["units"]) == (0.2, "uV")
    assert maps.attributes(path)["rig"] == "three"
    assert verify(path).problems == ()


def test_chunks_follow_the_target(tmp_path):
    card = write_rig(tmp_path)
    report = apply(card, tmp_path / "data", tmp_path, options=ApplyOptions(chunk_bytes=1600))
    (array,) = report.maps[0].arrays
    assert array.chunks == (100, 8)
    assert (array.tail, array.copied_bytes) == ("padded-inline", 1600)
    assert array.refs == 10
    found = refs(tmp_path / "a.vspec.json")
    assert found["raw/9.0"] == [f"file://{tmp_path}/data/a.dat", 9 * 1600, 1600]
    assert found["raw/10.0"].startswith("base64:")


def test_without_inlining_the_tail_lies_in_the_sidecar(tmp_path, monkeypatch):
    card = write_rig(tmp_path)
    monkeypatch.chdir(tmp_path)  # a relative folder for the maps, too
    report = apply(card, "data", "maps", options=ApplyOptions(chunk_bytes=1600, inline=False))
    assert report.problems == ()
    assert report.maps[0].arrays[0].tail == "padded-sidecar"
    found = refs(tmp_path / "maps" / "a.vspec.json")
    assert not [key for key, value in found.items() if str(value).startswith("base64")]
    rest = samples(0)[1000:].tobytes()
    copied = rest + bytes(1600 - len(rest))
    name = f"a.{hashlib.blake2b(copied, digest_size=16).hexdigest()[:16]}.vspec.bin"
    assert found["raw/10.0"] == [f"file://{tmp_path}/maps/{name}", 0, 1600]
    assert (tmp_path / "maps" / name).read_bytes() == copied
    np.testing.assert_array_equal(maps.read(tmp_path / "maps" / "a.vspec.json")["raw"].values, samples(0))


def test_the_sidecar_goes_when_it_is_not_needed_any_more(tmp_path):
    card = write_rig(tmp_path)
    apply(card, tmp_path / "data", tmp_path, options=ApplyOptions(chunk_bytes=1600, inline=False))
    assert len(list(tmp_path.glob("a.*.vspec.bin"))) == 1
    apply(card, tmp_path / "data", tmp_path)
    assert list(tmp_path.glob("*.bin")) == []


@pytest.mark.parametrize(
    "url", ("https://data.lab.org/rig3", "https://data.lab.org/rig3/", "s3://bucket/rig3")
)
def test_a_base_url_leads_elsewhere(tmp_path, url):
    card = write_rig(tmp_path)
    (tmp_path / "data" / "a.dat").rename(tmp_path / "data" / "run 1.dat")
    options = ApplyOptions(base_url=url, chunk_bytes=1600, inline=False)
    apply(card, tmp_path / "data", tmp_path, options=options)
    found = refs(tmp_path / "run 1.vspec.json")
    space = "%20" if url.startswith("https") else " "
    assert found["raw/0.0"][0] == f"{url.rstrip('/')}/run{space}1.dat"
    (sidecar,) = tmp_path.glob("run 1.*.vspec.bin")
    assert found["raw/10.0"][0] == f"{url.rstrip('/')}/{sidecar.name.replace(' ', space)}"
    (one,) = status(tmp_path / "run 1.vspec.json").maps
    assert (one.state, codes(one.problems)) == ("unreadable", ["V0740"])


@pytest.mark.parametrize(
    "url",
    (
        *("data.lab.org/rig3", "ftp://data.lab.org/rig3", "https://", "file://rig3", "", "https:///rig3"),
        *("file:///", "file:////", "file:///data/../..", "file:///data ", "s3://"),
        *("https://lab.org/d?key=1", "https://lab.org/d#top", "https://lab.org/a b", "https://lab.org/d "),
        *("https://lab.org/a/../b", "https://lab.org\\d", "https://lab.org/d\n", " https://lab.org/d"),
    ),
)
def test_a_base_url_that_no_reader_could_follow(tmp_path, url):
    (problem,) = refused(write_rig(tmp_path), tmp_path / "data", tmp_path, options=ApplyOptions(base_url=url))
    assert problem.code == "V0823"


@pytest.mark.parametrize("nbytes", (0, -1, 1023, (1 << 29) + 1))
def test_a_target_that_is_out_of_range(tmp_path, nbytes):
    card = write_rig(tmp_path)
    (problem,) = refused(card, tmp_path / "data", tmp_path, options=ApplyOptions(chunk_bytes=nbytes))
    assert problem.code == "V0824"


def test_a_full_seal_has_a_digest_for_every_mebibyte(tmp_path):
    card = write_rig(tmp_path)
    (tmp_path / "data" / "a.dat").write_bytes(samples(3, 150_000).tobytes())
    apply(card, tmp_path / "data", tmp_path, options=ApplyOptions(seal="full"))
    (source,) = origin(tmp_path / "a.vspec.json")["sources"]
    assert source["seal"]["kind"] == "full"
    assert len(source["seal"]["digests"]) == 32 * 3  # 2.4 MB


def test_a_dry_run_writes_nothing_and_tells_the_same(tmp_path):
    card = write_rig(tmp_path)
    options = ApplyOptions(chunk_bytes=1600, dry_run=True)
    dry = apply(card, tmp_path / "data", tmp_path / "maps", options=options)
    assert not (tmp_path / "maps").exists()
    wet = apply(card, tmp_path / "data", tmp_path / "maps", options=ApplyOptions(chunk_bytes=1600))
    told = dry.to_json()
    assert [choice["profile"] for choice in told["maps"][0]["choices"]] == ["portable", "packed"]
    told["maps"][0]["choices"].pop()
    assert told == wet.to_json()


def test_a_dry_run_counts_the_coordinates_too(tmp_path):
    text = CARD + "    axes: {channel: {depth: '[1, 2, 3, 4, 5, 6, 7, 8]'}}\n"
    card = write_rig(tmp_path, text)
    dry = apply(card, tmp_path / "data", tmp_path / "maps", options=ApplyOptions(dry_run=True))
    assert [a.path for a in dry.maps[0].arrays] == ["raw", "channel_depth"]


def test_no_data_is_told_before_anything_else(tmp_path):
    card = write_rig(tmp_path, names=())
    report = apply(card, tmp_path / "data", tmp_path)
    assert report.maps == ()
    assert codes(report.problems) == ["V0420"]
    (problem,) = refused(card, tmp_path / "nowhere", tmp_path)
    assert problem.code == "V0401"


def test_a_folder_that_cannot_be_made(tmp_path):
    card = write_rig(tmp_path)
    (tmp_path / "file").write_text("")
    report = apply(card, tmp_path / "data", tmp_path / "file" / "maps")
    assert codes(report.problems) == ["V0821"]


@pytest.mark.parametrize("inline", (True, False))
def test_a_map_that_cannot_be_written(tmp_path, inline):
    card = write_rig(tmp_path)
    (tmp_path / "maps" / "a.vspec.json").mkdir(parents=True)  # a folder stands in its place
    options = ApplyOptions(chunk_bytes=1600, inline=inline)
    report = apply(card, tmp_path / "data", tmp_path / "maps", options=options)
    assert codes(report.problems) == ["V0822"]
    assert not list((tmp_path / "maps").glob("*.part")) + list((tmp_path / "maps").glob(".*"))


def test_the_data_are_never_touched(tmp_path):
    card = write_rig(tmp_path)
    path = tmp_path / "data" / "a.dat"
    before = path.read_bytes(), path.stat().st_mtime_ns
    path.chmod(0o444)
    apply(card, tmp_path / "data", tmp_path / "data")
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


def test_an_empty_file_is_an_empty_recording(tmp_path):
    card = write_rig(tmp_path)
    (tmp_path / "data" / "a.dat").write_bytes(b"")
    apply(card, tmp_path / "data", tmp_path)
    assert maps.read(tmp_path / "a.vspec.json")["raw"].values.shape == (0, 8)
    assert verify(tmp_path / "a.vspec.json").problems == ()


def test_files_that_are_not_its_own_stay(tmp_path):
    card = tmp_path / "card.yaml"
    card.write_text("vspec: 1\nfiles: '{n}.bin'\narrays:\n  a: {dtype: uint8, shape: {x: auto}}\n")
    data = tmp_path / "data"
    data.mkdir()
    for name in ("x.bin", "x.vspec.bin"):
        (data / name).write_bytes(b"precious " + name.encode())
    (tmp_path / "maps").mkdir()
    (tmp_path / "maps" / "x.vspec.json").write_text("notes")
    (tmp_path / "maps" / "x.vspec.bin.vspec.json").write_text("{}")
    report = apply(card, data, tmp_path / "maps")
    assert set(codes(report.problems)) == {"V0825"}
    assert (tmp_path / "maps" / "x.vspec.json").read_text() == "notes"
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "x.vspec.bin").write_bytes(b"someone's")
    assert apply(card, data / "x.bin", tmp_path / "other").problems == ()
    assert (tmp_path / "other" / "x.vspec.bin").read_bytes() == b"someone's"


NAMED = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize("name", ("x.bin", f"a.{NAMED[:16]}.vspec.bin", "../secret"))
def test_a_map_that_names_another_file_as_its_sidecar_gets_nothing_deleted(tmp_path, name):
    """A map lies about its sidecar; what it names stays, since its bytes are not those of the digest."""
    card = write_rig(tmp_path)
    out = tmp_path / "maps"
    apply(card, tmp_path / "data", out, options=ApplyOptions(chunk_bytes=1600, inline=False))
    path = out / "a.vspec.json"
    document = json.loads(path.read_text())
    attrs = json.loads(document["refs"][".zattrs"])
    attrs["vspec"]["sidecar"].update(path=name, digest=NAMED)
    document["refs"][".zattrs"] = json.dumps(attrs)
    path.write_text(json.dumps(document))
    (out / name).write_bytes(b"precious")
    assert apply(card, tmp_path / "data", out).problems == ()
    assert (out / name).read_bytes() == b"precious"


def test_applies_at_the_same_moment_leave_a_map_with_its_own_sidecar(tmp_path):
    """Two cards, one target, many times: whoever comes last, map and sidecar are of one run."""
    write_rig(tmp_path)
    program = """\
import sys
from vspec.commands import ApplyOptions, apply
for _ in range(25):
    report = apply(sys.argv[1], sys.argv[2], sys.argv[3], options=ApplyOptions(chunk_bytes=1600, inline=False))
    assert report.problems == (), report.problems
"""
    runs = []
    for seed in (0, 1):
        folder = tmp_path / f"data{seed}"
        folder.mkdir()
        (folder / "a.dat").write_bytes(samples(seed, 1009 + 10 * seed).tobytes())
        arguments = [str(tmp_path / "rig.yaml"), str(folder), str(tmp_path / "maps")]
        environment = os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[2])}
        runs.append(subprocess.Popen([sys.executable, "-c", program, *arguments], env=environment))
    seen = 0
    while any(run.poll() is None for run in runs):
        try:
            found = refs(tmp_path / "maps" / "a.vspec.json")
        except FileNotFoundError:
            continue
        sidecar = json.loads(found[".zattrs"])["vspec"]["sidecar"]
        seen += 1
        assert any(value[0] == sidecar["url"] for value in found.values() if isinstance(value, list))
    assert [run.returncode for run in runs] == [0, 0]
    assert seen > 0
    assert verify(tmp_path / "maps" / "a.vspec.json").problems == ()
    (sidecar,) = (tmp_path / "maps").glob("*.bin")


@pytest.mark.parametrize("name", ("a.vspec.JSON", "a.VSPEC.json", "a.Json"))
def test_a_name_of_a_map_in_another_case_is_refused(tmp_path, name):
    (problem,) = refused(write_rig(tmp_path), tmp_path / "data", tmp_path / name)
    assert problem.code == "V0820"
    assert problem.help.endswith("a.vspec.json")
    assert not (tmp_path / name).exists()


def raw_card(shape, name="a"):
    return json.dumps({"vspec": 1, "files": "*.dat", "arrays": {name: {"dtype": "uint8", "shape": shape}}})


@pytest.mark.parametrize("far", (2**40, 2**61))
def test_an_empty_array_with_a_huge_axis(tmp_path, far):
    card = write_rig(tmp_path, raw_card({"t": 0, "x": far}))
    (tmp_path / "data" / "a.dat").write_bytes(b"")
    assert apply(card, tmp_path / "data", tmp_path).problems == ()
    array = json.loads(refs(tmp_path / "a.vspec.json")["a/.zarray"])
    assert (array["shape"], array["chunks"]) == ([0, far], [1, 1])
    assert verify(tmp_path / "a.vspec.json").problems == ()


@pytest.mark.parametrize("dry_run", (True, False))
@pytest.mark.parametrize(
    ("shape", "name"),
    (({"t": 0, "x": 2**62}, "a"), ({f"x{i}": 1 for i in range(33)}, "a"), ({"x": "auto"}, "a\\b")),
    ids=("a size", "axes", "a name"),
)
def test_what_no_reader_would_take_is_not_written(tmp_path, shape, name, dry_run):
    card = write_rig(tmp_path, raw_card(shape, name))
    (tmp_path / "data" / "a.dat").write_bytes(bytes(1) if len(shape) == 33 else b"")
    report = apply(card, tmp_path / "data", tmp_path / "maps", options=ApplyOptions(dry_run=dry_run))
    assert report.maps == ()
    assert codes(report.problems) == ["V0344"]
    assert list(tmp_path.rglob("*.vspec.*")) == []


def test_thirty_two_axes_are_written_and_read(tmp_path):
    card = write_rig(tmp_path, raw_card({f"x{i}": 1 for i in range(32)}))
    (tmp_path / "data" / "a.dat").write_bytes(bytes([7]))
    assert apply(card, tmp_path / "data", tmp_path).problems == ()
    assert verify(tmp_path / "a.vspec.json").problems == ()
