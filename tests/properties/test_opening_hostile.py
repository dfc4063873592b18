"""Maps whose attributes lie, as somebody opens them: values that are in the file, or an error with a code."""

from __future__ import annotations

import os
import tempfile
import warnings
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import vspec
from tests.unit.opened import array, axis, edited, made, numbers, samples
from vspec.errors import VspecError

pytest.importorskip("xarray")
RAW = np.arange(400, dtype="<i2").reshape(100, 4)
NAMES = ["a", "b", "g/c", "t2", "raw", "channel_gain"]
NUMBERS = st.sampled_from([0, 1, -1, 0.5, 1e308, 5e-324, -1e-300, 2**1100, True, None, "x", [1], [1, 2], {}])
TEXTS = st.sampled_from(
    [["p", "q"], ["p", "q", "r"], ["p"] * 3, [1, 2, 3], [None] * 4, ["p"] * 4, 7, "pqr", {}]
)
DIMS = st.sampled_from(["t", "channel", "a", "b", "complex", "raw", "g", "", "channel_gain"])


def lie(draw, attrs: dict) -> None:
    """Change one thing that an array says of itself, so that a map with it is still one."""
    dims, own = attrs["_ARRAY_DIMENSIONS"], attrs["vspec"]
    dim = draw(st.sampled_from(dims))
    match draw(st.integers(0, 6)):
        case 0:
            named = draw(st.lists(st.sampled_from([*NAMES, "none", "g", "t"]), max_size=3))
            attrs["coordinates"] = " ".join(named)
        case 1:
            own["dims"] = [draw(st.sampled_from(["", "-"])) + name for name in draw(st.permutations(dims))]
        case 2:
            own["axes"] = {dim: {"start": draw(NUMBERS), "step": draw(NUMBERS)}}
        case 3:
            own["labels"] = {dim: draw(TEXTS)}
        case 4:
            kind = draw(st.sampled_from(["gain", "units", "label", "regular", ""]))
            own["coordinates"] = {dim: {kind: draw(TEXTS)}}
        case 5:
            attrs[draw(st.sampled_from(["scale_factor", "add_offset"]))] = draw(NUMBERS)
        case _:
            new = draw(DIMS)
            if new not in dims:
                own["dims"] = [
                    name.replace(dim, new) if name in (dim, f"-{dim}") else name for name in own["dims"]
                ]
                dims[dims.index(dim)] = new


@settings(
    max_examples=int(os.environ.get("VSPEC_EXAMPLES", "40")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(st.data())
def test_attributes_that_lie(data):
    with tempfile.TemporaryDirectory() as folder:
        channels = axis("channel", 2, gain=[2.0, 3.0], offset=[1.0, 1.0], labels="pq")
        layouts = [
            array("a", axis("t", 3, line=(0.0, 1.0)), channels),
            array("b", axis("t", 3)),
            array("g/c", axis("t", 3, line=(0.0, 1.0)), axis("z", 2)),
            numbers("t2", [1.0, 2.0], "t2"),
            samples("raw", 100, 4),
        ]
        path = made(Path(folder), *layouts, files=[RAW.tobytes()])

        def change(_, whole):
            keys = sorted(key for key in whole if key.endswith("/.zattrs"))
            for _ in range(data.draw(st.integers(1, 4))):
                lie(data.draw, whole[data.draw(st.sampled_from(keys))])

        edited(path, change)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            arrays = vspec.open_arrays(path)
            tree = vspec.open(path, memory_map=data.draw(st.booleans())).load()
            for name, found in arrays.items():
                assert sorted(np.asarray(found).ravel()) == sorted(tree[name].values.ravel())
            with suppress(VspecError):
                vspec.open(path, scaled=True).load()
