"""verify: whatever differs between a map and the files it was made from is found and named."""

from __future__ import annotations

import base64
import json
import os

import numpy as np
import pytest

from tests.unit.recordings import CARD, edit, origin, refs, rewrite, samples, write_rig
from vspec.commands import ApplyOptions, apply, status, verify
from vspec.commands.reports import exit_code

SMALL = ApplyOptions(chunk_bytes=1600)
BESIDE = ApplyOptions(chunk_bytes=1600, inline=False)
COORDINATES = (
    CARD
    + """\
    axes: {channel: {depth: "[1, 2, 3, 4, 5, 6, 7, 8]", labels: "['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']"}}
  aux/one:
    dtype: uint8
    shape: {byte: 16}
    attrs: {valid_max: 255}
attrs:
  rig: three
  /aux: {what: first bytes}
"""
)


@pytest.fixture
def rig(tmp_path):
    """A map of three files with several chunks each; the options decide where the tail is."""

    def make(options=SMALL, card=CARD):
        apply(write_rig(tmp_path, card), tmp_path / "data", tmp_path, options=options)
        return tmp_path / "a.vspec.json"

    return make


def found(path):
    (one,) = verify(path).maps
    return one.problems


def codes(path):
    return [problem.code for problem in found(path)]


def move(path, key, change):
    """Change the offset or length of one reference."""
    references = refs(path)
    references[key] = change(references[key])
    rewrite(path, references)


@pytest.mark.parametrize(
    "options",
    (SMALL, BESIDE, ApplyOptions(), ApplyOptions(seal="full")),
    ids=("inline", "beside", "whole", "full"),
)
@pytest.mark.parametrize("card", (CARD, COORDINATES), ids=("plain", "coordinates"))
def test_a_map_that_was_not_touched_is_equal(rig, options, card):
    path = rig(options, card)
    (one,) = verify(path).maps
    assert one.problems == ()
    raw = 1009 * 8 * 2
    assert (one.arrays, one.bytes_compared) == ((1, raw) if card is CARD else (3, raw + 16 + 8 * 8))
    assert one.to_json()["equal"] is True


def test_a_rewritten_map_is_still_equal(rig):
    path = rig(BESIDE, COORDINATES)
    rewrite(path, refs(path))
    assert codes(path) == []


def test_a_reference_moved_by_one_byte(rig):
    path = rig()
    move(path, "raw/3.0", lambda r: [r[0], r[1] + 1, r[2]])
    (problem,) = found(path)
    assert problem.code == "V0720"
    assert problem.data_file == "a.dat"
    assert problem.offset == 3 * 1600
    assert "[time=300, channel=0]" in problem.message
    assert "0x12c0" in problem.message
    expected = samples(0)[300, 0].tobytes().hex(" ")
    moved = samples(0).tobytes()[4801:4803].hex(" ")
    assert (problem.expected.split(" (")[0], problem.found.split(" (")[0]) == (expected, moved)
    assert exit_code([problem]) == 3


def test_swapped_references(rig):
    path = rig()
    references = refs(path)
    references["raw/2.0"], references["raw/5.0"] = references["raw/5.0"], references["raw/2.0"]
    rewrite(path, references)
    (problem,) = found(path)
    assert (problem.code, problem.offset) == ("V0720", 2 * 1600)


def test_a_wrong_stride_between_chunks(rig):
    path = rig()
    references = refs(path)
    for k in range(10):
        references[f"raw/{k}.0"][1] = k * 1584  # one row too few, from chunk to chunk
    rewrite(path, references)
    (problem,) = found(path)
    assert (problem.code, problem.offset) == ("V0720", 1600)


def test_a_wrong_stride_inside_chunks(rig):
    """Rows of four: shape and chunks hold as many bytes as before, so that the map still loads."""
    path = rig()
    edit(path, "raw/.zarray", lambda document: document.update(shape=[2018, 4], chunks=[200, 4]))
    (problem,) = found(path)
    assert (problem.code, problem.expected, problem.found) == ("V0721", "(1009, 8)", "(2018, 4)")


def test_transposed_axes(rig):
    """Rows and columns change places, shape and names of the axes too: the numbers tell."""
    path = rig(ApplyOptions())
    edit(path, "raw/.zarray", lambda document: document.update(shape=[8, 1009], chunks=[8, 1009]))
    edit(path, "raw/.zattrs", lambda attrs: attrs.update(_ARRAY_DIMENSIONS=["channel", "time"]))
    problems = {p.code: p for p in found(path)}
    assert problems["V0721"].message.startswith("'_ARRAY_DIMENSIONS' of raw")
    assert "[time=0, channel=1]" in problems["V0720"].message


