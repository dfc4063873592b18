"""The recorder of codes: what counts as seen, and when a run fails for a code that it did not see."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import pytest

from tests.codes_seen import recording, unseen
from tests.conftest import ROOT
from vspec.card.load import loads
from vspec.errors import CODES, Problem, VspecError, fail

CONFTEST = """
from tests import codes_seen
codes_seen.CODES = {code: codes_seen.CODES[code] for code in ("V0102", "V0103")}

def pytest_configure(config):
    config.pluginmanager.register(codes_seen.CodesSeen(config))
"""
TESTS = """
import pytest
from vspec.card.load import loads
from vspec.errors import Problem, VspecError

def test_an_unknown_key():
    with pytest.raises(VspecError):
        loads("vspec: 1\\nfiles: '*.d'\\narrays: {a: {dtype: int8, shape: {t: auto}}}\\nnonsense: 1\\n", "card.yaml")

def test_one_without_arrays():
    with pytest.raises(VspecError):
        loads("vspec: 1\\nfiles: '*.d'\\n", "card.yaml")
"""
BY_HAND = """
from vspec.errors import Problem

def test_a_problem_made_by_hand():
    Problem("V0103", "V0103")
"""


def pytest_in(folder, *arguments):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")} | {
        "PYTHONPATH": str(ROOT)
    }
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def suite(tmp_path):
    (tmp_path / "pytest.ini").write_text("[pytest]\ntestpaths = .\n")
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_cards.py").write_text(TESTS)
    return tmp_path


def test_what_vspec_says_counts_and_what_a_test_makes_does_not():
    seen = set()
    with recording(seen):
        replace(Problem("V0102", "made here"), code="V0104")
        fail("V0105", "made here, too")
        assert seen == set()
        with pytest.raises(VspecError):
            loads("vspec: 1\nfiles: '*.d'\n", "card.yaml")
    assert seen == {"V0103"}
    with pytest.raises(VspecError):
        loads("- 1\n", "card.yaml")
    assert seen == {"V0103"}


def test_unseen_codes_are_those_of_the_catalog_without_the_seen():
    assert unseen(CODES) == []
    assert unseen(set(CODES) - {"V0102"}) == ["V0102"]


@pytest.mark.parametrize("workers", ((), ("-n", "2")), ids=("alone", "two workers"))
def test_a_whole_run_that_saw_every_code_passes(suite, workers):
    assert pytest_in(suite, *workers).returncode == 0


@pytest.mark.parametrize("workers", ((), ("-n", "2")), ids=("alone", "two workers"))
def test_a_whole_run_fails_for_a_code_that_a_test_only_names(suite, workers):
    first = TESTS.partition("def test_one_without_arrays")[0]
    (suite / "test_cards.py").write_text(first)
    (suite / "test_by_hand.py").write_text(BY_HAND)
    ended = pytest_in(suite, *workers)
    assert ended.returncode == 1
    assert f"V0103  {CODES['V0103'].title}" in ended.stdout
    assert f"V0102  {CODES['V0102'].title}" not in ended.stdout


@pytest.mark.parametrize(
    "chosen",
    (("test_cards.py",), ("-k", "unknown"), ("-k", "unknown", "-n", "2"), ("--collect-only",)),
    ids=" ".join,
)
def test_a_part_of_the_tests_is_not_judged(suite, chosen):
    (suite / "test_by_hand.py").write_text(BY_HAND)
    ended = pytest_in(suite, *chosen)
    assert ended.returncode == 0, ended.stdout
    assert "codes that no test" not in ended.stdout


def test_a_run_that_fails_says_only_why_it_failed(suite):
    (suite / "test_cards.py").write_text("def test_false():\n    assert False\n")
    ended = pytest_in(suite)
    assert ended.returncode == 1
    assert "codes that no test" not in ended.stdout
