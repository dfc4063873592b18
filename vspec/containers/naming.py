"""Which names of a container can be paths in a map."""

from __future__ import annotations

import unicodedata

_METADATA = ".z"
_MOST = 1024


def fault(path: str) -> str | None:
    """Return why nothing in a map can have this path, in words that follow its name; None if it can."""
    if len(path) > _MOST:
        return f"its name has more than {_MOST} characters"
    parts = [part.strip() for part in path.split("/")]
    if any(part in ("", ".", "..") or part.startswith(_METADATA) for part in parts):
        return "its name cannot be a path in a map"
    if any(letter == "\\" or unicodedata.category(letter) in ("Cc", "Cs") for letter in path):
        return "its name has a backslash or a control character"
    return None


def one_name(name: str) -> str | None:
    """Return why a name cannot be one part of a path; None if it can."""
    return "its name has a slash" if "/" in name else fault(name)
