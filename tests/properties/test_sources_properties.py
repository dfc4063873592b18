"""Paths never lead out, every file finds its place, and damaged text headers fail cleanly."""

from __future__ import annotations

import json
import posixpath
import tempfile
from contextlib import suppress
from itertools import pairwise
from pathlib import Path, PureWindowsPath

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from vspec.card.model import Role
from vspec.card.text_model import TextField, TextFormat
from vspec.errors import Place, Text, VspecError
from vspec.header.text import Origin, read_text
from vspec.patterns import parse_path, parse_text
from vspec.sources import PastEnd, Reader, data_file, file_url, find, printable
from vspec.sources.order import natural
from vspec.sources.paths import pure_path, segments

PLACE = Place("card.yaml", 1, 1, 1, "")


def words(text):
    return Text(text, PLACE)


PIECES = st.sampled_from(
    ["..", ".", "", "/", "\\", "a", "b c", "C:", "~", "file:", "//", "µ", " ", "nul", ":"]
)


@given(st.lists(PIECES | st.text(max_size=3), max_size=8).map("".join))
@example("a/../..")
@example("..\\..\\x")
def test_what_is_let_through_stays_below(text):
    try:
        parts = segments(text, windows=False)
        segments(text, windows=True)
    except VspecError:
        return
    assert posixpath.normpath(text.replace("\\", "/")).split("/")[0] not in ("..", "")
    joined = PureWindowsPath(r"D:\root", text)
    assert joined.parts[:2] == ("D:\\", "root")
    assert ".." not in joined.parts
    assert joined.parts[2:] == parts


@given(st.text(), st.sampled_from(["utf-8", "cp1252", "ascii", "utf-16", "x", None]))
def test_everything_is_printable(text, encoding):
    shown = printable(text, encoding)
    assert "\x1b" not in shown
    assert "\r" not in shown


SEGMENT = st.text(st.characters(exclude_characters='/\\\0:*?"<>|', exclude_categories=["Cs"]), min_size=1)


@given(st.lists(SEGMENT.filter(lambda s: s not in (".", "..")), min_size=1, max_size=4))
def test_urls_and_paths_are_inverses(parts):
    for root in ("C:\\", "\\\\server\\share\\"):
        path = PureWindowsPath(root, *parts)
        assert pure_path(file_url(path), windows=True) == path


@given(st.lists(st.from_regex(r"[a-c]{0,2}[0-9]{0,3}", fullmatch=True)))
def test_natural_order_is_numeric(names):
    ordered = sorted(names, key=natural)
    for a, b in pairwise(ordered):
        left, right = a.rstrip("0123456789"), b.rstrip("0123456789")
        if left == right and a != left and b != right:
            assert int(a[len(left) :]) <= int(b[len(right) :])


@given(st.binary(max_size=40), st.integers(-3, 45), st.integers(-3, 45))
def test_a_reader_is_a_slice_or_an_error(content, offset, n):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "f")
        path.write_bytes(content)
        reader = Reader(data_file("f", path))
        inside = offset >= 0 and n >= 0 and offset + n <= len(content)
        try:
            assert reader.read(offset, n) == content[offset : offset + n]
            assert reader.view(offset, n).tolist() == list(content[offset : offset + n])
            assert inside
        except PastEnd:
            assert not inside


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(
        st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")), st.sets(st.integers(0, 99), min_size=1)
    )
)
def test_every_file_is_in_the_data_set_of_its_captures(wanted):
    roles = (
        Role("bin", PLACE, match=(parse_path(words("{run}_{n:int}.bin")),), over="n", missing="skip"),
        Role("meta", PLACE, match=(parse_path(words("{run}.meta")),)),
    )
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for (sub, run), numbers in wanted.items():
            (root / sub).mkdir(exist_ok=True)
            (root / sub / f"{run}.meta").touch()
            for n in numbers:
                (root / sub / f"{run}_{n}.bin").touch()
        found = find(roles, [root])
    assert all(not dataset.problems for dataset in found.datasets)
    held = {}
    for dataset in found.datasets:
        (meta,) = dataset.members["meta"]
        sub, _, _ = meta.file.path.partition("/")
        assert meta.file.path == f"{sub}/{dataset.captures['run']}.meta"
        paths = [member.file.path for member in dataset.members["bin"]]
        numbers = sorted(wanted[sub, dataset.captures["run"]])
        assert paths == [f"{sub}/{dataset.captures['run']}_{n}.bin" for n in numbers]
        held[sub, dataset.captures["run"]] = dataset.name
    assert held.keys() == wanted.keys()
    assert len(set(held.values())) == len(held)


KEYS = st.from_regex(r"[A-Za-z][A-Za-z0-9_.~ ]{0,8}[A-Za-z0-9]", fullmatch=True)


@given(
    st.dictionaries(KEYS, st.integers(-(2**63), 2**63 - 1), min_size=1), st.sampled_from(["\n", "\r\n", "\r"])
)
def test_pairs_are_read_back(pairs, end):
    raw = "".join(f"{key} = {value}{end}" for key, value in pairs.items()).encode()
    fields = tuple(TextField(f"f{i}", PLACE, key=words(key), type="int") for i, key in enumerate(pairs))
    record = read_text(TextFormat("pairs", PLACE, fields), raw, Origin("x", 0))
    assert [record.get(f"f{i}") for i in range(len(pairs))] == list(pairs.values())


LEAVES = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=5)
TREES = st.recursive(
    LEAVES, lambda t: st.lists(t, max_size=4) | st.dictionaries(st.text(max_size=4), t, max_size=4)
)


def unwrapped(value):
    """Return a value of expressions as plain JSON data."""
    if hasattr(value, "get"):
        return {name: unwrapped(value.get(name)) for name in value.names()}
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, list) or hasattr(value, "row"):
        return [unwrapped(item) for item in value]
    return value


@given(st.dictionaries(st.text(max_size=4), TREES, max_size=4))
def test_a_json_tree_is_read_back(tree):
    raw = json.dumps(tree).encode()
    record = read_text(TextFormat("json", PLACE), raw, Origin("x", 0))
    assert unwrapped(record) == tree


FORMS = (
    TextFormat(
        "pairs",
        PLACE,
        (
            TextField("n", PLACE, key=words("n"), type="int"),
            TextField(
                "t", PLACE, key=words("Ch{n:int}"), each=parse_text(words("{a},{b:int}")), section=words("s")
            ),
        ),
        comment=";",
        end="END",
    ),
    TextFormat(
        "lines", PLACE, (TextField("t", PLACE, each=parse_text(words("{a:word} {b:float}")), skip=1),)
    ),
    TextFormat("json", PLACE, (TextField("n", PLACE, key=words("a[0].n"), type="int"),)),
)
SEEDS = (
    b"n=1\n[s]\n;x\nCh1=a,2\nCh2=b,3\nEND\n\xff\xfe",
    b"head\nx 1.5\ny 2e3\n",
    b'{"a": [{"n": 1}, {"n": NaN}]}',
)


@given(
    st.sampled_from(range(3)),
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 255)), max_size=4),
    st.integers(0, 60),
)
def test_a_damaged_header_is_read_or_refused(which, changes, length):
    raw = bytearray(SEEDS[which])
    for at, byte in changes:
        raw[at % len(raw)] = byte
    with suppress(VspecError):
        read_text(FORMS[which], bytes(raw[:length] if length % 3 == 0 else raw), Origin("x", 0))
