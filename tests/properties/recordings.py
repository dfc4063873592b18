"""Random recordings as cards and files: the files by plain numpy, the contents as they were before.

No vspec here but the text of cards: what a map holds is compared with arrays that no reader has seen.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

Values = NDArray[np.generic]
ORDERS = st.sampled_from(["little", "big"])
SIGN = {"little": "<", "big": ">"}
PLAIN = {
    "int8": "i1", "uint8": "u1", "int16": "i2", "uint16": "u2", "int32": "i4", "int64": "i8", "float32": "f4",
    "float64": "f8",
}  # fmt: skip
WORDS = {"int24": 1, "uint24": 1, "ibm32": 1, "p212": 2, "ten": 4, "high": 1}
"""Packed types by how many samples share a word."""

TYPES = """types:
  p212: {packed: 3, signed: true, values: ["0..11", "16..23 12..15"]}
  ten: {packed: 5, offset_binary: true, values: ["0..9", "10..19", "20..29", "30..39"]}
  high: {packed: 2, values: ["4..15"]}
"""
PRIMES = st.sampled_from([1, 2, 3, 5, 7, 11, 13])
SMALL = st.sampled_from([1, 1, 2, 3, 5])


def numbers(rng: np.random.Generator, kind: str, shape: tuple[int, ...]) -> Values:
    """Return random values of a type, in numpy's type for them."""
    if kind == "ibm32":
        fraction = rng.integers(0, 2**24, shape)
        return (np.ldexp(fraction, 4 * rng.integers(-5, 5, shape) - 24) * rng.choice([-1, 1], shape)).astype(
            "f4"
        )
    limits = {
        "int24": (-(2**23), 2**23, "i4"), "uint24": (0, 2**24, "u4"), "p212": (-2048, 2048, "i2"),
        "ten": (-512, 512, "i2"), "high": (0, 4096, "u2"),
    }  # fmt: skip
    if kind in limits:
        low, high, code = limits[kind]
        return rng.integers(low, high, shape).astype(code)
    dtype = np.dtype(PLAIN[kind])
    if dtype.kind == "f":
        return rng.standard_normal(shape).astype(dtype)
    info = np.iinfo(dtype)
    return rng.integers(info.min, info.max, shape, dtype=dtype, endpoint=True)


def to_bytes(values: Values, kind: str, endian: str) -> bytes:
    """Return values as they stand in a file, whole words."""
    if kind in PLAIN:
        return np.asarray(values).astype(SIGN[endian] + PLAIN[kind]).tobytes()
    words, nbytes = [], {"int24": 3, "uint24": 3, "ibm32": 4, "p212": 3, "ten": 5, "high": 2}[kind]
    flat = values.ravel().tolist()
    for k in range(0, len(flat), WORDS[kind]):
        some = flat[k : k + WORDS[kind]]
        match kind:
            case "ibm32":
                word = hexadecimal(some[0])
            case "p212":
                a, b = (x % 4096 for x in some)
                word = a | (b & 255) << 16 | (b >> 8) << 12
            case "ten":
                word = sum((x + 512) << 10 * j for j, x in enumerate(some))
            case "high":
                word = some[0] << 4 | k % 16
            case _:
                word = some[0] % 2**24
        words.append(word.to_bytes(nbytes, endian))
    return b"".join(words)


def hexadecimal(value: float) -> int:
    """Return a hexadecimal float that is exactly ``value``."""
    for power in range(-16, 16):
        fraction = abs(value) * 2.0**24 / 16.0**power
        if fraction < 2**24 and fraction == int(fraction):
            return (value < 0) << 31 | (power + 64) << 24 | int(fraction)
    raise AssertionError(value)


