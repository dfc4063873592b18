"""Formats are cards: no Python names one, nor its maker."""

from __future__ import annotations

import io
import re
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FORMATS = ROOT / "formats"
# The words of the language for containers, and the examples of their errors.
OPEN_MODULES = (Path("card", "container_words.py"), Path("errors", "catalog", "containers.py"))
OPEN_ROOMS = ("containers", "exporting", "peers", "readers", "writers")
# Makers' and formats' folders that are words of the language itself, or of English ("the file fits").
# and the library of arrays, and the order that it names after a language.
UNITS = re.compile(r"\bMiB\b")
PLAIN_WORDS = frozenset(
    {"arrow", "fits", "generic", "raw", "binary", "bin", "numpy", "fortran", "unformatted"}
    | {"arrow", "fits", "zarr"}
    | {"continuous", "dat", "events", "info", "rec", "signals", "spikes", "trace"}
)


def names() -> set[str]:
    """The folders' names of makers and formats, as they are and with their parts joined or apart."""
    found: set[str] = set()
    for card in FORMATS.rglob("card.yaml"):
        for folder in card.parent.relative_to(FORMATS).parts:
            whole = re.sub(r"[-_]+", "", folder.lower())
            apart = re.sub(r"[-_]+", " ", folder.lower())
            found |= {folder.lower(), whole, apart}
    return found - PLAIN_WORDS


def named(text: str, wanted: set[str]) -> list[str]:
    """Return the whole words, or parts of an identifier, of Python ``text`` that are among ``wanted``."""
    found = []
    spaced = {re.sub(r"[-_]", " ", name): name for name in sorted(wanted)}
    longest = sorted(spaced, key=len, reverse=True)
    pattern = re.compile(rf"(?<![a-z0-9])({'|'.join(map(re.escape, longest))})(?![a-z0-9])")
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        lowered = re.sub(
            r"[-_]", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", UNITS.sub("", token.string))
        ).lower()
        plain = re.sub(r"[-_]", " ", UNITS.sub("", token.string).lower())
        hits = {spaced[hit] for hit in (*pattern.findall(lowered), *pattern.findall(plain))}
        found += [f"line {token.start[0]}: {name}" for name in sorted(hits)]
    return found


def test_there_are_formats_to_look_for():
    assert len(names()) >= 7


def test_no_module_names_a_format_or_a_maker():
    wanted = names()
    found = {
        str(module.relative_to(ROOT)): hits
        for module in sorted((ROOT / "vspec").rglob("*.py"))
        if module.relative_to(ROOT / "vspec").parts[0] not in OPEN_ROOMS
        and module.relative_to(ROOT / "vspec") not in OPEN_MODULES
        and (hits := named(module.read_text(encoding="utf-8"), wanted))
    }
    assert found == {}


@pytest.mark.parametrize(
    "text",
    (
        "# as Acme writes it",
        "'''the acme header'''",
        "ACME = 1",
        "def read_acme(): ...",
        "class AcmeReader: ...",
        "x.acme",
    ),
)
def test_a_name_is_found_wherever_it_stands(text):
    assert named(text + "\n", {"acme"}) == ["line 1: acme"]


@pytest.mark.parametrize("text", ("acmeism = 1", "# macme", "x = 'acme2'"))
def test_a_part_of_a_word_is_no_name(text):
    assert named(text + "\n", {"acme"}) == []
