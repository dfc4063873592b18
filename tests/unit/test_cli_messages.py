"""The messages that the design promises (error messages a to i), word for word, in today's syntax."""

from __future__ import annotations

import struct

import pytest

from vspec.cli.output import say_problems
from vspec.commands import check

SPIKEGLX = """\
vspec: 1
files:
  bin: "{run}.bin"
  meta:
    match: "{run}.meta"
    format: pairs
    fields:
      nSavedChans: int
      imSampRate: float
let:
  n_ch: meta.nSavedChans
arrays:
  raw:
    from: bin
    dtype: int16
    shape: {time: auto, channel: n_ch}
    time: {step: 1 / meta.imSampRate, units: s}
"""
META = b"nSavedChans=4\nimSampRate=30000\nfileSizeBytes=80\n"
INTAN = """\
vspec: 1
files:
  f:
    match: "{name}.rhd"
    layout:
      fields:
        magic: uint32 = 0xC6912702
        n: uint16
        data: int16[sample=n]
arrays:
  raw: {from: f.data}
"""
NIFTI = """\
vspec: 1
files:
  img:
    match: "*.img"
    layout:
      fields:
        voxels: int16[t=2, z=3, y=4, x=5]
arrays:
  voxels:
    from: img.voxels
    dims: "t z y x -> x y z t"
"""
RAW = """\
vspec: 1
title: x
files: "*.dat"
arrays:
  raw:
    dtype: int16
    shape: {time: auto, channel: 64}
"""


def said(folder, capsys, card, **files):
    """Return what is printed of a card in front of files."""
    for name, data in files.items():
        (folder / name.replace("_", ".")).write_bytes(data)
    path = folder / "card.yaml"
    path.write_text(card)
    data = [folder / name.replace("_", ".") for name in files]
    say_problems(check(path, data).problems)
    return capsys.readouterr().err.replace(f"{folder}/", "")


def test_a_a_field_that_is_not_there(tmp_path, capsys):
    text = said(
        tmp_path,
        capsys,
        SPIKEGLX.replace("n_ch: meta.nSavedChans", "n_ch: meta.nSavedChan"),
        r_bin=bytes(80),
        r_meta=META,
    )
    assert text == (
        "card.yaml:11:14: error[V0173]: 'meta' has no field 'nSavedChan'\n"
        "   11 |   n_ch: meta.nSavedChan\n"
        "      |              ^^^^^^^^^^\n"
        "  help: did you mean 'nSavedChans'?\n"
    )


def test_b_a_name_that_is_not_there(tmp_path, capsys):
    text = said(
        tmp_path, capsys, SPIKEGLX.replace("channel: n_ch", "channel: n_chan"), r_bin=bytes(80), r_meta=META
    )
    assert text == (
        "card.yaml:16:34: error[V0172]: unknown name 'n_chan'\n"
        "   16 |     shape: {time: auto, channel: n_chan}\n"
        "      |                                  ^^^^^^\n"
        "  help: did you mean 'n_ch'?\n"
    )


def test_c_bytes_that_are_no_whole_number_of_steps(tmp_path, capsys):
    text = said(tmp_path, capsys, RAW.replace("64", "63"), a_dat=bytes(640_000))
    assert text == (
        "card.yaml:7:13: error[V0312]: a.dat holds 640000 data bytes: not a whole number of 'time' steps"
        " of 126 bytes (46 left over)\n"
        "    7 |     shape: {time: auto, channel: 63}\n"
        "      |             ^^^^^^^^^^\n"
        "  help: wrong channel count, dtype or offset? nearest fits: 64, 50, 80, 40\n"
    )


def test_c_with_the_values_that_led_there(tmp_path, capsys):
    text = said(tmp_path, capsys, SPIKEGLX, r_bin=bytes(82), r_meta=META)
    assert "r.bin holds 82 data bytes" in text
    assert "n_ch = 4" in text
    assert "meta.nSavedChans" in text
    assert "r.meta" in text


