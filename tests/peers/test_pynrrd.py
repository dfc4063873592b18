"""NRRD: pynrrd reads the same data as the map, on made-up and on real files."""

from __future__ import annotations

import shutil
from pathlib import Path

import nrrd
import numpy as np
import pytest

import vspec
from tests.cards.maps import card, read
from vspec.authoring.faking import FakeOptions, fake

pytestmark = [pytest.mark.peer, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

CARD = "teem/nrrd"
NAMES = {
    "i1": ("signed char", "int8", "int8_t"),
    "u1": ("uchar", "unsigned char", "uint8", "uint8_t"),
    "i2": ("short", "short int", "signed short", "signed short int", "int16", "int16_t"),
    "u2": ("ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t"),
    "i4": ("int", "signed int", "int32", "int32_t"),
    "u4": ("uint", "unsigned int", "uint32", "uint32_t"),
    "i8": (
        "longlong",
        "long long",
        "long long int",
        "signed long long",
        "signed long long int",
        "int64",
        "int64_t",
    ),
    "u8": ("ulonglong", "unsigned long long", "unsigned long long int", "uint64", "uint64_t"),
    "f4": ("float",),
    "f8": ("double",),
}
BYTES = bytes(range(7, 7 + 6 * 8))
"""Six elements of the widest type, none of them NaN."""


def mapped(folder):
    report = vspec.apply(card(CARD), folder, folder / "maps")
    assert not report.problems, report.problems
    (made,) = report.maps
    return read(Path(made.map))["data"]


def header(name, endian, end="\n", more=""):
    lines = ["NRRD0004", f"type: {name}", "dimension: 2", "sizes: 3 2", f"endian: {endian}", "encoding: raw"]
    return "".join(line + end for line in [*lines, *more.splitlines()]).encode()


@pytest.mark.parametrize(
    ("endian", "end"), (("little", "\n"), ("big", "\r\n")), ids=("little LF", "big CRLF")
)
@pytest.mark.parametrize(("code", "name"), [(code, name) for code, names in NAMES.items() for name in names])
def test_every_name_of_a_type(code, name, endian, end, tmp_path):
    size = 6 * np.dtype(code).itemsize
    file = tmp_path / "a.nrrd"
    file.write_bytes(header(name, endian, end) + end.encode() + BYTES[:size])
    found, (wanted, _) = mapped(tmp_path), nrrd.read(str(file), index_order="C")
    assert found.values.dtype.str[1:] == code
    assert np.array_equal(found.values, wanted)


@pytest.mark.parametrize(
    ("more", "before", "after"),
    (
        ("data file: a.raw", b"", b""),
        ("data file: ./a.raw\nbyte skip: 11", b"x" * 11, b""),
        ("datafile: a.raw\nbyteskip: -1", b"y" * 1001, b""),
        ("data file: a.raw\n# a comment: here\nbyte skip: -1\nmy key:=my value", b"", b""),
    ),
)
def test_detached_headers(more, before, after, tmp_path):
    (tmp_path / "a.nhdr").write_bytes(header("short", "big", more=more))
    (tmp_path / "a.raw").write_bytes(before + BYTES[:12] + after)
    found, (wanted, said) = mapped(tmp_path), nrrd.read(str(tmp_path / "a.nhdr"), index_order="C")
    assert np.array_equal(found.values, wanted)
    if "my key" in said:
        assert found.attrs["keys"] == ["my key"]
        assert found.attrs["values"] == [said["my key"]]


@pytest.mark.parametrize(
    "example",
    ("attached", "detached", "attached, lines to skip, gzip", "detached, lines and bytes to skip"),
)
@pytest.mark.parametrize("seed", range(4))
def test_made_up_files(example, seed, tmp_path):
    known = fake(card(CARD), tmp_path, FakeOptions(seed=seed, example=example))
    data, _ = nrrd.read(str(known.files[0]), index_order="C")
    assert np.array_equal(data, known.arrays["data"])
    assert np.array_equal(data, mapped(tmp_path).values)


@pytest.mark.corpus
@pytest.mark.parametrize(
    "name", ("BallBinary30x30x30.nhdr", "BallBinary30x30x30.nrrd", "test_simple4d_raw.nrrd")
)
def test_real_files(name, corpus, tmp_path):
    for file in (name, "BallBinary30x30x30.raw"):
        shutil.copy(corpus / "nrrd" / file, tmp_path)
    data, said = nrrd.read(str(tmp_path / name), index_order="C")
    found = mapped(tmp_path)
    assert np.array_equal(found.values, data)
    assert found.attrs.get("kinds", []) == said.get("kinds", [])
    assert found.dims == tuple(f"axis_{k}" for k in reversed(range(said["dimension"])))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    (
        (b"sizes: 3 2", b"sizes: 3 3", "the sizes need 18"),
        (b"sizes: 3 2", b"sizes: 3 2 1", "dimension is 2, sizes are"),
        (b"type: short", b"type: block", "type block"),
        (b"encoding: raw", b"encoding: hex", "the encoding is hex"),
        (b"endian: big", b"endian: middle", "endian is 'middle'"),
        (b"encoding: raw", b"encoding: raw\nline skip: -2", "line skip is -2"),
        (b"data file: a.raw", b"data file: a%02d.raw 0 3 1", "several files"),
        (b"data file: a.raw", b"data file: LIST", "several files"),
        (b"NRRD0004", b"NRRD0004b", "the first line goes on"),
    ),
)
def test_headers_that_are_refused(old, new, message, tmp_path):
    text = header("short", "big", more="data file: a.raw")
    assert old in text
    (tmp_path / "a.nhdr").write_bytes(text.replace(old, new))
    (tmp_path / "a.raw").write_bytes(BYTES[:12])
    report = vspec.apply(card(CARD), tmp_path, tmp_path / "maps")
    assert not report.maps
    assert any(message in problem.message for problem in report.problems), report.problems


@pytest.mark.corpus
def test_what_pynrrd_refuses_is_refused(corpus, tmp_path):
    for file in ("BallBinary30x30x30_byteskip_minus_five.nhdr", "BallBinary30x30x30.raw"):
        shutil.copy(corpus / "nrrd" / file, tmp_path)
    with pytest.raises(nrrd.NRRDError, match="byteskip"):
        nrrd.read(str(tmp_path / "BallBinary30x30x30_byteskip_minus_five.nhdr"))
    report = vspec.apply(card(CARD), tmp_path, tmp_path / "maps")
    assert not report.maps
    assert any("byte skip is -5" in problem.message for problem in report.problems)
