"""``new``, ``explain``, ``schema`` and the shelf of cards: what they give and what they refuse."""

from __future__ import annotations

import os

import pytest

from vspec.commands import check, explain, new, schema
from vspec.errors import VspecError
from vspec.registry import shelf


def refusal(call, *arguments):
    with pytest.raises(VspecError) as caught:
        call(*arguments)
    (problem,) = caught.value.problems
    return problem


@pytest.mark.parametrize("kind", ("raw", "record", "sibling"))
def test_a_new_card_is_a_good_one(tmp_path, kind):
    path = new(tmp_path / "rig3", kind)
    assert path == tmp_path / "rig3.yaml"
    assert check(path).problems == ()


def test_what_new_refuses(tmp_path):
    assert refusal(new, tmp_path / "a.yaml", "record2").code == "V0805"
    (tmp_path / "a.yaml").write_text("mine")
    assert refusal(new, tmp_path / "a.yaml").code == "V0806"
    assert (tmp_path / "a.yaml").read_text() == "mine"
    problem = refusal(new, tmp_path / "none" / "a.yaml")
    assert (problem.code, os.strerror(2) in problem.message) == ("V0807", True)


def test_a_code_is_explained_in_any_case():
    assert explain("v0312").code == "V0312"
    problem = refusal(explain, "V0321x")
    assert (problem.code, problem.help) == ("V0804", "did you mean 'V0321'?")


def test_the_schema_is_one_of_draft_07():
    assert schema()["$schema"].startswith("http://json-schema.org/draft-07/")


def test_an_installation_without_cards_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(shelf, "_PACKAGE", tmp_path / "vspec")
    assert refusal(shelf.find, "generic/raw").code == "V0801"
