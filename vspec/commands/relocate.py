"""``vspec relocate``: a map follows its data to another folder."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from vspec.commands.reports import StatusReport
from vspec.commands.status import map_status
from vspec.commands.writing import unwritable
from vspec.errors import Problem, fail
from vspec.layout import Json
from vspec.profile.addresses import root_fault
from vspec.readers import map_file
from vspec.readers.map_file import MapDocument
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
    urls = {source.url(document.root): f"{root}/{source.path}" for source in document.sources}
    if document.sidecar is not None:
        urls[document.sidecar.url] = file_url(document.path.resolve().with_name(document.sidecar.path))
    refs: dict[str, Json] = {}
    for key, value in document.refs.items():
        refs[key] = value if isinstance(value, str) else [urls[str(value[0])], value[1], value[2]]
    origin = {**document.origin, "root": root}
    if document.sidecar is not None and isinstance(origin.get("sidecar"), dict):
        origin["sidecar"] = {**origin["sidecar"], "url": urls[document.sidecar.url]}  # type: ignore[dict-item]  # a dict, just looked at
    attrs = {**document.attrs, "vspec": origin}
    refs[".zattrs"] = _compact(attrs)
    refs[".zmetadata"] = _consolidated(str(document.refs[".zmetadata"]), attrs)
    return _compact({"version": 1, "refs": refs}) + "\n"


def _consolidated(text: str, attrs: dict[str, Json]) -> str:
    whole = json.loads(text)
    whole["metadata"][".zattrs"] = attrs
    return _compact(whole)


def _compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False)
