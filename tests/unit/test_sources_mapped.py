"""Bytes that are lent: not copied, under a lease that keeps the file as it is, and copied where there is none."""

from __future__ import annotations

import errno
import mmap
import os
import subprocess
import sys
import threading

import numpy as np
import pytest

from vspec.errors import VspecError
from vspec.sources import Files, PastEnd, data_file, mapped

N = 1_000_003
CONTENT = np.random.default_rng(8).integers(0, 255, N, np.uint8)


def leases(folder):
    """Tell whether the system grants leases on files of a folder."""
    path = folder / "probe"
    path.write_bytes(bytes(mmap.PAGESIZE))
    handle = os.open(path, os.O_RDONLY)
    try:
        return mapped.mapped(handle, 0, mmap.PAGESIZE) is not None
    finally:
        os.close(handle)


@pytest.fixture
def reader(tmp_path):
    if not leases(tmp_path):
        pytest.skip("the system grants no leases here")
    path = tmp_path / "a.bin"
    path.write_bytes(CONTENT.tobytes())
    with Files(tmp_path) as files:
        yield files.reader(files.add(data_file("a.bin", path)))


@pytest.mark.parametrize(
    ("offset", "n"), ((0, N), (1, N - 1), (4095, 300_001), (4096, 300_007), (N - 262_144, 262_144))
)
def test_what_is_lent_is_what_is_there(reader, offset, n):
    lent = reader.lend(offset, n)
    assert np.array_equal(lent, CONTENT[offset : offset + n])
    assert not lent.flags.writeable


def test_nothing_beyond_the_file_is_lent(reader):
    for offset, n in ((0, N + 1), (-1, 300_000), (N - 1, 300_000)):
        with pytest.raises(PastEnd):
            reader.lend(offset, n)


def test_few_bytes_are_copied_instead(reader):
    assert reader.lend(0, 262_143) is None


def test_who_shortens_the_file_waits_until_it_is_given_back(tmp_path, reader):
    lent = reader.lend(0, N)
    path = tmp_path / "a.bin"
    with pytest.raises(BlockingIOError):
        os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    done = threading.Event()
    writer = threading.Thread(target=lambda: (os.truncate(path, 5), done.set()), daemon=True)
    writer.start()
    assert not done.wait(0.2)
    assert np.array_equal(lent, CONTENT)
    del lent
    assert done.wait(10)
    assert path.stat().st_size == 5


def test_the_lease_outlives_the_reader_with_the_bytes(tmp_path, reader):
    lent = reader.lend(0, N)[5:]
    reader.close()
    with pytest.raises(BlockingIOError):
        os.open(tmp_path / "a.bin", os.O_WRONLY | os.O_NONBLOCK)
    assert np.array_equal(lent, CONTENT[5:])
    del lent
    os.close(os.open(tmp_path / "a.bin", os.O_WRONLY | os.O_NONBLOCK))


def test_a_file_that_is_open_for_writing_is_not_lent(tmp_path, reader):
    with (tmp_path / "a.bin").open("r+b"):
        assert reader.lend(0, N) is None
    assert reader.lend(0, N) is not None


def test_a_file_that_was_shortened_is_an_error_of_whoever_reads(tmp_path, reader):
    reader.read(0, 1)
    os.truncate(tmp_path / "a.bin", 700_000)
    assert reader.lend(0, N) is None
    assert reader.lend(0, 700_000) is not None
    with pytest.raises(VspecError) as caught:
        reader.view(0, N)
    assert caught.value.problems[0].code == "V0432"


def test_the_last_page_of_a_shortened_file_lends_no_zeros(tmp_path, reader):
    """Its pages are there and can be read; what lies behind the end would be zeros."""
    reader.read(0, 1)
    os.truncate(tmp_path / "a.bin", N - 5)
    assert (N - 5) // mmap.PAGESIZE == N // mmap.PAGESIZE
    assert reader.lend(0, N) is None


def test_a_disk_that_fails_lends_nothing(reader, monkeypatch):
    class Failing(mmap.mmap):
        def madvise(self, *_):
            raise OSError(errno.EFAULT, "Bad address")

    monkeypatch.setattr(mapped.mmap, "mmap", Failing)
    assert reader.lend(0, N) is None


def test_without_a_lease_nothing_is_lent(reader, monkeypatch):
    def refused(handle):
        raise OSError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(mapped, "_leased", refused)
    assert reader.lend(0, N) is None


def test_other_systems_lend_nothing(reader, monkeypatch):
    monkeypatch.setattr(mapped.sys, "platform", "win32")
    assert reader.lend(0, N) is None


SHRINKING = """
import os, sys, threading
from pathlib import Path
from vspec.errors import VspecError
from vspec.sources import Reader, data_file

path = Path(sys.argv[1])
reader = Reader(data_file("a.bin", path))
reader.view(0, 1)  # a file that is shorter already when it is opened is another case

def shorten():
    for size in range(900_000, 0, -100_000):
        os.truncate(path, size)

writer = threading.Thread(target=shorten)
writer.start()
while writer.is_alive():
    lent = reader.lend(0, 1_000_003)
    if lent is not None:
        lent.sum()
    del lent
writer.join()
try:
    reader.view(0, 1_000_003)
except VspecError as error:
    print(error.problems[0].code)
"""


def test_no_signal_ends_a_process_whose_file_shrinks(tmp_path, reader):
    ended = subprocess.run(
        [sys.executable, "-c", SHRINKING, str(tmp_path / "a.bin")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (0, "V0432\n"), ended.stderr
