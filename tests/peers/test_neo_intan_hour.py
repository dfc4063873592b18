"""Neo reads the same of an hour of 64 channels, mapped with a few thousand references, as its map gives.

The file is sparse: every block of it has its time stamps, one minute has samples, everything else is zero.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

import vspec
from tests.cards.maps import ReadArray, card
from tests.peers.test_neo_intan import (
    STREAMS,
    about,
    bits,
    channels,
    compare,
    mapped,
    opened,
    our_rates,
    rates,
)
from vspec.authoring.faking import FakeOptions, fake
from vspec.readers import zarr_store

pytestmark = [
    pytest.mark.peer,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]
RATE, SAMPLES = 30000, 128
BLOCKS = 3600 * RATE // SAMPLES
BLOCK_BYTES = 4 * 128 + 2 * (64 * 128 + 3 * 32 + 1 + 2 * 128 + 2 * 128)
MINUTE = (300_007, 300_007 + -(-60 * RATE // SAMPLES))
"""Blocks that hold samples: 83 seconds of the map's chunks lie before them and behind them."""
ROOM = 4 * 2**30
SHARED = Path("/dev/shm")
"""Files in memory, on Linux."""
PER_BLOCK = {"auxiliary": 32, "supply": 1}
WANTED = {"amplifier", "auxiliary", "supply", "adc", "digital_in", "digital_out", "timestamp"}
PRIMES = (2, 127, 1009, 7919, 30011)


def is_sparse(folder: Path) -> bool:
    """Tell whether a file takes no room here for bytes that were never written."""
    probe = folder / "probe"
    with probe.open("wb") as file:
        file.truncate(64 * 2**20)
    taken = getattr(probe.stat(), "st_blocks", None)
    probe.unlink()
    return taken is not None and taken * 512 < 2**20


