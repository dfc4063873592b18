"""Bytes at many places of a file: the same as at each of them, in the order asked for."""

from __future__ import annotations

import numpy as np
import pytest

from vspec.errors import VspecError
from vspec.sources import Files, PastEnd, data_file

N = 1_000_003
CONTENT = np.random.default_rng(8).integers(0, 255, N, np.uint8)


@pytest.fixture
def reader(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(CONTENT.tobytes())
    with Files(tmp_path) as files:
        yield files.reader(files.add(data_file("a.bin", path)))


@pytest.mark.parametrize("n", (1, 4, 509, 8191))
@pytest.mark.parametrize("count", (1, 2, 255, 256, 257, 1021))
def test_pieces_are_what_stands_there(reader, n, count):
    offsets = np.random.default_rng(count).integers(0, N - n, count).tolist()
    offsets[-1] = N - n
    assert np.array_equal(reader.pieces(offsets, n), np.stack([CONTENT[at : at + n] for at in offsets]))


def test_a_range_is_a_column(reader):
    found = reader.pieces(range(7, N, 9973), 2)
    assert found.tolist() == [[CONTENT[at], CONTENT[at + 1]] for at in range(7, N, 9973)]


def test_no_pieces_and_pieces_of_nothing(reader):
    assert reader.pieces([], 5).shape == (0, 5)
    assert reader.pieces([3, N], 0).shape == (2, 0)


@pytest.mark.parametrize("offsets", ([0, N - 4], [N - 4, 0], [0, -1], [N + 1]))
def test_a_piece_outside_of_the_file(reader, offsets):
    with pytest.raises(PastEnd):
        reader.pieces(offsets, 5)


def test_a_file_that_became_shorter(reader, tmp_path):
    reader.pieces([0], 1)
    with (tmp_path / "a.bin").open("r+b") as file:
        file.truncate(N - 10)
    with pytest.raises(VspecError) as caught:
        reader.pieces([5, N - 12], 4)
    (problem,) = caught.value.problems
    assert problem.code == "V0432"
    assert problem.found == f"{N - 10} bytes"
