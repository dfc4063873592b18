"""Small maps for the tests of opening: arrays with axes that say something, in files or in the map."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from vspec.chunks import ChunkOptions
from vspec.errors import VspecError
from vspec.layout import Affine, ArrayLayout, Axis, Coordinate, Inline, InnerAxis, Runs, Strided
from vspec.testing.maps import write_map


def axis(name: str, size: int, **said) -> Axis:
    """Return an axis; ``line=(start, step)``, ``labels``, further names are coordinates."""
    line = said.pop("line", None)
    labels, reverse = said.pop("labels", None), said.pop("reverse", False)
    along = tuple(Coordinate(key, np.asarray(values)) for key, values in said.items())
    affine = None if line is None else Affine(*line, units="s")
    return Axis(name, size, (name,), reverse, affine, None if labels is None else tuple(labels), along)


def array(path: str, *axes: Axis, start: int = 0, dtype: str = "<i4", **attrs) -> ArrayLayout:
    """Return an array of the map itself: consecutive numbers in its stored order."""
    shape = [each.size for each in axes]
    values = (start + np.arange(int(np.prod(shape)))).reshape(shape).astype(dtype)
    stored = values[tuple(slice(None, None, -1 if each.reverse else 1) for each in axes)]
    return ArrayLayout(path, axes, np.dtype(dtype), Inline(stored), attrs)


def numbers(path: str, values: Sequence[float], name: str, **said) -> ArrayLayout:
    """Return an array of one axis with these values."""
    held = np.asarray(values)
    return ArrayLayout(path, (axis(name, len(held), **said),), held.dtype, Inline(held), {})


def samples(path: str, count: int, channels: int, dtype: str = "<i2", first: int = 0, **said) -> ArrayLayout:
    """Return samples of file 0 from byte ``first`` on: time by channel."""
    item = np.dtype(dtype)
    columns = [np.array([x], np.int64) for x in (0, first, count, channels * item.itemsize, 0)]
    source = Strided(Runs(*columns), item, inner=(InnerAxis("channel", channels, item.itemsize),))
    time = replace(axis("time", count, line=said.pop("line", (0.0, 0.001))), parts=("run",))
    return ArrayLayout(path, (time, axis("channel", channels, **said)), item, source)


def made(folder: Path, *layouts: ArrayLayout, files: Sequence[bytes] = (), **options) -> Path:
    """Write a map and return where it is."""
    folder.mkdir(parents=True, exist_ok=True)
    return write_map(folder, layouts, files, ChunkOptions(**options)).path


def edited(path: Path, change) -> Path:
    """Change a map as a hostile hand would: ``change`` gets its references, texts of metadata as objects."""
    document = json.loads(path.read_text())
    refs = document["refs"]
    whole = {k: json.loads(v) for k, v in refs.items() if k.rpartition("/")[2].startswith(".z")}
    change(refs, whole)
    rest = {key: value for key, value in whole.items() if key != ".zmetadata"}
    whole[".zmetadata"] = {"metadata": rest, "zarr_consolidated_format": 1}
    refs.update({key: json.dumps(value) for key, value in whole.items()})
    path.write_text(json.dumps(document))
    return path


def codes(run) -> list[str]:
    """Return the codes of the problems that are raised."""
    try:
        found = run()
    except VspecError as error:
        return [problem.code for problem in error.problems]
    raise AssertionError(f"nothing was raised: {found}")
