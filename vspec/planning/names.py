"""Paths of arrays: names from data are made safe and unique by rule, never refused."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from vspec.errors import Place, fail
from vspec.expressions import Scope, Template

_UNSAFE = re.compile(r"[\x00-\x1f\x7f/\\]+")
MAX_NAME = 128


def sanitise(text: str) -> str:
    """Return a piece of a name that came from data, safe as part of a path.

    >>> sanitise("Fp1/A2")
    'Fp1_A2'
    """
    safe = _UNSAFE.sub("_", text).strip().strip(".")[:MAX_NAME]
    return safe or "_"


def render_path(template: Template, scope: Scope) -> str:
    """Return the path of an array: ``/`` in the card makes groups, ``/`` in data does not."""
    pieces = [
        part if isinstance(part, str) else sanitise(Template(template.text, (part,)).string(scope))
        for part in template.parts
    ]
    path = "".join(pieces).strip("/")
    parts = [part.strip() for part in path.split("/")]
    if any(not part or part.startswith(".z") or part in (".", "..") for part in parts):
        raise fail("V0324", f"'{path}' cannot be the path of an array", template.text.place, found=repr(path))
    return "/".join(parts)


def in_group(path: str, group: str) -> str:
    """Return a path with a group before its last part.

    >>> in_group("lfp/samples", "segment_0"), in_group("samples", "")
    ('lfp/segment_0/samples', 'samples')
    """
    above, _, name = path.rpartition("/")
    return "/".join(part for part in (above, group, name) if part)


@dataclass(slots=True)
class Paths:
    """The paths given so far; a second one from data gets ``_2``, a second one as written is an error."""

    _taken: dict[str, Place] = field(default_factory=dict)

    def add(self, path: str, template: Template) -> str:
        """Return the path to use; raises V0320 where two entries of the card write the same path."""
        if path in self._taken:
            if template.is_plain:
                raise fail(
                    "V0320",
                    f"a second array '{path}'",
                    template.text.place,
                    found=f"the first is in line {self._taken[path].line}",
                    help="switch one of them off with 'if:', or name them apart",
                )
            n = 2
            while f"{path}_{n}" in self._taken:
                n += 1
            path = f"{path}_{n}"
        self._taken[path] = template.text.place
        return path