@dataclass(frozen=True)
class Part:
    """A field of a record: its stored axes without the records, of which ``time`` is one or none."""

    name: str
    kind: str
    axes: tuple[tuple[str, int], ...]
    time: str | None = None
    filled: int | None = None
    nested: bool = False

    @property
    def line(self) -> str:
        sizes = [
            f"{n}={self.count_name} of {size}" if self._is_slot(n) else f"{n}={size}" for n, size in self.axes
        ]
        return f"{self.name}: {self.kind}" + (f"[{', '.join(sizes)}]" if sizes else "")

    @property
    def count_name(self) -> str:
        return f"n_{self.name}"

    def _is_slot(self, axis: str) -> bool:
        return self.filled is not None and axis == self.axes[0][0]

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(size for _, size in self.axes)


@dataclass
class Recording:
    """A card, its files by name, and the contents of its arrays; ``packed`` needs the packed profile."""

    card: str
    files: dict[str, bytes]
    arrays: dict[str, Values] = field(default_factory=dict)
    packed: bool = False


@st.composite
def parts(draw: st.DrawFn, name: str) -> Part:
    """Draw a field: a number a record, or samples of a rate of its own with up to two further axes."""
    kind = draw(st.sampled_from([*PLAIN, *PLAIN, *WORDS]))
    others = [(f"{name}_{letter}", draw(SMALL)) for letter in "ab"[: draw(st.integers(0, 2))]]
    time = None
    if draw(st.integers(0, 3)):
        time = f"{name}_t"
        axes = draw(st.permutations([(time, draw(SMALL)), *others]))
    else:
        axes = others
    unit = WORDS.get(kind, 1)
    if unit > 1:
        if not axes:
            axes = [(f"{name}_a", 1)]
        axes = [*axes[:-1], (axes[-1][0], axes[-1][1] * unit)]
    slot = (
        time is not None
        and axes[0][0] == time
        and (unit == 1 or len(axes) > 1)
        and draw(st.integers(0, 2)) == 0
    )
    return Part(name, kind, tuple(axes), time, axes[0][1] if slot else None, draw(st.booleans()))


