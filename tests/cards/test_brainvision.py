"""BrainVision: the variants that real headers have, each written by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import vspec
from tests.cards.maps import card, read, units

CARD = "brain-products/brainvision"
HEADER = """\
{title}
; a comment

[Common Infos]
{common}DataFile=$b.eeg
{marker}DataFormat=BINARY
DataOrientation=MULTIPLEXED
NumberOfChannels=2
SamplingInterval=3906.25

[Binary Infos]
BinaryFormat=INT_16

[Channel Infos]
; Ch1=Fake,,5,V
Ch1=Fp1,,0.5,µV
Ch2=A\\1B,Cz

[Coordinates]
Ch1=1,45,90
Ch2=1,0,0
"""
MARKERS = """\
Brain Vision Data Exchange Marker File, Version 1.0
[Common Infos]
DataFile=other.eeg
[Marker Infos]
Mk1=New Segment,,1,1,0,20240229123456789012
Mk2=Stimulus,S  1,3,2,0
Mk3=Comment,a\\1b,5,1,2
"""
TITLE = "Brain Vision Data Exchange Header File Version 1.0"
DATA = np.arange(-10, 10, dtype="<i2").reshape(10, 2)


def header(title=TITLE, common="", marker="", **changes):
    text = HEADER.format(title=title, common=common, marker=marker)
    for key, value in changes.items():
        (line,) = [line for line in text.splitlines() if line.startswith(f"{key}=")]
        text = text.replace(line, f"{key}={value}")
    return text


def apply(folder, text, data=DATA, markers=None, encoding="utf-8"):
    (folder / "rec.vhdr").write_bytes(text.encode(encoding))
    (folder / "rec.eeg").write_bytes(data if isinstance(data, bytes) else data.tobytes())
    if markers is not None:
        (folder / "rec.vmrk").write_bytes(markers.encode(encoding))
    return vspec.apply(card(CARD), folder, folder / "maps")


def mapped(*args, **more):
    report = apply(*args, **more)
    assert not report.problems, report.problems
    (made,) = report.maps
    return read(Path(made.map))


@pytest.mark.parametrize("encoding", ("utf-8", "utf-8-sig", "cp1252"))
def test_codepages_defaults_and_commas(encoding, tmp_path):
    arrays = mapped(tmp_path, header(), encoding=encoding)
    samples = arrays["samples"]
    assert np.array_equal(samples.values, DATA.T)
    assert samples.dims == ("channel", "time")
    assert samples.labels["channel"] == ["Fp1", "A,B"]
    assert arrays["channel_gain"].values.tolist() == [0.5, 1.0]
    assert units(samples) == {"µV"}
    assert samples.axes["time"]["step"] == 0.00390625
    assert "epoch" not in samples.axes["time"]
    assert set(arrays) == {"samples", "channel_gain"}


@pytest.mark.parametrize(
    "title",
    (
        TITLE,
        "BrainVision Data Exchange Header File Version 2.0",
        "Brain Vision Data Exchange Header File, Version 1.0",
    ),
)
def test_first_lines(title, tmp_path):
    assert np.array_equal(mapped(tmp_path, header(title))["samples"].values, DATA.T)


def test_sections_in_another_case(tmp_path):
    text = header().replace("[Common Infos]", "[Common infos]").replace("[Channel Infos]", "[channel infos]")
    assert np.array_equal(mapped(tmp_path, text)["samples"].values, DATA.T)


@pytest.mark.parametrize("orientation", ("MULTIPLEXED", "VECTORIZED"))
@pytest.mark.parametrize("big", (None, "NO", "YES"))
@pytest.mark.parametrize(
    ("name", "code"),
    (("INT_16", "i2"), ("UINT_16", "u2"), ("INT_32", "i4"), ("IEEE_FLOAT_32", "f4"), ("IEEE_FLOAT_64", "f8")),
)
def test_binary_formats(name, code, big, orientation, tmp_path):
    text = header(BinaryFormat=name, DataOrientation=orientation)
    if big is not None:
        text = text.replace(f"={name}\n", f"={name}\nUseBigEndianOrder={big}\n")
    kind = np.dtype((">" if big == "YES" else "<") + code)
    data = np.arange(3, 3 + 7 * 2).reshape(2, 7).astype(kind)
    stored = data if orientation == "VECTORIZED" else data.T
    found = mapped(tmp_path, text, stored.tobytes())["samples"].values
    assert found.dtype == kind
    assert np.array_equal(found, data)


def test_markers(tmp_path):
    arrays = mapped(tmp_path, header(marker="MarkerFile=rec.vmrk\n"), markers=MARKERS)
    onset = arrays["events/onset"]
    assert onset.values.tolist() == [0.0, 2 * 0.00390625, 4 * 0.00390625]
    assert arrays["events/duration"].values.tolist() == [0.00390625, 2 * 0.00390625, 0.00390625]
    assert onset.labels["event"] == ["", "S  1", "a,b"]
    assert onset.texts["event"]["type"] == ["New Segment", "Stimulus", "Comment"]
    assert arrays["events/event_channel"].values.tolist() == [0, 0, 2]
    assert arrays["samples"].axes["time"]["epoch"] == "2024-02-29T12:34:56.789012"


@pytest.mark.parametrize("markers", (None, MARKERS[: MARKERS.index("Mk1")]), ids=("no file", "no marker"))
def test_without_markers(markers, tmp_path):
    arrays = mapped(tmp_path, header(marker="MarkerFile=rec.vmrk\n"), markers=markers)
    assert set(arrays) == {"samples", "channel_gain"}


def test_a_segment_without_a_date(tmp_path):
    markers = MARKERS.replace("20240229123456789012", "00000000000000000000")
    arrays = mapped(tmp_path, header(marker="MarkerFile=rec.vmrk\n"), markers=markers)
    assert "epoch" not in arrays["samples"].axes["time"]


def test_points_that_the_header_has_wrong(tmp_path):
    report = apply(tmp_path, header(common="DataPoints=64\n"))
    assert not report.problems
    assert [warning.message for warning in report.maps[0].warnings] == ["DataPoints is 64, the file has 10.0"]


@pytest.mark.parametrize(
    ("changes", "code", "message"),
    (
        ({"DataFormat": "ASCII"}, "V0604", "the samples are text"),
        ({"common": "DataType=FREQUENCYDOMAIN\n"}, "V0604", "FREQUENCYDOMAIN"),
        ({"DataOrientation": "SIDEWAYS"}, "V0604", "SIDEWAYS"),
        ({"BinaryFormat": "INT_24"}, "V0604", "INT_24"),
        ({"NumberOfChannels": "3"}, "V0604", "[Channel Infos] has 2"),
        ({"DataFile": "elsewhere.eeg"}, "V0450", "elsewhere.eeg"),
        ({"DataFile": "../rec.eeg"}, "V0411", "climbs out"),
        ({"title": "Some other header"}, "V0506", "Brain"),
    ),
)
def test_headers_that_are_refused(changes, code, message, tmp_path):
    report = apply(tmp_path, header(**changes))
    assert not report.maps
    assert any(p.code == code and message in p.message for p in report.problems), report.problems
