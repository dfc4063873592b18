"""Groups within groups: every reader lists and opens them by the consolidated metadata."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import vspec
from vspec.readers.zarr_store import open_group

CARD = """
vspec: 1
files: "x.bin"
arrays:
  one: {name: "run/ap/data", dtype: uint8, shape: {time: 12}}
  two: {name: "run/lf/data", dtype: uint8, shape: {time: 6}}
  three: {name: "run/ap/more", dtype: uint8, shape: {time: 12}, offset: 3}
  four: {name: "other/data", dtype: uint8, shape: {time: auto}}
"""


def test_arrays_of_groups_that_do_not_stand_together(tmp_path: Path) -> None:
    raw = np.arange(17, dtype=np.uint8)
    (tmp_path / "x.bin").write_bytes(raw.tobytes())
    (tmp_path / "card.yaml").write_text(CARD)
    report = vspec.apply(tmp_path / "card.yaml", tmp_path / "x.bin", tmp_path)
    group = open_group(Path(report.maps[0].map))
    expected = {"run/ap/data": raw[:12], "run/lf/data": raw[:6], "run/ap/more": raw[3:15], "other/data": raw}
    arrays = {path for path, node in group.members(max_depth=None) if hasattr(node, "dtype")}
    assert arrays == set(expected)
    for path, values in expected.items():
        assert np.array_equal(group[path][:], values)
