"""A map may come from anywhere: whatever it says, the answer is a problem with a code."""

from __future__ import annotations

import json

import pytest

from tests.unit.recordings import edit, refs, rewrite, write_rig
from vspec.commands import ApplyOptions, apply, info, relocate, status, verify
from vspec.errors import VspecError


@pytest.fixture
def path(tmp_path):
    apply(
        write_rig(tmp_path), tmp_path / "data", tmp_path, options=ApplyOptions(chunk_bytes=1600, inline=False)
    )
    (tmp_path / "secret").write_text("x" * 20_000)
    return tmp_path / "a.vspec.json"


def answers(path, tmp_path):
    """Return the codes that each command which reads a map gives."""
    found = {}
    for name, call in (
        ("verify", lambda: verify(path).problems),
        ("status", lambda: status(path).problems),
        ("info", lambda: info(path) and ()),
        ("relocate", lambda: relocate(path, tmp_path / "data").problems),
    ):
        try:
            found[name] = {p.code for p in call()}
        except VspecError as error:
            found[name] = {p.code for p in error.problems}
    return found


def everywhere(path, tmp_path):
    """Return the one set of codes that all commands give."""
    before = path.read_bytes()
    (codes,) = {frozenset(codes) for codes in answers(path, tmp_path).values()}
    assert path.read_bytes() == before
    return set(codes)


@pytest.mark.parametrize(
    "url",
    (
        "file:///etc/passwd",
        "{root}/../secret",
        "{root}/data/../../secret",
        "/etc/passwd",
        "etc/passwd",
        "http://169.254.169.254/latest",
        "ftp://example.org/a.dat",
        "memory://a.dat",
        "zip://a.dat::file:///x.zip",
        "simplecache::file:///etc/passwd",
    ),
)
def test_a_reference_to_another_place(path, tmp_path, url):
    references = refs(path)
    references["raw/3.0"] = [url.format(root=f"file://{tmp_path}"), 0, 1600]
    rewrite(path, references)
    assert everywhere(path, tmp_path) == {"V0706"}


@pytest.mark.parametrize("source", ("../secret", "/etc/passwd", "x/../../secret", "..", "", "C:\\x", "a\0b"))
def test_a_source_outside_the_root(path, tmp_path, source):
    edit(path, ".zattrs", lambda a: a["vspec"]["sources"][0].update(path=source))
    assert "V0706" in everywhere(path, tmp_path)


@pytest.mark.parametrize(
    "root", ("file:///", "file:///data/..", "file://", "file://host/share/../x", "file:relative")
)
def test_a_root_that_confines_nothing(path, tmp_path, root):
    edit(path, ".zattrs", lambda a: a["vspec"].update(root=root))
    assert everywhere(path, tmp_path) & {"V0706", "V0707"}


@pytest.mark.parametrize("root", ("memory://x", "ftp://x/y", "github://a:b@c/", "reference://", "gopher:x"))
def test_a_root_of_another_scheme(path, tmp_path, root):
    edit(path, ".zattrs", lambda a: a["vspec"].update(root=root))
    assert "V0707" in everywhere(path, tmp_path)


def test_a_link_out_of_the_root(path, tmp_path):
    source = tmp_path / "data" / "a.dat"
    source.unlink()
    source.symlink_to(tmp_path / "secret")
    found = answers(path, tmp_path)
    for command in ("verify", "status"):
        assert "V0706" in found[command]


@pytest.mark.parametrize(
    "url", ("file:///etc/passwd", "file:///etc/x.vspec.bin/../passwd", "http://x/a.vspec.bin")
)
def test_a_sidecar_elsewhere(path, tmp_path, url):
    edit(path, ".zattrs", lambda a: a["vspec"]["sidecar"].update(url=url, path=url.rpartition("/")[2]))
    references = refs(path)
    references["raw/10.0"] = [url, 0, 1600]
    rewrite(path, references)
    assert "V0706" in everywhere(path, tmp_path)


@pytest.mark.parametrize(
    "reference",
    (
        ["URL", -1, 1600],
        ["URL", 16144, 1600],
        ["URL", 2**70, 1600],
        ["URL", 0, 0],
        ["URL", 0, -1600],
        ["URL", 0, 1599],
        ["URL", 0, 2**62],
    ),
    ids=str,
)
def test_a_reference_out_of_its_source(path, tmp_path, reference):
    references = refs(path)
    url = references["raw/0.0"][0]
    references["raw/3.0"] = [url, *reference[1:]]
    rewrite(path, references)
    assert everywhere(path, tmp_path) == {"V0709"}


@pytest.mark.parametrize(
    "reference",
    (
        ["URL"],
        ["URL", 0],
        ["URL", 0, 1600, 1],
        ["URL", "0", 1600],
        ["URL", 0.0, 1600],
        [1, 0, 1600],
        None,
        5,
        {},
        [],
        True,
    ),
    ids=str,
)
def test_a_reference_of_another_form(path, tmp_path, reference):
    references = refs(path)
    references["raw/3.0"] = reference
    path.write_text(json.dumps({"version": 1, "refs": references}))
    assert everywhere(path, tmp_path) == {"V0704"}


