"""Codecs: long chunks against plain numpy, what they take and refuse, how zarr and numcodecs get them."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numcodecs
import numpy as np
import pytest
import zarr

from vspec.codecs import Bits, Gather, Ibm, Listed, Records, Step, from_config
from vspec.codecs.registration import register
from vspec.errors import VspecError

ROOT = Path(__file__).resolve().parents[2]
COUNT = 1009  # records: a prime
GATHER = Gather(2, (Records(4, 6, last=1), Step(2, 2)), 1)
BITS = Bits.run(12, "twos-complement", first="high")
IBM = Ibm("little", "<f8")
CODECS = pytest.mark.parametrize("codec", (GATHER, BITS, IBM), ids=lambda codec: codec.id)


@pytest.fixture
def rng():
    return np.random.default_rng(4)


def codes(run):
    with pytest.raises(VspecError) as raised:
        run()
    return [problem.code for problem in raised.value.problems]


# --- long chunks ----------------------------------------------------------------------------


def recorded(rng, extra=0):
    """Records of 2070 bytes: a head of 8, then 7 channels of 147 samples (int16), then 4 bytes."""
    kind = np.dtype([("head", "u1", 8), ("x", "<i2", (7, 147)), ("tail", "u1", 4)])
    raw = rng.integers(0, 256, COUNT * kind.itemsize, dtype=np.uint8)
    return raw[: len(raw) - extra], raw.view(kind)["x"]


def test_planar_records_come_out_sample_by_sample(rng):
    raw, x = recorded(rng, extra=4)
    codec = Gather(2, (Records(COUNT, 2070), Step(147, 2), Step(7, 294)), 8)
    np.testing.assert_array_equal(
        codec.decode(raw).view("<i2").reshape(-1, 7), x.swapaxes(1, 2).reshape(-1, 7)
    )


def test_the_axis_of_records_may_stand_anywhere(rng):
    raw, x = recorded(rng)
    codec = Gather(2, (Step(7, 294), Records(2000, 2070, last=COUNT), Step(147, 2)), 8)
    decoded = codec.decode(raw).view("<i2").reshape(7, 2000, 147)
    np.testing.assert_array_equal(decoded[:, :COUNT], x.swapaxes(0, 1))
    assert not decoded[:, COUNT:].any()


def test_everything_the_other_way_round(rng):
    raw, x = recorded(rng)
    axes = (Records(1500, 2070, last=COUNT, reverse=True), Step(7, -294), Step(147, -2))
    decoded = Gather(2, axes, 8 + 6 * 294 + 146 * 2).decode(raw).view("<i2").reshape(1500, 7, 147)
    np.testing.assert_array_equal(decoded[:COUNT], x[::-1, ::-1, ::-1])
    assert not decoded[COUNT:].any()


@pytest.mark.parametrize("channels", ((4, 0, 2, 6, 1, 5), (6,), (0, 1, 2), (6, 4, 2, 0, 1)))
@pytest.mark.parametrize("last", (True, False))
def test_listed_channels(rng, channels, last):
    raw, x = recorded(rng)
    listed = Listed(tuple(294 * channel for channel in channels))
    axes = (Records(COUNT, 2070), *((Step(147, 2), listed) if last else (listed, Step(147, 2))))
    expected = x[:, list(channels)]
    expected = expected.swapaxes(1, 2) if last else expected
    np.testing.assert_array_equal(Gather(2, axes, 8).decode(raw).view("<i2"), expected.ravel())


@pytest.mark.parametrize("item", (1, 2, 3, 5, 8))
@pytest.mark.parametrize("size", (1201, 600))
def test_a_long_list_in_any_order(rng, item, size):
    """Neighbours in another order, some of them left out: these are taken, not copied one by one."""
    raw = rng.integers(0, 256, (COUNT, 1201 * item + 3), dtype=np.uint8)
    order = rng.permutation(1201)[:size]
    axes = (Records(COUNT, raw.shape[1]), Listed(tuple((order * item).tolist())))
    expected = raw[:, 3:].reshape(COUNT, 1201, item)[:, order]
    np.testing.assert_array_equal(Gather(item, axes, 3).decode(raw), expected.ravel())


@pytest.mark.parametrize("planes", (2, 3, 4, 5))
def test_planes_become_pixels(rng, planes):
    raw = rng.integers(0, 256, (COUNT, planes, 331), dtype=np.uint8)
    codec = Gather(1, (Records(COUNT, planes * 331), Step(331, 1), Step(planes, 331)))
    np.testing.assert_array_equal(codec.decode(raw), raw.swapaxes(1, 2).ravel())


def test_contiguous_bytes_are_not_copied(rng):
    raw = rng.integers(0, 256, 4096, dtype=np.uint8)
    for axes in ((Records(512, 8), Step(4, 2)), (Records(64, 64), Step(8, 8), Step(4, 2))):
        assert np.shares_memory(Gather(2, axes).decode(raw), raw)
    assert not np.shares_memory(Gather(2, (Records(512, 8, reverse=True), Step(4, 2))).decode(raw), raw)


def test_24_bits_after_gathering(rng):
    """Words that are gathered first: channels of 3-byte samples, as sample by channel of int32."""
    raw = rng.integers(0, 256, (COUNT, 5, 17, 3), dtype=np.uint8)
    words = Gather(3, (Records(COUNT, 255), Step(17, 3), Step(5, 51))).decode(raw)
    decoded = Bits.run(24, "twos-complement", first="low").decode(words).view("<i4").reshape(COUNT, 17, 5)
    wide = raw.astype(np.int32)
    expected = wide[..., 0] | wide[..., 1] << 8 | wide[..., 2].astype(np.int8).astype(np.int32) << 16
    np.testing.assert_array_equal(decoded, expected.swapaxes(1, 2))


def test_float32_is_float64_rounded_once(rng):
    raw = rng.integers(0, 256, 4 * 100_003, dtype=np.uint8)
    exact = Ibm("big", "<f8").decode(raw).view("<f8")
    with np.errstate(over="ignore", under="ignore"):
        np.testing.assert_array_equal(Ibm("big").decode(raw).view("<f4"), exact.astype("<f4"))
    words = raw.view(">u4").astype(np.int64)
    scale = 16.0 ** ((words >> 24 & 127) - 64.0)
    sign = np.where(words >> 31, -1.0, 1.0)
    np.testing.assert_array_equal(exact, sign * (words & 0xFFFFFF) / 2.0**24 * scale)


# --- what they take and refuse --------------------------------------------------------------


@CODECS
@pytest.mark.parametrize("kind", (bytes, bytearray, memoryview))
def test_any_stretch_of_bytes_will_do(codec, kind):
    data = bytes(range(24))
    expected = codec.decode(data).tobytes()
    assert codec.decode(kind(data)).tobytes() == expected
    for dtype in ("u1", ">i2", "<f8", "S3"):
        assert codec.decode(np.frombuffer(data, dtype)).tobytes() == expected
        assert codec.decode(np.frombuffer(data, dtype).reshape(1, -1)).tobytes() == expected


@CODECS
@pytest.mark.parametrize(
    "buffer",
    (np.zeros(48, np.uint8)[::2], memoryview(bytes(48))[::2], np.empty(3, object)),
    ids=["array", "view", "objects"],
)
def test_bytes_that_do_not_adjoin_are_refused(codec, buffer):
    assert codes(lambda: codec.decode(buffer)) == ["V0712"]


def test_all_that_is_wrong_is_said_at_once():
    axes = [{"records": 2, "stride": 0, "last": 9}, {"size": 0, "stride": 1}]
    config = {"id": "vspec.gather", "item": 0, "offset": -1, "axes": axes}
    with pytest.raises(VspecError) as raised:
        from_config(config)
    found = [(problem.code, problem.message, problem.found) for problem in raised.value.problems]
    assert found == [
        ("V0711", f"codec 'vspec.gather': '{key}' is not what it must be", value)
        for key, value in (
            ("item", "0"),
            ("offset", "-1"),
            ("axes[0].stride", "0"),
            ("axes[0].last", "9"),
            ("axes[1]", "0"),
        )
    ]


def test_not_every_one_of_many_problems_is_said():
    listed = {"offsets": [0.5] * 60_000}
    config = {"id": "vspec.gather", "item": 1, "axes": [{"records": 1, "stride": 1}, listed]}
    assert codes(lambda: from_config(config)) == ["V0711"] * 20


def test_a_chunk_that_is_cut_off_says_what_would_fit():
    with pytest.raises(VspecError) as raised:
        GATHER.decode(bytes(13))
    (problem,) = raised.value.problems
    assert problem.code == "V0712"
    assert problem.expected == "4 records (23 bytes) or 1 records (5 bytes)"
    assert problem.found == "13 bytes"


@pytest.mark.parametrize("bits", (0, 57, -1))
def test_samples_have_1_to_56_bits(bits):
    assert codes(lambda: Bits.run(bits, "unsigned")) == ["V0711"]


def test_too_large_a_chunk_is_refused_before_memory_is_taken():
    wide = Bits(1, tuple(((0, 0),) for _ in range(512)), "<u8")
    zeros = np.zeros((1 << 27) + 4, np.uint8)  # the system gives their pages when they are touched, never
    tracemalloc.start()
    try:
        assert codes(lambda: Gather(8, (Records(1 << 20, 1), Step(1 << 20, 0)))) == ["V0930"]
        assert codes(lambda: wide.decode(zeros[: 1 << 17])) == ["V0930"]
        assert codes(lambda: IBM.decode(zeros)) == ["V0930"]
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


@CODECS
def test_a_codec_can_be_sent_to_another_process(codec):
    again = pickle.loads(pickle.dumps(codec))
    assert again == codec
    assert again.decode(bytes(24)).tobytes() == codec.decode(bytes(24)).tobytes()


# --- numcodecs and zarr ---------------------------------------------------------------------


@CODECS
def test_numcodecs_knows_it_once_it_is_registered(codec):
    register()
    found = numcodecs.get_codec(codec.config())
    assert found.get_config() == codec.config()
    assert found == pickle.loads(pickle.dumps(found))
    assert repr(found) == repr(codec)
    data = bytes(range(24))
    expected = codec.decode(data).tobytes()
    out = np.zeros(len(expected), np.uint8)
    assert found.decode(data).tobytes() == expected
    found.decode(data, out)
    assert out.tobytes() == expected
    assert codes(lambda: found.encode(data)) == ["V0713"]
    assert codes(lambda: numcodecs.get_codec({"id": codec.id, "junk": 1})) == ["V0711"]


@CODECS
def test_zarr_knows_it_once_it_is_registered(codec):
    register()
    kind = zarr.registry.get_codec_class(codec.id)
    configuration = codec.config()
    document = {"name": configuration.pop("id"), "configuration": configuration}
    found = kind.from_dict(document)
    assert found.to_dict() == document
    assert found == pickle.loads(pickle.dumps(found))
    assert codes(lambda: kind.from_dict({"name": codec.id})) == ["V0711"]
    assert codes(lambda: kind.from_dict({"name": codec.id, "configuration": 7})) == ["V0711"]


def test_nothing_is_written_through_a_map():
    register()
    configuration = Gather(2, (Records(4, 2),)).config()
    name = configuration.pop("id")
    codec = zarr.registry.get_codec_class(name).from_dict({"name": name, "configuration": configuration})
    array = zarr.create_array({}, shape=(4,), chunks=(4,), dtype="int16", compressors=[codec], filters=None)
    assert codes(lambda: array.__setitem__(slice(None), 1)) == ["V0713"]


def test_the_room_itself_is_light():
    """Also for those who take the codecs alone: neither zarr nor numcodecs, nor the rest of vspec."""
    program = "import json, sys, vspec.codecs; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    modules = set(json.loads(done.stdout))
    assert not modules & {"zarr", "numcodecs", "fsspec", "yaml", "click"}
    rooms = {name.split(".")[1] for name in modules if name.startswith("vspec.")}
    assert rooms == {"codecs", "datatypes", "errors", "version"}
