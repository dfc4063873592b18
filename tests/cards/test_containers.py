"""Cards of containers: files of the containers' own libraries, read back, and damaged."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import vspec
from tests.cards.containers import NO_WRITER, WRITERS
from tests.cards.maps import card, read
from tests.conftest import ROOT
from vspec.commands import ApplyOptions
from vspec.registry import entries

CASES = [(id, name) for id, writers in WRITERS.items() for name in writers]
SECONDS = 120
ROUNDS = 6


def written(id: str, name: str, folder: Path):
    """Write the files of a case into a folder; skip where the library of the container is missing."""
    folder.mkdir(parents=True)
    try:
        return WRITERS[id][name](folder)
    except ImportError as error:
        pytest.skip(f"{error.name} is not installed")


def test_every_card_of_a_container_has_a_writer_or_a_reason():
    held = {entry.id for entry in entries() if any(role.container for role in card(entry.id).roles)}
    assert held == set(WRITERS) | set(NO_WRITER)
    assert not set(WRITERS) & set(NO_WRITER)


@pytest.mark.parametrize(("id", "name"), CASES)
def test_a_card_is_identified_by_the_files_of_its_library_alone(id, name, tmp_path):
    written(id, name, tmp_path / "data")
    matches = vspec.identify(tmp_path / "data").matches
    assert {match.card_id for match in matches if not match.part_of} == {id}


@pytest.mark.parametrize("materialize", (False, True), ids=("in place", "materialised"))
@pytest.mark.parametrize(("id", "name"), CASES)
def test_files_of_its_library_are_read_back_and_verified(id, name, materialize, tmp_path):
    expected = written(id, name, tmp_path / "data")
    report = vspec.apply(
        card(id), tmp_path / "data", tmp_path / "out", {}, ApplyOptions(materialize=materialize)
    )
    codes = {problem.code for problem in report.problems if problem.level == "error"}
    if not materialize and codes == {"V0335"}:
        assert not report.maps
        return
    assert not codes, report.problems
    (made,) = report.maps
    found = read(Path(made.map))
    assert set(found) >= set(expected), sorted(found)
    for path, values in expected.items():
        assert found[path].values.shape == values.shape, path
        assert np.array_equal(found[path].values, values), path
    (verified,) = vspec.verify(made.map).maps
    assert not [problem for problem in verified.problems if problem.level == "error"]
    assert verified.arrays >= len(expected)


def damaged(file: Path, chance: random.Random) -> str:
    """Cut a file off or turn a few of its bytes over; return what was done."""
    content = bytearray(file.read_bytes())
    if chance.random() < 0.5:
        size = chance.choice((0, 1, len(content) // 2, len(content) - 1, chance.randrange(len(content))))
        file.write_bytes(content[:size])
        return f"{file.name} cut to {size}"
    places = [chance.randrange(min(len(content), chance.choice((512, 1 << 30)))) for _ in range(3)]
    for at in places:
        content[at] ^= 1 << chance.randrange(8)
    file.write_bytes(content)
    return f"{file.name} changed at {places}"


TRY = """
import sys, vspec
from vspec.commands import ApplyOptions
from vspec.errors import VspecError
card, *folders = sys.argv[1:]
for folder in folders:
    print("try", folder, flush=True)
    try:
        report = vspec.apply(card, folder, folder + ".maps", {}, ApplyOptions(materialize=True))
    except VspecError as error:
        print("refused", *(problem.code for problem in error.problems))
        continue
    if not report.maps:
        print("refused", *(problem.code for problem in report.problems))
    for made in report.maps:
        for found in vspec.verify(made.map).maps:
            wrong = [problem for problem in found.problems if problem.level == "error"]
            print("verified", *(problem.code for problem in wrong))
"""
"""What a damaged file may do to the library that reads it must not reach the tests: a process of its own."""
UNREADABLE = {"V0361"}
"""With this `verify` says that the library cannot read what the damaged file holds."""


@pytest.mark.parametrize(("id", "name"), CASES)
def test_damaged_files_are_refused_with_a_code_or_equal_to_what_their_library_reads(id, name, tmp_path):
    written(id, name, tmp_path / "whole")
    notes = []
    for k in range(ROUNDS):
        shutil.copytree(tmp_path / "whole", tmp_path / f"{k}")
        files = sorted(file for file in (tmp_path / f"{k}").rglob("*") if file.is_file())
        chance = random.Random(f"{id} {name} {k}")
        notes.append(f"{k}: {damaged(chance.choice(files), chance)}")
    card_file = str(ROOT / "formats" / id / "card.yaml")
    command = [sys.executable, "-c", TRY, card_file, *(str(tmp_path / f"{k}") for k in range(ROUNDS))]
    done = subprocess.run(command, check=False, timeout=SECONDS, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, (notes, done.stdout, done.stderr)
    said = [line.split() for line in done.stdout.splitlines()]
    assert [words[0] for words in said].count("try") == ROUNDS
    assert len(said) >= 2 * ROUNDS, "each gave a result"
    for what, *codes in said:
        assert what != "refused" or codes, (notes, done.stdout)
        assert what != "verified" or set(codes) <= UNREADABLE, (notes, done.stdout)
