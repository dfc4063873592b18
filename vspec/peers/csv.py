"""Columns of a table in text as Python's own reader of such tables has them."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice, zip_longest
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vspec.errors import VspecError, fail

Column = NDArray[np.generic]
_BLOCK = 8192
_DTYPES = {"float": np.float64, "int": np.int64, "bool": np.bool_}
_TRUE, _FALSE = {"true", "t", "yes", "y", "on", "1"}, {"false", "f", "no", "n", "off", "0"}


def read_csv(path: Path, array: str, selection: tuple[slice, ...]) -> Column:
    """Return a part of one column.

    ``array`` is JSON: what is known of the text, the columns that are wanted, and in ``at`` which of them.
    Raises V0361 where the text is not such a table, V0723 for one that Python's reader cannot read.
    """
    asked = json.loads(array)
    at = asked.pop("at")
    try:
        now = path.stat()
        columns = _columns(path, (now.st_mtime_ns, now.st_size), json.dumps(asked))
    except (OSError, UnicodeDecodeError, ValueError, KeyError, IndexError, OverflowError, csv.Error) as error:
        raise fail("V0361", f"Python cannot read {path.name} as a table", found=str(error)) from None
    found: Column = columns[at][selection]
    return found


@lru_cache(maxsize=2)
def _columns(path: Path, _state: tuple[int, int], asked: str) -> tuple[Column, ...]:
    form = json.loads(asked)
    rows = _rows(form, _lines(form, path.read_bytes()))
    wanted: Sequence[Mapping[str, object]] = form["columns"]
    headings = next(rows, []) if form["headed"] else []
    places = [_place(one, headings, any_case=form["any_case"]) for one in wanted]
    parts: list[list[Column]] = [[] for _ in wanted]
    while block := list(islice(rows, _BLOCK)):
        across = list(zip_longest(*block, fillvalue=""))
        for one, place, part in zip(wanted, places, parts, strict=True):
            texts = _cut(block, place) if isinstance(place, tuple) else _across(across, place, len(block))
            part.append(_numbers(one, texts, form["decimal"]))
    none: list[Column] = [np.zeros(0, _DTYPES[str(one["type"])]) for one in wanted]
    return tuple(np.concatenate([first, *part]) for first, part in zip(none, parts, strict=True))


def _lines(form: Mapping[str, object], raw: bytes) -> Iterator[str]:
    """Yield the lines that hold rows."""
    text = _text(form["encodings"], raw).removeprefix("\ufeff").rstrip("\0")
    end, comment = form["end"], form["comment"]
    for number, line in enumerate(io.StringIO(text, newline=None)):
        bare = line.strip()
        if end is not None and bare == end:
            return
        if number < int(str(form["skip"])) or not bare or (comment and bare.startswith(str(comment))):
            continue
        yield line


def _text(encodings: object, raw: bytes) -> str:
    assert isinstance(encodings, list), "a list of names"
    for name in encodings[:-1]:
        try:
            return raw.decode(name)
        except UnicodeDecodeError:
            continue
    return raw.decode(encodings[-1])


def _rows(form: Mapping[str, object], lines: Iterable[str]) -> Iterator[list[str]]:
    separator, quotes = str(form["separator"]), form["quotes"]
    if form["by_place"]:
        yield from ([line.rstrip("\n")] for line in lines)
        return
    if quotes not in (['""'], ["''"]):
        raise _not_read()
    assert isinstance(quotes, list), "a list of pairs"
    mark = str(quotes[0])[0]
    if len(separator) == 1 and separator != " ":
        yield from csv.reader(lines, delimiter=separator, quotechar=mark, skipinitialspace=True)
        return
    for line in lines:
        if separator == " ":
            yield re.findall(rf"{mark}(?:[^{mark}]|{mark}{mark})*{mark}|[^ \t\n]+", line)
        elif mark in line:
            raise _not_read()
        else:
            yield line.split(separator)


def _not_read() -> VspecError:
    return fail("V0723", "no independent reader is at hand for a table with such quotes and separators")


def _place(wanted: Mapping[str, object], headings: Sequence[str], *, any_case: bool) -> int | tuple[int, int]:
    """Return the index of a column, -1 for one that is not there, or the characters of it."""
    if "characters" in wanted:
        first, last = json.loads(json.dumps(wanted["characters"]))
        return first - 1, last
    if "number" in wanted:
        return int(str(wanted["number"])) - 1
    names = [name.strip().casefold() if any_case else name.strip() for name in headings]
    name = str(wanted["heading"]).casefold() if any_case else str(wanted["heading"])
    return names.index(name) if name in names else -1


def _cut(block: Sequence[Sequence[str]], place: tuple[int, int]) -> Sequence[str]:
    return [row[0][place[0] : place[1]] for row in block]


def _across(across: Sequence[Sequence[str]], place: int, count: int) -> Sequence[str]:
    return across[place] if 0 <= place < len(across) else [""] * count


def _numbers(wanted: Mapping[str, object], texts: Sequence[str], decimal: str) -> Column:
    kind, empty = str(wanted["type"]), wanted["empty"]
    cells = [text.strip() or str(empty) for text in texts]
    if kind == "float":
        if decimal == ",":
            cells = [cell if cell == empty else cell.replace(",", ".") for cell in cells]
        return np.array([float(cell) for cell in cells], np.float64)
    if kind == "int":
        return np.array([int(cell) for cell in cells], np.int64)
    return np.array([_truth(cell.lower()) for cell in cells], np.bool_)


def _truth(cell: str) -> bool:
    if cell not in _TRUE | _FALSE:
        raise ValueError(f"{cell!r} is neither true nor false")
    return cell in _TRUE