@st.composite
def recordings(draw: st.DrawFn) -> Recording:
    """Draw a recording of records: several rates, slots, gaps, a last record cut off, one or more files."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    endian = draw(ORDERS)
    fields = [draw(parts(f"f{k}")) for k in range(draw(st.integers(1, 3)))]
    many = draw(st.booleans())
    lengths = [draw(PRIMES) for _ in range(draw(st.integers(1, 3)) if many else 1)]
    cut = draw(st.booleans())
    pad = draw(st.integers(0, 5))
    segmented = (
        None
        if many
        else next((f for f in fields if f.time and f.filled is None and draw(st.booleans())), None)
    )
    counts = {
        f.name: rng.integers(0 if many or sum(lengths) > 1 else 1, f.shape[0] + 1, sum(lengths))
        for f in fields
        if f.filled
    }
    values = {f.name: numbers(rng, f.kind, (sum(lengths), *f.shape)) for f in fields}
    times, starts = _times(draw, segmented, sum(lengths))
    pieces = [_record(k, fields, (values, counts, times), (endian, pad)) for k in range(sum(lengths))]
    head = rng.bytes(draw(st.integers(0, 7)))
    bounds = np.cumsum([0, *lengths])
    files = {}
    for k in range(len(lengths)):
        body = b"".join(pieces[bounds[k] : bounds[k + 1]])
        rest = pieces[0][: draw(st.integers(0, len(pieces[0]) - 1))] if cut else b""
        files[f"rec_{k}.bin" if many else "rec.bin"] = head + body + rest
    text = _card(fields, (endian, many, cut, pad, len(head)))
    made = Recording("", files, packed=any(f.kind in WORDS for f in fields))
    lines = [text]
    for f in fields:
        arrow, perm = _arrow(draw, f, many)
        lines += _array(f, arrow, f is segmented)
        made.arrays |= _expected(
            f, values[f.name], counts.get(f.name), (starts if f is segmented else None, perm)
        )
    made.card = "\n".join(lines) + "\n"
    return made


def _times(draw: st.DrawFn, part: Part | None, count: int) -> tuple[list[int], list[int]]:
    """Return the time of each record, and where stretches begin."""
    step = 1 if part is None else 10 * dict(part.axes)[part.time or ""]
    times, starts = [draw(st.integers(0, 50))], [0]
    for k in range(1, count):
        gap = draw(st.sampled_from([0, 0, 0, 1, -1, 40, -20])) if part else 0
        times.append(times[-1] + step + gap)
        if abs(gap) > 5:
            starts.append(k)
    return times, [*starts, count]


def _record(
    k: int, fields: list[Part], contents: tuple[dict, dict, list[int]], form: tuple[str, int]
) -> bytes:
    values, counts, times = contents
    raw = [np.array(times[k], SIGN[form[0]] + "i8").tobytes()]
    for f in fields:
        if f.filled is not None:
            raw.append(np.array(counts[f.name][k], SIGN[form[0]] + "u2").tobytes())
        raw.append(to_bytes(values[f.name][k], f.kind, form[0]))
        raw.append(b"\xa5" * form[1])
    return b"".join(raw)


def _card(fields: list[Part], form: tuple[str, bool, bool, int, int]) -> str:
    endian, many, cut, pad, head = form
    inner = ["t: int64"]
    for f in fields:
        own = [f"{f.count_name}: uint16"] if f.filled is not None else []
        own += [f.line]
        if f.nested:
            inner += [f"in_{f.name}:", "  fields:", *(f"    {line}" for line in own)]
        else:
            inner += own
        inner += [f"gap_{f.name}: pad({pad})"] if pad else []
    return "\n".join(
        [
            "vspec: 1",
            TYPES.rstrip(),
            "files:",
            "  f:",
            f'    match: "{"{rec}_{part:int}" if many else "{rec}"}.bin"',
            *(["    over: part"] if many else []),
            f"    endian: {endian}",
            "    layout:",
            "      fields:",
            *([f"        head: bytes({head})"] if head else []),
            "        r:",
            "          repeat: rest",
            *(["          partial: drop"] if cut else []),
            "          fields:",
            *(f"            {line}" for line in inner),
            "arrays:",
        ]
    )


def _arrow(draw: st.DrawFn, f: Part, many: bool) -> tuple[str, tuple[int, ...]]:
    """Draw the arrow of a field: records and samples join to time, which stands anywhere among the others."""
    outer = ["part", "r"] if many else ["r"]
    names = [n for n, _ in f.axes]
    joined = [*outer, *([f.time] if f.time else [])]
    others = [n for n in names if n != f.time]
    right = draw(st.permutations(["time", *others]))
    written = [f"time=({' '.join(joined)})" if n == "time" else n for n in right]
    whole = ["time", *others]
    return f"{' '.join([*outer, *names])} -> {' '.join(written)}", tuple(whole.index(n) for n in right)


def _array(f: Part, arrow: str, segmented: bool) -> list[str]:
    source = f"f.r.in_{f.name}.{f.name}" if f.nested else f"f.r.{f.name}"
    gaps = ["    gaps: {at: f.r.t, step: 10, tolerance: 5, as: segment}"] if segmented else []
    return [f"  g{f.name}/x:", f"    from: {source}", f'    dims: "{arrow}"', *gaps]


def _expected(f: Part, values: Values, counts: Values | None, how: tuple) -> dict[str, Values]:
    """Return the arrays of a field as the arrow asks for them, by plain slices and joins of records."""
    starts, perm = how
    names = [n for n, _ in f.axes]
    others = [n for n in names if n != f.time]
    rows = []
    for k, row in enumerate(values):
        some = row if counts is None else row[: int(counts[k])]
        order = [names.index(n) for n in ([f.time, *others] if f.time else others)]
        some = some.transpose(order)
        rows.append(some if f.time else some[None])
    bounds = [0, len(rows)] if starts is None else starts
    found = {}
    for k in range(len(bounds) - 1):
        whole = np.concatenate(rows[bounds[k] : bounds[k + 1]], axis=0).transpose(perm)
        found[f"g{f.name}/x" if starts is None else f"g{f.name}/segment_{k}/x"] = whole
    return found
