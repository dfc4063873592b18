"""A map of a made-up sample, where there can be one."""

from __future__ import annotations

from pathlib import Path

from vspec.chunks import ChunkOptions
from vspec.errors import VspecError
from vspec.testing.layouts import Sample
from vspec.testing.maps import write_map


def written(folder: str, sample: Sample, options: ChunkOptions) -> Path | None:
    """Return a map of a sample; None where it cannot be had without the packed profile."""
    try:
        path = write_map(Path(folder), [sample.layout], sample.files, options).path
    except VspecError as error:
        refused = {problem.code for problem in error.problems}
    else:
        return path
    assert refused == {"V0336"}
    return None
