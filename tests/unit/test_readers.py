"""Reading maps as untrusted files: what is let through, and everything that is not."""

from __future__ import annotations

import json

import numpy as np
import pytest

from vspec.chunks import ChunkOptions
from vspec.errors import VspecError
from vspec.layout import ArrayLayout, Axis, Inline, InnerAxis, Runs, Strided
from vspec.readers.map_file import MapLimits, load
from vspec.readers.zarr_store import open_group
from vspec.testing.maps import write_map


def raw(path="g/raw", count=50):
    columns = [np.array([value], np.int64) for value in (0, 0, count, 8, 0)]
    source = Strided(Runs(*columns), np.dtype("<i2"), inner=(InnerAxis("c", 4, 2),))
    axes = (Axis("time", count, ("run",)), Axis("c", 4, ("c",)))
    return ArrayLayout(path, axes, np.dtype("<i2"), source)


VALUES = ArrayLayout("t", (Axis("i", 3, ("i",)),), np.dtype("<f8"), Inline(np.array([1.0, 2.0, 4.0])))
DATA = np.arange(200, dtype="<i2").tobytes()
OPTIONS = ChunkOptions(chunk_bytes=80, small_chunk=1, reference_bytes=0)


@pytest.fixture
def path(tmp_path):
    return write_map(tmp_path, [raw(), VALUES], [DATA], OPTIONS).path


def codes(path, limits=None):
    with pytest.raises(VspecError) as error:
        load(path, limits)
    return [problem.code for problem in error.value.problems]


def edit(path, change):
    document = json.loads(path.read_text())
    change(document["refs"], document)
    path.write_text(json.dumps(document))
    return path


def edit_node(path, key, change):
    """Change a metadata document, and its copy in .zmetadata."""

    def both(refs, _):
        node, whole = json.loads(refs[key]), json.loads(refs[".zmetadata"])
        change(node)
        whole["metadata"][key] = node
        refs[key], refs[".zmetadata"] = json.dumps(node), json.dumps(whole)

    return edit(path, both)


def test_a_sound_map(path):
    found = load(path)
    assert found.root == f"file://{path.parent}"
    assert [(source.path, source.size) for source in found.sources] == [("0.bin", 400)]
    assert found.sidecar is None
    assert [(array.path, array.shape) for array in found.arrays] == [("g/raw", (50, 4)), ("t", (3,))]
    group = open_group(path)
    assert group["g/raw"][:].tobytes() == DATA
    assert group["t"][:].tolist() == [1, 2, 4]
    assert group["g"]["raw"].shape == (50, 4)


def test_a_map_with_a_sidecar(tmp_path):
    path = write_map(tmp_path, [VALUES], [DATA], ChunkOptions(inline=False)).path
    found = load(path)
    assert (found.sidecar.path, found.sidecar.size) == (f"map.{found.sidecar.digest[:16]}.vspec.bin", 24)
    assert open_group(path)["t"][:].tolist() == [1, 2, 4]


# --- not a map ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code"),
    (
        (b"", "V0701"),
        (b"\xff\xfe\x00", "V0701"),
        (b'{"version":1,"refs":{', "V0701"),
        (b'{"version":1,"refs":{"a":"b","a":"c"}}', "V0701"),
        (b'{"version":1,"refs":{"a":NaN}}', "V0701"),
        (b"[" * 100_000, "V0701"),
        (b"9" * 5000, "V0701"),
        (b"[]", "V0703"),
        (b"{}", "V0703"),
        (b'{"version":2,"refs":{}}', "V0703"),
        (b'{"version":1,"refs":[]}', "V0703"),
        (b'{"version":1,"refs":{},"templates":{}}', "V0703"),
        (b'{"version":1,"refs":{},"gen":[]}', "V0703"),
        (b'{"version":1,"refs":{}}', "V0703"),
        (b'{"version":1,"refs":{".zattrs":"{}"}}', "V0703"),
        (b'{"version":1,"refs":{".zattrs":"{\\"vspec\\":{\\"root\\":3}}"}}', "V0703"),
    ),
)
def test_files_that_are_no_maps(tmp_path, text, code):
    path = tmp_path / "m.vspec.json"
    path.write_bytes(text)
    assert codes(path) == [code]


def test_a_missing_map_and_a_folder(tmp_path):
    assert codes(tmp_path / "none.vspec.json") == ["V0701"]
    assert codes(tmp_path) == ["V0701"]


def test_limits(path):
    assert codes(path, MapLimits(file_bytes=100)) == ["V0702"]
    assert codes(path, MapLimits(references=3)) == ["V0702"]
    assert codes(path, MapLimits(document_bytes=10)) == ["V0702"]
    assert "V0705" in codes(path, MapLimits(chunk_bytes=10))


# --- references -----------------------------------------------------------------------------


def url_of(path):
    return f"file://{path.parent}/0.bin"


