"""FIF by hand: skips of both kinds, tags out of their order, counts of other blocks, files that end too soon."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

import vspec
from tests.cards.maps import card, gains, read

BLOCK, END, BUFFER, SKIP_BUFFERS, SKIP_SAMPLES, FIRST = 104, 105, 300, 301, 303, 208
MEASUREMENT, INFO, RAW, PROJECTION = 100, 101, 102, 313


def tag(kind, form, body, following=0):
    return struct.pack(">4i", kind, form, len(body), following) + body


def number(kind, value):
    return tag(kind, 3, struct.pack(">i", value))


def channel(name, gain):
    rest = struct.pack(">12f", *range(12)) + struct.pack(">ii", 112, 0)
    return tag(
        203, 30, struct.pack(">3iffi", 1, 1, 1, 2.0, gain / 2, 3024) + rest + name.encode().ljust(16, b"\0")
    )


def samples(first, count):
    values = np.arange(first, first + 2 * count, dtype=">i4").reshape(count, 2)
    return values, tag(BUFFER, 3, values.tobytes())


def head(rate=500.0):
    """Return the tags before the raw data; a projection has a number of channels of its own, and a rate."""
    other = (
        number(BLOCK, PROJECTION)
        + number(200, 77)
        + tag(201, 4, struct.pack(">f", 9))
        + number(END, PROJECTION)
    )
    own = number(200, 2) + tag(201, 4, struct.pack(">f", rate)) + channel("A1", 0.5) + channel("A2", 0.25)
    identity = tag(100, 31, bytes(20))
    return identity + number(BLOCK, MEASUREMENT) + number(BLOCK, INFO) + other + own + number(END, INFO)


def applied(tmp_path, content):
    path = tmp_path / "a_raw.fif"
    path.write_bytes(content)
    return vspec.apply(card("neuromag/fif"), path, tmp_path / "maps")


def arrays_of(report):
    assert not report.problems, report.problems
    return read(Path(report.maps[0].map))


TAIL = number(END, RAW) + number(END, MEASUREMENT) + tag(108, 0, b"", -1)


def test_skips_of_buffers_and_of_samples(tmp_path):
    parts = [samples(0, 7), samples(100, 5), samples(200, 3), samples(300, 11)]
    raw = number(BLOCK, RAW) + number(FIRST, 1000) + number(SKIP_BUFFERS, 2) + parts[0][1]
    raw += parts[1][1] + number(SKIP_SAMPLES, 13) + parts[2][1] + number(SKIP_BUFFERS, 4) + parts[3][1]
    arrays = arrays_of(applied(tmp_path, head() + raw + TAIL))
    joined = [np.concatenate([parts[0][0], parts[1][0]]), parts[2][0], parts[3][0]]
    begins = [1000 + 14, 1014 + 12 + 13, 1039 + 3 + 44]
    for segment, (values, begin) in enumerate(zip(joined, begins, strict=True)):
        found = arrays[f"segment_{segment}/samples"]
        assert np.array_equal(found.values, values.T)
        assert found.axes["time"]["start"] == pytest.approx(begin / 500, abs=1e-12)
        assert found.axes["time"]["step"] == 1 / 500
        assert gains(arrays, f"segment_{segment}/samples").tolist() == [0.5, 0.25]
        assert found.labels["channel"] == ["A1", "A2"]
    assert "segment_3/samples" not in arrays
    assert arrays["sensors/position"].values.tolist() == [[0, 1, 2]] * 2
    assert arrays["sensors/axes"].values[1].tolist() == [[3, 4, 5], [6, 7, 8], [9, 10, 11]]


def test_a_tag_may_say_where_the_next_one_lies(tmp_path):
    (first, one), (second, two) = samples(0, 7), samples(100, 5)
    before = head() + number(BLOCK, RAW)
    there = len(before) + len(one) + len(two) + len(TAIL)
    # The first buffer leads to one at the end of the file, which leads back to the second.
    jump = struct.pack(">4i", BUFFER, 3, first.nbytes, there) + first.tobytes()
    third, _ = samples(500, 3)
    back = tag(BUFFER, 3, third.tobytes(), len(before) + len(jump))
    arrays = arrays_of(applied(tmp_path, before + jump + two + TAIL + back))
    values = np.concatenate([first, third, second])
    assert np.array_equal(arrays["segment_0/samples"].values, values.T)


def test_a_file_that_ends_inside_of_a_block_is_mapped_with_a_warning(tmp_path):
    values, buffer = samples(0, 7)
    report = applied(tmp_path, head() + number(BLOCK, RAW) + buffer)
    assert np.array_equal(arrays_of(report)["segment_0/samples"].values, values.T)
    assert ["cut off" in str(warning) for warning in report.maps[0].warnings] == [True]


@pytest.mark.parametrize("content", (b"", head(), head() + number(BLOCK, RAW) + number(END, RAW)))
def test_a_file_without_raw_data_is_refused(content, tmp_path):
    assert applied(tmp_path, content).problems


def test_buffers_of_two_types_or_of_half_a_sample_are_refused(tmp_path):
    _, buffer = samples(0, 7)
    for other in (tag(BUFFER, 4, bytes(16)), tag(BUFFER, 3, bytes(12))):
        report = applied(tmp_path, head() + number(BLOCK, RAW) + buffer + other + TAIL)
        assert [problem.code for problem in report.problems] == ["V0604"]
