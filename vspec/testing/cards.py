"""Hypothesis strategies for cards: random descriptions of formats, with files that fit them.

A `CardSample` is the text of a card and the choices for its files; `files_for` writes them and
returns what they hold, as it was written, not as anything reads it.

    @given(cards())
    def test_my_reader(sample):
        with tempfile.TemporaryDirectory() as folder:
            faked = files_for(sample, Path(folder))
            for path, expected in faked.arrays.items():
                assert np.array_equal(my_reader(sample.text, faked.files, path), expected)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hypothesis import strategies as st

from vspec.authoring.faking import Faked, FakeOptions, fake
from vspec.card.load import loads

TYPES = (
    *("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"),
    *("bool", "float32", "float64", "complex64"),
)
_SIZES = st.sampled_from([1, 2, 3, 5, 7])
_LENGTHS = st.sampled_from([0, 1, 2, 7, 13, 29, 97])
_SEEDS = st.integers(0, 2**16)
_ORDERS = st.sampled_from(["little", "big"])


@dataclass(frozen=True, slots=True)
class CardSample:
    """The text of a card (with an example) and the seed for the values of its files."""

    text: str
    seed: int


@dataclass(frozen=True, slots=True)
class _Stored:
    """Stored axes, slowest first; ``ragged`` names those of unequal size, which must be joined."""

    axes: tuple[tuple[str, int], ...]
    ragged: tuple[str, str] | None = None


def files_for(sample: CardSample, folder: Path) -> Faked:
    """Write the files of a sample below ``folder`` and return what they hold."""
    return fake(loads(sample.text, "sample.yaml"), folder, FakeOptions(seed=sample.seed))


def cards() -> st.SearchStrategy[CardSample]:
    """Return cards of every kind: raw files, one or many, and layouts with records."""
    return st.one_of(raw_cards(), series_cards(), record_cards())


@st.composite
def arrows(draw: st.DrawFn, stored: _Stored) -> str:
    """Draw an arrow over stored axes: splits, permutations, joins and reversals."""
    left: list[str] = []
    units: list[tuple[str, ...]] = []
    for name, size in stored.axes:
        if stored.ragged is not None and name in stored.ragged:
            left.append(name)
            if name == stored.ragged[0]:
                units.append(stored.ragged)
        elif size in (2, 3, 5, 7) and draw(st.integers(0, 4)) == 0:
            whole = draw(st.sampled_from([f"{name}a:{size} {name}b", f"{name}a {name}b:{size}"]))
            left.append(f"{name}=({whole})")
            units += [(f"{name}a",), (f"{name}b",)]
        else:
            left.append(name)
            units.append((name,))
    if stored.ragged is None and len(units) > 1 and draw(st.booleans()):
        at = draw(st.integers(0, len(units) - 2))
        units[at : at + 2] = [(*units[at], *units[at + 1])]
    right = [_joined(unit, draw(st.booleans())) for unit in draw(st.permutations(units))]
    return f"{' '.join(left)} -> {' '.join(right)}"


def _joined(parts: Sequence[str], reverse: bool) -> str:  # noqa: FBT001  # drawn with the parts
    sign = "-" if reverse else ""
    return f"{sign}{parts[0]}" if len(parts) == 1 else f"{sign}{'_'.join(parts)}=({' '.join(parts)})"


@st.composite
def raw_cards(draw: st.DrawFn) -> CardSample:
    """Draw a card of one raw file: any dtype, shape, offset, order, and an arrow."""
    inner = [(f"x{k}", draw(_SIZES)) for k in range(draw(st.integers(0, 2)))]
    axes = draw(st.permutations([("time", 0), *inner]))
    fortran = draw(st.booleans())
    stored = _Stored(tuple(reversed(axes)) if fortran else tuple(axes))
    shape = [f"      {name}: {'auto' if name == 'time' else size}" for name, size in axes]
    lines = [
        "vspec: 1",
        'files: "{name}.dat"',
        "arrays:",
        "  data:",
        f"    dtype: {draw(st.sampled_from(TYPES))}",
        f"    endian: {draw(_ORDERS)}",
        f"    offset: {draw(st.integers(0, 9))}",
        f"    order: {'F' if fortran else 'C'}",
        "    shape:",
        *shape,
        *([f'    dims: "{draw(arrows(stored))}"'] if draw(st.booleans()) else []),
        *_example([f"auto: {{time: {draw(_LENGTHS)}}}"]),
    ]
    return CardSample("\n".join(lines) + "\n", draw(_SEEDS))


@st.composite
def series_cards(draw: st.DrawFn) -> CardSample:
    """Draw a card of many raw files along a capture, of unequal lengths where they are joined."""
    inner = [(f"x{k}", draw(_SIZES)) for k in range(draw(st.integers(0, 2)))]
    parts = draw(st.permutations(draw(st.sampled_from([[0], [0, 1], [3, 10, 9], [1, 2, 30, 4]]))))
    joined = draw(st.booleans())
    lengths = [draw(_LENGTHS) for _ in parts] if joined else draw(_LENGTHS)
    axes = (("part", len(parts)), ("time", 0), *inner)
    stored = _Stored(axes, ("part", "time") if joined else None)
    lines = [
        "vspec: 1",
        "files:",
        "  dat:",
        '    match: "{name}_{part:int}.dat"',
        "    over: part",
        "    missing: skip",
        "arrays:",
        "  data:",
        f"    dtype: {draw(st.sampled_from(TYPES))}",
        f"    endian: {draw(_ORDERS)}",
        f"    offset: {draw(st.integers(0, 9))}",
        "    shape:",
        *(f"      {name}: {'auto' if name == 'time' else size}" for name, size in axes[1:]),
        f'    dims: "{draw(arrows(stored))}"',
        *_example([f"captures: {{part: {list(parts)}}}", f"auto: {{time: {lengths}}}"]),
    ]
    return CardSample("\n".join(lines) + "\n", draw(_SEEDS))


def _example(make: Sequence[str]) -> list[str]:
    return ["examples:", "  - name: drawn", "    make:", *(f"      {line}" for line in make)]


@dataclass(frozen=True, slots=True)
class _Field:
    """A field of the drawn record: its line in the layout, its stored axes inside the record."""

    name: str
    line: str
    axes: tuple[tuple[str, int], ...]
    ragged: bool = False


@st.composite
def record_cards(draw: st.DrawFn) -> CardSample:
    """Draw a card of a binary header and records: counted, by item, or to the end of one or more files."""
    repeat = draw(st.sampled_from(["rest", "count", "items", "ragged"]))
    many = draw(st.booleans()) and repeat == "rest"
    count = draw(st.sampled_from([1, 2, 3, 7, 13]))
    blocks = [draw(st.sampled_from([1, 2, 5])) for _ in range(3)] if many else count
    sizes = [draw(_SIZES) for _ in range(count)]
    fields = [draw(_fields(f"f{k}", repeat == "ragged")) for k in range(draw(st.integers(1, 3)))]
    header = [
        "magic: uint32 = 0x1A2B3C4D",
        "n: uint16",
        "flag: uint8",
        "gap: pad(3)",
        f"sizes: uint16[k={count}]",
        f"extra: {draw(st.sampled_from(TYPES))}[e=n] if flag == 1",
    ]
    how = {"rest": "rest", "count": "n", "items": "k in range(n)", "ragged": "k in range(n)"}[repeat]
    arrays = [line for field in fields for line in draw(_array(field, (many, count)))]
    lines = [
        "vspec: 1",
        "files:",
        "  rec:",
        f'    match: "{"{name}_{part:int}" if many else "{name}"}.rec"',
        *(["    over: part"] if many else []),
        f"    endian: {draw(st.sampled_from(['little', 'big', '{test: uint32 @ 0 = 0x1A2B3C4D}']))}",
        "    layout:",
        "      fields:",
        *(f"        {line}" for line in header),
        "        block:",
        f"          repeat: {how}",
        "          fields:",
        *(f"            {field.line}" for field in fields),
        *([] if repeat == "rest" else ["        trailer: uint8[6]"]),
        "arrays:",
        *arrays,
        *_example(
            [
                f"rec.n: {count}",
                f"rec.flag: {draw(st.integers(0, 1))}",
                *([] if many else [f"rec.sizes: {sizes}"]),
                f"auto: {{block: {blocks}}}",
            ]
        ),
    ]
    return CardSample("\n".join(lines) + "\n", draw(_SEEDS))


@st.composite
def _fields(draw: st.DrawFn, name: str, ragged: bool) -> _Field:  # noqa: FBT001  # drawn with the name
    """Draw a field of a record: a number, or an array of one or two axes, one of them ragged if asked."""
    kind = draw(st.sampled_from(TYPES))
    axes = [(f"{name}_{k}", draw(_SIZES)) for k in range(draw(st.integers(1 if ragged else 0, 2)))]
    if not axes:
        return _Field(name, f"{name}: {kind}", ())
    written = [f"{axis}={'sizes[k]' if ragged and k == 0 else size}" for k, (axis, size) in enumerate(axes)]
    return _Field(name, f"{name}: {kind}[{', '.join(written)}]", tuple(axes), ragged)


@st.composite
def _array(draw: st.DrawFn, field: _Field, around: tuple[bool, int]) -> list[str]:
    """Draw an array over a field of the records, in a group of its own."""
    many, count = around
    outer = [("part", 3), ("block", 0)] if many else [("block", count)]
    axes = (*outer, *field.axes)
    pair = ("part", "block") if many else ("block", field.axes[0][0]) if field.ragged else None
    lines = [f"  g{field.name}/data:", f"    from: rec.block.{field.name}"]
    if pair is not None or draw(st.booleans()):
        lines.append(f'    dims: "{draw(arrows(_Stored(axes, pair)))}"')
    return lines
