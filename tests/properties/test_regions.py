"""Regions of encoded bytes by a card alone: what was written is what is read; damage is an error."""

from __future__ import annotations

import os
import tempfile
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import vspec
from tests.cards import maps
from tests.properties.regions import Sample, raws, tiles, volumes
from vspec.card.load import loads

SETTINGS = settings(
    max_examples=int(os.environ.get("VSPEC_EXAMPLES", "60")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def same(found: np.ndarray, expected: np.ndarray) -> bool:
    order = expected.dtype.newbyteorder("<")
    return found.shape == expected.shape and found.astype(order).tobytes() == expected.astype(order).tobytes()


def applied(sample: Sample, folder: Path, data: bytes) -> vspec.commands.ApplyReport:
    name = "a.vol" if "*.vol" in sample.card else "a.til"
    (folder / name).write_bytes(data)
    return vspec.apply(loads(sample.card, "c.yaml"), folder, folder / "maps")


@SETTINGS
@given(st.one_of(tiles(), volumes(), raws()))
def test_a_map_holds_what_was_encoded(sample: Sample):
    with tempfile.TemporaryDirectory() as name:
        report = applied(sample, Path(name), sample.data)
        assert not report.problems
        [made] = report.maps
        read = maps.read(Path(made.map))
        for path, expected in sample.arrays.items():
            assert same(read[path].values, expected), path
        assert not [problem for one in vspec.verify(Path(made.map)).maps for problem in one.problems]


@SETTINGS
@given(st.one_of(tiles(), volumes(), raws()), st.data())
def test_damage_is_an_error_or_changes_nothing(sample: Sample, data: st.DataObject):
    """A byte that is another one, or an end that is cut off, never gives other values without a word."""
    damaged = bytearray(sample.data)
    if data.draw(st.booleans(), "cut"):
        del damaged[data.draw(st.integers(0, len(damaged)), "left") :]
    else:
        begin, count = data.draw(st.sampled_from([place for place in sample.regions if place[1]]), "region")
        damaged[data.draw(st.integers(begin, begin + count - 1), "byte")] ^= data.draw(
            st.integers(1, 255), "bits"
        )
        if not sample.is_sound:
            return  # no sum tells
    with tempfile.TemporaryDirectory() as name:
        report = applied(sample, Path(name), bytes(damaged))
        assert report.maps or report.problems
        for made in report.maps:
            try:
                read = {path: array.values for path, array in maps.read(Path(made.map)).items()}
            except Exception:  # whatever a codec of another package raises  # noqa: BLE001
                continue
            for path, expected in sample.arrays.items():
                assert same(read[path], expected), path


@SETTINGS
@given(tiles(), st.data())
def test_a_table_that_lies_is_an_error_or_harmless(sample: Sample, data: st.DataObject):
    """Offsets and sizes of regions may be anything: regions overlap, are empty, or lie outside of the file."""
    words = np.frombuffer(sample.data[: 4 + 8 * len(sample.regions)], "<u4").copy()
    at = data.draw(st.integers(0, len(words) - 1), "word")
    words[at] = data.draw(st.one_of(st.sampled_from([0, 1, 2**31, 2**32 - 1]), st.integers(0, 300)), "lie")
    with tempfile.TemporaryDirectory() as name:
        report = applied(sample, Path(name), words.tobytes() + sample.data[4 * len(words) :])
        assert report.maps or report.problems


BOMB = """\
vspec: 1
title: bomb
files:
  v:
    match: "*.vol"
    compression: zlib
    layout:
      fields:
        n: uint32
        px: uint8[x=n]
arrays:
  px: {from: v.px}
"""


@pytest.mark.parametrize("claimed", (3, 2**32 - 1))
def test_a_region_that_decodes_to_very_much_takes_little_memory(tmp_path, claimed):
    """300 MiB of zeros are counted, not kept: the array is either the first of them, or refused."""
    encoder = zlib.compressobj(9)
    block = bytes(1 << 20)
    body = encoder.compress(claimed.to_bytes(4, "little")) + b"".join(
        encoder.compress(block) for _ in range(300)
    )
    (tmp_path / "a.vol").write_bytes(body + encoder.flush())
    tracemalloc.start()
    try:
        report = vspec.apply(loads(BOMB, "c.yaml"), tmp_path, tmp_path / "maps")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    codes = {problem.code for problem in report.problems}
    assert codes == (set() if claimed == 3 else {"V0331"})
    assert peak < 100 << 20
