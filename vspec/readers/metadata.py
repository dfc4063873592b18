"""The metadata of a map as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from vspec.errors import Problem
from vspec.layout import Json


def check_consolidated(
    path: Path, documents: Mapping[str, Mapping[str, Json]], problems: list[Problem]
) -> None:
    """Add a problem unless ``.zmetadata`` says just what the nodes say: readers take either."""
    rest = {key: document for key, document in documents.items() if key != ".zmetadata"}
    expected = {"metadata": rest, "zarr_consolidated_format": 1}
    why = None
    if ".zgroup" not in rest:
        why = "has no '.zgroup': its root is no group"
    elif ".zmetadata" not in documents:
        why = "has no '.zmetadata'"
    elif documents[".zmetadata"] != expected:
        why = "has a '.zmetadata' that differs from the metadata of the nodes"
    if why is not None:
        message = f"{path.name} {why}"
        problems.append(Problem("V0705", message, data_file=str(path), help="make the map again"))
