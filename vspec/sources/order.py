"""The order of the many files of a role, and the holes between them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Protocol, TypeVar

import numpy as np

from vspec.card.model import Role
from vspec.errors import Problem, VspecError
from vspec.expressions import UnknownName, Value
from vspec.patterns import Pattern, WrittenInt, written
from vspec.sources.matches import Captures, Match

_DIGITS = re.compile(r"([0-9]+)")
_MOST_MISSING = 10**6
_SHOWN = 5


def natural(value: object) -> tuple[tuple[int, float | int, str], ...]:
    """Return a key that sorts numbers by value, also those inside text: ``ch2`` before ``ch10``."""
    if isinstance(value, (int, float)):
        return ((0, value, ""),)
    pieces = (piece for piece in _DIGITS.split(str(value)) if piece)
    return tuple((0, int(p), p) if p.isascii() and p.isdigit() else (1, 0, p) for p in pieces)


class Placed(Protocol):
    """A file that messages can name."""

    @property
    def path(self) -> str: ...


Ranked = TypeVar("Ranked", bound=Placed)


class _FileScope:
    """The names of an ``order:`` expression: the captures of one file."""

    def __init__(self, captures: Captures) -> None:
        self._captures = captures

    def names(self) -> Iterable[str]:
        return self._captures

    def get(self, name: str) -> Value:
        if name not in self._captures:
            raise UnknownName(name)
        return self._captures[name]

    def locate(self, name: str) -> object:
        raise UnknownName(name)

    def find(self, needle: bytes, start: int | None) -> int:  # noqa: ARG002 -- a scope's shape; no file is open yet
        raise UnknownName("find")


def arrange(role: Role, files: Sequence[Match]) -> list[Match]:
    """Return the files of a role that runs over a capture, in order.

    The order is the natural one of the capture, or that of the values of ``order:``. Raises V0422
    for two files with one value of the capture, V0425 for an ``order:`` whose values cannot be
    compared, V0426 where it gives one value twice.
    """
    if role.over is None:
        return list(files)
    ranked = sorted(files, key=lambda file: natural(file.captures.get(role.over or "")))
    for a, b in pairwise(ranked):
        if a.captures.get(role.over) == b.captures.get(role.over):
            raise VspecError([twice(role, (a.path, b.path), f"'{role.over}' = {a.captures.get(role.over)}")])
    if role.order is None or by_header(role):
        return ranked
    return by_rank(role, [(role.order.evaluate(_FileScope(file.captures)), file) for file in ranked])


def by_header(role: Role) -> bool:
    """Tell whether ``order:`` asks for more than the captures: the files are ordered once they are open."""
    captures = {capture.name for pattern in role.match for capture in pattern.captures}
    return role.order is not None and not role.order.names <= captures


def by_rank(role: Role, ranked: Sequence[tuple[Value, Ranked]]) -> list[Ranked]:
    """Return files by their values of ``order:``; raises V0425 and V0426 as `arrange` does."""
    place = role.place
    ranks = [(_rank(value), file) for value, file in ranked]
    for rank, file in ranks:
        if not isinstance(rank, (int, float, str)):
            message = f"'order' of the role '{role.name}' gives neither a number nor a text for {file.path}"
            raise VspecError([Problem("V0425", message, place, found=repr(rank))])
        if isinstance(rank, str) is not isinstance(ranks[0][0], str):
            message = f"'order' of the role '{role.name}' gives numbers for some files and texts for others"
            raise VspecError([Problem("V0425", message, place, found=f"{ranks[0][0]!r} and {rank!r}")])
    ranks.sort(key=lambda pair: natural(pair[0]) if isinstance(pair[0], str) else ((0, pair[0], ""),))
    for (a, first), (b, second) in pairwise(ranks):
        if a == b:
            message = f"'order' of the role '{role.name}' does not tell {first.path} from {second.path}"
            raise VspecError([Problem("V0426", message, place, found=f"{a!r} for both")])
    return [file for _, file in ranks]


def _rank(value: object) -> object:
    plain = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(plain, float) and math.isnan(plain) else plain


def twice(role: Role, paths: Sequence[str], what: str) -> Problem:
    """Return V0422: two or more files where a data set has room for one."""
    shown = ", ".join(paths[:_SHOWN]) + (f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else "")
    return Problem(
        "V0422",
        f"{len(paths)} files match the role '{role.name}' where one may ({what})",
        role.place,
        data_file=paths[0],
        expected="one file",
        found=shown,
        help="capture what tells them apart, write 'over:' if they are parts of one thing, or move one away",
    )


def holes(role: Role, files: Sequence[Match]) -> tuple[int, ...]:
    """Return the values that a whole-number capture leaves out between its least and its greatest.

    Raises V0423 when the role says that a hole is an error, and V0912 for more than a million.
    """
    values = sorted(v for file in files if isinstance(v := file.captures.get(role.over or ""), int))
    count = values[-1] - values[0] + 1 - len(values) if values else 0
    if count == 0 or role.missing == "skip":
        return ()
    if role.missing == "error":
        raise VspecError([_hole(role, files, values, count)])
    if count > _MOST_MISSING:
        message = (
            f"'{role.over}' of the role '{role.name}' leaves out {count} values, {_MOST_MISSING} at most"
        )
        raise VspecError([Problem("V0912", message, role.place, help="write 'missing: skip'")])
    return tuple(n for a, b in pairwise(values) for n in range(a + 1, b))


def _hole(role: Role, files: Sequence[Match], values: Sequence[int], count: int) -> Problem:
    gaps = (n for a, b in pairwise(values) for n in range(a + 1, min(b, a + 1 + _SHOWN)))
    first = [n for n, _ in zip(gaps, range(_SHOWN), strict=False)]
    names = [expected(role.match[0], _with(files[0].captures, role.over or "", n)) for n in first]
    more = f" and {count - len(names)} more" if count > len(names) else ""
    return Problem(
        "V0423",
        f"files of the role '{role.name}' are missing: {', '.join(names)}{more}",
        role.place,
        data_file=files[0].path,
        expected=f"every '{role.over}' from {values[0]} to {values[-1]}",
        found=f"{len(values)} files",
        help="if that is as it should be, write 'missing: skip' in the role",
    )


def _with(captures: Captures, name: str, value: int) -> Captures:
    """Return captures with another value of a whole number, written with as many digits as before."""
    padded = WrittenInt(value)
    padded.written = f"{value:0{len(written(captures[name]))}d}"
    return {**captures, name: padded}


def expected(pattern: Pattern, captures: Captures) -> str:
    """Return the file name that a pattern would have with these captures, else the pattern itself."""
    try:
        return pattern.format(captures)
    except VspecError:
        return pattern.text.value
