"""Seals: same, grew, changed, missing, and where."""

from __future__ import annotations

import numpy as np
import pytest

from vspec.errors import VspecError
from vspec.seal import blocks, compare, from_json, seal, to_json
from vspec.testing.maps import Memory

MIB = 1 << 20
DATA = np.random.default_rng(1).bytes(3 * MIB + 12345)


def flipped(data, *places):
    changed = bytearray(data)
    for place in places:
        changed[place] ^= 1
    return bytes(changed)


@pytest.mark.parametrize("kind", ("sampled", "full"))
@pytest.mark.parametrize("size", (0, 1, 4096, 65536, 65537, 70000, 131073, len(DATA)))
def test_same_grew_and_changed(kind, size):
    data = DATA[:size]
    sealed = seal(Memory(data), kind)
    assert compare(sealed, Memory(data)).state == "same"
    assert compare(sealed, Memory(data + b"more")).state == "grew"
    assert compare(sealed, None).state == "missing"
    if size:
        assert compare(sealed, Memory(data[:-1])).state == "changed"
        assert compare(sealed, Memory(flipped(data, 0))).state == "changed"
        assert compare(sealed, Memory(flipped(data, size - 1))).state == "changed"
        assert compare(sealed, Memory(flipped(data, size - 1) + b"more")).state == "changed"


@pytest.mark.parametrize("place", (0, MIB, 2 * MIB + 17, len(DATA) - 1))
def test_a_full_seal_finds_any_byte_and_names_its_block(place):
    found = compare(seal(Memory(DATA), "full"), Memory(flipped(DATA, place)))
    assert found.state == "changed"
    assert found.offset <= place < found.offset + found.nbytes
    assert found.nbytes <= MIB


def test_a_sampled_seal_names_the_sample_that_differs():
    found = compare(seal(Memory(DATA)), Memory(flipped(DATA, MIB + 100)))
    assert (found.state, found.offset, found.nbytes) == ("changed", MIB, 4096)


def test_samples_cover_both_ends_and_stay_few():
    found = list(blocks(1 << 40, "sampled"))
    assert found[0] == (0, 65536)
    assert found[-1] == ((1 << 40) - 65536, 65536)
    assert len(found) < 60
    assert sum(nbytes for _, nbytes in found) < MIB


@pytest.mark.parametrize("size", (200000, 10 * MIB))
def test_samples_inside_do_not_depend_on_the_size(size):
    inside = set(list(blocks(size, "sampled"))[:-1])
    assert inside <= set(blocks(size * 3, "sampled"))


def test_blocks_lie_inside_the_file():
    for size in (1, 65536, 65537, 100000, 131072, 135168, 200000, MIB, MIB + 1):
        for kind in ("sampled", "full"):
            assert all(at >= 0 and n > 0 and at + n <= size for at, n in blocks(size, kind))


@pytest.mark.parametrize("kind", ("sampled", "full"))
def test_a_seal_survives_json(kind):
    sealed = seal(Memory(DATA), kind)
    assert from_json(len(DATA), to_json(sealed)) == sealed


@pytest.mark.parametrize(
    "value",
    (
        None,
        {},
        {"kind": "half", "digests": ""},
        {"kind": "full", "digests": "00"},
        {"kind": "full", "digests": 3},
    ),
)
def test_a_malformed_seal_is_refused(value):
    with pytest.raises(VspecError) as error:
        from_json(MIB, value)
    assert error.value.problems[0].code == "V0703"


def test_the_same_bytes_give_the_same_seal():
    assert to_json(seal(Memory(DATA))) == to_json(seal(Memory(bytes(bytearray(DATA)))))
