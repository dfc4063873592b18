"""One array over several containers: values as numpy joins them, or an error that says why not."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import vspec
from tests.cards import maps
from vspec.card.load import loads

h5py = pytest.importorskip("h5py")
tifffile = pytest.importorskip("tifffile")

SETTINGS = settings(
    max_examples=int(os.environ.get("VSPEC_EXAMPLES", "40")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
CARD = """\
vspec: 1
title: joined
files:
  h:
    match: "r{{k:int}}.{suffix}"
    format: {word}
    over: k
arrays:
  a:
    from: {source}
    dims: {dims}
"""
LOOSE = "[k, y, x]"
NAMES = "k a_axis_0 a_axis_1"


def card(dims: str, suffix: str = "h5", word: str = "hdf5", source: str = "h['/a']") -> str:
    return CARD.format(dims=dims, suffix=suffix, word=word, source=source)


def arrow(right: str) -> str:
    return f'"{NAMES} -> {right}"'


def write(
    path: Path, values: NDArray[np.generic], how: Mapping[str, object], attrs: Mapping[str, object]
) -> None:
    with h5py.File(path, "w") as file:
        made = file.create_dataset("a", data=values, **how)
        made.attrs.update(attrs)


def applied(text: str, folder: Path) -> vspec.commands.ApplyReport:
    return vspec.apply(loads(text, "c.yaml"), folder, folder / "maps")


def read(text: str, folder: Path) -> NDArray[np.generic]:
    """Return the array of the map, which `verify` has nothing against."""
    report = applied(text, folder)
    assert not report.problems
    [made] = report.maps
    assert not [problem for one in vspec.verify(Path(made.map)).maps for problem in one.problems]
    return maps.read(Path(made.map))["a"].values


def codes(text: str, folder: Path) -> list[str]:
    return [problem.code for problem in applied(text, folder).problems]


def portable(values: NDArray[np.generic]) -> NDArray[np.generic]:
    return np.stack([values.real, values.imag], axis=-1) if values.dtype.kind == "c" else values


STORED: Sequence[Mapping[str, object]] = (
    {},
    {"compression": "gzip"},
    {"compression": "gzip", "shuffle": True},
    {"compression": "gzip", "fletcher32": True},
    {},
)


@SETTINGS
@given(st.data())
def test_files_are_joined_as_numpy_does(data):
    """Along a new axis or one that is there; sizes alike or not; in chunks or not; reversed and permuted."""
    at = data.draw(st.sampled_from([None, 0, 1]), "joined axis")
    count = data.draw(st.integers(1, 4), "files")
    is_chunked = data.draw(st.booleans(), "chunked")
    chunk = (data.draw(st.integers(1, 3)), data.draw(st.integers(1, 3)))
    shape = [data.draw(st.integers(1, 6)), data.draw(st.integers(1, 6))]
    code = data.draw(st.sampled_from(["<i2", ">i2", "<f4", ">f8", "<c8", "|u1"]), "type")
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32), "seed"))
    parts = []
    for k in range(count):
        own = list(shape)
        if at == 0 or (at == 1 and is_chunked):
            own[at] = data.draw(st.integers(1, 6))
            if is_chunked and k < count - 1:
                own[at] = chunk[at] * data.draw(st.integers(1, 3))
        parts.append(rng.integers(0, 99, own).astype(code))
    names, flips = (
        data.draw(st.permutations([0, 1, 2] if at is None else [0, 1])),
        [data.draw(st.booleans()) for _ in "abc"],
    )
    if at is None:
        whole, words = np.stack(parts), NAMES.split()
    else:
        whole, words = np.concatenate(parts, axis=at), NAMES.split()[1:]
        words[at] = f"{words[at]}_=(k {words[at]})"
    right = " ".join("-" * flips[n] + words[n] for n in names)
    expected = np.flip(whole.transpose(names), [i for i, n in enumerate(names) if flips[n]])
    with tempfile.TemporaryDirectory() as name:
        for k, part in enumerate(parts):
            small = tuple(min(c, n) for c, n in zip(chunk, part.shape, strict=True))
            how = (
                {**data.draw(st.sampled_from(STORED)), "chunks": chunk if small == chunk else None}
                if is_chunked
                else {}
            )
            if is_chunked and small != chunk:
                how |= {"chunks": chunk, "maxshape": (None, None)}
            write(Path(name, f"r{k}.h5"), part, how, {})
        found = read(card(arrow(right)), Path(name))
        assert found.shape == portable(expected).shape
        assert np.array_equal(found, portable(expected))


A = np.arange(12, dtype="<i2").reshape(4, 3)
KIND = {"chunks": (2, 3), "compression": "gzip"}


@pytest.mark.parametrize(
    ("first", "second", "code"),
    (
        ((A, {}, {}), (A.astype("<i4"), {}, {}), "V0365"),
        ((A, {}, {}), (A.astype(">i2"), {}, {}), "V0365"),
        ((A, KIND, {}), (A.astype(">i2"), KIND, {}), "V0365"),
        ((A, {}, {}), (A[0], {}, {}), "V0365"),
        ((A, KIND, {}), (A, {**KIND, "chunks": (1, 3)}, {}), "V0365"),
        ((A, KIND, {}), (A[:2], KIND, {}), "V0365"),
        ((A, {}, {}), (A[:2], {}, {}), "V0323"),
        ((A, KIND, {}), (A, {}, {}), "V0362"),
        ((A, {}, {"units": "V"}), (A, {}, {"units": "mV"}), "V0365"),
        ((A, {}, {"units": "V"}), (A, {}, {}), "V0365"),
        ((A, {}, {}), (A, {}, {"units": "V"}), "V0365"),
        ((A, {}, {"unit": "V"}), (A, {}, {"unit": "mV"}), "V0365"),
        ((A, {}, {"conversion": 1e-6}), (A, {}, {"conversion": 1e-3}), "V0365"),
        ((A, {}, {"offset": 0.0}), (A, {}, {"offset": 1.0}), "V0365"),
        ((A, {}, {"scale_factor": 2.0}), (A, {}, {"scale_factor": 3.0}), "V0365"),
        ((A, {}, {"add_offset": 0.0}), (A, {}, {"add_offset": 1.0}), "V0365"),
        ((A, {}, {"_FillValue": 1}), (A, {}, {"_FillValue": 2}), "V0365"),
    ),
)
def test_what_differs_between_files_is_an_error(tmp_path, first, second, code):
    write(tmp_path / "r0.h5", *first)
    write(tmp_path / "r1.h5", *second)
    assert codes(card(LOOSE), tmp_path) == [code]


def test_chunks_that_do_not_meet_are_an_error(tmp_path):
    write(tmp_path / "r0.h5", A[:3], KIND, {})
    write(tmp_path / "r1.h5", A, KIND, {})
    assert codes(card(arrow("y=(k a_axis_0) a_axis_1")), tmp_path) == ["V0342"]


def test_rows_of_unequal_sizes_cannot_be_joined_side_by_side(tmp_path):
    write(tmp_path / "r0.h5", A, {}, {})
    write(tmp_path / "r1.h5", A[:, :2], {}, {})
    assert codes(card(arrow("a_axis_0 x=(k a_axis_1)")), tmp_path) == ["V0304"]


def test_filters_may_differ_between_files(tmp_path):
    for k, how in enumerate([KIND, {"chunks": (2, 3)}, {**KIND, "shuffle": True}]):
        write(tmp_path / f"r{k}.h5", A + k, how, {})
    assert np.array_equal(read(card(LOOSE), tmp_path), np.stack([A, A + 1, A + 2]))


def test_chunks_that_are_in_no_file_are_filled_alike_or_refused(tmp_path):
    for folder, fills in (("same", (7, 7)), ("other", (7, 8))):
        (tmp_path / folder).mkdir()
        for k, fill in enumerate(fills):
            with h5py.File(tmp_path / folder / f"r{k}.h5", "w") as file:
                made = file.create_dataset("a", (4, 3), "<i2", chunks=(2, 3), fillvalue=fill)
                made[:2] = A[:2]
    expected = np.concatenate([A[:2], np.full((2, 3), 7)])
    assert np.array_equal(read(card(LOOSE), tmp_path / "same"), np.stack([expected, expected]))
    assert codes(card(LOOSE), tmp_path / "other") == ["V0365"]


@pytest.mark.parametrize("number", range(3))
@pytest.mark.parametrize("how", ({}, {"chunks": (2, 3), "maxshape": (None, 3)}))
def test_a_file_without_positions_adds_none(tmp_path, number, how):
    parts = [A, A + 12, A + 24]
    parts[number] = A[:0]
    for k, part in enumerate(parts):
        write(tmp_path / f"r{k}.h5", part, how, {})
    assert np.array_equal(read(card(arrow("y=(k a_axis_0) a_axis_1")), tmp_path), np.concatenate(parts))


def test_scalars_make_an_array(tmp_path):
    for k in range(3):
        write(tmp_path / f"r{k}.h5", np.array(k * 5, "<i4"), {}, {})
    assert np.array_equal(read(card("[k]"), tmp_path), [0, 5, 10])


@pytest.mark.parametrize("lacks", (0, 1))
@pytest.mark.parametrize("source", ("h['/b']", "x"))
def test_an_array_that_is_not_in_all_files_is_an_error(tmp_path, lacks, source):
    for k in range(2):
        write(tmp_path / f"r{k}.h5", A, {}, {})
    with h5py.File(tmp_path / f"r{1 - lacks}.h5", "a") as file:
        file["b"] = A
    text = card(LOOSE, source=source)
    if source == "x":
        text = text.replace(
            "    from", '    each: x in h.arrays\n    name: "{{ x.path }}"\n    from'
        ).replace(f"    dims: {LOOSE}\n", "")
    assert codes(text, tmp_path) == ["V0365"]


def test_attributes_that_differ_are_named(tmp_path):
    write(tmp_path / "r0.h5", A, {}, {"gain": 2.0, "rig": "one"})
    write(tmp_path / "r1.h5", A, {}, {"gain": 3.0, "rig": "one"})
    [made] = applied(card(LOOSE), tmp_path).maps
    assert any("'gain'" in warning.message and "'rig'" not in warning.message for warning in made.warnings)
    assert "gain" not in maps.read(Path(made.map))["a"].attrs


@pytest.mark.parametrize("how", ({}, {"compression": "zlib"}, {"compression": "zlib", "tile": (16, 16)}))
def test_pictures_are_stacked(tmp_path, how):
    frames = [np.random.default_rng(k).integers(0, 999, (20, 30)).astype("<u2") for k in range(5)]
    for k, frame in enumerate(frames):
        tifffile.imwrite(tmp_path / f"r{k}.tif", frame, metadata=None, **how)
    [path] = _arrays(tmp_path / "r0.tif")
    text = card("[k, y, x]", "tif", "tiff", f"h['/{path}']")
    assert np.array_equal(read(text, tmp_path), np.stack(frames))


def _arrays(path: Path) -> list[str]:
    from vspec.containers.model import ContainerFile
    from vspec.containers.registry import open_container
    from vspec.sources import Files
    from vspec.sources.files import data_file

    with Files(path.parent) as files:
        index = files.add(data_file(path.name, path))
        return list(open_container("tiff", ContainerFile(files, index)).entries)


def test_a_thousand_files_are_joined(tmp_path):
    for k in range(1000):
        write(tmp_path / f"r{k}.h5", A + k % 7, KIND, {"units": "V"})
    report = applied(card(arrow("y=(k a_axis_0) a_axis_1")), tmp_path)
    [made] = report.maps
    found = maps.read(Path(made.map))["a"].values
    assert found.shape == (4000, 3)
    assert np.array_equal(found, np.concatenate([A + k % 7 for k in range(1000)]))
