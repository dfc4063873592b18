"""Files: bounded reading, the table of open files, and files that change under us."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import numpy as np
import pytest

from vspec.errors import VspecError
from vspec.sources import DataFile, Files, PastEnd, Reader, data_file


def file(tmp_path, name="a.bin", content=b"0123456789"):
    (tmp_path / name).write_bytes(content)
    return data_file(name, tmp_path / name)


def code(error):
    (problem,) = error.value.problems
    return problem.code


def test_bytes_are_read_from_where_they_are(tmp_path):
    reader = Reader(file(tmp_path))
    assert (reader.path, reader.size) == ("a.bin", 10)
    assert reader.read(3, 4) == b"3456"
    assert reader.read(10, 0) == b""
    assert reader.view(7, 3).tolist() == [0x37, 0x38, 0x39]
    assert reader.view(10, 0).tolist() == []


def test_a_view_is_the_file_itself_and_cannot_be_written(tmp_path):
    source = file(tmp_path)
    view = Reader(source).view(0, 10)
    assert not view.flags.writeable
    with source.absolute.open("r+b") as handle:
        handle.write(b"X")
    assert view[0] == ord("X")


def test_a_view_outlives_its_reader(tmp_path):
    reader = Reader(file(tmp_path))
    view = reader.view(2, 5)
    reader.close()
    del reader
    gc.collect()
    assert bytes(view) == b"23456"


@pytest.mark.parametrize(("offset", "n"), ((8, 3), (11, 0), (-1, 1), (0, -1), (0, 2**62), (2**63, 1)))
def test_nothing_is_read_past_the_end(tmp_path, offset, n):
    reader = Reader(file(tmp_path))
    for read in (reader.read, reader.view):
        with pytest.raises(PastEnd) as error:
            read(offset, n)
        assert (error.value.offset, error.value.n, error.value.size) == (offset, n, 10)


def test_needles_are_found_where_they_begin(tmp_path):
    reader = Reader(file(tmp_path, content=b"abc--abc--abc"))
    assert reader.find(b"abc", 0) == 0
    assert reader.find(b"abc", 1) == 5
    assert reader.find(b"abc", 11) is None
    assert reader.find(b"xyz", 0) is None
    assert reader.find(b"abc", 13) is None
    with pytest.raises(PastEnd):
        reader.find(b"abc", 14)
    with pytest.raises(PastEnd):
        reader.find(b"abc", -1)


def test_the_search_stops_at_its_limit(tmp_path):
    reader = Reader(file(tmp_path, content=b"\0" * 100 + b"end"))
    assert reader.find(b"end", 0, limit=100) is None
    assert reader.find(b"end", 0, limit=101) == 100


def test_an_empty_file_can_be_read(tmp_path):
    reader = Reader(file(tmp_path, content=b""))
    assert reader.size == 0
    assert reader.read(0, 0) == b""
    assert len(reader.view(0, 0)) == 0
    assert reader.find(b"x", 0) is None
    with pytest.raises(PastEnd):
        reader.read(0, 1)


def test_a_file_that_grows_is_seen_as_it_was(tmp_path):
    source = file(tmp_path)
    with source.absolute.open("ab") as handle:
        handle.write(b"more")
    reader = Reader(source)
    assert reader.find(b"more", 0) is None
    with pytest.raises(PastEnd):
        reader.read(8, 3)


def test_a_file_that_vanishes_shrinks_or_is_a_folder_is_named(tmp_path):
    source = file(tmp_path)
    source.absolute.write_bytes(b"012")
    with pytest.raises(VspecError) as error:
        Reader(source).read(0, 1)
    assert code(error) == "V0432"
    assert error.value.problems[0].found == "3 bytes"
    source.absolute.unlink()
    with pytest.raises(VspecError) as error:
        Reader(source).read(0, 1)
    assert code(error) == "V0430"
    assert error.value.problems[0].data_file == "a.bin"
    with pytest.raises(VspecError) as error:
        data_file(".", tmp_path)
    assert code(error) == "V0433"


def test_a_link_to_nothing_says_so(tmp_path):
    (tmp_path / "a.bin").symlink_to("fetched/later")
    with pytest.raises(VspecError) as error:
        data_file("a.bin", tmp_path / "a.bin")
    assert code(error) == "V0430"
    assert "link" in error.value.problems[0].message


def test_a_file_that_may_not_be_read_is_named(tmp_path, monkeypatch):
    def refuse(*args, **options):
        raise PermissionError(13, "Permission denied")

    source = file(tmp_path)
    monkeypatch.setattr(type(source.absolute), "open", refuse)
    with pytest.raises(VspecError) as error:
        Reader(source).read(0, 1)
    assert code(error) == "V0431"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.bin")
    with pytest.raises(VspecError) as error:
        data_file("a.bin", tmp_path / "a.bin")
    assert code(error) == "V0433"


def test_a_file_stands_once_in_the_table(tmp_path):
    with Files(tmp_path) as files:
        a, b = file(tmp_path, "a.bin"), file(tmp_path, "b.bin", b"b")
        assert [files.add(a), files.add(b), files.add(a)] == [0, 1, 0]
        assert files.paths == ("a.bin", "b.bin")
        assert files.reader(1).read(0, 1) == b"b"
        assert len(files) == 2


def open_maps(folder):
    with Path("/proc/self/maps").open() as maps:
        return len({line.split()[-1] for line in maps if str(folder) in line})


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="needs /proc")
def test_ten_thousand_files_need_few_open_ones(tmp_path):
    for i in range(10_000):
        (tmp_path / f"{i}.bin").write_bytes(np.int32(i).tobytes())
    with Files(tmp_path, most_open=50) as files:
        indexes = [files.add(DataFile(f"{i}.bin", tmp_path / f"{i}.bin", 4)) for i in range(10_000)]
        assert [int(files.reader(i).view(0, 4).view(np.int32)[0]) for i in indexes] == list(range(10_000))
        assert open_maps(tmp_path) == 50
        assert files.reader(0).read(0, 4) == b"\0\0\0\0"
    assert open_maps(tmp_path) == 0


def test_the_file_in_use_stays_open(tmp_path):
    with Files(tmp_path, most_open=2) as files:
        for name in "abc":
            files.add(file(tmp_path, name, name.encode()))
        files.reader(0).read(0, 1)
        files.reader(1).read(0, 1)
        files.reader(0)
        files.reader(2).read(0, 1)
        (tmp_path / "a").unlink()
        (tmp_path / "b").unlink()
        assert files.reader(0).read(0, 1) == b"a"
        with pytest.raises(VspecError):
            files.reader(1).read(0, 1)