def test_another_shape(rig):
    path = rig()
    references = refs(path)
    array = json.loads(references["raw/.zarray"])
    array["shape"] = [1000, 8]
    references["raw/.zarray"] = json.dumps(array)
    del references["raw/10.0"]
    rewrite(path, references)
    (problem,) = found(path)
    assert (problem.code, problem.expected, problem.found) == ("V0721", "(1009, 8)", "(1000, 8)")


@pytest.mark.parametrize("dtype", (">i2", "<u2"))
def test_a_changed_dtype(rig, dtype):
    path = rig()
    edit(path, "raw/.zarray", lambda document: document.update(dtype=dtype))
    problems = found(path)
    assert "V0721" in {p.code for p in problems}
    assert {(p.expected, p.found) for p in problems} & {('"<i2"', f'"{dtype}"')}


def test_a_byte_order_is_compared_even_where_no_value_shows_it(tmp_path):
    card = write_rig(tmp_path)
    (tmp_path / "data" / "a.dat").write_bytes(bytes(1600))
    apply(card, tmp_path / "data", tmp_path)
    edit(tmp_path / "a.vspec.json", "raw/.zarray", lambda document: document.update(dtype=">i2"))
    assert codes(tmp_path / "a.vspec.json") == ["V0721"]


def test_another_order_is_no_portable_map(rig):
    path = rig()
    edit(path, "raw/.zarray", lambda document: document.update(order="F"))
    assert codes(path) == ["V0705"]


def test_a_removed_array(rig):
    path = rig(card=COORDINATES)
    rewrite(path, {key: value for key, value in refs(path).items() if not key.startswith("aux/one/")})
    problems = found(path)
    assert [p.code for p in problems] == ["V0745"]
    assert "'aux/one'" in problems[0].message
    assert exit_code(problems) == 4


def test_an_array_too_many(rig):
    path = rig()
    references = refs(path)
    references |= {f"more{key[3:]}": value for key, value in references.items() if key.startswith("raw/")}
    rewrite(path, references)
    (problem,) = found(path)
    assert problem.code == "V0745"
    assert "'more'" in problem.message


def test_a_removed_reference(rig):
    path = rig()
    rewrite(path, {key: value for key, value in refs(path).items() if key != "raw/4.0"})
    assert codes(path) == ["V0704"]
    edit(path, "raw/.zarray", lambda document: document.update(fill_value=0))
    (problem,) = found(path)
    assert (problem.code, problem.offset) == ("V0720", 4 * 1600)


def test_a_changed_inlined_chunk(rig):
    path = rig()
    references = refs(path)
    chunk = bytearray(base64.b64decode(references["raw/10.0"][7:]))
    chunk[20] ^= 1
    references["raw/10.0"] = "base64:" + base64.b64encode(chunk).decode()
    rewrite(path, references)
    (problem,) = found(path)
    assert (problem.code, problem.offset) == ("V0720", 16000 + 20)


@pytest.mark.parametrize(
    ("key", "change", "said"),
    (
        ("raw/.zattrs", lambda a: a.update(scale_factor=0.196), "'scale_factor' of raw"),
        ("raw/.zattrs", lambda a: a.update(add_offset=1.0), "'add_offset' of raw"),
        ("raw/.zattrs", lambda a: a.pop("units"), "'units' of raw"),
        ("raw/.zattrs", lambda a: a["vspec"].update(dims=["-time", "channel"]), "'vspec' of raw"),
        ("raw/.zattrs", lambda a: a["vspec"]["axes"]["time"].update(step=1.0), "'vspec' of raw"),
        ("raw/.zattrs", lambda a: a["vspec"]["labels"]["channel"].reverse(), "'vspec' of raw"),
        ("aux/.zattrs", lambda a: a.update(what="last bytes"), "'what' of aux"),
        (".zattrs", lambda a: a.update(rig="four"), "'rig' of the root group"),
    ),
    ids=("scale", "offset", "units", "reversed", "step", "labels", "group", "root"),
)
def test_edited_attributes(rig, key, change, said):
    path = rig(card=COORDINATES)
    edit(path, key, change)
    problems = [p for p in found(path) if p.code == "V0721"]
    assert any(p.message.startswith(said) for p in problems), problems