def test_d_a_type_that_is_not_there(tmp_path, capsys):
    text = said(tmp_path, capsys, RAW.replace("int16", "in16"), a_dat=bytes(128))
    assert text == (
        "card.yaml:6:12: error[V0111]: unknown type 'in16'\n"
        "    6 |     dtype: in16\n"
        "      |            ^^^^\n"
        "  help: did you mean 'int16'?\n"
    )


def test_e_bytes_that_are_not_the_constant(tmp_path, capsys):
    data = struct.pack("<IH3h", 0xC6912701, 3, 1, 2, 3)
    text = said(tmp_path, capsys, INTAN, x_rhd=data)
    lines = text.splitlines()
    assert lines[0] == "card.yaml:7:16: error[V0601]: x.rhd: magic should be 3331401474 but is 3331401473"
    assert "    7 |         magic: uint32 = 0xC6912702" in lines
    assert "      |                ^^^^^^^^^^^^^^^^^^^" in lines
    assert "x.rhd" in text
    assert "byte 0 (0x0)" in text
    assert "01 27 91 c6" in text
    assert "02 27 91 c6" in text or str(0xC6912702) in text


def test_f_a_key_that_the_text_does_not_have(tmp_path, capsys):
    text = said(
        tmp_path, capsys, SPIKEGLX.replace("imSampRate", "imSampleRate"), r_bin=bytes(80), r_meta=META
    )
    lines = text.splitlines()
    assert lines[0].startswith("card.yaml:9:7: error[V05")
    assert "r.meta has no key 'imSampleRate'" in lines[0]
    assert lines[1:3] == ["    9 |       imSampleRate: float", "      |       ^^^^^^^^^^^^"]
    assert "'imSampRate'" in text
    assert "3 keys" in text


def test_g_dims_that_are_not_those_of_the_data(tmp_path, capsys):
    text = said(
        tmp_path,
        capsys,
        NIFTI.replace("t z y x ->", "t z y w ->").replace("-> x y", "-> w y"),
        a_img=bytes(240),
    )
    assert text == (
        "card.yaml:11:12: error[V0316]: 'dims' names t z y w, but the data have t z y x\n"
        '   11 |     dims: "t z y w -> w y z t"\n'
        "      |            ^^^^^^^^^^^^^^^^^^\n"
        "  in a.img\n"
        "  help: on disk, slowest first: t z y x\n"
    )


def test_h_a_function_that_is_not_there(tmp_path, capsys):
    card = SPIKEGLX.replace(
        "n_ch: meta.nSavedChans", "n_ch: __import__('os') if run == 'r' else meta.nSavedChans"
    )
    text = said(tmp_path, capsys, card, r_bin=bytes(80), r_meta=META)
    lines = text.splitlines()
    assert lines[0] == "card.yaml:11:9: error[V0207]: '__import__' cannot be a name"
    assert lines[2] == "      |         ^^^^^^^^^^"


def test_h_a_function_with_a_plain_name(tmp_path, capsys):
    card = SPIKEGLX.replace("n_ch: meta.nSavedChans", "n_ch: system('ls')")
    text = said(tmp_path, capsys, card, r_bin=bytes(80), r_meta=META)
    assert text.splitlines()[0].endswith("unknown function 'system'")


def test_i_a_key_that_stands_there_twice(tmp_path, capsys):
    text = said(tmp_path, capsys, RAW.replace("title: x\n", "title: x\ntitle: y\n"), a_dat=bytes(128))
    assert text.startswith(
        "card.yaml:3:1: error[V0008]: duplicate key 'title' (first at line 2)\n"
        "    3 | title: y\n"
        "      | ^^^^^"
    )


def test_all_problems_of_a_card_at_once(tmp_path, capsys):
    card = RAW.replace("title", "titel").replace("dtype", "dtpe").replace("shape", "shap")
    text = said(tmp_path, capsys, card, a_dat=bytes(128))
    assert text.count("error[") >= 3
    for word in ("'title'", "'dtype'", "'shape'"):
        assert f"did you mean {word}?" in text


@pytest.mark.parametrize("card", (SPIKEGLX, INTAN, NIFTI, RAW), ids=("spikeglx", "intan", "nifti", "raw"))
def test_the_cards_above_are_right_as_they_are(tmp_path, capsys, card):
    assert said(tmp_path, capsys, card) == ""
