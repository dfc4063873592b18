"""Opening a card's text in front of made-up files, for the tests of header and planning."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

import numpy as np

from vspec import oracle
from vspec.card.load import loads
from vspec.errors import VspecError
from vspec.expressions import Value
from vspec.header.dataset import Header, open_dataset
from vspec.layout import ArrayLayout
from vspec.planning.plan import Plan, plan
from vspec.sources import Files, find


def write(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Write files below a folder."""
    for name, data in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def header(
    text: str, folder: Path, contents: Mapping[str, bytes], params: Mapping[str, Value] | None = None
) -> Header:
    """Return the header of the one data set that the card finds in the files."""
    write(folder, contents)
    card = loads(dedent(text), "card.yaml")
    found = find(card.roles, [folder])
    (dataset,) = found.datasets
    if dataset.problems:
        raise VspecError(dataset.problems)
    return open_dataset(card, dataset, Files(found.root), params or {})


def planned(
    text: str, folder: Path, contents: Mapping[str, bytes], params: Mapping[str, Value] | None = None
) -> tuple[Header, Plan]:
    """Return the header and the plan of the one data set."""
    opened = header(text, folder, contents, params)
    return opened, plan(opened.card, opened)


def value(opened: Header, layout: ArrayLayout) -> np.ndarray:
    """Return an array by plain arithmetic, in the card's order."""
    return oracle.read(layout, opened.files.inside)


def codes(error: VspecError) -> list[str]:
    """Return the codes of an error's problems."""
    return [problem.code for problem in error.problems]
