"""No test measures time by a clock on the wall: a busy machine would fail it. Work is counted instead."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
CLOCK = re.compile(r"\b(perf_counter|monotonic)(_ns)?\(|\btime\.time(_ns)?\(")
CHECKED = sorted(
    path
    for room in ("unit", "cards", "conformance", "properties", "peers", "docs", "house")
    for path in (TESTS / room).rglob("test_*.py")
)


@pytest.mark.parametrize("path", CHECKED, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_work_is_counted_and_not_timed(path):
    lines = path.read_text(encoding="utf-8").split("\n")
    timed = [n for n, line in enumerate(lines, 1) if CLOCK.search(line)]
    assert timed == [], "see steps() and peak() in tests/unit/effort.py, bounded() in tests/unit/layouts.py"
