"""Files: bounded reading, the table of open files, and files that change under us."""

from __future__ import annotations

import contextlib
import gc
import os
import subprocess
import sys
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


def test_a_view_is_a_copy_that_cannot_be_written(tmp_path):
    source = file(tmp_path, content=bytes(range(251)) * 997)
    reader = Reader(source)
    small, large = reader.view(0, 10), reader.view(3, 200_003)
    assert not small.flags.writeable
    assert not large.flags.writeable
    source.absolute.write_bytes(b"")
    assert small.tolist() == list(range(10))
    assert bytes(large) == (bytes(range(251)) * 997)[3:200_006]


@pytest.mark.parametrize("n", (5, 4096, 12_288, 12_289, 16_384, 60_000))
@pytest.mark.parametrize("offset", (0, 1, 4095, 4096, 16_384, 39_999))
def test_every_size_from_every_place(tmp_path, offset, n):
    content = np.random.default_rng(n + offset).bytes(100_003)
    reader = Reader(file(tmp_path, content=content))
    reader.read(16_380, 7)
    assert reader.read(offset, n) == content[offset : offset + n]
    assert bytes(reader.view(100_003 - n, n)) == content[100_003 - n :]


def test_a_needle_that_lies_across_two_blocks_is_found(tmp_path):
    for start in range(4088, 4100):
        content = bytes(start) + b"needle" + bytes(1000)
        reader = Reader(file(tmp_path, content=content))
        assert reader.find(b"needle", 0) == start
        assert reader.find(b"needle", start) == start
        assert reader.find(b"needle", start + 1) is None


@pytest.mark.parametrize("kept", (0, 7, 4096, 1_000_000))
def test_a_file_that_shrinks_while_it_is_read_is_an_error_and_no_signal(tmp_path, kept):
    """Pages of a mapped file that are no longer there end a process with SIGBUS."""
    source = file(tmp_path, content=bytes(2_000_003))
    program = """\
import os, sys
from pathlib import Path
from vspec.errors import VspecError
from vspec.sources import Reader, data_file
path = Path(sys.argv[1])
reader = Reader(data_file("a.bin", path))
reader.read(0, 3)
os.truncate(path, int(sys.argv[2]))
for read in (reader.read, reader.view):
    for n in (3, 1_000_000):
        try:
            read(1_000_003, n)
        except VspecError as error:
            print(error.problems[0].code, error.problems[0].found)
try:
    reader.find(b"x", 1_900_000)
except VspecError as error:
    print(error.problems[0].code, error.problems[0].found)
"""
    command = [sys.executable, "-c", program, str(source.absolute), str(kept)]
    done = subprocess.run(
        command,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[2])},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [f"V0432 {kept} bytes"] * 5


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


def open_files(folder):
    found = 0
    for link in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            found += link.readlink().is_relative_to(folder)
    return found


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
def test_ten_thousand_files_need_few_open_ones(tmp_path):
    for i in range(10_000):
        (tmp_path / f"{i}.bin").write_bytes(np.int32(i).tobytes())
    with Files(tmp_path, most_open=50) as files:
        indexes = [files.add(DataFile(f"{i}.bin", tmp_path / f"{i}.bin", 4)) for i in range(10_000)]
        assert [int(files.reader(i).view(0, 4).view(np.int32)[0]) for i in indexes] == list(range(10_000))
        assert open_files(tmp_path) == 50
        assert files.reader(0).read(0, 4) == b"\0\0\0\0"
    assert open_files(tmp_path) == 0


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