@pytest.mark.parametrize(
    ("key", "value", "code"),
    (
        ("g/raw/0.0", 5, "V0704"),
        ("g/raw/0.0", ["URL"], "V0704"),
        ("g/raw/0.0", ["URL", 0, 80, 1], "V0704"),
        ("g/raw/0.0", ["URL", 0.0, 80], "V0704"),
        ("g/raw/0.0", ["URL", True, 80], "V0704"),
        ("g/raw/0.0", [None, 0, 80], "V0704"),
        ("g/raw/0.0", "plain text", "V0704"),
        ("g/raw/0.0", "base64:!!!", "V0704"),
        ("g/raw/0.0", "base64:AAAA", "V0709"),
        ("g/raw/0.0", ["URL", 0, 79], "V0709"),
        ("g/raw/0.0", ["URL", 0, 0], "V0709"),
        ("g/raw/0.0", ["URL", -8, 80], "V0709"),
        ("g/raw/0.0", ["URL", 328, 80], "V0709"),
        ("g/raw/0.0", ["URL", 1 << 70, 80], "V0709"),
        ("g/raw/5.0", ["URL", 0, 80], "V0704"),
        ("g/raw/0.1", ["URL", 0, 80], "V0704"),
        ("g/raw/0", ["URL", 0, 80], "V0704"),
        ("g/raw/00.0", ["URL", 0, 80], "V0704"),
        ("g/raw/-1.0", ["URL", 0, 80], "V0704"),
        ("g/raw/².0", ["URL", 0, 80], "V0704"),
        ("g/other/0.0", ["URL", 0, 80], "V0704"),
        ("../raw/0.0", ["URL", 0, 80], "V0704"),
        ("g/raw/0.0", ["file:///etc/passwd", 0, 80], "V0706"),
        ("g/raw/0.0", ["/etc/passwd", 0, 80], "V0706"),
        ("g/raw/0.0", ["ftp://x.org/a", 0, 80], "V0706"),
        ("g/raw/0.0", ["simplecache::file:///etc/passwd", 0, 80], "V0706"),
        ("g/raw/0.0", ["URL/../../etc/passwd", 0, 80], "V0706"),
    ),
)
def test_hostile_references(path, key, value, code):
    if isinstance(value, list) and isinstance(value[0], str):
        value = [value[0].replace("URL", url_of(path)), *value[1:]]
    assert codes(edit(path, lambda refs, _: refs.update({key: value}))) == [code]


def test_at_most_twenty_bad_references_are_listed(tmp_path):
    options = ChunkOptions(chunk_bytes=8, small_chunk=1, reference_bytes=0)
    path = write_map(tmp_path, [raw()], [DATA], ChunkOptions(**{**_asdict(options), "inline": False})).path

    def move(refs, _):
        for key in refs:
            if isinstance(refs[key], list):
                refs[key][1] = -1

    assert codes(edit(path, move)) == ["V0709"] * 20


def _asdict(options):
    return {name: getattr(options, name) for name in options.__slots__}


# --- metadata -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value", "code"),
    (
        ("zarr_format", 3, "V0705"),
        ("order", "F", "V0705"),
        ("dtype", "|O", "V0705"),
        ("dtype", "<M8[s]", "V0705"),
        ("dtype", [["a", "<i2"]], "V0705"),
        ("shape", [50], "V0705"),
        ("shape", [-50, 4], "V0705"),
        ("shape", [50.0, 4], "V0705"),
        ("shape", [True, 4], "V0705"),
        ("shape", [1 << 63, 4], "V0705"),
        ("shape", [1 << 40, 1 << 40], "V0705"),
        ("shape", [1] * 33, "V0705"),
        ("chunks", [0, 4], "V0705"),
        ("chunks", [1 << 40, 4], "V0705"),
        ("filters", "zlib", "V0705"),
        ("filters", [{"level": 1}], "V0705"),
        ("filters", [{"id": "pickle"}], "V0708"),
        ("compressor", {"id": "pickle", "protocol": 4}, "V0708"),
        ("compressor", {"id": "json2"}, "V0708"),
        ("extra", 1, "V0705"),
    ),
)
def test_hostile_metadata(path, field, value, code):
    assert codes(edit_node(path, "g/raw/.zarray", lambda node: node.update({field: value}))) == [code]


@pytest.mark.parametrize(
    "attrs",
    (
        {},
        {"_ARRAY_DIMENSIONS": ["a", "b"]},
        {"_ARRAY_DIMENSIONS": ["a"], "vspec": {"dims": ["a"]}},
        {"_ARRAY_DIMENSIONS": ["a", "b"], "vspec": {"dims": ["a", "a"]}},
        {"_ARRAY_DIMENSIONS": ["a", "b"], "vspec": {"dims": "ab"}},
        {"_ARRAY_DIMENSIONS": [1, 2], "vspec": {"dims": ["1", "2"]}},
    ),
)
def test_hostile_dims(path, attrs):
    def change(node):
        node.clear()
        node.update(attrs)

    assert codes(edit_node(path, "g/raw/.zattrs", change)) == ["V0705"]


def test_consolidated_metadata_must_say_the_same(path):
    def change(refs, _):
        whole = json.loads(refs[".zmetadata"])
        whole["metadata"]["g/raw/.zarray"]["shape"] = [49, 4]
        refs[".zmetadata"] = json.dumps(whole)

    assert codes(edit(path, change)) == ["V0705"]


