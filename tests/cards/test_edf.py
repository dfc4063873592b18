"""EDF files written by hand: gaps, rates, annotations, 24 bits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import vspec
from tests.cards.maps import card, read

RATE = 7


def header(labels, per_record, records, *, duration="1", kind="EDF+D", version=b"0       "):
    """The header of a file whose signals have digital -100 to 100 as physical -1 to 3."""
    ns = len(labels)
    fields = [("", 80), ("", 80), ("03.05.2422.15.59", 16), (256 * (1 + ns), 8), (kind, 44)]
    fields += [(records, 8), (duration, 8), (ns, 4)]
    fields += [(label, 16) for label in labels] + [("", 80)] * ns + [("uV", 8)] * ns
    for value in (-1, 3, -100, 100):
        fields += [(value, 8)] * ns
    fields += [("", 80)] * ns + [(n, 8) for n in per_record] + [("", 32)] * ns
    return version + b"".join(str(text).encode("ascii").ljust(width) for text, width in fields)


def mapped(tmp_path, content, name="x.edf", params=None):
    path = tmp_path / name
    path.write_bytes(content)
    report = vspec.apply(card("kemp/edf"), path, tmp_path / "maps", params)
    assert not [p for p in report.problems if p.level == "error"], report.problems
    return read(Path(report.maps[0].map))


def recording(onsets, notes=None):
    """Records of a signal of 7 samples, an annotation signal of 40 bytes, and a signal of 3 samples."""
    rng = np.random.default_rng(5)
    fast = rng.integers(-100, 100, (len(onsets), RATE)).astype("<i2")
    slow = rng.integers(-100, 100, (len(onsets), 3)).astype("<i2")
    content = b""
    for k, onset in enumerate(onsets):
        tal = f"+{onset}\x14\x14\0".encode() + (notes or {}).get(k, b"")
        content += fast[k].tobytes() + tal.ljust(40, b"\0") + slow[k].tobytes()
    labels = ["Cz", "EDF Annotations", "Resp"]
    return header(labels, [RATE, 20, 3], len(onsets)) + content, fast, slow


def test_a_gap_makes_segments_with_their_own_start(tmp_path):
    content, fast, slow = recording(["0.25", "1.25", "5", "6", "7"])
    arrays = mapped(tmp_path, content)
    first, second = (arrays[f"rate_7/segment_{k}/samples"] for k in (0, 1))
    assert first.values.tolist() == fast[:2].reshape(1, -1).tolist()
    assert second.values.tolist() == fast[2:].reshape(1, -1).tolist()
    starts = [one.axes["time"]["start"] for one in (first, second)]
    assert starts == pytest.approx([0.25, 5])
    assert arrays["rate_3/segment_1/samples"].values.tolist() == slow[2:].reshape(1, -1).tolist()
    assert first.axes["time"]["epoch"] == "2024-05-03T22:15:59"


def test_without_gaps_edf_d_is_one_array(tmp_path):
    content, fast, _ = recording(["0.5", "1.5", "2.5"])
    found = mapped(tmp_path, content)["rate_7/samples"]
    assert found.values.tolist() == fast.reshape(1, -1).tolist()
    assert found.axes["time"]["start"] == 0.5
    assert found.axes["time"]["step"] == 1 / RATE
    assert found.attrs["scale_factor"] == pytest.approx(4 / 200)
    assert found.attrs["add_offset"] == pytest.approx(1)


def test_a_list_that_fills_its_signal_ends_there(tmp_path):
    text = b"+1.5\x150.25\x14A\x14"
    full = text + b"B" * (40 - 5 - len(text) - 2) + b"\x14\0"
    content, _, _ = recording(["0", "1", "2"], {1: full})
    arrays = mapped(tmp_path, content)
    names = arrays["events/onset"].labels["event"]
    assert names == ["A", "B" * (40 - 5 - len(text) - 2)]
    assert arrays["events/onset"].values.tolist() == [1.5, 1.5]
    assert arrays["events/duration"].values.tolist() == [0.25, 0.25]


def test_several_lists_in_a_record_and_negative_onsets(tmp_path):
    notes = {0: b"-0.5\x14before\x14\0", 2: b"+2.25\x14x\x14\0+2.5\x151\x14y\x14\0"}
    content, _, _ = recording(["0", "1", "2"], notes)
    arrays = mapped(tmp_path, content)
    assert arrays["events/onset"].labels["event"] == ["before", "x", "y"]
    assert arrays["events/onset"].values.tolist() == [-0.5, 2.25, 2.5]
    assert arrays["events/duration"].values.tolist() == [0, 0, 1]


def test_annotations_of_another_encoding_need_a_word(tmp_path):
    content, _, _ = recording(["0"], {0: b"+0\x14Gr\xfc\xdfe\x14\0"})
    path = tmp_path / "x.edf"
    path.write_bytes(content)
    (problem,) = vspec.apply(card("kemp/edf"), path, tmp_path / "maps").problems
    assert problem.code == "V0306"
    arrays = mapped(tmp_path, content, params={"annotations": "latin1"})
    assert arrays["events/onset"].labels["event"] == ["Grüße"]


def test_samples_of_24_bits(tmp_path):
    values = np.array([[-8388608, -1, 0, 1, 8388607], [5, 4, 3, 2, 1]])
    raw = b"".join(int(v).to_bytes(3, "little", signed=True) for v in values.ravel())
    content = header(["A1"], [5], 2, duration="0.5", kind="24BIT", version=b"\xffBIOSEMI") + raw
    found = mapped(tmp_path, content, "x.bdf")["rate_10/samples"]
    assert found.values.tolist() == values.reshape(1, -1).tolist()
