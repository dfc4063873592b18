"""The same card, contents, root and options give the same bytes, however and whenever they are given."""

from __future__ import annotations

import hashlib
import os
import shutil

import pytest

from tests.unit.recordings import ROOT, run, samples, write_rig
from vspec.card.load import load
from vspec.commands import ApplyOptions, apply

CARD = """\
vspec: 1
files:
  bin: {match: "{run}_{part:int}.dat", over: part, missing: skip}
arrays:
  raw:
    from: bin
    dtype: int16
    shape: {time: auto, channel: 8}
    dims: "part time channel -> time=(part time) channel"
    axes: {channel: {gain: "[1, 2, 3, 4, 5, 6, 7, 9]"}}
  aux/first:
    from: bin[1]
    dtype: uint16
    endian: big
    shape: {word: 100}
"""
OPTIONS = ApplyOptions(chunk_bytes=1600, inline=False)
ORDERS = {"up": (1, 2, 10), "down": (10, 2, 1), "mixed": (2, 10, 1)}


def fill(folder, order):
    folder.mkdir(parents=True)
    for part in order:
        (folder / f"r_{part}.dat").write_bytes(samples(part, 100 + 7 * part).tobytes())


def made(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture
def rig(tmp_path):
    card = write_rig(tmp_path, CARD, names=())
    (tmp_path / "data").rmdir()
    fill(tmp_path / "data", ORDERS["up"])
    report = apply(card, tmp_path / "data", tmp_path / "first", options=OPTIONS)
    assert report.problems == ()
    first = made(tmp_path / "first")
    digest = hashlib.blake2b(first[min(first)], digest_size=16).hexdigest()
    assert list(first) == [f"r.{digest[:16]}.vspec.bin", "r.vspec.json"]
    return tmp_path


def test_twice(rig):
    apply(rig / "rig.yaml", rig / "data", rig / "first2", options=OPTIONS)
    first, second = made(rig / "first"), made(rig / "first2")
    assert second[min(second)] == first[min(first)]
    # The sidecar's own address is all that may differ.
    assert second["r.vspec.json"].replace(b"/first2/", b"/first/") == first["r.vspec.json"]
    apply(rig / "rig.yaml", rig / "data", rig / "first", options=OPTIONS)
    assert made(rig / "first") == first


@pytest.mark.parametrize("order", ("down", "mixed"))
def test_files_written_in_another_order(rig, order):
    first = made(rig / "first")
    shutil.rmtree(rig / "data")
    fill(rig / "data", ORDERS[order])
    for k, path in enumerate(sorted((rig / "data").iterdir())):
        os.utime(path, (k * 1000, 2_000_000 - k * 1000))
    apply(rig / "rig.yaml", rig / "data", rig / "first", options=OPTIONS)
    assert made(rig / "first") == first


@pytest.mark.parametrize("order", ("up", "down", "mixed"))
def test_files_given_in_any_order(rig, order):
    first = made(rig / "first")
    files = [rig / "data" / f"r_{part}.dat" for part in ORDERS[order]]
    report = apply(rig / "rig.yaml", files, rig / "first", options=OPTIONS)
    assert report.problems == ()
    assert made(rig / "first") == first


def test_from_another_folder_with_relative_paths(rig, monkeypatch):
    first = made(rig / "first")
    monkeypatch.chdir(rig / "data")
    apply("../rig.yaml", ".", "../first", options=OPTIONS)
    assert made(rig / "first") == first


def test_a_loaded_card(rig):
    first = made(rig / "first")
    apply(load(rig / "rig.yaml"), rig / "data", rig / "first", options=OPTIONS)
    assert made(rig / "first") == first


@pytest.mark.parametrize("seed", ("0", "4711"))
def test_in_another_process_with_another_hash_seed(rig, seed):
    first = made(rig / "first")
    done = run(
        *("apply", rig / "rig.yaml", rig / "data", "-o", rig / "first", "--chunk-bytes", 1600, "--no-inline"),
        cwd=ROOT,
        PYTHONHASHSEED=seed,
        TZ="Asia/Tokyo",
    )
    assert done.returncode == 0, done.stderr
    assert made(rig / "first") == first


def test_comments_and_layout_of_a_card_do_not_count(rig):
    first = made(rig / "first")
    text = (rig / "rig.yaml").read_text()
    (rig / "rig.yaml").write_text(
        "# a comment\n" + text.replace("    from: bin\n", "    from: bin   # here\n\n")
    )
    apply(rig / "rig.yaml", rig / "data", rig / "first", options=OPTIONS)
    assert made(rig / "first") == first


def test_what_does_count(rig):
    first = made(rig / "first")["r.vspec.json"]
    for options in (ApplyOptions(1600, seal="full", inline=False), ApplyOptions(3200, inline=False)):
        apply(rig / "rig.yaml", rig / "data", rig / "first", options=options)
        assert made(rig / "first")["r.vspec.json"] != first
