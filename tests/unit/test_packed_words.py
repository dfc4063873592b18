"""Samples that share words: chunks of long recordings, and a last word that is not full."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.cards.maps import read
from vspec.authoring.faking import FakeOptions, fake
from vspec.card.load import loads
from vspec.commands.apply import apply
from vspec.commands.verify import verify
from vspec.datatypes import Packing

PAIR = '{packed: 3, signed: true, values: ["0..11", "16..23 12..15"]}'
HEAD = f"vspec: 1\ntitle: made up\ntypes: {{p: {PAIR}}}\n"
RAW = (
    HEAD
    + """files: "{name}.f"
arrays:
  raw:
    dtype: p
    shape: {time: auto, channel: CHANNELS}
    dims: DIMS
"""
)
LAYOUT = """\
files:
  f:
    match: "{name}.f"
    endian: little
    layout:
      fields:
FIELDS
arrays:
  raw:
    from: f.FROM
"""


def words(samples: np.ndarray) -> bytes:
    """Return two samples of 12 bits in 3 bytes each; of a last one alone its two bytes."""
    even, odd = (samples.ravel()[k::2] % 4096 for k in (0, 1))
    odd = np.append(odd, np.zeros(len(even) - len(odd), odd.dtype))
    columns = np.stack([even & 255, even >> 8 | odd >> 8 << 4, odd & 255], axis=1)
    return columns.astype(np.uint8).tobytes()[: (3 * samples.size + 1) // 2]


def samples(time: int, channel: int) -> np.ndarray:
    return (np.arange(time * channel) * 97 % 4096 - 2048).reshape(time, channel)


def mapped(folder: Path, card: str, *contents: bytes):
    (folder / "card.yaml").write_text(card)
    for number, content in enumerate(contents):
        (folder / f"{number}.f").write_bytes(content)
    return apply(folder / "card.yaml", folder, folder)


def laid_out(*fields: str, source: str, more: str = "") -> str:
    lines = "\n".join(f"        {field}" for field in fields)
    return HEAD + LAYOUT.replace("FIELDS", lines).replace("FROM", source) + more


@pytest.mark.parametrize(
    ("endian", "order", "spans"),
    (
        ("little", 1, [0, 2, 5, 8, 10, 13]),
        ("big", -1, [0, 3, 6, 8, 11, 14]),
        ("big", 1, [0, 8, 8, 8, 16, 16]),
    ),
)
def test_how_far_the_samples_of_a_word_reach(endian, order, spans):
    """Three samples in eight bytes, two pieces the last one."""
    values = (((4, 15),), ((16, 39),), ((40, 40), (63, 63)))
    packing = Packing(8, values[::order], "unsigned")
    assert [packing.span(n, endian) for n in range(6)] == spans
    assert packing.held(spans[4], endian) == (4 if order == -1 or endian == "little" else 6)
    assert packing.held(spans[3] + 1, endian) is None


@pytest.mark.parametrize("channel", (1, 3))
def test_a_long_recording_has_several_chunks(channel, tmp_path):
    whole = samples(3_000_000 // channel, channel)
    report = mapped(
        tmp_path, RAW.replace("CHANNELS", str(channel)).replace("DIMS", "[time, channel]"), words(whole)
    )
    assert not report.problems
    found = read(tmp_path / "0.vspec.json")["raw"]
    assert np.array_equal(found.values, whole)
    refs = json.loads((tmp_path / "0.vspec.json").read_text())["refs"]
    assert len([key for key in refs if key.startswith("raw/") and "/." not in key]) == 2


@pytest.mark.parametrize("dims", ("[time, channel]", '"time channel -> -time channel"'))
def test_the_size_comes_out_of_a_file_that_ends_within_a_word(dims, tmp_path):
    whole = samples(7, 3)
    report = mapped(tmp_path, RAW.replace("CHANNELS", "3").replace("DIMS", dims), words(whole))
    assert not report.problems
    assert [one.problems for one in verify(tmp_path / "0.vspec.json").maps] == [()]
    expected = whole[::-1] if "-time" in dims else whole
    assert np.array_equal(read(tmp_path / "0.vspec.json")["raw"].values, expected)


def test_a_file_that_ends_between_samples_is_told(tmp_path):
    report = mapped(
        tmp_path, RAW.replace("CHANNELS", "1").replace("DIMS", "[time, channel]"), words(samples(7, 1))[:-1]
    )
    assert [problem.code for problem in report.problems] == ["V0312"]


def test_values_and_sizes_of_a_field_that_ends_within_a_word(tmp_path):
    lets = "      let: {n: nbytes(x), last: 'x[6]'}\n"
    card = laid_out(
        "a: uint8", "x: p[time=7] @ 1", source="x", more='attrs: {n: "{{ f.n }}", last: "{{ f.last }}"}\n'
    )
    report = mapped(tmp_path, card.replace("arrays:", lets + "arrays:"), b"a" + words(samples(7, 1)))
    assert not report.problems
    made = read(tmp_path / "0.vspec.json")
    assert made["raw"].values.tolist() == samples(7, 1).ravel().tolist()
    text = (tmp_path / "0.vspec.json").read_text()
    assert '\\"n\\": 11' in text or '"n": 11' in text or '\\"n\\":11' in text
    assert f'last\\":{samples(7, 1)[6, 0]}' in text.replace(" ", "")


@pytest.mark.parametrize(
    ("fields", "source"),
    (
        (("record: {repeat: 2, fields: {x: 'p[time=7]'}}",), "record.x"),
        (("record: {repeat: 2, size: 12, fields: {x: 'p[time=7] @ start'}}",), "record.x"),
        (("head: {fields: {x: 'p[time=7] @ 0'}}",), "head.x"),
        (("x: p[time=7]",), "x"),
        (("x: p @ 0",), "x"),
    ),
)
def test_nothing_may_follow_a_word_that_is_not_full(fields, source, tmp_path):
    report = mapped(tmp_path, laid_out(*fields, source=source), bytes(24))
    assert [problem.code for problem in report.problems] == ["V0326"]


def test_files_that_end_within_a_word_cannot_be_joined(tmp_path):
    card = (
        HEAD
        + 'files: {f: {match: "{k:int}.f", over: k}}\narrays:\n  raw:\n    dtype: p\n    shape: {time: 7}\n'
    )
    card += '    dims: "k time -> time=(k time)"\n'
    report = mapped(tmp_path, card, words(samples(7, 1)), words(samples(7, 1)))
    [problem] = report.problems
    assert problem.code == "V0326"
    assert "not the only ones" in problem.message


def test_made_up_files_end_with_the_last_sample(tmp_path):
    card = RAW.replace("CHANNELS", "3").replace("DIMS", "[time, channel]").replace("auto", "7")
    faked = fake(loads(card, "card.yaml"), tmp_path / "data", FakeOptions())
    [path] = faked.files
    assert path.stat().st_size == 32
    assert not mapped(tmp_path, card, path.read_bytes()).problems
    assert np.array_equal(read(tmp_path / "0.vspec.json")["raw"].values, faked.arrays["raw"])


UNEVEN = (
    (HEAD + LAYOUT)
    .replace("FROM", "record.x")
    .replace("FIELDS", "        record: {repeat: rest, fields: {n: uint8, x: FIELD}}")
)


def test_uneven_records_of_words_are_joined_along_an_axis_of_words(tmp_path):
    card = UNEVEN.replace("FIELD", '"p[word=n // 2, half=2]"')
    card += '    dims: "record word half -> time=(record word half)"\n'
    (tmp_path / "card.yaml").write_text(card)
    content = bytes([2]) + words(np.array([-2048, 2047])) + bytes([4]) + words(np.array([1, -1, 700, -700]))
    (tmp_path / "a.f").write_bytes(content)
    assert apply(tmp_path / "card.yaml", tmp_path / "a.f", tmp_path).problems == ()
    assert [one.problems for one in verify(tmp_path / "a.vspec.json").maps] == [()]
    assert read(tmp_path / "a.vspec.json")["raw"].values.tolist() == [-2048, 2047, 1, -1, 700, -700]
    (tmp_path / "card.yaml").write_text(
        UNEVEN.replace("FIELD", '"p[sample=n]"') + '    dims: "record sample -> time=(record sample)"\n'
    )
    (problem,) = apply(tmp_path / "card.yaml", tmp_path / "a.f", tmp_path).problems
    assert (problem.code, "word=n // 2" in problem.help) == ("V0304", True)


@pytest.mark.parametrize("endian", ("little", "big"))
@pytest.mark.parametrize("sign", ("signed", "offset_binary", "unsigned"))
@pytest.mark.parametrize("nbytes", (5, 6, 7))
def test_samples_of_more_than_four_bytes(nbytes, sign, endian, tmp_path):
    coding = "" if sign == "unsigned" else f"{sign}: true, "
    card = (
        f'vspec: 1\ntypes: {{p: {{packed: {nbytes}, {coding}values: ["0..{8 * nbytes - 1}"]}}}}\n'
        f'files: "{{name}}.f"\narrays:\n  raw: {{dtype: p, shape: {{time: auto}}, endian: {endian}}}\n'
    )
    half = 1 << (8 * nbytes - 1)
    low = 0 if sign == "unsigned" else -half
    expected = [low, low + 1, 0, 1, 0x12345678 - (0 if sign == "unsigned" else half // 3), low + 2 * half - 1]
    codes = [value - low if sign == "offset_binary" else value % (2 * half) for value in expected]
    report = mapped(tmp_path, card, b"".join(code.to_bytes(nbytes, endian) for code in codes))
    found = read(Path(report.maps[0].map))["raw"].values
    assert found.dtype == np.dtype("u8" if sign == "unsigned" else "i8")
    assert found.tolist() == expected
    assert not verify(tmp_path / "0.vspec.json").problems
