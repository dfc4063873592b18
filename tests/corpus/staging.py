"""One entry's files alone in a folder: nothing beside them may help or mislead a card."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from tests.corpus.entries import CorpusError, Entry


@contextmanager
def staged(entry: Entry, corpus: Path) -> Iterator[Path]:
    """Give a temporary folder that holds copies of the entry's files under their relative names.

    Copies, so that no fault of ours can reach the corpus itself, which may be read-only anyway.
    """
    with tempfile.TemporaryDirectory(prefix="vspec-corpus-") as name:
        folder = Path(name).resolve()
        for file in entry.files:
            relative = PurePosixPath(file)
            if relative.is_absolute() or ".." in relative.parts:
                raise CorpusError(f"{entry.id}: '{file}' does not lie inside the corpus")
            target = folder / relative
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                shutil.copyfile(corpus / relative, target)
            except OSError as error:
                raise CorpusError(f"{entry.id}: {error}") from error
        yield folder
