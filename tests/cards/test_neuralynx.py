"""Neuralynx: segments with the tolerances of the reader, and by plain numpy with the card's own."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

import vspec
from tests.cards.maps import card, read

pytestmark = pytest.mark.corpus
RECORD = np.dtype(
    [("time", "<u8"), ("channel", "<u4"), ("rate", "<u4"), ("valid", "<u4"), ("samples", "<i2", 512)]
)
WHOLE = ("LAHC1", "LAHC3", "xAIR1", "xEKG1")
GAPS = "LAHC1_3_gaps"


def mapped(corpus, name, out, tolerance=None):
    params = {} if tolerance is None else {"tolerance": tolerance}
    report = vspec.apply(card("neuralynx/ncs"), corpus / f"neuralynx_ncs/{name}.ncs", out, params)
    assert not report.problems, report.problems
    return read(Path(report.maps[0].map))


@pytest.mark.parametrize("name", WHOLE)
def test_segments_with_the_tolerance_of_the_reader(name, corpus, tmp_path):
    said = json.loads((corpus / "ORACLE.json").read_text(encoding="utf-8"))[f"neuralynx_ncs/{name}.ncs"]
    arrays = mapped(corpus, name, tmp_path, 0.001)
    wanted = {key: value for key, value in said["arrays"].items() if key.startswith("b0s")}
    assert len(wanted) == sum(path.endswith("/samples") for path in arrays)
    for key, facts in wanted.items():
        values = arrays[f"segment_{key[3]}/samples"].values
        assert [len(values), 1] == facts["shape"]
        assert hashlib.sha256(values.astype("<i2").tobytes()).hexdigest() == facts["sha256_le_c"]


def test_the_reader_takes_padding_for_samples(corpus):
    said = json.loads((corpus / "ORACLE.json").read_text(encoding="utf-8"))[f"neuralynx_ncs/{GAPS}.ncs"]
    records = np.fromfile(corpus / f"neuralynx_ncs/{GAPS}.ncs", RECORD, offset=16384)
    assert min(records["valid"][:-1]) < 512
    seen = records["samples"].reshape(-1)[: records["valid"].sum()]
    assert hashlib.sha256(seen.tobytes()).hexdigest() == said["arrays"]["b0s0stream0"]["sha256_le_c"]


@pytest.mark.parametrize("name", (*WHOLE, GAPS))
def test_segments_by_numpy(name, corpus, tmp_path):
    records = np.fromfile(corpus / f"neuralynx_ncs/{name}.ncs", RECORD, offset=16384)
    due = records["time"][:-1] + records["valid"][:-1] * 500  # microseconds, at 2000 Hz
    starts = [0, *np.flatnonzero(np.abs(records["time"][1:].astype("i8") - due.astype("i8")) > 250) + 1]
    assert len(starts) == (4 if name == GAPS else 1)
    arrays = mapped(corpus, name, tmp_path)
    for k, rows in enumerate(np.split(records, starts[1:])):
        found = arrays[f"segment_{k}/samples"]
        assert np.array_equal(found.values, np.concatenate([row["samples"][: row["valid"]] for row in rows]))
        assert found.axes["time"]["start"] == pytest.approx(int(rows["time"][0]) / 1e6, abs=1e-6)
        assert found.attrs["scale_factor"] == -0.000000305175781250000006
        assert found.attrs["measured_sampling_rate"] == pytest.approx(2000, rel=2e-6)


def test_a_block_header_in_a_file_of_2_1(corpus, tmp_path):
    path = corpus / "blackrock_nsx/test_NEURALSG_raw.ns3"
    report = vspec.apply(card("blackrock/nsx"), path, tmp_path)
    assert not report.problems, report.problems
    found = read(Path(report.maps[0].map))["segment_0/samples"].values
    wanted = np.fromfile(path, "<i2", offset=32 + 4 * 128 + 9).reshape(100, 128)
    assert np.array_equal(found, wanted)
    assert (wanted.min(), wanted.max()) == (1, 199)
