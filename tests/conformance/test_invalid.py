"""Broken cards: the first comment lines of each say what `vspec check` has to print, word for word."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from vspec.card.load import loads
from vspec.card.yaml_text import decode
from vspec.errors import VspecError
from vspec.errors.rendering import render

HERE = Path(__file__).parent
CARDS = sorted((HERE / "invalid").rglob("*.yaml"))
"""Those of a subject that has many ways to go wrong lie in a folder of their own."""


def expected(raw: bytes) -> str:
    lines = raw.decode("utf-8", "replace").split("\n")
    comment = lines[: next(i for i, line in enumerate(lines) if not line.startswith("#"))]
    return "\n".join(line[1:].removeprefix(" ") for line in comment)


def on_the_shelf(id: str) -> Path:
    """Return the card of which others take something; `shelf/NAME` is its id."""
    return Path(f"{id}.yaml")


@pytest.mark.parametrize("path", CARDS, ids=lambda path: path.stem)
def test_message(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = path.read_bytes()
    monkeypatch.chdir(HERE)
    registry = on_the_shelf if b"shelf/" in raw else None
    with pytest.raises(VspecError) as caught:
        loads(decode(raw, path.name), path.name, registry)
    shown = "\n".join(render(problem) for problem in caught.value.problems)
    assert shown == expected(raw)


def test_the_folder_is_not_empty() -> None:
    assert len(CARDS) >= 150


def test_at_most_three_cards_a_code_in_a_folder_of_many_subjects() -> None:
    counts = Counter(path.stem.split("_")[0] for path in CARDS if path.parent.name == "invalid")
    assert {code: count for code, count in counts.items() if count > 3} == {}


@pytest.mark.parametrize("path", CARDS, ids=lambda path: path.stem)
def test_the_name_of_the_file_is_a_code_that_the_message_has(path: Path) -> None:
    codes = re.findall(r"\[(V\d{4})\]", expected(path.read_bytes()))
    assert path.stem.split("_")[0] in codes
