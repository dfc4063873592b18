"""A plugin of pytest: which codes vspec itself gave during the run; after a whole run, every code must be one.

A problem that a test makes by hand proves nothing, so it does not count. Nor does one in a program that a
test starts. With pytest-xdist each worker tells the controller what it saw.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import FrameType

import pytest

from vspec.errors import CODES, Problem

KEY = "vspec_codes_seen"
PASSED_ON = frozenset({"vspec.errors.problems", "dataclasses"})
"""Modules that make a problem for somebody else."""


def _is_ours(frame: FrameType | None) -> bool:
    """Tell whether code of vspec, above what only passes a problem on, asked for it."""
    while frame is not None and frame.f_globals.get("__name__") in PASSED_ON | {__name__}:
        frame = frame.f_back
    name = str(frame.f_globals.get("__name__")) if frame is not None else ""
    return name == "vspec" or name.startswith("vspec.")


@contextmanager
def recording(seen: set[str]) -> Iterator[None]:
    """Put the code of every problem that vspec makes into ``seen``."""
    before = Problem.__post_init__

    def noted(problem: Problem) -> None:
        before(problem)
        if problem.code not in seen and _is_ours(sys._getframe(1)):
            seen.add(problem.code)

    Problem.__post_init__ = noted  # type: ignore[method-assign, assignment]  # the one place that every problem passes
    try:
        yield
    finally:
        Problem.__post_init__ = before  # type: ignore[method-assign]  # as above


def unseen(seen: Iterable[str]) -> list[str]:
    """Return the codes of the catalog that are not among those seen."""
    return sorted(set(CODES) - set(seen))


class CodesSeen:
    """The plugin: records while the session runs, judges at its end."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._seen: set[str] = set()
        self._deselected = self._unfinished = False
        self._missing: list[str] = []
        self._record = recording(self._seen)

    @property
    def _whole(self) -> bool:
        """Whether all tests ran: none was chosen, left out, or not come to."""
        config = self._config
        chosen = config.args_source is not pytest.Config.ArgsSource.TESTPATHS or config.option.collectonly
        return not (chosen or self._deselected or self._unfinished)

    def pytest_sessionstart(self) -> None:
        self._record.__enter__()

    def pytest_deselected(self, items: list[pytest.Item]) -> None:
        self._deselected = self._deselected or bool(items)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: object, error: object) -> None:
        """Take over what a worker saw; one that crashed tells nothing."""
        told = getattr(node, "workeroutput", {})
        self._seen.update(told.get(KEY, ()))
        self._unfinished = self._unfinished or error is not None
        self._deselected = self._deselected or bool(told.get(f"{KEY}_deselected"))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        self._record.__exit__(None, None, None)
        told = getattr(self._config, "workeroutput", None)
        if told is not None:
            told[KEY], told[f"{KEY}_deselected"] = sorted(self._seen), self._deselected
        elif self._whole and exitstatus == pytest.ExitCode.OK:
            self._missing = unseen(self._seen)
            if self._missing:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._missing:
            terminalreporter.section("codes that no test makes vspec give", red=True)
            terminalreporter.line("\n".join(f"{code}  {CODES[code].title}" for code in self._missing))
