"""The text headers of real recordings, read as a card would; expectations by independent means."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from vspec.card.model import Role
from vspec.card.text_model import TextField, TextFormat
from vspec.errors import Place, Text, VspecError
from vspec.header.text import Origin, read_text
from vspec.patterns import parse_path, parse_text
from vspec.sources import Files, beside, find

CORPUS = Path(os.environ.get("VSPEC_CORPUS", Path(__file__).parents[2] / "../shared/data"))
PLACE = Place("card.yaml", 1, 1, 1, "")

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.is_dir(), reason=f"no real files in {CORPUS}; set VSPEC_CORPUS"),
]


def words(text):
    return Text(text, PLACE)


def wanted(name, key=None, **options):
    if "each" in options:
        options["each"] = parse_text(words(options["each"]))
    if "section" in options:
        options["section"] = words(options["section"])
    return TextField(name, PLACE, key=words(key or name), required="default" not in options, **options)


def read(path, form, *fields, **options):
    raw = (CORPUS / path).read_bytes()
    return read_text(TextFormat(form, PLACE, fields, **options), raw, Origin(path, 0))


HEADERS = {
    "Analyzer_nV_Export.vhdr": (32, 2000, "FC4", "nV"),
    "Andy_101-raw.vhdr": (128, 500, "Lm", None),
    "test-na-271.vhdr": (128, 2000, "Z2", None),
    "test_NO.vhdr": (65, 200, "1", "µV"),
    "test_VAmp.ahdr": (6, 2000, "Oz", "µV"),
}


@pytest.mark.parametrize("name", HEADERS)
def test_brainvision(name):
    channels, interval, first, unit = HEADERS[name]
    each = "{name:text?},{reference:text?},{resolution:text?}[,{unit:text?}]"
    record = read(
        f"brainvision/{name}",
        "pairs",
        wanted("n", "NumberOfChannels", type="int", section="Common Infos"),
        wanted("interval", "SamplingInterval", type="float", section="Common Infos"),
        wanted("data", "DataFile", section="Common Infos"),
        wanted("binary", "BinaryFormat", section="Binary Infos"),
        wanted("ch", "Ch{n:int}", each=each, section="Channel Infos"),
        comment=";",
    )
    assert record.get("n") == channels
    assert record.get("interval") == interval
    assert record.get("binary") == "IEEE_FLOAT_32"
    assert record.get("ch").column("n").tolist() == list(range(1, channels + 1))
    assert record.get("ch").row(0).get("name") == first
    assert record.get("ch").row(0).get("unit") == unit
    root = CORPUS / "brainvision"
    (dataset,) = find([Role("hdr", PLACE, match=(parse_path(words("{name}.*hdr")),))], [root / name]).datasets
    assert beside(dataset.members["hdr"][0].file, root, record.get("data"), False).path == record.get("data")


METAS = [
    "NP-Ultra.meta",
    "NP1_saved_only_subset_of_channels.meta",
    "NP2_4_shanks.imec0.ap.meta",
    "catgt.meta",
    "p2_g0_t0.imec0.ap.meta",
]


@pytest.mark.parametrize("name", METAS)
def test_spikeglx(name):
    path = f"spikeglx_meta/{name}"
    text = (CORPUS / path).read_text("utf-8").splitlines()
    pairs = {line.partition("=")[0]: (i, line.partition("=")[2]) for i, line in enumerate(text, 1)}
    tuples = re.findall(r"\((\d+)((?: \d+)+)\)", pairs["~imroTbl"][1])
    names = [f"x{i}" for i in range(1, 1 + len(tuples[0][1].split()))]
    each = "({ch:int} " + " ".join(f"{{{n}:int}}" for n in names) + ")"
    record = read(
        path,
        "pairs",
        wanted("nSavedChans", type="int"),
        wanted("fileSizeBytes", type="int"),
        wanted("imSampRate", type="float"),
        wanted("snsApLfSy", type="int[]"),
        wanted("imroTbl", "~imroTbl", each=each),
    )
    for key in ("nSavedChans", "fileSizeBytes"):
        assert record.get(key) == int(pairs[key][1])
        assert record.origin(key) == f"{path} line {pairs[key][0]}"
    assert record.get("imSampRate") == float(pairs["imSampRate"][1])
    assert record.get("snsApLfSy").tolist() == [int(n) for n in pairs["snsApLfSy"][1].split(",")]
    assert record.get("snsApLfSy").sum() == record.get("nSavedChans")
    assert record.get("imroTbl").column("ch").tolist() == [int(ch) for ch, _ in tuples]
    assert record.get("imroTbl").column(names[-1]).tolist() == [int(rest.split()[-1]) for _, rest in tuples]


def nrrds():
    return sorted(
        p.relative_to(CORPUS).as_posix() for p in CORPUS.glob("nrrd*/*.n*r*d*") if p.suffix != ".raw"
    )


@pytest.mark.parametrize("path", nrrds() if CORPUS.is_dir() else [])
def test_nrrd(path):
    head = (CORPUS / path).read_bytes().split(b"\n\n")[0].decode("ascii")
    pairs = dict(re.findall(r"(?m)^([a-z ]+): (.*?)\r?$", head))
    record = read(
        path,
        "pairs",
        wanted("type"),
        wanted("dimension", type="int"),
        wanted("sizes", type="int[]"),
        wanted("encoding"),
        wanted("skip", "byte skip", type="int", default=0),
        wanted("file", "data file", default=None),
        separator=": ",
        comment="#",
        end="",
    )
    assert record.get("type") == pairs["type"]
    assert record.get("sizes").tolist() == [int(n) for n in pairs["sizes"].split()]
    assert record.get("dimension") == len(record.get("sizes"))
    assert record.get("encoding") == pairs["encoding"]
    assert record.get("skip") == int(pairs.get("byte skip", 0))
    assert record.get("file") == pairs.get("data file")


def test_open_ephys():
    path = "openephys_binary/structure.oebin"
    plain = json.loads((CORPUS / path).read_bytes())["continuous"]
    streams = read(path, "json").get("continuous")
    assert streams.column("folder_name").tolist() == [s["folder_name"] for s in plain]
    assert streams.column("sample_rate").tolist() == [s["sample_rate"] for s in plain]
    for k, stream in enumerate(plain):
        gains = streams.row(k).get("channels").column("bit_volts")
        assert gains.dtype == np.float64
        assert gains.tolist() == [c["bit_volts"] for c in stream["channels"]]
    record = read(
        path, "json", wanted("folder", "continuous[1].folder_name"), wanted("all", "continuous.num_channels")
    )
    assert record.get("folder") == plain[1]["folder_name"]
    assert record.get("all").tolist() == [s["num_channels"] for s in plain]


def test_open_ephys_with_nested_metadata():
    path = "openephys_oebin_header/OE_OneBox-NP2014-binary/structure.oebin"
    plain = json.loads((CORPUS / path).read_bytes())["continuous"]
    channels = read(path, "json").get("continuous").row(0).get("channels")
    wanted_values = [
        c["channel_metadata"][0]["value"][0] for c in plain[0]["channels"] if "channel_metadata" in c
    ]
    found = [rows.row(0).get("value")[0] for rows in channels.column("channel_metadata") if rows is not None]
    assert found == wanted_values
    assert len(found) > 300


def test_neuralynx_text_inside_a_binary_file():
    path = "neuralynx_ncs/LAHC1.ncs"
    raw = (CORPUS / path).read_bytes()[:16384]
    fields = (
        wanted("volts", "-ADBitVolts", type="float"),
        wanted("rate", "-SamplingFrequency", type="int"),
        wanted("probe", "-ProbeName"),
        wanted("inverted", "-InputInverted"),
    )
    form = TextFormat("pairs", PLACE, fields, separator=" ", comment="#")
    with pytest.raises(VspecError) as error:
        read_text(form, raw, Origin(path, 0))
    (problem,) = error.value.problems
    assert (problem.code, problem.offset) == ("V0502", raw.index(b"\xb5"))
    record = read_text(replace(form, encoding="cp1252"), raw, Origin(path, 0))
    assert record.get("volts") == 3.05175781250000006e-07
    assert (record.get("rate"), record.get("probe"), record.get("inverted")) == (2000, "", "True")


def test_open_ephys_streams_are_siblings_of_their_header():
    root = CORPUS / "openephys_binary"
    roles = (
        Role("oebin", PLACE, match=(parse_path(words("structure.oebin")),)),
        Role("dat", PLACE, match=(parse_path(words("continuous/{stream}/continuous.dat")),), over="stream"),
    )
    (dataset,) = find(roles, [root]).datasets
    assert dataset.problems == ()
    held = [member.captures["stream"] for member in dataset.members["dat"]]
    assert held == ["data_stream_16ch_hippocampus", "data_stream_sine_wave"]
    with Files(root) as files:
        for member in dataset.members["dat"]:
            file = member.file
            assert files.reader(files.add(file)).view(0, file.size).tobytes() == file.absolute.read_bytes()


def test_andor_spool_files_are_put_in_order_by_an_expression():
    root = CORPUS / "andor_spool"

    class Reversed:
        names = frozenset({"n"})

        def evaluate(self, scope):
            return int(scope.get("n")[::-1])

    role = Role("dat", PLACE, match=(parse_path(words("{n}spool.dat")),), over="n", order=Reversed())
    (dataset,) = find([role], [root]).datasets
    held = [member.captures["n"] for member in dataset.members["dat"]]
    assert held[:3] == ["0000000000", "1000000000", "2000000000"]
    assert [int(n[::-1]) for n in held] == sorted(int(n[::-1]) for n in held)
