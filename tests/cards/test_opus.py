"""OPUS: names from the bits of types, and the blocks of which the map warns, in a file made by hand."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

import vspec
from tests.cards.maps import card, read

ABSORBANCE, TRANSMITTANCE, MATCH = 0x100F, 0x140F, 0x580F
SECOND_CHANNEL, FIRST_DERIVATIVE, SERIES, REPORT = 32 << 10, 1 << 17, 2 << 19, 6 << 19


def item(key, code, value):
    return key.encode() + bytes(1) + struct.pack("<hH", code, len(value) // 2) + value


def parameters(n, scale):
    """Parameters of n points from 4000 to 400, without units and date."""
    numbers = {"DPF": (0, "<i", 1), "NPT": (0, "<i", n), "FXV": (1, "<d", 4000), "LXV": (1, "<d", 400)}
    numbers["CSF"] = (1, "<d", scale)
    packed = [item(key, code, struct.pack(form, value)) for key, (code, form, value) in numbers.items()]
    return b"".join(packed) + b"END\0" + bytes(4)


def write(path, blocks):
    """Write blocks one after the other behind a directory of them."""
    place = 24 + 12 * len(blocks)
    directory, body = b"", b""
    for type, content in blocks:
        directory += struct.pack("<iii", type, len(content) // 4, place + len(body))
        body += content
    header = struct.pack("<Id3i", 0xFEFE0A0A, 920622.0, 24, len(blocks), len(blocks))
    path.write_bytes(header + directory + body)


def test_blocks_are_named_by_their_types_and_doubtful_ones_are_left_out(tmp_path):
    x = {n: np.linspace(0, 1, n, dtype="<f4") for n in (7, 11, 13, 1)}
    twice = [(TRANSMITTANCE, x[7].tobytes()), (TRANSMITTANCE | 16, parameters(7, 1.0))] * 2
    derived = ABSORBANCE | FIRST_DERIVATIVE
    write(
        tmp_path / "s.0",
        [
            (ABSORBANCE, x[11].tobytes() + bytes(8)),  # two words behind the points
            (ABSORBANCE | 16, parameters(11, 0.5)),
            (ABSORBANCE | REPORT, b"a report"),
            (MATCH | SECOND_CHANNEL, x[13].tobytes()),
            (MATCH | SECOND_CHANNEL | 16, parameters(13, 1.0)),
            (derived, x[1].tobytes()),
            (derived | 16, parameters(1, 1.0)),
            (ABSORBANCE | SERIES, bytes(64)),
            (ABSORBANCE | SERIES | 16, parameters(5, 1.0)),
            *twice,
        ],
    )
    report = vspec.apply(card("bruker/opus"), tmp_path / "s.0", tmp_path / "maps")
    assert not report.problems, report.problems
    (warning,) = report.maps[0].warnings
    assert warning.message.startswith("3 blocks of data are not mapped")
    arrays = read(Path(report.maps[0].map))
    assert {name: array.values.size for name, array in arrays.items()} == {
        "absorbance/data": 11,
        "match_channel_2/data": 13,
        "absorbance_derivative_1/data": 1,
    }
    absorbance = arrays["absorbance/data"]
    np.testing.assert_array_equal(absorbance.values, x[11])
    assert absorbance.attrs["scale_factor"] == 0.5
    assert absorbance.axes["x"] == {"start": 4000.0, "step": -360.0}
    assert "scale_factor" not in arrays["match_channel_2/data"].attrs


def test_a_block_that_is_shorter_than_its_points_is_refused(tmp_path):
    write(tmp_path / "s.0", [(ABSORBANCE, bytes(40)), (ABSORBANCE | 16, parameters(11, 1.0))])
    report = vspec.apply(card("bruker/opus"), tmp_path / "s.0", tmp_path / "maps")
    assert [problem.code for problem in report.problems] == ["V0604"]
    assert not report.maps
