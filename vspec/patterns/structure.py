"""What is asked of a pattern as a whole, and what its nodes learn from their neighbours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from vspec.errors import Problem, Text, VspecError
from vspec.patterns.nodes import Blanks, Capture, Node, Piece, Slot, Verbatim

_OPEN_ENDED = frozenset({"text", "word", "rest"})
_NUMERIC = frozenset({"int", "float"})
_DRIVE_OR_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


def slots(nodes: tuple[Node, ...]) -> Iterator[Slot]:
    """Yield every slot, in the order in which they are written."""
    for node in nodes:
        if isinstance(node, Slot):
            yield node
        elif isinstance(node, Piece):
            yield from slots(node.nodes)


def captures(nodes: tuple[Node, ...], *, optional: bool = False) -> Iterator[Capture]:
    """Yield the named captures, in the order in which they are written."""
    for node in nodes:
        if isinstance(node, Piece):
            yield from captures(node.nodes, optional=True)
        elif isinstance(node, Slot) and node.name:
            required = not optional and node.default is None
            yield Capture(node.name, node.kind, node.default, required, node.choices)


def check(text: Text, nodes: tuple[Node, ...], *, path: bool) -> None:
    """Raise `VspecError` when the pieces of a pattern do not go together."""
    problems = [*_neighbours(text, nodes), *_rests(text, nodes)]
    if path:
        problems += _confinement(text, nodes)
    if problems:
        raise VspecError(problems)


def _neighbours(text: Text, nodes: tuple[Node, ...]) -> Iterator[Problem]:
    for left, right in _pairs(nodes, [None])[1]:
        if _runs_together(left, right):
            message = f"nothing tells where {_shown(left)} ends and {_shown(right)} begins"
            help = "put the character that stands between them, or give one a kind, e.g. {n:int}"
            yield Problem("V0156", message, text.place, help=help)


def _pairs(
    nodes: tuple[Node, ...], before: list[Slot | None]
) -> tuple[list[Slot | None], list[tuple[Slot, Slot]]]:
    """Return the slots that may stand last (None: something else), and all pairs that may touch."""
    found = list[tuple[Slot, Slot]]()
    for node in nodes:
        if isinstance(node, Slot):
            found += [(left, node) for left in before if left is not None]
            skipped = before if node.empty or node.default is not None else []
            ended = None if node.kind in ("path", "choice") else node
            before = [ended, *skipped]
        elif isinstance(node, Piece):
            after, inner = _pairs(node.nodes, before)
            found += inner
            before = [*dict.fromkeys([*before, *after])]
        else:
            before = [None]
    return before, found


def _runs_together(left: Slot, right: Slot) -> bool:
    if left.kind in _OPEN_ENDED:
        return right.kind in _OPEN_ENDED
    return left.kind in _NUMERIC and right.kind in _NUMERIC


def _shown(slot: Slot) -> str:
    if slot.wild:
        return "*"
    kind = "" if slot.kind == "text" else f":{'|'.join(slot.choices) or slot.kind}"
    return f"{{{slot.name}{kind}}}"


def _rests(text: Text, nodes: tuple[Node, ...], *, last: bool = True) -> Iterator[Problem]:
    for index, node in enumerate(nodes):
        at_end = last and index == len(nodes) - 1
        if isinstance(node, Slot) and node.kind == "rest" and not at_end:
            message = f"{_shown(node)} takes all that follows: nothing can stand after it"
            yield Problem("V0162", message, text.place, help="use {name} for a part of the line")
        elif isinstance(node, Piece):
            yield from _rests(text, node.nodes, last=at_end)


def _confinement(text: Text, nodes: tuple[Node, ...]) -> Iterator[Problem]:
    value = text.value
    parts = value.split("/")
    help = "patterns are relative, with '/' between folders: they match the end of a path below the data"
    if value.startswith("/") or _DRIVE_OR_URL.match(value):
        yield Problem(
            "V0159", "a pattern cannot begin at a root, a drive or an address", text.place, help=help
        )
    elif any(part in ("", ".", "..") for part in parts):
        yield Problem("V0159", "a pattern has no empty, '.' or '..' folders", text.place, help=help)
    elif value.endswith("*/") or not _ends_in_name(nodes):
        yield Problem("V0159", "a pattern ends in the name of a file", text.place, help=help)
    elif any(isinstance(n, Piece) and any("/" in m for m in _literals(n.nodes)) for n in nodes):
        help = "use {dir:path}/ or '**/' for folders that may be absent, or give two patterns"
        yield Problem("V0159", "an optional piece holds a '/'", text.place, help=help)


def _ends_in_name(nodes: tuple[Node, ...]) -> bool:
    last = nodes[-1]
    return not (isinstance(last, Slot) and last.kind == "path")


def _literals(nodes: tuple[Node, ...]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, Verbatim):
            yield node.text
        elif isinstance(node, Piece):
            yield from _literals(node.nodes)


def settle(nodes: tuple[Node, ...], *, path: bool) -> tuple[Node, ...]:
    """Tell each node what depends on where it stands: signs, number boundaries, blanks at the end."""
    return _settle(nodes, None, path=path)


def _settle(nodes: tuple[Node, ...], before: Node | None, *, path: bool) -> tuple[Node, ...]:
    result = list[Node]()
    for index, node in enumerate(nodes):
        following = nodes[index + 1 : index + 3]
        if isinstance(node, Slot):
            open_slot = isinstance(before, Slot) and before.kind in _OPEN_ENDED
            loose = before is None or isinstance(before, Piece) or open_slot
            signed = not (path and isinstance(before, (Slot, Piece)))
            result.append(replace(node, bounded=loose, sign=signed))
        elif isinstance(node, Blanks):
            at_end = len(following) == 1 and isinstance(following[0], Slot) and following[0].empty
            result.append(Blanks(or_end=at_end))
        elif isinstance(node, Piece):
            result.append(Piece(_settle(node.nodes, before, path=path)))
        else:
            result.append(node)
        before = node
    return tuple(result)


def fold(nodes: tuple[Node, ...]) -> tuple[Node, ...]:
    """Let every literal and every alternative match in any case."""
    return tuple(_folded(node) for node in nodes)


def fold_extension(nodes: tuple[Node, ...]) -> tuple[Node, ...]:
    """Let the extension of the last name match in any case: from the literal with its last dot on."""
    for index in range(len(nodes) - 1, -1, -1):
        node = nodes[index]
        if isinstance(node, Slot) and node.kind == "path":
            break
        if isinstance(node, Verbatim):
            name = node.text[node.text.rfind("/") + 1 :]
            if "." in name:
                cut = len(node.text) - len(name) + name.index(".")
                head = (Verbatim(node.text[:cut]),) if cut else ()
                tail = Verbatim(node.text[cut:], folded=True)
                return (*nodes[:index], *head, tail, *fold(nodes[index + 1 :]))
            if "/" in node.text:
                break
    return nodes


def _folded(node: Node) -> Node:
    if isinstance(node, (Verbatim, Slot)):
        return replace(node, folded=True)
    return Piece(fold(node.nodes)) if isinstance(node, Piece) else node
