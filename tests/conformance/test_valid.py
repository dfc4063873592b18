"""Cards that load; and their form in a map, JSON, loads to the same card."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from vspec.card.load import load, loads

CARDS = sorted(Path(__file__).with_name("valid").glob("*.yaml"))


@pytest.mark.parametrize("path", CARDS, ids=lambda path: path.stem)
def test_card_loads(path: Path) -> None:
    assert load(path).arrays


@pytest.mark.parametrize("ascii_only", (True, False))
@pytest.mark.parametrize("path", CARDS, ids=lambda path: path.stem)
def test_card_from_a_map_is_the_same(path: Path, ascii_only: bool) -> None:
    card = load(path)
    text = json.dumps(card.data, ensure_ascii=ascii_only, sort_keys=False, separators=(",", ":"))
    again = loads(text, "map")
    assert again.data == card.data
    assert [role.name for role in again.roles] == [role.name for role in card.roles]
    assert [array.key.value for array in again.arrays] == [array.key.value for array in card.arrays]


def test_the_folder_is_not_empty() -> None:
    assert len(CARDS) >= 8
