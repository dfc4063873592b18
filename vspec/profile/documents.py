"""A map before it is written, held against what reading it will ask."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from vspec.errors import Problem
from vspec.layout import Json
from vspec.profile.addresses import root_fault
from vspec.profile.arrays import array_of, node_fault
from vspec.profile.limits import MapLimits

_LIMITS = MapLimits()


def faults(documents: Mapping[str, Json], root: str, references: int) -> Iterator[Problem]:
    """Yield V0344 for whatever no reader would take: metadata, addresses, the number of references."""
    fault = root_fault(root)
    if fault is not None:
        yield Problem("V0344", f"the root of the data, '{root}', {fault}", help="give a folder of its own")
    if references + len(documents) > _LIMITS.references:
        yield Problem(
            "V0344",
            f"the map would have {references} references",
            expected=f"at most {_LIMITS.references}",
            help="ask for larger chunks (--chunk-bytes), or map fewer files",
        )
    for key, document in documents.items():
        node, _, name = key.rpartition("/")
        fault = _fault(node, name, document, documents.get(f"{node}/.zattrs"))
        if fault is not None:
            kind = "array" if name == ".zarray" else "group"
            yield Problem("V0344", f"{kind} '{node}' cannot stand in a map: it {fault}")


def _fault(node: str, name: str, document: Json, attrs: Json) -> str | None:
    if name == ".zgroup":
        return node_fault(node) if node else None
    if name == ".zarray" and isinstance(document, dict):
        try:
            array_of(node, document, attrs if isinstance(attrs, dict) else {}, _LIMITS.chunk_bytes)
        except ValueError as error:
            return str(error)
    if name == ".zattrs":
        nbytes = len(json.dumps(document, allow_nan=False))
        if nbytes > _LIMITS.document_bytes:
            return f"has attributes of {nbytes} bytes; {_LIMITS.document_bytes} are allowed"
    return None
