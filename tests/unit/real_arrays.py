"""Real files, and what independent readers saw in them; nothing where the corpus is absent."""

from __future__ import annotations

import csv
import hashlib
import json
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np

CORPUS = Path(os.environ.get("VSPEC_CORPUS", Path(__file__).parents[2] / "../shared/data")).resolve()


def real(*formats: str) -> list[tuple[str, str]]:
    """Return id and file of every readable entry of these formats."""
    if not (CORPUS / "INDEX.csv").exists():
        return []
    with (CORPUS / "INDEX.csv").open(newline="") as rows:
        return [
            (row["id"], row["main"])
            for row in csv.DictReader(rows)
            if row["set"] == "readable" and row["format"] in formats
        ]


@cache
def _facts() -> dict:
    return json.loads((CORPUS / "ORACLE.json").read_text())


def arrays(entry: str) -> Mapping[str, dict]:
    """Return the facts of every array of an entry."""
    return _facts()[entry]["arrays"]


def agrees(fact: dict, array: np.ndarray) -> bool:
    """Tell whether an array is the one that the facts are about, but for its byte order and width."""
    plain = np.asarray(array).astype(np.dtype(fact["dtype"]).newbyteorder("<"))
    digest = hashlib.sha256(np.ascontiguousarray(plain).tobytes()).hexdigest()
    return list(array.shape) == fact["shape"] and digest == fact["sha256_le_c"]
