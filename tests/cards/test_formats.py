"""Every card of the registry: its form, its made-up files read back, and the damage that it refuses."""

from __future__ import annotations

import itertools
import json
import tomllib
from pathlib import Path

import numpy as np
import pytest

import vspec
from tests.cards.maps import read
from tests.conftest import ROOT
from vspec.authoring.faking import DAMAGES, FakeOptions, damages, fake
from vspec.card.load import load
from vspec.errors import CODES
from vspec.registry import find_id

FORMATS = ROOT / "formats"
PATHS = sorted(FORMATS.rglob("card.yaml"))
IDS = [path.parent.relative_to(FORMATS).as_posix() for path in PATHS]
CARDS = {id: load(path, registry=find_id) for id, path in zip(IDS, PATHS, strict=True)}
CONTAINERS = {id for id, card in CARDS.items() if any(role.container for role in card.roles)}
"""Cards of files that other libraries write: `test_containers` has a writer for each."""
EXAMPLES = [
    (id, str(entry["name"])) for id, card in CARDS.items() for entry in card.examples if "make" in entry
]
SEEDS = range(20)


def expected(id):
    """What a card notices, as its folder says: by example, then by kind of damage, the codes."""
    path = FORMATS / id / "expected.toml"
    said = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    special = said.get("damage-of", {})
    return {e: {**said.get("damage", {}), **special.get(e, {})} for other, e in EXAMPLES if other == id}


EXPECTED = {id: expected(id) for id in IDS}
DAMAGED = [(id, example, damage) for id, example in EXAMPLES for damage in EXPECTED[id][example]]


@pytest.mark.parametrize("id", IDS)
def test_the_registry_wants_more_than_a_private_card(id):
    card = CARDS[id]
    assert card.id == id
    assert card.title
    assert card.version
    assert card.license == "CC0-1.0"
    assert card.maintainers
    assert card.covers
    assert card.not_covered
    assert len(card.references) >= 2
    assert all(reference.startswith("https://") for reference in card.references)
    assert card.checks
    assert any("make" in entry for entry in card.examples) or id in CONTAINERS


@pytest.mark.parametrize("path", PATHS, ids=IDS)
def test_the_readme_names_software_references_and_verification(path):
    text = (path.parent / "README.md").read_text(encoding="utf-8")
    for heading in ("**Software**", "**Covered, not covered**", "**Verified**"):
        assert heading in text or heading.replace("Covered, not", "Not") in text, heading
    index = (FORMATS / "README.md").read_text(encoding="utf-8")
    assert f"[{path.parent.relative_to(FORMATS).as_posix()}]" in index


@pytest.mark.parametrize("path", PATHS, ids=IDS)
def test_cards_stay_readable(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    body = list(itertools.takewhile(lambda line: line != "examples:", lines))
    assert len(body) <= 130
    assert max(map(len, lines)) <= 160


def made(id, example, seed, folder, damage=None):
    return fake(CARDS[id], folder, FakeOptions(seed=seed, example=example, damage=damage))


def as_stored(values):
    """Complex numbers are pairs of floats in a portable map."""
    if values.dtype.kind != "c":
        return values
    return np.ascontiguousarray(values).view(values.real.dtype).reshape(*values.shape, 2)


@pytest.mark.parametrize(("id", "example"), EXAMPLES)
def test_made_up_files_are_read_back(id, example, tmp_path):
    seen = set()
    for seed in SEEDS:
        data, out = tmp_path / f"data{seed}", tmp_path / f"maps{seed}"
        known = made(id, example, seed, data)
        report = vspec.apply(CARDS[id], data, out, known.params)
        assert not report.problems, report.problems
        arrays = {name: array for entry in report.maps for name, array in read(Path(entry.map)).items()}
        assert known.arrays
        for name, values in known.arrays.items():
            found = arrays[name].values
            assert found.dtype == as_stored(values).dtype
            assert np.array_equal(found, as_stored(values), equal_nan=values.dtype.kind in "fc"), (name, seed)
            seen.add(values.tobytes())
        assert any(np.unique(values).size > 1 for values in known.arrays.values())
    assert len(seen) >= len(SEEDS), "every seed gives other contents"


@pytest.mark.parametrize(("id", "example", "damage"), DAMAGED)
def test_damaged_files_are_refused(id, example, damage, tmp_path):
    known = made(id, example, 1, tmp_path / "data", damage)
    assert known.refused
    assert set(known.refused) <= set(EXPECTED[id][example][damage]), known.refused


@pytest.mark.parametrize(("id", "example"), EXAMPLES)
def test_a_card_is_identified_by_its_own_files_alone(id, example, tmp_path):
    made(id, example, 3, tmp_path)
    matches = vspec.identify(tmp_path).matches
    wholes = [m for m in matches if not any(set(m.files) < set(other.files) for other in matches)]
    found = {match.card_id for match in wholes}  # a .npy of a recording is a .npy, too
    required = any(param.default is None for param in CARDS[id].params)
    assert found == (set() if required else {id})


def proposal(id, folder):
    """The file `expected.toml` for a card: what it notices in the files of all of its examples."""
    codes = {damage: set() for damage in DAMAGES}
    for number, example in enumerate(example for other, example in EXAMPLES if other == id):
        noticed = damages(CARDS[id], FakeOptions(seed=1, example=example))
        codes = {damage: found for damage, found in codes.items() if damage in noticed}
        for damage, found in codes.items():
            found |= set(made(id, example, 1, folder / f"{number} {damage}", damage).refused)
    return "[damage]\n" + "\n".join(f"{damage} = {json.dumps(sorted(codes[damage]))}" for damage in codes)


@pytest.mark.parametrize("id", [id for id in IDS if id not in CONTAINERS])
def test_every_card_says_what_it_notices(id, tmp_path):
    path = FORMATS / id / "expected.toml"
    assert path.exists(), f"{path.relative_to(ROOT)} is missing; it could say:\n{proposal(id, tmp_path)}"
    said = tomllib.loads(path.read_text(encoding="utf-8"))
    special = said.pop("damage-of", {})
    assert set(said) == {"damage"}
    assert said["damage"], "a card that notices no damage takes everything"
    assert set(special) <= set(EXPECTED[id])
    for noticed in (said["damage"], *special.values()):
        assert set(noticed) <= set(DAMAGES)
        assert all(codes and set(codes) <= set(CODES) for codes in noticed.values())
