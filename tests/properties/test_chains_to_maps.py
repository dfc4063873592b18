"""Records of varying length, by each way to find the next one, through zarr; and what lies about its lengths."""

from __future__ import annotations

import os
import struct
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import vspec
from tests.cards import maps
from tests.properties.recordings import SIGN, TYPES, WORDS, Recording, numbers, to_bytes
from tests.properties.test_recordings import check
from tests.unit.layouts import bounded
from vspec.card.load import loads
from vspec.commands.options import ApplyOptions
from vspec.errors import VspecError

MORE = settings(
    max_examples=int(os.environ.get("VSPEC_EXAMPLES", "40")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
KINDS = st.sampled_from(["int8", "int16", "int32", "float64", "int24", "ibm32", "p212"])
COUNTS = st.lists(st.integers(0, 7), min_size=1, max_size=30)
ORDERS = st.sampled_from(["little", "big"])
OPTIONS = st.builds(
    ApplyOptions,
    profile=st.sampled_from(["portable", "packed", None]),
    chunk_bytes=st.sampled_from([1024, 1031, 4 << 20]),
)

CARD = """
vspec: 1
{types}files:
  f:
    match: "{{rec}}.bin"
    endian: {endian}
    layout:
      fields:
{fields}
arrays:
  g/x:
    from: {source}
    dims: "{dims}"
"""


def card(kind: str, endian: str, fields: str, **how: str) -> str:
    body = "\n".join(f"        {line}" for line in fields.strip("\n").replace("KIND", kind).split("\n"))
    source, dims = how.get("source", "f.r.x"), how.get("dims", "r k c -> c time=(r k)")
    return CARD.format(types=TYPES, endian=endian, fields=body, source=source, dims=dims)


def drawn(rng: np.random.Generator, kind: str, counts: list[int], channels: int) -> list[np.ndarray]:
    return [numbers(rng, kind, (n, channels)) for n in counts]


def joined(rows: list[np.ndarray]) -> np.ndarray:
    return np.concatenate(rows).T


@st.composite
def rows(draw):
    kind, endian, counts = draw(KINDS), draw(ORDERS), draw(COUNTS)
    counts[draw(st.integers(0, len(counts) - 1))] = draw(st.integers(1, 7))
    channels = draw(st.sampled_from([1, 2, 3])) * WORDS.get(kind, 1)
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    return kind, endian, channels, drawn(rng, kind, counts, channels), rng


SIZED = """
r:
  repeat: rest
  fields:
    nbytes: uint16
    n: uint8
    x: KIND[k=n, c={c}]
  size: nbytes
"""


@MORE
@given(rows(), OPTIONS)
def test_rows_with_a_size_field(made, options):
    kind, endian, channels, values, rng = made
    data = b""
    for row in values:
        body = struct.pack("B", len(row)) + to_bytes(row, kind, endian) + rng.bytes(int(rng.integers(0, 5)))
        data += struct.pack(f"{SIGN[endian]}H", len(body) + 2) + body
    text = card(kind, endian, SIZED.replace("{c}", str(channels)))
    hold(text, kind, data, joined(values), options)


LINKED = """
first: uint32
r:
  at: first
  repeat: {next: "link if link > 0 else none"}
  fields:
    n: uint8
    x: KIND[k=n, c={c}]
    link: uint32
"""


@MORE
@given(rows(), OPTIONS)
def test_rows_that_point_to_the_next_one(made, options):
    kind, endian, channels, values, rng = made
    sign = SIGN[endian]
    bodies = [struct.pack("B", len(row)) + to_bytes(row, kind, endian) for row in values]
    starts, cursor = {}, 4
    for k in rng.permutation(len(bodies)).tolist():
        cursor += int(rng.integers(0, 4))
        starts[k] = cursor
        cursor += len(bodies[k]) + 4
    data = bytearray(rng.bytes(cursor))
    struct.pack_into(f"{sign}I", data, 0, starts[0])
    for k, body in enumerate(bodies):
        after = starts[k + 1] if k + 1 < len(bodies) else 0
        data[starts[k] : starts[k] + len(body) + 4] = body + struct.pack(f"{sign}I", after)
    text = card(kind, endian, LINKED.replace("{c}", str(channels)))
    hold(text, kind, bytes(data), joined(values), options)


TABLED = """
n: uint16
e:
  repeat: n
  key: tag
  fields:
    tag: uint16
    count: uint32
    place: uint32
r:
  repeat: i in e
  at: i.place
  fields:
    x: KIND[k=i.count, c={c}]
"""


@MORE
@given(rows(), OPTIONS)
def test_a_table_of_tags_counts_and_places(made, options):
    kind, endian, channels, values, rng = made
    sign = SIGN[endian]
    tags = rng.permutation(1000)[: len(values)].tolist()
    cursor = 2 + 10 * len(values)
    head, bodies = struct.pack(f"{sign}H", len(values)), {}
    starts = {}
    for k in rng.permutation(len(values)).tolist():
        cursor += int(rng.integers(0, 4))
        starts[k], bodies[cursor] = cursor, to_bytes(values[k], kind, endian)
        cursor += len(bodies[cursor])
    head += b"".join(struct.pack(f"{sign}HII", tags[k], len(row), starts[k]) for k, row in enumerate(values))
    data = bytearray(rng.bytes(cursor))
    data[: len(head)] = head
    for start, body in bodies.items():
        data[start : start + len(body)] = body
    fields = TABLED.replace("{c}", str(channels))
    hold(card(kind, endian, fields), kind, bytes(data), joined(values), options)
    one = int(rng.integers(0, len(values)))
    if len(values[one]):
        text = card(
            kind,
            endian,
            f"{fields}one: KIND[k=e[{tags[one]}].count, c={channels}] @ e[{tags[one]}].place",
            source="f.one",
            dims="k c -> c time=(k)",
        )
        hold(text, kind, bytes(data), values[one].T, options)


ENDED = """
r:
  repeat: {until: "tag == 0"}
  fields:
    tag: uint8
    n: uint8
    x: KIND[k=n, c={c}]
after: uint16
"""


@MORE
@given(rows(), OPTIONS)
def test_rows_up_to_a_sentinel(made, options):
    kind, endian, channels, values, rng = made
    data = b""
    for k, row in enumerate(values):
        tag = int(rng.integers(1, 256)) if k + 1 < len(values) else 0
        data += struct.pack("BB", tag, len(row)) + to_bytes(row, kind, endian)
    text = card(kind, endian, ENDED.replace("{c}", str(channels)))
    hold(text, kind, data + rng.bytes(5), joined(values), options)


PICKED = """
r:
  repeat: rest
  fields:
    tag: uint8
    n: uint8
    x: KIND[k=n, c={c}]
"""


@MORE
@given(rows(), OPTIONS)
def test_rows_chosen_by_a_tag(made, options):
    kind, endian, channels, values, rng = made
    tags = rng.integers(0, 3, len(values)).tolist()
    data = b"".join(
        struct.pack("BB", tag, len(row)) + to_bytes(row, kind, endian)
        for tag, row in zip(tags, values, strict=True)
    )
    wanted = [row for tag, row in zip(tags, values, strict=True) if tag == 1]
    if not any(map(len, wanted)):
        return
    text = card(kind, endian, PICKED.replace("{c}", str(channels)), source="f.r[tag == 1].x")
    hold(text, kind, data, joined(wanted), options)


def hold(text: str, kind: str, data: bytes, expected: np.ndarray, options: ApplyOptions) -> None:
    allowed = {"V0336"} if kind in WORDS and options.profile == "portable" else set()
    check(Recording(text, {"rec.bin": data}, {"g/x": expected}), options, allowed)


# --- lies

LAYOUTS = {
    "sized": SIZED,
    "linked": LINKED,
    "tabled": TABLED,
    "ended": ENDED,
    "counted": "n: uint32\nr: {repeat: n, fields: {n2: uint16, x: 'KIND[k=n2, c={c}]'}}",
    "wide": "n: uint64\nr: {repeat: 2, fields: {x: 'KIND[k=n, c={c}]'}}",
    "slots": "r: {repeat: rest, fields: {n: uint16, x: 'KIND[k=n of 5, c={c}]'}}",
    "nested": "r: {repeat: rest, fields: {n: uint32, x: 'KIND[k=1, c={c}]', q: {repeat: n, fields: {y: uint8}}}}",
    "jump": "p: int64\nr: {at: p, repeat: rest, fields: {x: 'KIND[k=2, c={c}]'}}",
    "size": "r: {repeat: rest, size: s, fields: {s: int32, x: 'KIND[k=1, c={c}]'}}",
}
EXTREMES = st.sampled_from(
    [bytes.fromhex(text) for text in (
        "0000000000000000", "ffffffffffffffff", "ffffff7f", "7fffffffffffffff", "00000080", "8000000000000000",
        "0100000000000000", "ffff0000", "0000ffff", "f0ff",
    )]
)  # fmt: skip


@pytest.mark.parametrize("name", sorted(LAYOUTS))
@MORE
@given(data=st.data(), kind=KINDS, endian=ORDERS)
def test_lies_about_counts_places_and_lengths(name, data, kind, endian):
    channels = 2
    text = card(kind, endian, LAYOUTS[name].replace("{c}", str(channels)))
    content = bytearray(data.draw(st.binary(max_size=120)) + data.draw(EXTREMES))
    for _ in range(data.draw(st.integers(0, 3))):
        at, lie = data.draw(st.integers(0, len(content) - 1)), data.draw(EXTREMES)
        content[at : at + len(lie)] = lie
    repeated = bytes(content) * data.draw(st.sampled_from([1, 1, 50]))
    card_ = loads(text, "card.yaml")
    with tempfile.TemporaryDirectory() as folder:
        file, out = Path(folder, "rec.bin"), Path(folder, "maps")
        file.write_bytes(repeated)
        refused = None
        with bounded(1.0, 256):
            try:
                report = vspec.apply(card_, file, out)
            except VspecError as error:
                refused = error.problems
        if refused is not None:
            assert all(problem.code and problem.place for problem in refused)
            return
        assert report.maps or report.problems
        assert all(problem.code for problem in report.problems)
        for made in report.maps:
            maps.read(Path(made.map))
            assert not [p for m in vspec.verify(made.map).maps for p in m.problems if p.level == "error"]
