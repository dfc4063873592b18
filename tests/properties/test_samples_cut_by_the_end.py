"""Packed samples whose last word the end of the file cuts: whole and equal, or an error; by plain integers."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cards.maps import read
from vspec.commands.apply import apply
from vspec.commands.options import ApplyOptions
from vspec.commands.verify import verify

SETTINGS = settings(
    max_examples=int(os.environ.get("VSPEC_EXAMPLES", "60")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
RAW = """\
vspec: 1
title: made up
types: {{w: {{packed: {word}, values: {values}}}}}
files: "{{name}}.f"
arrays:
  raw:
    dtype: w
    endian: {endian}
    offset: {offset}
    shape: {{time: {time}, channel: {channel}}}
"""
PLACED = """\
vspec: 1
title: made up
types: {{w: {{packed: {word}, values: {values}}}}}
files:
  f:
    match: "{{name}}.f"
    endian: {endian}
    layout:
      fields:
        held: w[time={time}, channel={channel}] @ {offset}
arrays:
  raw:
    from: f.held
"""


@dataclass(frozen=True)
class Recording:
    """A card, the bytes of a file that is as short as can be, and the samples (time, channel)."""

    card: str
    content: bytes
    samples: np.ndarray


@st.composite
def recordings(draw: st.DrawFn) -> Recording:
    """Draw words of 1 to 5 bytes of which samples take any bits, in two pieces some of them."""
    word, endian = draw(st.integers(1, 5)), draw(st.sampled_from(["little", "big"]))
    bits = draw(st.permutations(range(8 * word)))
    per_word = draw(st.integers(2, min(5, 4 * word)))
    taken = [sorted(bits[2 * k : 2 * k + draw(st.integers(1, 2))], reverse=True) for k in range(per_word)]
    channel, offset = draw(st.sampled_from([1, 2, 3, 5])), draw(st.sampled_from([0, 1, 8]))
    time = draw(st.sampled_from([1, 2, 3, 5, 7, 101, 1009, 4001]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    samples = rng.integers(
        0, 2 ** np.array([len(own) for own in taken])[np.arange(time * channel) % per_word]
    )
    content = bytearray(rng.bytes(offset))
    for first in range(0, time * channel, per_word):
        some = samples[first : first + per_word].tolist()
        number, ends = 0, [0]
        for own, sample in zip(taken, some, strict=False):
            for place, bit in enumerate(own):
                number |= (sample >> place & 1) << bit
                ends.append(1 + (bit // 8 if endian == "little" else word - 1 - bit // 8))
        whole = number.to_bytes(word, endian)
        content += whole if len(some) == per_word else whole[: max(ends)]
    values = str([" ".join(f"{bit}" for bit in own) for own in taken]).replace("'", '"')
    text = draw(st.sampled_from([RAW, PLACED])).format(
        word=word, values=values, endian=endian, offset=offset, time=time, channel=channel
    )
    return Recording(text, bytes(content), samples.reshape(time, channel))


def mapped(folder: str, recording: Recording, content: bytes, chunk_bytes: int):
    card, data = Path(folder, "card.yaml"), Path(folder, "a.f")
    card.write_text(recording.card)
    data.write_bytes(content)
    return apply(card, data, Path(folder), options=ApplyOptions(chunk_bytes=chunk_bytes))


@SETTINGS
@given(recordings(), st.sampled_from([4 << 10, 10_000, 4 << 20]), st.sampled_from([0, 0, 1, 7]))
def test_all_samples_are_there(recording: Recording, chunk_bytes: int, more: int) -> None:
    """More bytes may follow where the card says the size."""
    with tempfile.TemporaryDirectory() as folder:
        report = mapped(folder, recording, recording.content + bytes([255]) * more, chunk_bytes)
        assert not report.problems
        assert [one.problems for one in verify(Path(folder, "a.vspec.json")).maps] == [()]
        found = read(Path(folder, "a.vspec.json"))["raw"].values
        assert found.shape == recording.samples.shape
        assert np.array_equal(found, recording.samples)


@SETTINGS
@given(recordings(), st.sampled_from([4 << 10, 4 << 20]))
def test_a_bit_less_is_an_error(recording: Recording, chunk_bytes: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        report = mapped(folder, recording, recording.content[:-1], chunk_bytes)
        assert [problem.code for problem in report.problems] in (["V0315"], ["V0331"], ["V0302"])
        assert not Path(folder, "a.vspec.json").exists()
