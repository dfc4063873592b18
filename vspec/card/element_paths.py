"""Paths to elements of xml: ``a/b@unit``, from the element at which one stands."""

from __future__ import annotations

import re
from dataclasses import dataclass

from vspec.errors import Text, fail

_NAME = r"[^\W\d][\w.\-]*(?::[^\W\d][\w.\-]*)?"
_STEP = re.compile(rf"(?P<deep>//?)?(?P<name>{_NAME}|\*)")
_ATTRIBUTE = re.compile(rf"@(?P<name>{_NAME})\Z")
_HELP = "e.g. a/b for elements, a/b@unit for an attribute, @n for one of the element itself, //b at any depth"


@dataclass(frozen=True, slots=True)
class Step:
    """Down to elements of a ``name`` (``*`` is any): children, or with ``deep`` at any depth."""

    name: str
    deep: bool = False


@dataclass(frozen=True, slots=True)
class ElementPath:
    """The steps down from an element; then an attribute, or without one the text of the element."""

    steps: tuple[Step, ...]
    attribute: str | None = None


def parse_element_path(text: Text) -> ElementPath:
    """Return the path that is written; raises V0142.

    >>> from vspec.errors import Place
    >>> parse_element_path(Text("a//b@n", Place("card.yaml", 1, 1, 6, "a//b@n"))).steps[1]
    Step(name='b', deep=True)
    """
    written = text.value
    if written == ".":
        return ElementPath(())
    steps: list[Step] = []
    position = 0
    while position < len(written) and written[position] != "@":
        found = _STEP.match(written, position)
        if found is None or (found["deep"] != "//" and (found["deep"] is None) != (not steps)):
            raise _unreadable(text)
        steps.append(Step(found["name"], deep=found["deep"] == "//"))
        position = found.end()
    attribute = _ATTRIBUTE.match(written, position)
    if (attribute is None and position < len(written)) or not written:
        raise _unreadable(text)
    return ElementPath(tuple(steps), attribute["name"] if attribute else None)


def _unreadable(text: Text) -> Exception:
    return fail("V0142", f"'{text.value}' is no path to an element", text.place, help=_HELP)
