"""Paths of arrays: names from data are made safe and unique by rule, never refused."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from vspec.errors import Place, fail
from vspec.expressions import Expression, PathText, Scope, Template

_UNSAFE = re.compile(r"[\x00-\x1f\x7f/\\]+")
_ENDS = re.compile(r"^[\s.]+|[\s.]+$")
MAX_NAME = 128


def sanitise(text: str) -> str:
    """Return a piece of a name that came from data, safe as part of a path.

    >>> sanitise("Fp1/A2")
    'Fp1_A2'
    """
    safe = _ENDS.sub("", _UNSAFE.sub("_", text))[:MAX_NAME]
    return safe or "_"


def render_path(template: Template, scope: Scope) -> str:
    """Return the path of an array: ``/`` in the card makes groups, ``/`` in data does not.

    But those in the paths of a container do: then a `PathText` is returned. Its names stay as they are,
    else groups that the container tells apart would be one.
    """
    pieces = [part if isinstance(part, str) else _piece(template, part, scope) for part in template.parts]
    path = "".join(pieces).strip("/")
    held = any(isinstance(piece, PathText) for piece in pieces)
    parts = path.split("/") if held else [part.strip() for part in path.split("/")]
    if any(not part.strip() or part.startswith(".z") or part in (".", "..") for part in parts):
        raise fail("V0324", f"'{path}' cannot be the path of an array", template.text.place, found=repr(path))
    return PathText("/".join(parts)) if held else "/".join(parts)


def _piece(template: Template, part: Expression, scope: Scope) -> str:
    if isinstance(value := part.evaluate(scope), PathText):
        return PathText("/".join(_UNSAFE.sub("_", name) for name in value.split("/")))
    return sanitise(Template(template.text, (part,)).string(scope))


def in_group(path: str, group: str) -> str:
    """Return a path with a group before its last part.

    >>> in_group("lfp/samples", "segment_0"), in_group("samples", "")
    ('lfp/segment_0/samples', 'samples')
    """
    if not group:
        return path
    above, _, name = path.rpartition("/")
    return "/".join(part for part in (above, group, name) if part)


def _computed(template: Template) -> int | None:
    """Return which part of a path (between ``/``) holds the last ``{{ }}``; None where there is none."""
    last = max((k for k, part in enumerate(template.parts) if not isinstance(part, str)), default=None)
    if last is None:
        return None
    return (
        "".join(part if isinstance(part, str) else "_" for part in template.parts[:last])
        .lstrip("/")
        .count("/")
    )


@dataclass(slots=True)
class Paths:
    """The paths given so far; a second one from data gets ``_2``, a second one as written is an error.

    The number stands behind the last part of the path that comes from data. Where that is a group, each
    item of an ``each:`` has a group of its own, also for arrays of several entries of the card. Paths of
    a container share their groups, as they do in it.
    """

    _taken: dict[str, Place] = field(default_factory=dict)
    _groups: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(self, path: str, template: Template, item: tuple[str, int] = ("", 0)) -> str:
        """Return the path to use for an ``item``: what ``each:`` runs over, and which of it.

        Raises V0320 where two entries of the card write the same path.
        """
        at = path.count("/") if isinstance(path, PathText) else _computed(template)
        if path in self._taken and at is None:
            raise fail(
                "V0320",
                f"a second array '{path}'",
                template.text.place,
                found=f"the first is in line {self._taken[path].line}",
                help="switch one of them off with 'if:', or name them apart",
            )
        found, n = path, 1
        while found in self._taken or not self._is_own(found, at, item):
            n += 1
            found = _numbered(path, at or 0, n)
        self._taken[found] = template.text.place
        return found

    def _is_own(self, path: str, at: int | None, item: tuple[str, int]) -> bool:
        """Tell whether an item may use the group that it names: one of its own, or one that is free."""
        parts = path.split("/")
        if at is None or at + 1 >= len(parts):
            return True
        each, number = item
        return self._groups.setdefault((each, "/".join(parts[: at + 1])), number) == number


def _numbered(path: str, at: int, n: int) -> str:
    parts = path.split("/")
    parts[at] += f"_{n}"
    return "/".join(parts)
