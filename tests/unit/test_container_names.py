"""Names in containers that are odd, or alike once they are made plain."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from vspec.commands import apply
from vspec.containers.naming import fault
from vspec.header.axis_names import plain_in_groups
from vspec.planning.names import sanitise
from vspec.readers.zarr_store import open_group

CARD = """vspec: 1
files: {h: {match: "{name}.h5", format: hdf5}}
arrays: {all: {each: a in h.arrays, name: "{{ a.path }}", from: a}}
"""
ODD = ("ключ", "é", "a b", "a->b", ". .", " lead", ".hid/d", "g./d", "g/d", "y" * 200, "0.0", "vspec")


def test_names_of_one_group_are_told_apart_when_they_are_made_plain():
    found = plain_in_groups([("g/x", ("é", "a b")), ("g/y", ("a->b", "a_b")), ("y", ("a->b",))])
    assert found == {"g": {"é": "_", "a b": "a_b_2", "a->b": "a_b_3", "a_b": "a_b"}, "": {"a->b": "a_b"}}


def test_arrays_under_odd_names_keep_them(tmp_path):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        for n, name in enumerate(ODD):
            file[name] = np.arange(n + 1, dtype="<i2")
        file["g."].attrs["whose"] = "with a dot"
    (tmp_path / "card.yaml").write_text(CARD, encoding="utf-8")
    apply(tmp_path / "card.yaml", tmp_path / "x.h5", tmp_path / "maps")
    group = open_group(tmp_path / "maps" / "x.vspec.json")
    for n, name in enumerate(ODD):
        assert group[name][:].tolist() == list(range(n + 1)), name
    assert group["g."].attrs["whose"] == "with a dot"
    assert "whose" not in group["g"].attrs


@pytest.mark.parametrize("path", ("..", "a/ ./b", " ", ".zattrs", "g/.zfoo", "a\\b", "a\tb"))
def test_names_that_no_map_can_have(path):
    assert fault(path)


@pytest.mark.parametrize(("text", "name"), ((". .", "_"), (" .a. ", "a"), ("...", "_"), ("a.b", "a.b")))
def test_pieces_of_names_have_neither_dots_nor_blanks_at_their_ends(text, name):
    assert sanitise(text) == name
