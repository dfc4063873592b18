"""A folder that is written piece by piece, and that a later run goes on with when one was killed."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from vspec.errors import fail
from vspec.exporting.placing import exchange
from vspec.writers.replacing import alone

_MARK = ".vspec-export.json"
_DONE = ".vspec-export.done"
_STORE = "store"


class Journal:
    """A folder beside the output for its parts, and the names of those that are whole.

    Only the same export goes on with it: ``key`` says what is exported, and how.
    """

    def __init__(self, out: Path, key: str) -> None:
        self.out, self.key = out, key
        self.folder = out.with_name(f".{out.name}.part")
        self._lock = Lock()
        self.done: frozenset[str] = frozenset()

    @contextmanager
    def open(self) -> Iterator[Path]:
        """Yield the folder to write to, that of a killed run if it was for the same; keep others out."""
        if self._key() not in (None, self.key):
            shutil.rmtree(self.folder)
        if not self.folder.exists():
            self._begin()
        elif self._key() is None:
            help = "an export keeps its parts there: remove it, or give another name with -o"
            raise fail("V0873", f"{self.folder} is there already, and no export of vspec", help=help)
        with alone(self.folder):
            if self._key() != self.key:
                raise fail(
                    "V0873", f"another export to {self.out} ran meanwhile", help="look at what it made"
                )
            path = self.folder / _DONE
            lines = path.read_text(encoding="utf-8").split("\n") if path.exists() else []
            self.done = frozenset(lines[:-1])
            yield self.folder / _STORE

    def finish(self, name: str) -> None:
        """Note that a piece is whole. Any thread may."""
        with self._lock, (self.folder / _DONE).open("a", encoding="utf-8") as file:
            file.write(f"{name}\n")

    def replace(self) -> None:
        """Give what was written its name; what was there under it goes."""
        exchange(self.folder / _STORE, self.out, self.folder / "old")
        shutil.rmtree(self.folder)

    def _begin(self) -> None:
        made = Path(tempfile.mkdtemp(prefix=f".{self.out.name}.", suffix=".new", dir=self.out.parent))
        made.chmod(0o755)
        (made / _MARK).write_text(json.dumps({"key": self.key}), encoding="utf-8")
        made.rename(self.folder)

    def _key(self) -> str | None:
        """Return what the folder is for; None where it is none of ours."""
        try:
            found = json.loads((self.folder / _MARK).read_text(encoding="utf-8"))["key"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return str(found)
