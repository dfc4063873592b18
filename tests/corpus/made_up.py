"""A made-up corpus and a stand-in for vspec, for the harness's own tests."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tests.corpus.driver import Applied, Candidate, Identified
from tests.corpus.entries import Facts, read_facts
from tests.corpus.parts import Array, Part


def recorded(array: Array, *, verbatim: bool = False) -> dict[str, Any]:
    """Return what a reader that got ``array`` would have recorded, as ORACLE.json has it."""
    little = array.astype(array.dtype.newbyteorder("<"))
    flat = array.reshape(-1)
    said: dict[str, Any] = {
        "shape": list(array.shape),
        "dtype": array.dtype.str if array.dtype.names is None else [_described(d) for d in array.dtype.descr],
        "sha256_le_c": hashlib.sha256(little.tobytes()).hexdigest(),
        "first": [_plain(value) for value in flat[:4]],
        "last": [_plain(value) for value in flat[-4:]],
        "in_file": {"whole": verbatim},
    }
    numbers = [value for value in map(_plain, flat) if value != "nan"]
    if array.dtype.kind in "iufb" and numbers:
        said |= {"min": min(numbers), "max": max(numbers)}
    return said


def _described(field_: Sequence[Any]) -> list[Any]:
    name, kind, *shape = field_
    return [name, [kind, list(shape[0])] if shape else kind]


def _plain(value: Any) -> Any:
    if isinstance(value, np.void):
        fields = [value[name] for name in value.dtype.names or ()]
        return [f.reshape(-1).tolist() if isinstance(f, np.ndarray) else _plain(f) for f in fields]
    if isinstance(value, np.complexfloating):
        return [float(value.real), float(value.imag)]
    if isinstance(value, np.bytes_):
        return value.decode("latin-1")
    found = value.item()
    return str(found) if isinstance(found, float) and not np.isfinite(found) else found


def facts(name: str, array: Array, *, verbatim: bool = False) -> Facts:
    """Return the facts about ``array`` as the harness reads them."""
    return read_facts(name, json.loads(json.dumps(recorded(array, verbatim=verbatim))))


def part(path: str, values: Array, **scaling: Array) -> Part:
    """Return an array of a map, its axes called by letters."""
    return Part(path, tuple("abcdefg"[: values.ndim]), values, **scaling)  # type: ignore[arg-type]  # floats


@dataclass
class Corpus:
    """A corpus in a folder, one entry at a time."""

    folder: Path
    rows: list[dict[str, str]] = field(default_factory=list)
    oracle: dict[str, Any] = field(default_factory=dict)

    def add(
        self,
        id: str,
        arrays: Mapping[str, Array],
        *,
        kind: str = "readable",
        in_file: str = "whole",
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        """Add an entry with one file, named as the entry; its format is the first part of the name."""
        path = self.folder / id
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"bytes of " + id.encode())
        self.rows.append(
            {
                "format": id.split("/", maxsplit=1)[0],
                "id": id,
                "set": kind,
                "main": id,
                "files": id,
                "array_bytes_in_file": in_file,
            }
        )
        self.oracle[id] = {"arrays": {name: recorded(array) for name, array in arrays.items()}}
        if extra is not None:
            self.oracle[id]["extra"] = extra

    def write(self) -> Path:
        """Write the index and the oracle; return the folder."""
        with (self.folder / "INDEX.csv").open("w", newline="", encoding="utf-8") as file:
            table = csv.DictWriter(file, list(self.rows[0]))
            table.writeheader()
            table.writerows(self.rows)
        (self.folder / "ORACLE.json").write_text(json.dumps(self.oracle), encoding="utf-8")
        return self.folder


@dataclass
class Stand:
    """A stand-in for vspec: what it answers is said per entry, by the name of its file.

    Without a card, one fits by name unless the file is ``unknown``.
    """

    parts: Mapping[str, Sequence[Part]] = field(default_factory=dict)
    cards: Mapping[str, Sequence[str]] = field(default_factory=dict)
    raising: Mapping[str, Callable[[], Exception]] = field(default_factory=dict)
    unknown: frozenset[str] | set[str] = frozenset()
    seen: list[list[str]] = field(default_factory=list)

    def identify(self, folder: Path) -> Identified:
        """Offer one card, or those said for the entry, for all its files."""
        files = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
        self.seen.append(files)
        cards = next((self.cards[file] for file in files if file in self.cards), ["maker/format"])
        found = tuple(Candidate(card, card, tuple(files)) for card in cards)
        known_by_name = not found and not self.unknown.intersection(files)
        return Identified(found, ("near/miss: another magic number",) if known_by_name else ())

    def apply(self, candidate: Candidate, folder: Path, out: Path) -> Applied:  # noqa: ARG002  # see Driver
        """Raise what is said for the entry, or give one map."""
        (file,) = (p for p in folder.rglob("*") if p.is_file())
        entry = str(file.relative_to(folder))
        if entry in self.raising:
            error = self.raising[entry]()
            raise error
        return Applied((Path(entry),) if entry in self.parts else ())

    def read(self, path: Path) -> list[Part]:
        """Give the arrays said for the entry."""
        return list(self.parts[str(path)])
