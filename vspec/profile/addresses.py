"""Where a map may lead, and what its sidecar is called."""

from __future__ import annotations

import re

from vspec.errors import VspecError
from vspec.sources import local_path

REMOTE = ("http://", "https://", "s3://")
SCHEMES = (*REMOTE, "file://")

_SUFFIX = ".vspec.json"
_SIDECAR = re.compile(r"[^/\\]+\.([0-9a-f]{16})\.vspec\.bin")
_UNSAFE = re.compile(r"[?#\\\s\x00-\x1f\x7f]")


def root_fault(root: str) -> str | None:
    """Return why nothing can be read below a root, or None."""
    if not root.startswith(SCHEMES):
        return f"begins with none of {', '.join(SCHEMES)}"
    scheme = next((scheme for scheme in REMOTE if root.startswith(scheme)), None)
    if scheme is None:
        try:
            folder = local_path(root)
        except VspecError:
            return "is no folder of this machine"
        return "is no folder to confine a map to" if folder == folder.parent or ".." in folder.parts else None
    rest = root.removeprefix(scheme)
    if not rest.partition("/")[0]:
        return "names no host"
    if _UNSAFE.search(rest):
        return "has a query, a fragment, a backslash or a blank: paths are put behind it"
    return "climbs with '..'" if any(part in (".", "..") for part in rest.split("/")) else None


def sidecar_name(map_name: str, digest: str) -> str:
    """Return the name of a map's sidecar. It depends on the bytes, so a map leads to its own for ever.

    >>> sidecar_name("a.vspec.json", "0123456789abcdef0123456789abcdef")
    'a.0123456789abcdef.vspec.bin'
    """
    return f"{map_name.removesuffix(_SUFFIX)}.{digest[:16]}.vspec.bin"


def is_sidecar_name(name: str, digest: str) -> bool:
    """Tell whether a file name is that of the sidecar of some map, with these bytes."""
    found = _SIDECAR.fullmatch(name)
    return found is not None and digest.startswith(found.group(1))
