"""The files of one run on the disk, and the folders that were made for them."""

from __future__ import annotations

from pathlib import Path


class Outputs:
    """Files that do not exist yet; `undo` leaves the disk as it was."""

    def __init__(self) -> None:
        self.files: list[Path] = []
        self._folders: list[Path] = []

    def prepare(self, file: Path) -> None:
        """Make the folder of a file that is about to be written."""
        missing = [folder for folder in file.parents if not folder.exists()]
        for folder in reversed(missing):
            folder.mkdir(exist_ok=True)
            self._folders.append(folder)
        self.files.append(file)

    def undo(self) -> None:
        """Remove the files, and the folders that were made for them as far as nothing else is in them."""
        for file in self.files:
            file.unlink(missing_ok=True)
        for folder in reversed(self._folders):
            if not any(folder.iterdir()):
                folder.rmdir()
