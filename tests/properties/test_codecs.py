"""Codecs: against a second implementation on random layouts, against plain numpy on long chunks."""

from __future__ import annotations

import json
import struct

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.conformance import codecs_by_hand
from vspec.codecs import Bits, Gather, Ibm, Listed, Records, Step, from_config
from vspec.errors import VspecError

SIGNS = ("unsigned", "twos-complement", "offset-binary")


def refusal(run):
    """The codes that a call is refused with; none where it is not."""
    try:
        run()
    except VspecError as error:
        return {problem.code for problem in error.problems}
    return set()


def some_bytes(count, seed):
    return np.random.default_rng(seed).integers(0, 256, count, dtype=np.uint8).tobytes()


@st.composite
def axes(draw, item):
    """Some axes inside a record, and the offset that they need at least."""
    found, need = [], 0
    for _ in range(draw(st.integers(0, 3))):
        if draw(st.booleans()):
            stride = draw(st.sampled_from([0, item, -item, 2 * item, 3 * item + 1]) | st.integers(-40, 40))
            size = draw(st.integers(1, 7))
            found.append(Step(size, stride))
            need += max(0, -stride * (size - 1))
        else:
            places = st.integers(-30, 60) | st.integers(0, 9).map(lambda n: n * item)
            offsets = draw(st.lists(places, min_size=1, max_size=9))
            found.append(Listed(tuple(offsets)))
            need += max(0, -min(offsets))
    return found, need


@st.composite
def gathers(draw):
    """A codec, and how many records its chunk has."""
    item = draw(st.sampled_from([1, 2, 3, 4, 5, 6, 8, 12, 16, 23]))
    found, need = draw(axes(item))
    size = draw(st.integers(1, 11))
    last = draw(st.none() | st.integers(1, size - 1)) if size > 1 else None
    stride = draw(st.just(item) | st.integers(1, 200))
    records = Records(size, stride, last, draw(st.booleans()))
    found.insert(draw(st.integers(0, len(found))), records)
    codec = Gather(item, tuple(found), need + draw(st.integers(0, 5)))
    return codec, draw(st.sampled_from([size, last or size]))


@settings(max_examples=400)
@given(made=gathers(), extra=st.integers(0, 300), seed=st.integers(0, 2**32))
def test_gathering_is_what_the_page_says(made, extra, seed):
    codec, records = made
    nbytes = codec.span(records) + extra % codec.records.stride
    data = some_bytes(nbytes, seed)
    decoded = codec.decode(data)
    assert decoded.tobytes() == codecs_by_hand.decode(codec.config(), data)
    assert len(decoded) == codec.nbytes
    assert from_config(json.loads(json.dumps(codec.config()))) == codec


@settings(max_examples=200)
@given(made=gathers(), nbytes=st.integers(0, 3000))
def test_a_chunk_of_any_other_length_is_refused(made, nbytes):
    codec, _ = made
    records = codec.records
    whole = [n for n in range(1, nbytes + 1) if codec.span(n) <= nbytes]
    fits = len(whole) in {records.size, records.last} - {None, 0}
    assert refusal(lambda: codec.decode(bytes(nbytes))) == (set() if fits else {"V0712"})


@st.composite
def packings(draw):
    word = draw(st.integers(1, 9) | st.integers(10, 64))
    sign = draw(st.sampled_from(SIGNS))
    values = []
    for _ in range(draw(st.integers(1, 5))):
        width = draw(st.integers(1, min(56, 8 * word)))
        if width > 32 or draw(st.booleans()):
            first = draw(st.integers(0, 8 * word - width))
            cut = first + draw(st.integers(0, width - 1))
            last = first + width - 1
            values.append(((cut, last), *([(first, cut - 1)] if cut > first else [])))
        else:
            chosen = draw(st.permutations(range(8 * word)))[:width]
            values.append(tuple((bit, bit) for bit in chosen))
    widest = max(sum(last - first + 1 for first, last in value) for value in values)
    kinds = [f"<i{n}" if n > 1 else "|i1" for n in (1, 2, 4, 8) if 8 * n >= widest + (sign == "unsigned")]
    if sign == "unsigned":
        kinds += [f"<u{n}" if n > 1 else "|u1" for n in (1, 2, 4, 8) if 8 * n >= widest]
        kinds += ["|b1"] if widest == 1 else []
    endian = draw(st.sampled_from(["little", "big"]))
    return Bits(word, tuple(values), draw(st.sampled_from(kinds)), sign, endian)


