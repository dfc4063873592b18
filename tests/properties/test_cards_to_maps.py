"""Random cards become files, maps, and again arrays: equal to what was written into the files."""

from __future__ import annotations

import os
import random
import tempfile
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings

import vspec
from tests.cards import maps
from vspec.card.load import loads
from vspec.testing.cards import CardSample, cards, files_for

SETTINGS = settings(
    max_examples=int(os.environ.get("VSPEC_EXAMPLES", "100")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def portable(values: np.ndarray) -> np.ndarray:
    """What a portable map holds: a complex number is two numbers along a last axis."""
    return np.stack([values.real, values.imag], axis=-1) if values.dtype.kind == "c" else values


def same(left: np.ndarray, right: np.ndarray) -> bool:
    order = right.dtype.newbyteorder("<")
    return left.shape == right.shape and left.astype(order).tobytes() == right.astype(order).tobytes()


@SETTINGS
@given(cards())
def test_a_map_holds_what_was_written(sample: CardSample):
    with tempfile.TemporaryDirectory() as folder:
        data, out = Path(folder, "data"), Path(folder, "maps")
        faked = files_for(sample, data)
        listing = list(faked.files)
        random.Random(sample.seed).shuffle(listing)
        report = vspec.apply(loads(sample.text, "sample.yaml"), listing, out)
        assert not report.problems
        [made] = report.maps
        read = maps.read(Path(made.map))
        assert set(read) >= set(faked.arrays)
        for path, expected in faked.arrays.items():
            assert same(read[path].values, portable(expected)), path