def test_renamed_axes(rig):
    path = rig()

    def rename(attrs):
        attrs["_ARRAY_DIMENSIONS"] = attrs["vspec"]["dims"] = ["sample", "electrode"]
        attrs["vspec"]["axes"] = {}

    edit(path, "raw/.zattrs", rename)
    assert "V0721" in codes(path)


def test_an_edited_card(rig):
    path = rig()
    edit(path, ".zattrs", lambda a: a["vspec"]["card"]["data"].update(title="Rig 4"))
    (problem,) = found(path)
    assert problem.code == "V0745"


def test_a_card_edited_into_nonsense(rig):
    path = rig()
    edit(path, ".zattrs", lambda a: a["vspec"]["card"]["data"].pop("arrays"))
    assert codes(path) == ["V0103"]


def test_a_damaged_sidecar(rig):
    path = rig(BESIDE)
    (sidecar,) = path.parent.glob("a.*.vspec.bin")
    data = bytearray(sidecar.read_bytes())
    data[-1] ^= 1  # padding: no value shows it
    sidecar.write_bytes(data)
    (problem,) = found(path)
    assert problem.code == "V0744"
    assert "damaged" in problem.message
    assert exit_code([problem]) == 4


def test_a_missing_sidecar(rig):
    path = rig(BESIDE)
    (sidecar,) = path.parent.glob("a.*.vspec.bin")
    sidecar.unlink()
    (problem,) = found(path)
    assert problem.code == "V0744"
    assert "missing" in problem.message


@pytest.mark.parametrize("at", (0, 1_500_000, 2_400_000 - 3))
def test_three_flipped_bytes_after_a_full_seal(tmp_path, at):
    card = write_rig(tmp_path)
    path = tmp_path / "data" / "a.dat"
    path.write_bytes(samples(3, 150_000).tobytes())
    apply(card, tmp_path / "data", tmp_path, options=ApplyOptions(seal="full"))
    before = path.stat()
    data = bytearray(path.read_bytes())
    for k in range(3):
        data[at + k] ^= 0xFF
    path.write_bytes(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    for report in (verify(tmp_path / "a.vspec.json"), status(tmp_path / "a.vspec.json")):
        (problem,) = report.problems
        assert (problem.code, problem.data_file) == ("V0742", "a.dat")
        assert problem.offset == at // (1 << 20) * (1 << 20)
        assert f"{min(1 << 20, 2_400_000 - problem.offset)} bytes" in problem.message
        assert exit_code([problem]) == 4


def test_a_map_of_values_is_compared_too(rig):
    path = rig(card=COORDINATES)
    references = refs(path)
    gains = np.frombuffer(base64.b64decode(references["channel_depth/0"][7:]), "<i8").copy()
    gains[2] = 4
    references["channel_depth/0"] = "base64:" + base64.b64encode(gains.tobytes()).decode()
    rewrite(path, references)
    (problem,) = found(path)
    assert problem.code == "V0720"
    assert "'channel_depth'" in problem.message
    assert "channel=2" in problem.message


def test_a_fill_value_that_no_reader_takes(rig):
    path = rig()
    edit(path, "raw/.zarray", lambda document: document.update(fill_value="many"))
    assert set(codes(path)) <= {"V0705", "V0722"}
    assert codes(path)


def test_several_maps_each_have_their_say(tmp_path):
    card = write_rig(tmp_path, names=("a", "b", "c"))
    apply(card, tmp_path / "data", tmp_path)
    (tmp_path / "data" / "b.dat").unlink()
    (tmp_path / "c.vspec.json").write_text("{")
    report = verify([tmp_path / f"{name}.vspec.json" for name in ("a", "b", "c", "d")])
    assert [[p.code for p in one.problems] for one in report.maps] == [[], ["V0741"], ["V0701"], ["V0701"]]
    assert [one.to_json()["equal"] for one in report.maps] == [True, False, False, False]


def test_the_report_is_as_documented(rig):
    path = rig()
    assert json.loads(json.dumps(verify(path).to_json())) == {
        "maps": [{"map": str(path), "arrays": 1, "bytes_compared": 16144, "equal": True, "problems": []}]
    }


def test_a_map_is_verified_with_the_chunks_it_was_made_with(rig):
    path = rig(ApplyOptions(chunk_bytes=2048))
    assert origin(path)["options"]["chunk_bytes"] == 2048
    assert codes(path) == []
