"""Patterns as the rest of vspec sees them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from vspec.errors import Text, VspecError, fail
from vspec.patterns import structure, syntax
from vspec.patterns.matching import match, scan
from vspec.patterns.nodes import Blanks, Capture, Captured, Node, Piece, Slot, Verbatim, written
from vspec.patterns.program import Program, compile_nodes

_SAMPLES = {"int": "0", "float": "0.0", "word": "any", "text": "any", "rest": "", "path": ""}


@dataclass(frozen=True, slots=True)
class Pattern:
    """A capture pattern: the place and text of it, its named captures, and what it can do.

    ``captures`` are in the order in which they are written.
    """

    text: Text
    captures: tuple[Capture, ...]
    nodes: tuple[Node, ...] = field(repr=False)
    path: bool
    _program: Program = field(repr=False, compare=False)
    _any_case: Program = field(repr=False, compare=False)

    def match_path(self, path: str, any_case: bool = False) -> dict[str, Captured] | None:  # noqa: FBT001, FBT002 -- the role's own word, handed on
        """Match the last components of a relative path with ``/``; return the captures or None.

        The extension matches in any case; with ``any_case`` everything does. Of several ways to
        match, the one that begins nearest to the root counts, then the shortest first capture.
        """
        starts = [0]
        if not self._from_root():
            starts += [i + 1 for i, char in enumerate(path) if char == "/"]
        program = self._any_case if any_case else self._program
        last = program.ops[-2]
        if last.folded and not path.lower().endswith(last.text):
            return None
        found = match(program, path, starts)
        return found.values if found else None

    def match(self, text: str, *, any_case: bool = False) -> dict[str, Captured] | None:
        """Match a whole line, blanks around it aside; return the captures or None."""
        found = match(self._any_case if any_case else self._program, text.strip(), [0])
        return found.values if found else None

    def search(self, text: str) -> tuple[dict[str, Captured], int, int] | None:
        """Return the captures of the first match anywhere, and where it begins and ends, or None."""
        return next(iter(scan(self._program, text)), None)

    def find_all(self, text: str) -> list[tuple[dict[str, Captured], int]]:
        """Return every match from left to right, without overlap: its captures and its beginning."""
        return [(found.values, found.start) for found in scan(self._program, text)]

    def each(self, text: str) -> Iterator[dict[str, Captured]]:
        """Yield the captures of every match as `find_all` finds them."""
        return (found.values for found in scan(self._program, text))

    def format(self, values: Mapping[str, Captured]) -> str:
        """Return a text that the pattern reads back as ``values``; unnamed parts get plain fillings.

        An optional piece is written when one of its captures has a value other than its default.
        Raises `VspecError` when a value is missing or cannot be read back (a file name in which a
        text holds the very character that ends it).
        """
        result = self._written(self.nodes, values)
        read = self.match_path(result) if self.path else self.match(result)
        wanted = {c.name: values.get(c.name, c.default) for c in self.captures}
        if read != {name: value for name, value in wanted.items() if value is not None}:
            raise self._unfit(f"{dict(values)} would be written '{result}', which reads as {read}")
        return result

    def _from_root(self) -> bool:
        first = self.nodes[0]
        return isinstance(first, Slot) and first.kind == "path"

    def _written(self, nodes: tuple[Node, ...], values: Mapping[str, Captured]) -> str:
        return "".join(self._part(node, values) for node in nodes)

    def _part(self, node: Node, values: Mapping[str, Captured]) -> str:
        if isinstance(node, Verbatim):
            return node.text
        if isinstance(node, Blanks):
            return " "
        if isinstance(node, Piece):
            inside = [slot for slot in structure.slots(node.nodes) if slot.name]
            given = any(s.name in values and values[s.name] != s.default for s in inside)
            return self._written(node.nodes, values) if given else ""
        return self._filled(node, values)

    def _filled(self, slot: Slot, values: Mapping[str, Captured]) -> str:
        value = values.get(slot.name, slot.default) if slot.name else None
        if value is None and slot.name:
            raise self._unfit(f"there is no value for {{{slot.name}}}")
        if value is None:
            filling = slot.choices[0] if slot.choices else _SAMPLES[slot.kind]
        elif isinstance(value, str) and value == slot.default == "":
            filling = ""
        else:
            filling = written(value)
        return filling + "/" if filling and slot.kind == "path" else filling

    def _unfit(self, message: str) -> VspecError:
        return fail("V0168", f"the pattern cannot write this: {message}", self.text.place)


def parse_path(text: Text) -> Pattern:
    """Return the pattern of a file name, with or without folders in front; raise `VspecError`."""
    nodes = structure.settle(_checked(text, path=True), path=True)
    loose = compile_nodes(structure.fold(nodes), path=True)
    strict = compile_nodes(structure.fold_extension(nodes), path=True)
    return Pattern(text, tuple(structure.captures(nodes)), nodes, _program=strict, _any_case=loose, path=True)


def parse_text(text: Text) -> Pattern:
    """Return the pattern of a line, or of a part of a value; raise `VspecError`."""
    nodes = structure.settle(_checked(text.strip(), path=False), path=False)
    strict = compile_nodes(nodes, path=False)
    loose = compile_nodes(structure.fold(nodes), path=False)
    return Pattern(
        text, tuple(structure.captures(nodes)), nodes, _program=strict, _any_case=loose, path=False
    )


def _checked(text: Text, *, path: bool) -> tuple[Node, ...]:
    nodes = syntax.parse(text, path=path)
    structure.check(text, nodes, path=path)
    return nodes
