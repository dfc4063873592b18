"""SpikeGLX: every fact that Neo reports of the real .meta files comes out of the map."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path, PureWindowsPath

import numpy as np
import pytest

import vspec
from tests.cards.maps import attributes, gains, read, units

CARD = "spikeglx/imec"
SAMPLES = 211  # a prime
METAS = (
    "NP-Ultra.meta",
    "NP1_saved_only_subset_of_channels.meta",
    "NP2_4_shanks.imec0.ap.meta",
    "catgt.meta",
    "p2_g0_t0.imec0.ap.meta",
)


def tags(text):
    return dict(line.split("=", 1) for line in text.splitlines())


def place(meta, folder, edit=lambda text: text, samples=SAMPLES):
    """Copy a real .meta under the name that it had in the lab, with a .bin that fits; return its samples."""
    text = edit(meta.read_text(encoding="utf-8"))
    said = tags(text)
    stem = PureWindowsPath(said["fileName"]).stem
    (folder / f"{stem}.meta").write_text(text, encoding="utf-8")
    rng = np.random.default_rng(len(text))
    data = rng.integers(-512, 512, (samples, int(said["nSavedChans"])), dtype="<i2")
    data.tofile(folder / f"{stem}.bin")
    return data


def mapped(folder, out):
    report = vspec.apply(CARD, folder, out)
    assert not report.problems, report.problems
    (made,) = report.maps
    return Path(made.map), made.warnings


@pytest.fixture(params=METAS)
def facts(request, corpus):
    """One real .meta: its path, and what Neo said of it when the corpus was made."""
    said = json.loads((corpus / "ORACLE.json").read_text(encoding="utf-8"))[f"spikeglx_meta/{request.param}"]
    return corpus / "spikeglx_meta" / request.param, said


@pytest.mark.corpus
def test_facts_that_neo_reports(facts, tmp_path):
    meta, said = facts
    data = place(meta, tmp_path)
    path, _ = mapped(tmp_path, tmp_path / "maps")
    arrays, attrs, stream = read(path), attributes(path), said["extra"]["stream"]
    band = stream["stream_kind"]
    traces = arrays[band]
    channels = traces.labels["channel"]
    gain = gains(arrays, band)

    assert traces.values.dtype == np.dtype("<i2")
    assert np.array_equal(traces.values, data)
    assert traces.dims == ("time", "channel")
    assert traces.values.shape[1] == stream["num_chan"]
    assert traces.attrs["sampling_rate"] == stream["sampling_rate"]
    assert traces.axes["time"]["step"] == pytest.approx(1 / stream["sampling_rate"], rel=1e-15)
    assert attrs["original_bytes"] // 2 // stream["num_chan"] == stream["sample_length"]
    assert channels[:6] == stream["channel_names"][:6]
    assert units(traces) == {stream["units"]}
    assert gain.tolist()[:6] == stream["channel_gains"][:6]
    wanted = said["arrays"]["channel_gains"]
    assert hashlib.sha256(gain.astype("<f8").tobytes()).hexdigest() == wanted["sha256_le_c"]
    assert "channel_offset" not in arrays, "Neo says the offsets are 0"
    assert arrays["channel_is_sync"].values.any() == stream["has_sync_trace"]
    assert attrs["stream"] == stream["stream_name"] == f"{stream['device']}.{band}"
    assert attrs["gate"] == stream["gate_num"]
    assert attrs["trigger"] == stream["trigger_num"]
    assert (attrs["slot"], attrs["port"], attrs["dock"]) == tuple(
        stream[f"probe_{name}"] for name in ("slot", "port", "dock")
    )


@pytest.mark.corpus
def test_what_the_meta_says_besides(facts, tmp_path):
    meta, _ = facts
    place(meta, tmp_path)
    path, _ = mapped(tmp_path, tmp_path / "maps")
    said, attrs, traces = tags(meta.read_text(encoding="utf-8")), attributes(path), read(path)["ap"]
    names = [entry.split(";")[0] for entry in said["~snsChanMap"].strip("()").split(")(")[1:]]

    assert traces.labels["channel"] == names
    assert names[-1].startswith("SY")
    assert attrs["probe_type"] == int(said["imDatPrb_type"])
    assert attrs["probe_part_number"] == said["imDatPrb_pn"]
    assert attrs["probe_serial_number"] == said["imDatPrb_sn"]
    assert attrs["created"] == said["fileCreateTime"]
    assert attrs["original_name"] == said["fileName"]
    assert attrs["original_seconds"] == float(said["fileTimeSecs"])
    assert traces.axes["time"]["start"] == int(said["firstSample"]) / float(said["imSampRate"])


def retuned(text):
    """Give channel c the AP gain 50 + c and the LF gain 1000 + c, and save channels 3 to 7 and sync."""
    rows = "".join(f"({c} 0 0 {50 + c} {1000 + c} 1)" for c in range(384))
    names = "".join(f"(AP{c};{c}:{c})" for c in range(3, 8))
    new = {
        "~imroTbl": f"(0,384){rows}",
        "~snsChanMap": f"(384,384,1){names}(SY0;768:768)",
        "snsApLfSy": "5,0,1",
        "nSavedChans": "6",
        "snsSaveChanSubset": "3:7,768",
    }
    return "\n".join(f"{key}={new.get(key, value)}" for key, value in tags(text).items()) + "\n"


@pytest.mark.corpus
def test_a_saved_subset_has_its_own_gains(corpus, tmp_path):
    place(corpus / "spikeglx_meta" / "catgt.meta", tmp_path, retuned)
    path, _ = mapped(tmp_path, tmp_path / "maps")
    arrays = read(path)
    microvolts = 1e6 * 0.6 / 512
    expected = [microvolts / gain for gain in (53, 54, 55, 56, 57)] + [microvolts]
    assert gains(arrays, "ap") == pytest.approx(expected, rel=1e-14)
    assert arrays["channel_number"].values.tolist() == [3, 4, 5, 6, 7, 768]
    assert arrays["ap"].labels["channel"] == ["AP3", "AP4", "AP5", "AP6", "AP7", "SY0"]


@pytest.mark.corpus
def test_the_lf_band_has_the_lf_gains(corpus, tmp_path):
    def lf(text):
        for old, new in (
            (".ap.", ".lf."),
            ("5,0,1", "0,5,1"),
            ("3:7,768", "387:391,768"),
            *((f"(AP{c};{c}:{c})", f"(LF{c};{384 + c}:{384 + c})") for c in range(3, 8)),
        ):
            text = text.replace(old, new)
        return text

    place(corpus / "spikeglx_meta" / "catgt.meta", tmp_path, lambda text: lf(retuned(text)))
    path, _ = mapped(tmp_path, tmp_path / "maps")
    arrays = read(path)
    microvolts = 1e6 * 0.6 / 512
    expected = [microvolts / gain for gain in (1003, 1004, 1005, 1006, 1007)] + [microvolts]
    assert gains(arrays, "lf") == pytest.approx(expected, rel=1e-14)
    assert arrays["lf"].labels["channel"][0] == "LF3"


@pytest.mark.corpus
def test_one_gain_where_the_meta_writes_it(corpus, tmp_path):
    meta = corpus / "spikeglx_meta" / "NP2_4_shanks.imec0.ap.meta"
    place(meta, tmp_path, lambda text: text + "imChan0apGain=100\n")
    path, _ = mapped(tmp_path, tmp_path / "maps")
    (band,) = (name for name, array in read(path).items() if "time" in array.dims)
    assert gains(read(path), band)[:384] == pytest.approx(1e6 * 0.5 / 8192 / 100, rel=1e-14)


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("edit", "message"),
    (
        (("nSavedChans=385", "nSavedChans=384"), "snsApLfSy adds up to 385 channels, nSavedChans is 384"),
        (("(AP7;7:7)", ""), "~snsChanMap names 384 channels, nSavedChans is 385"),
        (("(7 0 1 500 50 1)", ""), "~imroTbl has 383 channels, the probe 384"),
        (("typeThis=imec", "typeThis=nidq"), "typeThis is 'nidq'"),
    ),
)
def test_a_meta_that_contradicts_itself_is_refused(corpus, tmp_path, edit, message):
    place(corpus / "spikeglx_meta" / "catgt.meta", tmp_path, lambda text: text.replace(*edit))
    report = vspec.apply(CARD, tmp_path, tmp_path / "maps")
    assert not report.maps
    assert any(problem.code == "V0604" and message in problem.message for problem in report.problems)


@pytest.mark.corpus
def test_an_unknown_probe_without_a_gain_is_refused(corpus, tmp_path):
    meta = corpus / "spikeglx_meta" / "NP2_4_shanks.imec0.ap.meta"
    place(meta, tmp_path, lambda text: text.replace("imDatPrb_type=24", "imDatPrb_type=9999"))
    report = vspec.apply(CARD, tmp_path, tmp_path / "maps")
    assert not report.maps
    assert any("9999" in problem.message for problem in report.problems)


@pytest.mark.corpus
def test_another_size_than_the_meta_says_is_a_warning(corpus, tmp_path):
    place(corpus / "spikeglx_meta" / "catgt.meta", tmp_path)
    _, warnings = mapped(tmp_path, tmp_path / "maps")
    assert any("98624725430" in warning.message for warning in warnings)


@pytest.mark.corpus
def test_half_a_sample_is_refused(corpus, tmp_path):
    place(corpus / "spikeglx_meta" / "catgt.meta", tmp_path)
    (file,) = tmp_path.glob("*.bin")
    with file.open("ab") as more:
        more.write(b"\0\0")
    report = vspec.apply(CARD, tmp_path, tmp_path / "maps")
    assert [problem.code for problem in report.problems] == ["V0312"]


@pytest.mark.corpus
def test_a_meta_alone_makes_no_map(corpus, tmp_path):
    name = "p2_g0_t0.imec0.ap.meta"
    shutil.copy(corpus / "spikeglx_meta" / name, tmp_path / name)
    report = vspec.apply(CARD, tmp_path, tmp_path / "maps")
    assert not report.maps
    assert [problem.code for problem in report.problems] == ["V0420"]
