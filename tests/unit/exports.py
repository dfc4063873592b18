"""Maps to export: a card's text and made-up files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

import numpy as np

from tests.unit.opening import write
from vspec.commands import ApplyOptions, apply

RIG = """\
vspec: 1
title: Rig 3
files: "{session}.dat"
arrays:
  raw:
    dtype: int16
    offset: 137
    shape: {time: auto, channel: 4}
    attrs: {long_name: [a, b], bits: 16, gains: [1, 2.5], nested: {a: [1, null]}, ok: true}
    time: {step: 1 / 1000, start: 2, units: s}
    axes:
      channel: {gain: [0.195, 0.195, 0.39, 0.195], labels: [A1, A2, B1, B2], units: uV}
  header/counters:
    dtype: uint32
    endian: big
    shape: {counter: 8}
"""


def mapped(folder: Path, card: str, contents: Mapping[str, bytes], **options: object) -> Path:
    """Write a card and files, and return the one map of them."""
    write(folder / "data", contents)
    (folder / "card.yaml").write_text(dedent(card))
    chosen = ApplyOptions(**{"profile": "portable", **options})  # type: ignore[arg-type]  # as the tests give them
    report = apply(folder / "card.yaml", folder / "data", folder / "maps", options=chosen)
    assert report.problems == (), [str(problem) for problem in report.problems]
    (made,) = report.maps
    return Path(made.map)


def rig(folder: Path, samples: int = 1009) -> tuple[Path, np.ndarray]:
    """Return a map, and what its array ``raw`` holds."""
    raw = (np.arange(samples * 4) * 7 % 65521 - 32000).astype("<i2").reshape(samples, 4)
    head = np.arange(8, dtype=">u4").tobytes() + bytes(105)
    return mapped(folder, RIG, {"s1.dat": head + raw.tobytes()}), raw


def one_and_none(folder: Path) -> Path:
    """Return a map of one value without axes, 2.5, and of an array of no rows."""
    card = """\
    vspec: 1
    files:
      h: {match: "{n}.dat", layout: {fields: {one: float64, count: uint8, some: "int16[t=count, c=3]"}}}
    arrays:
      one: {from: h.one}
      none: {from: h.some}
    """
    return mapped(folder, card, {"a.dat": np.float64(2.5).tobytes() + bytes(1)})
