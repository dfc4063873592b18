"""``vspec relocate``: a map follows its data to another folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from vspec.commands.reports import StatusReport
from vspec.commands.status import map_status
from vspec.commands.writing import unwritable
from vspec.errors import Problem, fail
from vspec.profile.addresses import root_fault
from vspec.readers import map_file
from vspec.readers.map_file import MapDocument
from vspec.readers.moving import compact, rooted
from vspec.sources import file_url
from vspec.writers.replacing import alone, replace_text


def relocate(map_path: str | Path, root: str | Path) -> StatusReport:
    """Make the map lead to its sources below the folder ``root``, and return their state there.

    The sources are looked at first: unless all of them are there, and are what the map was made
    from, the map stays as it is (V0747 beside what is wrong with them). The sidecar is looked for
    beside the map. The map is replaced in one step; nothing else in it changes. Raises V0746 where
    ``root`` is no folder that a map can be confined to, V0822 where the map cannot be written.
    """
    path, folder = Path(map_path), Path(root)
    if not folder.is_dir():
        raise fail("V0746", f"{folder} is not a folder", help="give the folder that the sources lie below")
    url = file_url(folder.resolve())
    fault = root_fault(url)
    if fault is not None:
        raise fail("V0746", f"{folder} {fault}", help="give the folder that the sources lie below")
    document = map_file.load(path)
    found = map_status(replace(document, root=url))
    if any(problem.level == "error" for problem in found.problems):
        return StatusReport((replace(found, problems=(*found.problems, _left(document, folder))),))
    try:
        with alone(path.parent):
            replace_text(path, moved(map_file.load(path), url))
    except OSError as error:
        raise unwritable(path, error) from None
    return StatusReport((map_status(map_file.load(path)),))


def _left(document: MapDocument, folder: Path) -> Problem:
    return Problem(
        "V0747",
        f"{document.path.name} still leads to {document.root}: its sources are not all in {folder}",
        data_file=str(document.path),
        help="copy the rest of them there, or make the map again with 'vspec apply'",
    )


def moved(document: MapDocument, root: str) -> str:
    """Return the text of a map whose references lead below ``root``, as if it had been made there."""
    return compact({"version": 1, "refs": rooted(document, root).refs}) + "\n"