def memory() -> int:
    """Return how many bytes of memory are to be had; 0 where nobody says."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))


@pytest.fixture
def folder(tmp_path):
    """Yield a folder with room for the file: it is in 844 thousand pieces, which some disks free in minutes."""
    if SHARED.is_dir() and min(shutil.disk_usage(SHARED).free, memory()) > 3 * ROOM and is_sparse(SHARED):
        with TemporaryDirectory(dir=SHARED) as made:
            yield Path(made)
        return
    if not is_sparse(tmp_path):
        pytest.skip("no sparse files here: an hour would take 15 GB of the disk")
    if shutil.disk_usage(tmp_path).free < 2 * ROOM:
        pytest.skip("an hour takes 4 GB of the disk, and this one is nearly full")
    yield tmp_path
    shutil.rmtree(tmp_path / "data")


@dataclass(frozen=True, slots=True, eq=False)
class Hour:
    """The arrays of the map of an hour, and Neo's reader of the same file."""

    group: object
    reader: object

    def ours(self, name: str, span: tuple[int, int]) -> ReadArray:
        """Return an array with the positions of a span of its time."""
        array = self.group[f"segment_0/{name}"]
        attrs = dict(array.attrs)
        stored, wanted = attrs["_ARRAY_DIMENSIONS"], attrs["vspec"]["dims"]
        window = tuple(slice(*span) if dim == wanted[0] else slice(None) for dim in stored)
        values = np.asarray(array[window]).transpose([stored.index(dim) for dim in wanted])
        return ReadArray(values, tuple(wanted), attrs)

    def length(self, name: str) -> tuple[int, int]:
        """Return positions along time, and those in a chunk."""
        array = self.group[f"segment_0/{name}"]
        at = array.attrs["_ARRAY_DIMENSIONS"].index(array.attrs["vspec"]["dims"][0])
        return array.shape[at], array.chunks[at]

    def theirs(self, stream: int, span: tuple[int, int]) -> np.ndarray:
        """Return the same positions of a stream as Neo reads them."""
        start, stop = span
        name = str(self.reader.header["signal_streams"][stream]["name"])
        if "digital" not in name:
            return self.reader.get_analogsignal_chunk(0, 0, start, stop, stream_index=stream)
        with self.blocks(start, stop) as first:
            return self.reader.get_analogsignal_chunk(0, 0, start - first, stop - first, stream_index=stream)

    def stamps(self, span: tuple[int, int]) -> np.ndarray:
        """Return time stamps as Neo reads them."""
        start, stop = span
        with self.blocks(start, stop) as first:
            return self.reader.get_intan_timestamps(start - first, stop - first)

    @contextmanager
    def blocks(self, start: int, stop: int) -> Iterator[int]:
        """Let Neo see the blocks around a span only: of these streams it copies the whole hour each time."""
        whole, block = self.reader._raw_data, start // SAMPLES
        self.reader._raw_data = whole[block : -(-stop // SAMPLES)]
        try:
            yield block * SAMPLES
        finally:
            self.reader._raw_data = whole


def spans(rng: np.random.Generator, name: str, size: int, chunk: int) -> list[tuple[int, int]]:
    """Return spans of prime lengths: anywhere, over the ends of the minute, over borders of chunks."""
    begin, end = (PER_BLOCK.get(name, SAMPLES) * block for block in MINUTE)
    inside = [at for at in range(0, size, chunk) if begin < at < end] or [begin]
    middles = [begin, end, chunk, size - size % chunk, *rng.choice(inside, 3), *rng.integers(0, size, 8)]
    middles += rng.integers(begin, end, 8).tolist()
    found = [(0, 1), (size - 1, size)]
    for middle in middles:
        length = int(rng.choice(PRIMES))
        first = min(max(int(middle) - int(rng.integers(1, length)), 0), size - 1)
        found.append((first, min(first + length, size)))
    return found


def minute(name: str) -> list[tuple[int, int]]:
    """Return the spans of the blocks with samples, a few seconds each."""
    edges = np.linspace(*MINUTE, 14, dtype=int) * PER_BLOCK.get(name, SAMPLES)
    return list(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True))


def equal(hour: Hour, stream: int, name: str, span: tuple[int, int]) -> ReadArray:
    """Compare a span of a stream; return it as the map gives it."""
    found, theirs = hour.ours(name, span), hour.theirs(stream, span)
    ours = found.values
    if ours.ndim == 1:
        ours = bits(ours, found.attrs["flag_masks"])
    assert ours.dtype == theirs.dtype
    assert ours.shape == theirs.shape == (span[1] - span[0], len(channels(hour.reader, stream)))
    assert np.array_equal(ours, theirs), (name, span)
    return found


def compare_streams(hour: Hour, rng: np.random.Generator) -> set[str]:
    """Compare windows and the whole minute of all streams; return the arrays seen."""
    seen = set()
    for stream, row in enumerate(hour.reader.header["signal_streams"]):
        name = STREAMS[str(row["name"])]
        seen.add(name)
        size, chunk = hour.length(name)
        assert size == BLOCKS * PER_BLOCK.get(name, SAMPLES) == hour.reader.get_signal_size(0, 0, stream)
        for span in spans(rng, name, size, chunk):
            about(name, equal(hour, stream, name, span), channels(hour.reader, stream))
        zeros = [(equal(hour, stream, name, span).values == 0).mean() for span in minute(name)]
        assert max(zeros) < 0.01, name
        last = minute(name)[-1][1]
        assert not hour.ours(name, (last, last + 1009)).values.any()
    return seen


def compare_stamps(hour: Hour, rng: np.random.Generator) -> set[str]:
    """Compare time stamps, which stand in every block."""
    for span in [*spans(rng, "timestamp", *hour.length("timestamp")), *minute("timestamp")]:
        ours = hour.ours("timestamp", span).values
        assert np.array_equal(ours, np.arange(*span))
        assert np.array_equal(ours, hour.stamps(span))
    return {"timestamp"}


def references(path: Path) -> dict[str, int]:
    """Count the chunks of each array that the text of a map lists."""
    keys = json.loads(path.read_text(encoding="utf-8"))["refs"]
    chunks = [key.rpartition("/")[0] for key in keys if not key.rpartition("/")[2].startswith(".z")]
    return {name.rpartition("/")[2]: chunks.count(name) for name in set(chunks)}


@pytest.mark.slow
def test_an_hour_of_64_channels(folder):
    options = FakeOptions(seed=7, example="64 channels", sizes={"block": BLOCKS}, windows=[MINUTE])
    (path,) = fake(card("intan/rhd"), folder / "data", options).files
    facts = path.stat()
    assert 0 < facts.st_size - BLOCKS * BLOCK_BYTES < 2**14
    assert facts.st_blocks * 512 < 0.4 * facts.st_size
    report = vspec.apply(card("intan/rhd"), folder / "data", folder / "maps")
    assert not report.problems
    (made,) = report.maps
    assert made.profile == "packed"
    assert "vspec.gather" in Path(made.map).read_text(encoding="utf-8")
    counts = references(Path(made.map))
    assert counts.keys() >= WANTED - {"supply"}
    assert max(counts.values()) <= 5000
    hour, rng = Hour(zarr_store.open_group(Path(made.map)), opened(path)), np.random.default_rng(11)
    assert compare_streams(hour, rng) | compare_stamps(hour, rng) == WANTED


@pytest.mark.parametrize(
    ("id", "example", "blocks", "streams"),
    (
        ("intan/rhd", "64 channels", 704, 6),  # 3 seconds
        ("intan/rhs", "version 1.0, without DC amplifiers", 469, 6),
    ),
)
def test_seconds_as_a_portable_map(id, example, blocks, streams, tmp_path):
    options = FakeOptions(seed=5, example=example, sizes={"block": blocks})
    (path,) = fake(card(id), tmp_path / "data", options).files
    arrays = mapped(id, tmp_path / "data", tmp_path / "maps", "portable")
    (document,) = (tmp_path / "maps").glob("*.vspec.json")
    assert "vspec.gather" not in document.read_text(encoding="utf-8")
    reader = opened(path)
    assert len(compare([reader], arrays)) == streams
    assert len(arrays["amplifier"].values) == blocks * SAMPLES
    assert np.array_equal(arrays["timestamp"].values, reader.get_intan_timestamps())
    found = our_rates(arrays)
    for name, rate in rates(reader).items():
        assert found[name] == pytest.approx(rate), name
