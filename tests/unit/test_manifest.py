"""Manifests: the metadata of a map, word for word."""

from __future__ import annotations

import numpy as np
import pytest

from vspec.chunks import ChunkOptions, plan
from vspec.errors import VspecError
from vspec.layout import Affine, ArrayLayout, Axis, Inline, InnerAxis, Runs, Strided
from vspec.manifest import (
    Manifest,
    Placement,
    SidecarEntry,
    SourceEntry,
    array_entry,
    blocks,
    documents,
    source_url,
)

NONE = np.zeros(0, np.int64)
NOWHERE = Placement(NONE, NONE, NONE)


def image(path="g/image", attrs=None):
    """Bottom-up rows of a picture, with a scale along y and names along x."""
    columns = [np.array([value], np.int64) for value in (0, 12, 3, -4, 0)]
    source = Strided(Runs(*columns), np.dtype("<i2"), outer="y", inner=(InnerAxis("x", 2, 2),))
    axes = (
        Axis("x", 2, ("x",), labels=("left", "right")),
        Axis("y", 3, ("y",), affine=Affine(1.0, 0.5, "mm", None)),
    )
    return ArrayLayout(path, axes, np.dtype("<i2"), source, attrs or {})


def entry(layout):
    return array_entry(plan(layout, [16]), NOWHERE)


def test_the_metadata_of_an_array():
    found = entry(image(attrs={"units": "uV"}))
    assert found.metadata == {
        "chunks": [3, 2],
        "compressor": None,
        "dtype": "<i2",
        "fill_value": None,
        "filters": None,
        "order": "C",
        "shape": [3, 2],
        "zarr_format": 2,
    }
    assert found.attrs == {
        "_ARRAY_DIMENSIONS": ["y", "x"],
        "units": "uV",
        "vspec": {
            "dims": ["x", "-y"],
            "axes": {"y": {"start": 2.0, "step": -0.5, "units": "mm"}},
            "labels": {"x": ["left", "right"]},
        },
    }


def test_the_documents_of_a_map_in_their_order():
    manifest = Manifest(
        (entry(image()), entry(image("top"))),
        "file:///R",
        (SourceEntry("a.bin", 16, {"kind": "sampled"}),),
        provenance={"card": {"vspec": 1}},
        root_attrs={"title": "x"},
        groups={"g": {"side": "left"}, "empty/inner": {}},
        sidecar=SidecarEntry("m.vspec.bin", "file:///M/m.vspec.bin", 7, "00"),
    )
    found = documents(manifest)
    assert list(found) == [
        ".zgroup", ".zattrs", "empty/.zgroup", "empty/inner/.zgroup", "g/.zgroup", "g/.zattrs",
        "g/image/.zarray", "g/image/.zattrs", "top/.zarray", "top/.zattrs",
    ]  # fmt: skip
    assert found["g/.zattrs"] == {"side": "left"}
    assert found[".zattrs"] == {
        "title": "x",
        "vspec": {
            "card": {"vspec": 1},
            "root": "file:///R",
            "sources": [{"path": "a.bin", "size": 16, "seal": {"kind": "sampled"}}],
            "sidecar": {"path": "m.vspec.bin", "url": "file:///M/m.vspec.bin", "size": 7, "digest": "00"},
        },
    }
    assert manifest.urls == ("file:///R/a.bin", "file:///M/m.vspec.bin")


@pytest.mark.parametrize(
    ("root", "path", "url"),
    (
        ("file:///R", "a b/é#1.bin", "file:///R/a b/é#1.bin"),
        ("file:///", "a.bin", "file:///a.bin"),
        ("https://x.org/d/", "a b/é#1.bin", "https://x.org/d/a%20b/%C3%A9%231.bin"),
        ("s3://bucket/d", "a b.bin", "s3://bucket/d/a b.bin"),
    ),
)
def test_urls_are_raw_for_files_and_encoded_for_http(root, path, url):
    assert source_url(root, path) == url


def codes(manifest):
    with pytest.raises(VspecError) as error:
        documents(manifest)
    return [problem.code for problem in error.value.problems]


def test_all_that_is_wrong_with_the_attributes_is_said_at_once():
    manifest = Manifest(
        (entry(image(attrs={"gain": float("nan")})),),
        "file:///R",
        (),
        root_attrs={"vspec": 1},
        groups={"g": {"_ARRAY_DIMENSIONS": [], "deep": {"list": [1.0, float("inf")]}}},
    )
    assert codes(manifest) == ["V0339", "V0339", "V0343", "V0343"]


def test_an_array_is_no_group_and_a_path_is_no_other_arrays():
    assert codes(Manifest((entry(image("a")), entry(image("a"))), "file:///R", ())) == ["V0330"]
    assert codes(Manifest((entry(image("a")), entry(image("a/b"))), "file:///R", ())) == ["V0330"]


@pytest.mark.parametrize(("fill", "text"), ((float("nan"), "NaN"), (float("-inf"), "-Infinity"), (3, 3)))
def test_fill_values(fill, text):
    from dataclasses import replace

    found = array_entry(replace(plan(image(), [16]), fill_value=fill), NOWHERE)
    assert found.metadata["fill_value"] == text


def test_references_are_streamed_with_copies_in_their_places():
    count = 600_000  # several blocks
    columns = [np.array([value], np.int64) for value in (0, 0, count, 100, 0)]
    source = Strided(Runs(*columns), np.dtype("<i2"), inner=(InnerAxis("s", 40, 2),))
    layout = ArrayLayout("x", (Axis("r", count, ("run",)), Axis("s", 40, ("s",))), np.dtype("<i2"), source)
    found = plan(layout, [count * 100], ChunkOptions(reference_bytes=0, profile="portable"))
    cells = np.array([5, 300_000, count - 1])
    placed = Placement(cells, np.array([0, 80, 160]), np.array([80, 80, 80]))
    parts = list(blocks(array_entry(found, placed), sidecar=9))
    assert [start for start, _ in parts] == [0, 1 << 18, 1 << 19]
    file = np.concatenate([rows.file for _, rows in parts])
    offset = np.concatenate([rows.offset for _, rows in parts])
    assert np.flatnonzero(file).tolist() == cells.tolist()
    assert offset[cells].tolist() == [0, 80, 160]
    assert offset[6] == 600
    inlined = Placement(cells, NONE, NONE, (b"a", b"b", b"c"))
    file = np.concatenate([rows.file for _, rows in blocks(array_entry(found, inlined), sidecar=9)])
    assert np.flatnonzero(file == -1).tolist() == cells.tolist()


def test_labels_of_a_complex_axis():
    layout = ArrayLayout("z", (Axis("i", 2, ("i",)),), np.dtype("<c8"), Inline(np.array([1j, 2], "<c8")))
    found = array_entry(plan(layout, []), NOWHERE)
    assert found.attrs["vspec"] == {"dims": ["i", "complex"], "labels": {"complex": ["real", "imag"]}}
