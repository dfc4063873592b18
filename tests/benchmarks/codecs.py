"""``python -m tests.benchmarks.codecs``: how fast the codecs decode, as ratios to plain numpy.

A chunk of 32 MiB each. `Gather` and `Bits` are held against numpy's own strided copy: of the same elements,
or of as many numbers of the decoded size from the places where the words lie (which leaves them packed).
Base-16 floats are held against numpy's conversion of as many IEEE floats. Both sides take turns, the best
of their times count. Ends with exit code 1 where a bound is broken.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vspec.codecs import Bits, Gather, Ibm, Listed, Records, Step

NBYTES = 32 << 20
ROUNDS = 31
WITHIN = 2.0
CONVERSION_WITHIN = 3.0


@dataclass(frozen=True)
class Case:
    """What is decoded, what numpy does instead, and the most that the first may take of the second's time."""

    name: str
    decode: Callable[[], object]
    plain: Callable[[], object]
    bound: float = WITHIN


def gathering(name: str, codec: Gather, data: NDArray[np.uint8]) -> Case:
    axes = [axis for axis in codec.axes if not isinstance(axis, Listed)]
    item = codec.item if codec.item in (1, 2, 4, 8) else 0
    view = np.ndarray(
        [axis.size for axis in axes],
        f"u{item}" if item else f"V{codec.item}",
        data.data,
        codec.offset,
        [axis.stride for axis in axes],
    )
    chunk = data[: codec.span(codec.records.size)]
    return Case(f"gather: {name}", lambda: codec.decode(chunk), lambda: np.ascontiguousarray(view))


def in_order(name: str, codec: Gather, data: NDArray[np.uint8], order: NDArray[np.intp]) -> Case:
    records = codec.records
    view = np.ndarray(
        (records.size, len(order)), f"u{codec.item}", data.data, codec.offset, (records.stride, codec.item)
    )
    chunk = data[: codec.span(records.size)]
    return Case(f"gather: {name}", lambda: codec.decode(chunk), lambda: view[:, order])


def unpacking(name: str, codec: Bits, data: NDArray[np.uint8]) -> Case:
    count, dtype = NBYTES // 2 // codec.word - 1, np.dtype(codec.dtype)
    per_word = len(codec.values)
    apart = max(0, codec.word - dtype.itemsize) // max(1, per_word - 1)
    view = np.ndarray((count, per_word), dtype, data.data, 0, (codec.word, apart))
    chunk = data[: count * codec.word]
    return Case(f"bits:   {name}", lambda: codec.decode(chunk), lambda: np.array(view))


def cases(data: NDArray[np.uint8]) -> Iterator[Case]:
    def records(stride: int) -> Records:
        return Records(NBYTES // stride - 1, stride)

    blocks = (records(19_394), Step(128, 2), Step(64, 256))
    yield gathering("planar blocks, 64 x 128 int16, to sample x channel", Gather(2, blocks, 512), data)
    blocks = (Step(64, 256), records(19_394), Step(128, 2))
    yield gathering("planar blocks, 64 x 128 int16, to channel x sample", Gather(2, blocks, 512), data)
    yield gathering("packets of 269 bytes, 128 int16", Gather(2, (records(269), Step(128, 2)), 13), data)
    yield gathering("records of 1044 bytes, 512 int16", Gather(2, (records(1044), Step(512, 2)), 20), data)
    yield gathering("uint32 of every 13 bytes", Gather(4, (records(13),), 4), data)
    yield gathering("3 bytes of every 12", Gather(3, (records(12),), 4), data)
    yield gathering(
        "64 channels of 3-byte words, planar", Gather(3, (records(49_152), Step(256, 3), Step(64, 768))), data
    )
    yield gathering("three planes to pixels", Gather(1, (records(3000), Step(1000, 1), Step(3, 1000))), data)
    order = np.random.default_rng(1).permutation(64)
    listed = Gather(2, (records(144), Listed(tuple((2 * order).tolist()))), 10)
    yield in_order("64 channels in another order (numpy: by index)", listed, data, order)
    for first in ("low", "high"):
        for sign in ("twos-complement", "unsigned", "offset-binary"):
            yield unpacking(f"24 bits, {first} first, {sign}", Bits.run(24, sign, first=first), data)
        yield unpacking(f"12 bits, {first} first", Bits.run(12, "twos-complement", first=first), data)
        yield unpacking(f"10 bits, {first} first", Bits.run(10, "unsigned", first=first), data)
        yield unpacking(f"single bits, {first} first", Bits.run(1, "unsigned", first=first), data)
    pairs = Bits(3, (((0, 11),), ((16, 23), (12, 15))), "<i2", "twos-complement")
    yield unpacking("12 bits, the second of two in two pieces", pairs, data)
    floats = data.view(">f4")
    for dtype in ("<f8", "<f4"):
        codec = Ibm("big", dtype)
        yield Case(
            f"ibm32:  to {dtype}",
            lambda codec=codec: codec.decode(data),
            lambda dtype=dtype: floats.astype("<f8").astype(dtype, copy=False),
            CONVERSION_WITHIN,
        )


def seconds(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def ratio(case: Case) -> float:
    """Decoding time by numpy's, each the best of rounds in which they take turns."""
    case.decode()
    case.plain()
    times = [(seconds(case.decode), seconds(case.plain)) for _ in range(ROUNDS)]
    return min(ours for ours, _ in times) / min(theirs for _, theirs in times)


def main() -> int:
    """Measure every case, print a line for each, and tell whether all bounds hold."""
    data = np.random.default_rng(0).integers(0, 256, NBYTES, dtype=np.uint8)
    broken = 0
    with np.errstate(all="ignore"):
        for case in cases(data):
            found = ratio(case)
            broken += found > case.bound
            verdict = "" if found <= case.bound else "   BROKEN"
            print(f"{case.name:58}{found:6.2f}  (at most {case.bound}){verdict}", flush=True)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
