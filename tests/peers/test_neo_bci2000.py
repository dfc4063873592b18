"""Neo reads the same samples, names, rates and gains as the map of a made-up BCI2000 file."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
from neo.rawio.bci2000rawio import BCI2000RawIO

import vspec
from tests.cards.maps import card, gains, read
from vspec.authoring.faking import FakeOptions, fake

pytestmark = [pytest.mark.peer, pytest.mark.filterwarnings("ignore::DeprecationWarning")]
HEADER = 600
TYPES = {"SamplingRate=": "float", "StorageTime=": "string", "ChannelNames=": "stringlist"}


def typed(line):
    """A line of a parameter with its section, its type and, of a list, its length, which the card does not need."""
    _, _, name, *values = line.split()
    kind = TYPES.get(name, "floatlist")
    count = [str(len(values) - 1)] if kind.endswith("list") else []
    return " ".join(["Source", kind, name, *count, *values[len(count) :]])


def in_neos_order(path):
    """Put the lines of parameters behind their heading, where Neo looks for them, and blanks behind all."""
    whole = path.read_bytes()
    first, _, rest = whole[:HEADER].rstrip(b"\0 ").partition(b"\r\n")
    lines = rest.decode("ascii").split("\n")
    parameters = [typed(line) for line in lines if "=" in line]
    others = [line for line in lines if "=" not in line and line.strip()]
    header = "\r\n".join([first.decode("ascii"), *others, *parameters, "\r\n"])
    path.write_bytes(header.encode("ascii").ljust(HEADER - 2) + b"\r\n" + whole[HEADER:])


def numpy_knows_a64():
    """Whether numpy has the name of a type by which Neo reads the table of states; numpy 2.5 gave it up."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            np.dtype("a64")
        except TypeError:
            return False
    return True


@pytest.mark.skipif(not numpy_knows_a64(), reason="Neo asks numpy for 'a64', which this numpy does not know")
@pytest.mark.parametrize("seed", range(3))
def test_bci2000(seed, tmp_path):
    known = fake(card("bci2000/dat"), tmp_path / "data", FakeOptions(seed=seed))
    path = Path(known.files[0])
    in_neos_order(path)
    report = vspec.apply(card("bci2000/dat"), path, tmp_path / "maps")
    assert not report.problems, report.problems
    arrays = read(Path(report.maps[0].map))
    reader = BCI2000RawIO(str(path))
    reader.parse_header()
    table = reader.header["signal_channels"]
    found = arrays["samples"]
    assert np.array_equal(reader.get_analogsignal_chunk(0, 0, stream_index=0), found.values)
    assert reader.get_signal_sampling_rate() == 1 / found.axes["time"]["step"] == 256.0
    assert table["name"].tolist() == found.labels["channel"] == ["C3", "C 4"]
    assert gains(arrays, "samples") == pytest.approx([0.5, 0.25])
    assert arrays["samples"].axes["time"]["epoch"] == "2010-04-14T16:37:28"
    # By the document (sample - 10) * 0.25; Neo adds the offset as it stands.
    assert arrays["channel_offset"].values.tolist() == [0.0, -2.5]
    states = np.asarray(reader._memmap["state_vector"])
    assert np.array_equal(states, arrays["state_vector"].values)
    assert arrays["state_vector"].attrs["states"] == ["Running", "SourceTime"]
    assert arrays["state_vector"].attrs["state_byte"] == [0, 1]
