"""What is searched for the folders and files that were given: they alone, and never a whole disk."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.unit.test_sources_datasets import BIN_META, codes, grow, members, role
from vspec.commands.apply import apply
from vspec.commands.check import check
from vspec.commands.identify import identify
from vspec.errors import VspecError
from vspec.sources import find, roots
from vspec.sources import walk as walking

ONE = (role("bin", "{n}.bin"),)
CARD = 'vspec: 1\nfiles: "{n}.bin"\narrays: {raw: {dtype: uint8, shape: {x: auto}}}\n'


@pytest.fixture
def listed(monkeypatch):
    """The folders that were listed, in order."""
    seen = []
    real = os.scandir

    def scandir(path):
        seen.append(str(path))
        return real(path)

    monkeypatch.setattr(walking.os, "scandir", scandir)
    return seen


def test_only_the_given_folders_are_listed_below_what_they_share(tmp_path, listed):
    grow(tmp_path, "ann/a/1.bin", "ann/a/deep/2.bin", "bob/b/3.bin", "ann/4.bin", "zoe/5.bin", "6.bin")
    found = find(ONE, [tmp_path / "ann/a", tmp_path / "bob/b"])
    assert found.root == tmp_path
    assert sorted(members(d)["bin"][0] for d in found.datasets) == [
        "ann/a/1.bin",
        "ann/a/deep/2.bin",
        "bob/b/3.bin",
    ]
    assert sorted(Path(path).relative_to(tmp_path).as_posix() for path in listed) == [
        "ann/a",
        "ann/a/deep",
        "bob/b",
    ]
    assert found.problems == ()


def test_of_given_files_only_their_folders_are_listed(tmp_path, listed):
    grow(tmp_path, "a/x_g0.ap.bin", "a/m/x_g0.ap.meta", "b/y_g0.ap.bin", "b/y_g0.ap.meta", "c/z_g0.ap.bin")
    found = find(BIN_META, [tmp_path / "a/x_g0.ap.bin", tmp_path / "b/y_g0.ap.bin"])
    assert [members(d) for d in found.datasets] == [
        {"bin": ["a/x_g0.ap.bin"], "meta": ["a/m/x_g0.ap.meta"]},
        {"bin": ["b/y_g0.ap.bin"], "meta": ["b/y_g0.ap.meta"]},
    ]
    assert sorted(Path(path).relative_to(tmp_path).as_posix() for path in listed) == ["a", "a/m", "b"]


def test_a_folder_and_a_file_beside_it(tmp_path):
    grow(tmp_path, "a/1.bin", "b/2.bin", "b/3.bin")
    found = find(ONE, [tmp_path / "a", tmp_path / "b/3.bin"])
    assert sorted(members(d)["bin"][0] for d in found.datasets) == ["a/1.bin", "b/3.bin"]


@pytest.mark.parametrize("given", (("a", "a/deep"), ("a/deep", "a"), ("a", "a"), ("a", "a/1.bin")))
def test_what_is_given_twice_counts_once(tmp_path, given):
    grow(tmp_path, "a/1.bin", "a/deep/2.bin", "ab/3.bin")
    found = find(ONE, [tmp_path / path for path in given])
    assert found.root == tmp_path / "a"
    assert sorted(members(d)["bin"][0] for d in found.datasets) == ["1.bin", "deep/2.bin"]


def test_folders_whose_names_begin_alike_are_two(tmp_path):
    grow(tmp_path, "a/1.bin", "ab/2.bin", "a-b/c/3.bin")
    found = find(ONE, [tmp_path / "a", tmp_path / "ab", tmp_path / "a-b/c"])
    assert sorted(members(d)["bin"][0] for d in found.datasets) == ["a-b/c/3.bin", "a/1.bin", "ab/2.bin"]


def test_a_given_folder_that_is_a_link_must_not_lead_out(tmp_path):
    grow(tmp_path, "far/2.bin", "r/a/1.bin")
    (tmp_path / "r/out").symlink_to(tmp_path / "far", target_is_directory=True)
    (tmp_path / "r/in").symlink_to(tmp_path / "r/a", target_is_directory=True)
    with pytest.raises(VspecError) as error:
        find(ONE, [tmp_path / "r/a", tmp_path / "r/out"])
    assert codes(error.value.problems) == ["V0416"]
    grow(tmp_path, "r/b/3.bin")
    found = find(ONE, [tmp_path / "r/b", tmp_path / "r/in"])
    assert sorted(members(d)["bin"][0] for d in found.datasets) == ["b/3.bin", "in/1.bin"]


def test_a_given_folder_that_cannot_be_listed_is_an_error(tmp_path, monkeypatch):
    grow(tmp_path, "a/1.bin", "locked/2.bin")
    real = os.scandir

    def scandir(path):
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(walking.os, "scandir", scandir)
    with pytest.raises(VspecError) as error:
        find(ONE, [tmp_path / "a", tmp_path / "locked"])
    (problem,) = error.value.problems
    assert (problem.code, problem.level) == ("V0402", "error")
    assert str(tmp_path / "locked") in problem.message


def test_many_folders_that_cannot_be_listed_are_counted(tmp_path, monkeypatch):
    grow(tmp_path, "a.bin", *(f"locked{k}/b.bin" for k in range(11)))
    real = os.scandir

    def scandir(path):
        if "locked" in Path(path).name:
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(walking.os, "scandir", scandir)
    found = find(ONE, [tmp_path])
    assert len(found.datasets) == 1
    assert [(p.code, p.level) for p in found.problems] == [("V0402", "warn")] * 4
    assert len({p.data_file for p in found.problems[:3]}) == 3
    assert found.problems[3].message.startswith("and 8 more ")


def disk_root(tmp_path):
    return Path(tmp_path.anchor)


@pytest.mark.parametrize("command", ("check", "apply", "identify"))
@pytest.mark.parametrize("linked", (False, True))
def test_the_root_of_a_disk_is_refused_before_it_is_searched(tmp_path, monkeypatch, command, linked):
    monkeypatch.setattr(walking.os, "scandir", None)
    card = tmp_path / "card.yaml"
    card.write_text(CARD)
    data = disk_root(tmp_path)
    if linked:
        (tmp_path / "all").symlink_to(data, target_is_directory=True)
        data = tmp_path / "all"
    if command == "check":
        problems = check(card, [data]).problems
    else:
        with pytest.raises(VspecError) as error:
            identify([data]) if command == "identify" else apply(card, [data], tmp_path)
        problems = error.value.problems
    assert [(p.code, p.help) for p in problems] == [("V0403", "run the command once for each folder")]


def test_folders_that_share_only_the_root_of_a_disk_are_refused(tmp_path, monkeypatch):
    grow(tmp_path, "a/1.bin")
    other = next(
        one for one in disk_root(tmp_path).iterdir() if one.is_dir() and not tmp_path.is_relative_to(one)
    )
    monkeypatch.setattr(walking.os, "scandir", None)
    for given in ([tmp_path / "a", other], [tmp_path / "a/1.bin", other], [other, tmp_path / "a"]):
        with pytest.raises(VspecError) as error:
            find(ONE, given)
        assert codes(error.value.problems) == ["V0403"]


def test_folders_on_two_disks_are_refused(tmp_path, monkeypatch):
    grow(tmp_path, "a/1.bin", "b/2.bin")

    def commonpath(_):
        raise ValueError("Paths don't have the same drive")

    monkeypatch.setattr(roots.os.path, "commonpath", commonpath)
    with pytest.raises(VspecError) as error:
        find(ONE, [tmp_path / "a", tmp_path / "b"])
    (problem,) = error.value.problems
    assert (problem.code, problem.help) == ("V0403", "run the command once for each folder")
