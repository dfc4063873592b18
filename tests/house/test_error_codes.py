"""Every code of the catalog stands in its family and explains itself; that tests reach it is told by `codes_seen`."""

from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path
from types import ModuleType

import pytest

from vspec.errors import CODES, catalog

TESTS = Path(__file__).resolve().parents[1]


def families() -> dict[str, ModuleType]:
    """The modules of the catalog that hold codes."""
    names = (found.name for found in pkgutil.iter_modules(catalog.__path__))
    modules = (importlib.import_module(f"vspec.errors.catalog.{name}") for name in names)
    return {m.__name__.rpartition(".")[2]: m for m in modules if hasattr(m, "CODES")}


def codes_in_tests() -> set[str]:
    texts = (
        path.read_text(encoding="utf-8", errors="replace")
        for path in TESTS.rglob("*")
        if path.suffix in {".py", ".yaml", ".json", ".txt", ".toml", ".md"} and path != Path(__file__)
    )
    return {code for text in texts for code in re.findall(r"\bV\d{4}\b", text)}


def test_there_are_codes():
    assert len(CODES) > 40


def test_the_codes_of_a_module_are_of_one_family():
    digits = {name: {code.id[:3] for code in module.CODES} for name, module in families().items()}
    assert {name: found for name, found in digits.items() if len(found) > 1} == {}
    assert set().union(*digits.values()) <= {f"V0{digit}" for digit in range(10)}


def test_a_code_is_a_letter_and_four_digits():
    assert [code for code in CODES if not re.fullmatch(r"V\d{4}", code)] == []


def test_no_code_is_given_twice():
    every = [code.id for module in families().values() for code in module.CODES]
    assert sorted(every) == sorted(set(every))
    assert sorted(CODES) == sorted(every)


def test_no_test_speaks_of_a_code_that_is_not_there():
    assert sorted(codes_in_tests() - set(CODES)) == []


def test_no_code_is_raised_that_is_not_in_the_catalog():
    package = TESTS.parent / "vspec"
    texts = (path.read_text(encoding="utf-8") for path in package.rglob("*.py"))
    raised = {code for text in texts for code in re.findall(r"\"(V\d{4})\"", text)}
    assert sorted(raised - set(CODES)) == []


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_code_has_a_title_and_an_explanation(code):
    assert CODES[code].title.strip()
    assert CODES[code].explanation.strip()