def test_missing_consolidated_metadata_and_bad_groups(path):
    assert codes(edit(path, lambda refs, _: refs.pop(".zmetadata"))) == ["V0705"]
    assert "V0705" in codes(edit(path, lambda refs, _: refs.update({"g/.zgroup": "[]"})))


def test_metadata_that_is_a_reference_or_no_json(path):
    assert codes(edit(path, lambda refs, _: refs.update({"g/.zattrs": [url_of(path), 0, 1]}))) == ["V0704"]
    assert codes(edit(path, lambda refs, _: refs.update({"g/.zattrs": "{"}))) == ["V0705"]


# --- addresses ------------------------------------------------------------------------------


def set_origin(path, **changes):
    return edit_node(path, ".zattrs", lambda node: node["vspec"].update(changes))


@pytest.mark.parametrize("root", ("file:///", "file://", "file:///a/../..", "file://relative", "file:///C:/"))
def test_roots_that_confine_nothing(path, root):
    assert codes(set_origin(path, root=root))[0] == "V0706"


@pytest.mark.parametrize("root", ("ftp://x.org", "data:text", "memory://x", "/data", "github://a:b@/", ""))
def test_other_protocols(path, root):
    assert codes(set_origin(path, root=root))[0] == "V0707"


@pytest.mark.parametrize(
    "name", ("../secret", "/etc/passwd", "a/../../b", "C:\\x", "file:///etc/passwd", "", "a\0b")
)
def test_sources_that_climb_out(path, name):
    changed = set_origin(path, sources=[{"path": name, "size": 10**6, "seal": None}])
    assert codes(changed) == ["V0706"]


def test_a_link_that_leaves_the_root(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    path = write_map(folder, [raw()], [DATA], OPTIONS).path
    secret = tmp_path / "secret.bin"
    secret.write_bytes(DATA)
    (folder / "0.bin").unlink()
    (folder / "0.bin").symlink_to(secret)
    assert codes(path) == ["V0706"]


@pytest.mark.parametrize(
    "sources",
    (None, 3, [{}], [{"path": "0.bin", "size": -1, "seal": None}], [{"path": 1, "size": 1, "seal": None}]),
)
def test_malformed_sources(path, sources):
    assert codes(set_origin(path, sources=sources))[0] == "V0703"


@pytest.mark.parametrize(
    ("change", "code"),
    (
        ({"url": "file:///etc/passwd"}, "V0706"),
        ({"url": "file:///etc/passwd", "path": "passwd"}, "V0706"),
        ({"url": "file:///etc/OTHER", "path": "OTHER"}, "V0706"),
        ({"url": "file:///tmp/../etc/MAP"}, "V0706"),
        ({"url": "https://evil.org/MAP"}, "V0706"),
        ({"url": "file:///etc/map.vspec.bin", "path": "map.vspec.bin"}, "V0706"),
        (
            {"url": "file:///etc/map.0123456789abcdef.vspec.bin", "path": "map.0123456789abcdef.vspec.bin"},
            "V0706",
        ),
        ({"size": -1}, "V0703"),
        ({"digest": None}, "V0703"),
    ),
)
def test_hostile_sidecars(tmp_path, change, code):
    path = write_map(tmp_path, [VALUES], [DATA], ChunkOptions(inline=False)).path
    (own,) = tmp_path.glob("map.*.bin")

    def said(value):
        named = {"OTHER": own.name.replace("map.", "other.", 1), "MAP": own.name}
        for word, name in named.items() if isinstance(value, str) else ():
            value = value.replace(word, name)
        return value

    change = {key: said(value) for key, value in change.items()}
    assert codes(edit_node(path, ".zattrs", lambda node: node["vspec"]["sidecar"].update(change)))[0] == code


def test_a_sidecar_by_its_own_name_in_another_folder_is_the_moved_map_s_own(tmp_path):
    path = write_map(tmp_path, [VALUES], [DATA], ChunkOptions(inline=False)).path
    (own,) = tmp_path.glob("map.*.bin")
    (tmp_path / "moved").mkdir()
    own.rename(tmp_path / "moved" / own.name)
    path = path.rename(tmp_path / "moved" / path.name)
    assert load(path).sidecar.path == own.name


def test_a_map_at_an_address_of_the_web(path):
    """References must follow the declared root, and only it."""
    base = "https://x.org/d"
    changed = set_origin(path, root=base)
    assert set(codes(changed)) == {"V0706"}

    def follow(refs, _):
        for value in refs.values():
            if isinstance(value, list):
                value[0] = f"{base}/0.bin"

    assert load(edit(changed, follow)).root == base


def test_half_a_character_is_refused_in_a_map(path):
    """Neither a URL nor a file name nor UTF-8 can hold it."""
    edit_node(path, ".zattrs", lambda node: node.update(title="HALF"))
    path.write_text(path.read_text().replace("HALF", r"\\ud800"))
    assert codes(path) == ["V0705"]
    key = path.read_text().replace(r"\\ud800", "HALF").replace('"refs": {', r'"refs": {"\ud800": "",')
    path.write_text(key)
    assert codes(path) == ["V0701"]