@pytest.mark.parametrize(
    "key", ("raw/11.0", "raw/0.1", "raw/-1.0", "raw/0", "raw/00.0", "raw/../0.0", "other/0.0", "0.0")
)
def test_a_reference_to_no_chunk(path, tmp_path, key):
    references = refs(path)
    references[key] = references["raw/0.0"]
    rewrite(path, references)
    assert everywhere(path, tmp_path) == {"V0704"}


@pytest.mark.parametrize(
    "change",
    (
        {"shape": [10**30, 8]},
        {"chunks": [10**30, 8]},
        {"chunks": [2**31, 8]},
        {"chunks": [0, 8]},
        {"shape": [-1, 8]},
        {"shape": [1009.0, 8]},
        {"shape": "many"},
        {"shape": [1009]},
        {"shape": [1] * 100, "chunks": [1] * 100},
        {"dtype": "|O"},
        {"dtype": "|V2"},
        {"dtype": [["a", "<i2"]]},
        {"filters": [{"id": "pickle"}]},
        {"compressor": {"id": "pickle"}},
        {"compressor": "pickle"},
        {"zarr_format": 3},
        {"extra": 1},
    ),
    ids=str,
)
def test_metadata_that_ask_for_too_much_or_for_nonsense(path, tmp_path, change):
    edit(path, "raw/.zarray", lambda document: document.update(change))
    assert everywhere(path, tmp_path) & {"V0705", "V0708"}


@pytest.mark.parametrize(
    "text",
    (
        "",
        "{",
        "[]",
        "null",
        "nan",
        '{"version": 1}',
        '{"version": 2, "refs": {}}',
        '{"version": 1, "refs": {}, "templates": {}}',
        '{"version": 1, "refs": {"a": "b", "a": "c"}}',
        '{"version": 1, "refs": {".zattrs": "{}"}}',
        '{"version": 1, "refs": {".zattrs": 5}}',
        '{"version": 1, "refs": {".zattrs": "{\\"vspec\\": {\\"root\\": 5}}"}}',
        '{"version": 1, "refs": ' + "[" * 100_000,
        '{"version": 1, "refs": {".zattrs": "' + "[" * 100_000 + '"}}',
        '{"version": 1, "refs": {"x": ' + "9" * 10_000 + "}}",
    ),
    ids=lambda text: f"{len(text)}-{text[:40]}",
)
def test_text_that_is_no_map(tmp_path, text):
    write_rig(tmp_path)
    path = tmp_path / "b.vspec.json"
    path.write_text(text)
    assert everywhere(path, tmp_path) <= {"V0701", "V0703", "V0704", "V0705"}


def test_bytes_that_are_no_text(tmp_path):
    write_rig(tmp_path)
    path = tmp_path / "b.vspec.json"
    path.write_bytes(b'\xff\xfe{"version": 1}' + bytes(range(256)))
    assert everywhere(path, tmp_path) == {"V0701"}


@pytest.mark.parametrize(
    "change",
    (
        {"dataset": None},
        {"dataset": {"name": 5}},
        {"card": {"data": "x"}},
        {"params": []},
    ),
    ids=str,
)
def test_a_map_that_does_not_say_how_it_was_made(path, change):
    edit(path, ".zattrs", lambda a: a["vspec"].update(change))
    assert [p.code for p in verify(path).problems] == ["V0703"]


def test_a_member_outside_the_root(path):
    edit(path, ".zattrs", lambda a: a["vspec"]["dataset"]["members"]["file"][0].update(path="../secret"))
    (problem,) = verify(path).problems
    assert problem.code in ("V0410", "V0411", "V0412", "V0706")


def test_a_seal_of_another_form(path):
    for seal in (None, {}, {"kind": "none", "digests": ""}, {"kind": "full", "digests": "00"}):
        edit(path, ".zattrs", lambda a, seal=seal: a["vspec"]["sources"][0].update(seal=seal))
        assert [p.code for p in verify(path).problems] == ["V0703"]
        assert [p.code for p in status(path).problems] == ["V0703"]


def test_a_card_in_a_map_is_as_bounded_as_any(path):
    def endless(attrs):
        attrs["vspec"]["card"]["data"]["arrays"]["raw"]["shape"] = {
            "time": "2 ** 10",
            "channel": "range(10 ** 12)",
        }

    edit(path, ".zattrs", endless)
    assert verify(path).problems


def test_what_is_no_file_is_no_map():
    (one,) = verify("/dev/zero").maps
    assert [problem.code for problem in one.problems] == ["V0703"]


def test_a_reference_under_an_unknown_key_of_metadata(tmp_path):
    card = write_rig(tmp_path)
    apply(card, tmp_path / "data", tmp_path / "maps")
    path = next((tmp_path / "maps").glob("*.vspec.json"))
    document = json.loads(path.read_text())
    document["refs"][".zx"] = ["file:///etc/passwd", 0, 9]
    path.write_text(json.dumps(document))
    (one,) = verify(path).maps
    assert one.problems
    with pytest.raises(VspecError):
        relocate(path, tmp_path / "data")
