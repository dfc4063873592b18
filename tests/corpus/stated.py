"""What an independent reader states beside the arrays: rates, names, units, gains, pixel sizes, starts.

Readers call one thing by many names. A fact is recognised by the name that it has in ``extra``,
wherever it stands there, and by nothing else: case, blanks, signs and a prefix before a colon do not
count. What has another name, or a value of another form, states nothing that can be compared.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from tests.corpus.entries import Json

Kind = Literal["rate", "step", "length", "names", "ids", "units", "gain", "offset", "spacing", "start"]

_NAMES: dict[Kind, str] = {
    "rate": "sfreq fs rate samplingrate samplerate datarate samplingfrequency samplefrequency framerate",
    "step": "delta dt sampleinterval samplinginterval",
    "length": "npts samplelength nsamples",
    "names": "chnames channelnames labels channelname",
    "ids": "ids",
    "units": "unit units channelunits physicaldimension physicaldimensions",
    "gain": "gain gains channelgain channelgains slope calib bscale scalefactor verticalgain",
    "offset": "channeloffset channeloffsets inter bzero addoffset",
    "spacing": "affine zooms spacing elementspacing pixelspacing pixelsize pixelsizes voxelsize",
    "start": "starttime startdatetime measdate recordingstart epoch tstart",
}
KINDS: dict[str, Kind] = {name: kind for kind, names in _NAMES.items() for name in names.split()}
_OF_TEXT: tuple[Kind, ...] = ("names", "ids", "units")
_MEMBERS = {("channels", "name"): "names", ("signals", "name"): "names", ("sites", "name"): "names"}
_DEPTH = 4

Values = tuple[float, ...] | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stated:
    """One fact: ``name`` is its path in ``extra``.

    ``values`` are numbers or texts, one or one for each channel, trace or axis; a list may be the
    beginning of a longer one. Of an affine matrix they are the lengths of its columns. ``units`` are
    what stands beside a gain or an offset, if the reader says it.
    """

    name: str
    kind: Kind
    values: Values
    units: str = ""


def read_stated(extra: Json) -> list[Stated]:
    """Return the facts in ``extra``, in its order."""
    return list(_walk(extra, ()))


def known_as(name: str) -> Kind | None:
    """Return the kind of fact that is known by this name."""
    return KINDS.get(_bare(name))


def _bare(name: str) -> str:
    return "".join(sign for sign in name.rpartition(":")[2].lower() if sign.isalnum())


def _walk(said: Json, path: tuple[str, ...]) -> Iterator[Stated]:
    if len(path) >= _DEPTH:
        return
    if isinstance(said, list):
        yield from _walk_list(said, path)
    elif isinstance(said, dict):
        for name, value in said.items():
            member = _MEMBERS.get((_bare(path[-1]), _bare(name))) if path else None
            kind: Kind | None = "names" if member else known_as(name)
            values = _values(value, kind) if kind else ()
            if kind and values:
                yield Stated(".".join((*path, name)), kind, values, _units(said, kind))
            elif isinstance(value, list | dict):
                yield from _walk(value, (*path, name))


def _walk_list(said: list[Json], path: tuple[str, ...]) -> Iterator[Stated]:
    """Take a list of mappings key by key, and lines such as ``key = value`` as one mapping."""
    rows = [item for item in said if isinstance(item, dict)]
    if rows and len(rows) == len(said):
        names = dict.fromkeys(name for row in rows for name in row)
        columns: dict[str, Json] = {name: [row.get(name) for row in rows] for name in names}
        yield from _walk(columns, path)
    elif said and all(isinstance(line, str) for line in said):
        pairs = [str(line).partition("=") for line in said]
        named: dict[str, Json] = {key.strip(): list(value.split()) for key, sign, value in pairs if sign}
        yield from _walk(named, path)


def _units(beside: Mapping[str, Json], kind: Kind) -> str:
    """Return the units that stand beside a gain or an offset."""
    if kind not in ("gain", "offset"):
        return ""
    found = (value for name, value in beside.items() if known_as(name) == "units")
    return next((value for value in found if isinstance(value, str)), "")


def _values(said: Json, kind: Kind) -> Values:
    """Return the values of a fact; none where they have another form than its kind has."""
    items: list[Json] = said if isinstance(said, list) else [said]
    if kind == "spacing" and items and all(isinstance(row, list) for row in items):
        return _column_lengths(items)
    if kind == "ids" and not any(isinstance(item, str) and item.strip(". ") for item in items):
        return ()
    texts = tuple(item for item in items if isinstance(item, str) and item.strip())
    if kind in _OF_TEXT or (kind == "start" and texts and _number(texts[0]) is None):
        return texts if len(texts) == len(items) else ()
    numbers = tuple(number for item in items if (number := _number(item)) is not None)
    return numbers if len(numbers) == len(items) else ()


def _number(said: Json) -> float | None:
    if isinstance(said, bool) or not isinstance(said, int | float | str):
        return None
    try:
        found = float(said)
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def _column_lengths(matrix: list[Json]) -> tuple[float, ...]:
    """Return the pixel sizes that an affine matrix (rows; the last column is the origin) holds."""
    rows = [[_number(item) for item in row] for row in matrix if isinstance(row, list)]
    size = len(rows[0]) - 1
    if size < 1 or any(len(row) != size + 1 or None in row for row in rows):
        return ()
    columns = itertools.islice(zip(*rows[:size], strict=True), size)
    return tuple(math.hypot(*(value for value in column if value is not None)) for column in columns)
