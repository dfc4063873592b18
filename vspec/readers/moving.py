"""The same map, as if it had been made where its files are now."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from vspec.layout import Json
from vspec.readers.map_file import MapDocument, Reference
from vspec.sources import file_url


def rooted(document: MapDocument, root: str) -> MapDocument:
    """Return a map whose references lead below another root; its sidecar is the one beside it.

    ``root`` is a URL. Nothing is looked at: whether the files are there is another question.
    """
    sidecar, origin = document.sidecar, {**document.origin, "root": root}
    urls = {source.url(document.root): source.url(root) for source in document.sources}
    if sidecar is not None:
        url = file_url(document.path.resolve().with_name(sidecar.path))
        urls[sidecar.url] = url
        sidecar = replace(sidecar, url=url)
        origin["sidecar"] = {**_mapping(origin.get("sidecar")), "url": url}
    refs: dict[str, Reference] = {}
    for key, value in document.refs.items():
        refs[key] = value if isinstance(value, str) else [urls[str(value[0])], value[1], value[2]]
    attrs: dict[str, Json] = {**document.attrs, "vspec": origin}
    refs[".zattrs"] = compact(attrs)
    refs[".zmetadata"] = _consolidated(str(document.refs[".zmetadata"]), attrs)
    return replace(document, refs=refs, attrs=attrs, origin=origin, root=root, sidecar=sidecar)


def compact(value: object) -> str:
    """Return JSON as maps hold it."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, dict) else {}


def _consolidated(text: str, attrs: dict[str, Json]) -> str:
    whole = json.loads(text)
    whole["metadata"][".zattrs"] = attrs
    return compact(whole)
