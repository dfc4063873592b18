"""Entries of a corpus folder, and the facts that independent readers recorded about their arrays."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
Kind = Literal["readable", "malformed", "unverified", "header only", "only texts"]
KINDS: tuple[Kind, ...] = ("readable", "malformed", "unverified", "header only")


class CorpusError(Exception):
    """The folder is no corpus: a file, a column or a fact is missing or cannot be read."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a reader said about one array.

    ``sha256`` is over its bytes in C order, little-endian. ``first`` and ``last`` are up to four
    values of each end of the flattened array; values are numbers, ``nan`` or ``inf`` as text, a pair
    for a complex number, a list of the fields for a structured element. ``verbatim`` tells that these
    very bytes were found in one of the files, so that the values cannot be scaled ones.
    """

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[np.generic]
    sha256: str
    first: tuple[Json, ...] = ()
    last: tuple[Json, ...] = ()
    minimum: Json = None
    maximum: Json = None
    verbatim: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One recording or image: its files (relative, ``main`` among them) and its arrays' facts.

    ``extra`` is what the reader states beside the arrays, as it was recorded; see `stated`.
    """

    id: str
    format: str
    kind: Kind
    main: str
    files: tuple[str, ...]
    facts: tuple[Facts, ...] = ()
    extra: Json = None


def read_corpus(folder: Path) -> list[Entry]:
    """Return the entries of ``folder`` in the order of its index."""
    try:
        with (folder / "INDEX.csv").open(newline="", encoding="utf-8") as lines:
            rows = list(csv.DictReader(lines))
        oracle = json.loads((folder / "ORACLE.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CorpusError(f"{folder} is no corpus: {error}") from error
    if not rows:
        raise CorpusError(f"{folder / 'INDEX.csv'} lists no entry")
    return [_entry(row, oracle) for row in rows]


def _entry(row: Mapping[str, str], oracle: Mapping[str, Mapping[str, Json]]) -> Entry:
    try:
        name, format_name, given = row["id"], row["format"], row["set"]
        files = tuple(part for part in row["files"].split(";") if part)
    except (KeyError, AttributeError) as error:
        raise CorpusError(f"INDEX.csv: a row lacks {error}") from error
    if not files:
        raise CorpusError(f"INDEX.csv: {name} has no files")
    recorded = oracle.get(name, {}).get("arrays") or {}
    assert isinstance(recorded, dict)
    facts = tuple(read_facts(array, said) for array, said in recorded.items())
    kind = _kind(given, row.get("array_bytes_in_file") or "", has_facts=bool(facts), entry=name)
    if kind == "readable" and all(fact.dtype.kind in "SU" for fact in facts):
        kind = "only texts"
    extra = oracle.get(name, {}).get("extra")
    return Entry(name, format_name, kind, row.get("main") or files[0], files, facts, extra)


def _kind(given: str, in_file: str, *, has_facts: bool, entry: str) -> Kind:
    if given not in KINDS:
        raise CorpusError(f"INDEX.csv: {entry} is '{given}', which is none of {', '.join(KINDS)}")
    if given == "readable" and in_file == "header only":
        return "header only"
    if given == "readable" and not has_facts:
        return "unverified"
    return next(kind for kind in KINDS if kind == given)


def read_facts(name: str, said: Json) -> Facts:
    """Return the facts about one array as ``ORACLE.json`` records them."""
    try:
        assert isinstance(said, dict)
        in_file = said.get("in_file")
        return Facts(
            name,
            _shape(said["shape"]),
            _dtype(said["dtype"]),
            str(said["sha256_le_c"]),
            _values(said.get("first")),
            _values(said.get("last")),
            said.get("min"),
            said.get("max"),
            verbatim=isinstance(in_file, dict) and in_file.get("whole") is True,
        )
    except (AssertionError, KeyError, TypeError, ValueError) as error:
        raise CorpusError(f"ORACLE.json: the facts of '{name}' cannot be read: {error!r}") from error


def _values(said: Json) -> tuple[Json, ...]:
    return tuple(said) if isinstance(said, list) else ()


def _shape(said: Json) -> tuple[int, ...]:
    assert isinstance(said, list)
    sizes = [size for size in said if isinstance(size, int)]
    assert len(sizes) == len(said)
    return tuple(sizes)


def _dtype(said: Json) -> np.dtype[np.generic]:
    """Return a dtype from its text, or from ``[name, type]`` pairs, type a text or ``[text, shape]``."""
    if isinstance(said, str):
        return np.dtype(said)
    assert isinstance(said, list)
    fields = []
    for field in said:
        assert isinstance(field, list)
        name, kind = field
        assert isinstance(name, str)
        text, inner = kind if isinstance(kind, list) else (kind, [])
        assert isinstance(text, str)
        fields.append((name, text, _shape(inner)))
    return np.dtype(fields)