@settings(max_examples=300)
@given(codec=packings(), words=st.integers(0, 12), seed=st.integers(0, 2**32))
def test_unpacking_is_what_the_page_says(codec, words, seed):
    data = some_bytes(words * codec.word, seed)
    assert codec.decode(data).tobytes() == codecs_by_hand.decode(codec.config(), data)
    assert from_config(json.loads(json.dumps(codec.config()))) == codec


@settings(max_examples=60, deadline=None)
@given(
    width=st.integers(1, 56),
    first=st.sampled_from(["low", "high"]),
    sign=st.sampled_from(SIGNS),
    words=st.sampled_from([0, 1, 2, 65_535, 65_536, 65_539]),  # they are unpacked in blocks of 65 536
    seed=st.integers(0, 2**32),
)
def test_samples_without_a_gap_are_those_of_a_stream_of_bits(width, first, sign, words, seed):
    codec = Bits.run(width, sign, first=first)
    words = words if codec.word <= 5 else words % 1009
    data = np.frombuffer(some_bytes(codec.word * words, seed), np.uint8)
    stream = np.unpackbits(data, bitorder="little" if first == "low" else "big").reshape(-1, width)
    weights = 1 << np.arange(width, dtype=np.int64)
    values = stream.astype(np.int64) @ (weights if first == "low" else weights[::-1])
    if sign == "twos-complement":
        values = np.where(values >= 1 << (width - 1), values - (1 << width), values)
    if sign == "offset-binary":
        values -= 1 << (width - 1)
    decoded = codec.decode(data).view(codec.dtype)
    np.testing.assert_array_equal(decoded.astype(np.int64), values)


@given(words=st.lists(st.integers(0, 2**32 - 1), max_size=40), endian=st.sampled_from(["little", "big"]))
@example(words=[0, 1 << 31, 0x7FFFFFFF, 0xFFFFFFFF, 0x60FFFFFF, 0x61100000, 0x20000004], endian="big")
def test_base_16_floats_are_what_the_page_says(words, endian):
    data = b"".join(word.to_bytes(4, endian) for word in words)
    for dtype in ("<f4", "<f8"):
        codec = Ibm(endian, dtype)
        assert codec.decode(data).tobytes() == codecs_by_hand.decode(codec.config(), data)


@given(value=st.floats(-(2.0**120), 2.0**120, width=32).filter(lambda x: x == 0 or abs(x) > 2.0**-120))
def test_a_float_that_base_16_holds_comes_back(value):
    """Its 24 bits fit where its exponent is a multiple of 4, so such values are tried."""
    fraction, exponent = np.frexp(np.float32(value))
    value = float(np.ldexp(fraction, 4 * (int(exponent) // 4)))
    whole = int(abs(fraction) * 2**24)
    word = whole | ((64 + int(exponent) // 4) << 24 if whole else 0) | (1 << 31 if value < 0 else 0)
    (decoded,) = struct.unpack("<f", Ibm("little").decode(word.to_bytes(4, "little")).tobytes())
    assert decoded == value


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)
KEYS = ("item", "offset", "axes", "word", "endian", "values", "sign", "dtype", "fill")


@settings(max_examples=300)
@given(
    name=st.sampled_from(["vspec.gather", "vspec.bits", "vspec.ibm32", "zlib"]),
    junk=st.dictionaries(st.sampled_from(KEYS), JUNK),
)
def test_no_configuration_does_anything_but_decode_or_be_refused(name, junk):
    codes = refusal(lambda: from_config({"id": name, **junk}).decode(bytes(4)))
    assert codes <= {"V0711", "V0712", "V0930"}


@settings(max_examples=200)
@given(made=gathers(), key=st.sampled_from(["records", "stride", "last", "size", "offsets"]), junk=JUNK)
def test_a_damaged_axis_is_refused_or_sound(made, key, junk):
    config = made[0].config()
    config["axes"][0][key] = junk
    assert refusal(lambda: from_config(config)) <= {"V0711", "V0930"}
