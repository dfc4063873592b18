"""``vspec relocate``: a map follows its data to another folder."""

from __future__ import annotations

import json
from pathlib import Path

from vspec.commands.reports import StatusReport
from vspec.commands.status import map_status
from vspec.errors import fail
from vspec.layout import Json
from vspec.readers import map_file
from vspec.readers.map_file import MapDocument
from vspec.sources import file_url
from vspec.writers.replacing import replace_text


def relocate(map_path: str | Path, root: str | Path) -> StatusReport:
    """Make the map lead to its sources below the folder ``root``, and return their state there.

    The sidecar is looked for beside the map. The map is replaced in one step; nothing else in it
    changes. Raises V0746 where ``root`` is no folder.
    """
    path, folder = Path(map_path), Path(root)
    if not folder.is_dir():
        raise fail("V0746", f"{folder} is not a folder", help="give the folder that the sources lie below")
    document = map_file.load(path)
    replace_text(path, moved(document, file_url(folder.resolve())))
    return StatusReport((map_status(map_file.load(path)),))


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
