"""A map's data set opened again: the card, the files and the params as the map itself records them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from vspec.card.load import loads
from vspec.card.model import Card
from vspec.errors import Problem, VspecError
from vspec.expressions import Value
from vspec.layout import Json
from vspec.readers.map_file import MapDocument
from vspec.sources import DataFile, DataSet, Member, confine, data_file, local_path


@dataclass(frozen=True, slots=True)
class Reopened:
    """What a map was made from; ``root`` is the folder of the data on this machine."""

    card: Card
    dataset: DataSet
    root: Path
    params: Mapping[str, Value]


def reopen(document: MapDocument) -> Reopened:
    """Return the card and the data set of a map; raises V0703, V0706 and what loading a card raises.

    Nothing is searched: the map says which file plays which role, and every path is confined.
    """
    root = local_root(document)
    origin = document.origin
    match origin.get("card"), origin.get("dataset"), origin.get("params"):
        case {"data": dict(data)}, {
            "name": str(name),
            "members": dict(members),
            "captures": dict(captures),
        }, dict(params):
            card = loads(json.dumps(data, ensure_ascii=False), f"the card in {document.path.name}")
            found = {role: _members(document, root, entries) for role, entries in members.items()}
            return Reopened(card, DataSet(name, _scalars(captures), found), root, _scalars(params))
        case _:
            raise _malformed(document)


def local_root(document: MapDocument) -> Path:
    """Return the folder that a map's references lead to; raises V0706 for a remote one."""
    root = local_path(document.root) if document.root.startswith("file://") else None
    if root is None:
        problem = Problem(
            "V0740",
            f"{document.path.name} leads to {document.root}, not to files of this machine",
            data_file=str(document.path),
            help="'vspec relocate MAP ROOT' makes it lead to a folder",
        )
        raise VspecError([problem])
    return Path(root)


def _members(document: MapDocument, root: Path, entries: Json) -> tuple[Member, ...]:
    found = []
    for entry in entries if isinstance(entries, list) else [None]:
        match entry:
            case {"path": str(path), "captures": dict(captures)}:
                found.append(Member(_file(document, root, path), _scalars(captures)))
            case _:
                raise _malformed(document)
    return tuple(found)


def _file(document: MapDocument, root: Path, path: str) -> DataFile:
    absolute = confine(root, path)
    if not absolute.is_file():
        raise VspecError([missing(document, path)])
    return data_file(path, absolute)


def missing(document: MapDocument, path: str) -> Problem:
    """Return the problem of a source that is not there."""
    return Problem(
        "V0741",
        f"{path} is missing",
        data_file=path,
        expected=f"{path} below {document.root}",
        help="were the data moved? 'vspec relocate MAP ROOT' makes the map follow",
    )


def _scalars(values: Mapping[str, Json]) -> dict[str, int | float | str]:
    return {name: value for name, value in values.items() if isinstance(value, (bool, int, float, str))}


def _malformed(document: MapDocument) -> VspecError:
    message = f"{document.path.name} does not say how it was made"
    return VspecError(
        [Problem("V0703", message, data_file=str(document.path), help="make it again with vspec apply")]
    )
