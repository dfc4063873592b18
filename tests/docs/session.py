"""Runs the blocks of a page, one after the other, in a folder of its own.

``yaml`` (and other) blocks that begin with ``# file: NAME`` are written as they stand. ``console``
blocks are transcripts: what follows ``$`` is run, what it prints is compared. ``python`` blocks share
one namespace; the ``text`` block that follows one shows what it prints. In what is shown, a line ``...``
stands for any lines and ``...`` in a line for any text.
"""

from __future__ import annotations

import contextlib
import difflib
import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.docs.pages import ROOT, Block

FILE = re.compile(r"^# file: (?P<name>\S+)$")
_SEPARATOR = "\x1e"
_SHIM = """\
#!{python}
import sys
sys.argv[0] = "vspec"
from vspec.cli import main
main()
"""


class PageError(AssertionError):
    """A block of a page does not do what the page shows."""


@dataclass
class Session:
    """A folder, a namespace, and what the last python block printed but the page has not shown yet."""

    folder: Path
    programs: Path
    namespace: dict[str, object] = field(default_factory=lambda: {"__name__": "__main__"})
    printed: tuple[Block, str] | None = None

    def run(self, blocks: Sequence[Block]) -> None:
        """Run the blocks of a page; raises `PageError` at the first that does not hold."""
        for block in blocks:
            if block.reason is None:
                self._run(block)
        self._everything_is_shown()

    def _run(self, block: Block) -> None:
        first = FILE.match(block.text.partition("\n")[0])
        if block.language == "text":
            self._shown(block)
            return
        self._everything_is_shown()
        if first:
            path = self.folder / first["name"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8", newline="\n")
        elif block.language == "console":
            self._console(block)
        elif block.language == "python":
            self._python(block)
        else:
            kind = block.language or "a block without a language"
            raise PageError(
                f"{block.place}: {kind} is neither run nor a file; say why with <!-- not run: REASON -->"
            )

    def _console(self, block: Block) -> None:
        steps = list(transcript(block))
        outputs = shell([command for command, _ in steps], self.folder, self.programs)
        for (command, expected), output in zip(steps, outputs, strict=True):
            if not matches(expected, output):
                raise PageError(difference(f"{block.place}: $ {command}", expected, output))

    def _python(self, block: Block) -> None:
        out = io.StringIO()
        # The lines of a traceback are those of the page.
        code = compile("\n" * block.line + block.text, str(ROOT / block.page), "exec")
        with contextlib.chdir(self.folder), contextlib.redirect_stdout(out):
            exec(code, self.namespace)
        if out.getvalue():
            self.printed = block, out.getvalue()

    def _shown(self, block: Block) -> None:
        if self.printed is None:
            raise PageError(f"{block.place}: nothing was printed that this block could show")
        printer, found = self.printed
        self.printed = None
        if not matches(block.text, found):
            raise PageError(difference(f"{printer.place}: prints", block.text, found))

    def _everything_is_shown(self) -> None:
        if self.printed is not None:
            block, found = self.printed
            raise PageError(f"{block.place}: the page does not show what this prints:\n{found}")


def transcript(block: Block) -> Iterator[tuple[str, str]]:
    """Yield each command of a console block with the output below it."""
    if not block.text.startswith("$ "):
        raise PageError(f"{block.place}: a console block begins with a command ('$ ')")
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        lines = part.splitlines(keepends=True)
        many = 1
        while lines[many - 1].endswith("\\\n"):
            many += 1
        command = "".join(re.sub(r"^> ", "", line) for line in lines[:many]).rstrip("\n")
        yield command, "".join(lines[many:])


def shell(commands: Sequence[str], folder: Path, programs: Path) -> list[str]:
    """Run commands in one shell and return what each printed, to stdout and stderr alike."""
    keep = f"__status=$?; printf '%s' '{_SEPARATOR}'; (exit $__status)"
    script = "\n".join(f"{command}\n{keep}" for command in commands)
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env=environment(programs),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        timeout=120,
    )
    parts = done.stdout.decode("utf-8").split(_SEPARATOR)
    if len(parts) != len(commands) + 1:
        raise PageError(f"the shell stopped early:\n{script}\n{parts[-1]}")
    return parts[:-1]


def environment(programs: Path) -> dict[str, str]:
    """Return the environment of a reader's terminal, 80 columns wide."""
    return os.environ | {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "COLUMNS": "80",
        "LC_ALL": "C.UTF-8",
        "MPLBACKEND": "Agg",
    }


def install(programs: Path) -> None:
    """Write the programs that a page calls: ``vspec`` of this checkout, and this ``python``."""
    programs.mkdir(parents=True, exist_ok=True)
    for name, text in (
        ("vspec", _SHIM.format(python=sys.executable)),
        ("python", f'#!/bin/sh\nexec "{sys.executable}" "$@"\n'),
    ):
        path = programs / name
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)


def matches(expected: str, found: str) -> bool:
    """Tell whether ``found`` is what a page shows, ``...`` standing for anything.

    >>> matches("a\\n...\\nd ... f\\n", "a\\nb\\nc\\nd e f\\n")
    True
    """
    pattern = ""
    for line in _plain(expected):
        if line.strip() == "...":
            pattern += r"(?:[^\n]*\n)*?"
        else:
            pattern += r"[^\n]*".join(re.escape(part) for part in line.split("...")) + r"\n"
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in _plain(found))) is not None


def _plain(text: str) -> list[str]:
    return [line.rstrip() for line in text.rstrip().splitlines()]


def difference(title: str, expected: str, found: str) -> str:
    """Return what a page shows and what happened, line by line."""
    lines = difflib.unified_diff(_plain(expected), _plain(found), "the page", "what happens", lineterm="")
    return "\n".join([title, *lines])
