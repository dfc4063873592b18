"""Starter cards load, are clean, and can be faked and damaged."""

from __future__ import annotations

import pytest

from vspec.authoring.faking import damages, fake
from vspec.authoring.scaffold import KINDS, card_id, scaffold
from vspec.card.load import loads


@pytest.mark.parametrize("kind", KINDS)
def test_a_starter_card_is_valid_and_makes_files(kind, tmp_path):
    text = scaffold("Rig 3", kind)
    assert text.startswith("# yaml-language-server: $schema=card.schema.json\n")
    card = loads(text, "rig-3.yaml")
    assert (card.id, card.title) == ("rig-3", "Rig 3")
    faked = fake(card, tmp_path)
    assert {path.stem for path in faked.files} == {"tiny"}
    assert all(array.size for array in faked.arrays.values())
    assert {"truncated", "extended"} <= set(damages(card))


@pytest.mark.parametrize(("name", "id"), (("rig-3", "rig-3"), ("A b.c", "a-b-c"), ("\"'\n", "card")))
def test_any_name_gives_a_card(name, id):
    assert card_id(name) == id
    assert loads(scaffold(name), "x.yaml").id == id


def test_a_kind_that_is_not_there():
    with pytest.raises(KeyError):
        scaffold("x", "binary")
