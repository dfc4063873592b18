"""Patterns as programs of small steps, for the matcher to run."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

from vspec.patterns.nodes import Blanks, Node, Slot, Verbatim


class Step(IntEnum):
    """What one step of a program does."""

    LITERAL = 0
    LOOP = 1
    OPEN = 2
    FOLDED = 3
    BLANKS = 4
    SPLIT = 5
    JUMP = 6
    NUMBER = 7
    CHOICE = 8
    MARK = 9
    END = 10


ANY_BLANK = "\n blank"
"""Stands for a run of blanks where a loop is told what must follow it."""


class Op(NamedTuple):
    """One step: ``text`` of a literal, ``slot`` of a capture, ``target`` of a jump or a mark.

    A loop has in ``text`` the literal that must follow (``folded``: in any case), in ``last``
    whether the end must follow. An opening has in ``least`` how many characters it takes.
    ``cut`` tells that nothing is lost when earlier choices are given up here; at blanks (and at
    a loop before them) it tells that the end of the text will do.
    """

    step: Step
    text: str = ""
    slot: Slot | None = None
    target: int = 0
    stops: str = ""
    last: bool = False
    folded: bool = False
    least: int = 0
    cut: bool = False


@dataclass(slots=True)
class Program:
    """A pattern compiled; ``ops`` end in END, ``slots`` are numbered as they are written."""

    path: bool
    ops: list[Op] = field(default_factory=list)
    slots: list[Slot] = field(default_factory=list)
    hot: list[tuple[int, str, int, bool]] = field(default_factory=list)
    stops: frozenset[str] = frozenset()
    required: tuple[str, ...] = ()


def compile_nodes(nodes: tuple[Node, ...], *, path: bool) -> Program:
    """Return the program of a pattern."""
    program = Program(path)
    _emit(program, nodes)
    program.ops.append(Op(Step.END))
    for index, op in enumerate(program.ops):
        if op.step is Step.LOOP:
            after = program.ops[index + 1]
            program.ops[index] = _before(op, after)
    _allow_cuts(program)
    program.hot = [(int(op.step), op.text, op.target, op.cut) for op in program.ops]
    program.required = tuple(n.text for n in nodes if isinstance(n, Verbatim) and not n.folded)
    program.stops = frozenset(op.stops for op in program.ops if op.stops)
    return program


def _before(op: Op, after: Op) -> Op:
    """Return a loop that knows what must follow it."""
    match after.step:
        case Step.LITERAL | Step.FOLDED:
            return op._replace(text=after.text, folded=after.step is Step.FOLDED)
        case Step.BLANKS:
            return op._replace(text=ANY_BLANK, cut=after.cut)
        case Step.END:
            return op._replace(text=ANY_BLANK, last=True)
    return op


def _allow_cuts(program: Program) -> None:
    """Mark the openings that may give up all earlier choices, as in matching ``*a*b*``.

    An earlier choice would reach the same opening further on, and what it finds from there the
    opening finds too, for it can take the characters between. That holds for a capture that takes
    any character, so long as every choice before it only moves the opening further on.
    """
    if program.path:
        return
    for index, op in enumerate(program.ops):
        if op.step in (Step.SPLIT, Step.JUMP, Step.CHOICE, Step.FOLDED):
            return
        if op.step is Step.NUMBER and (
            op.slot is None or op.slot.kind == "float" or op.slot.default is not None
        ):
            return
        if op.step is Step.OPEN and op.stops == "text":
            program.ops[index] = op._replace(cut=True)


def _emit(program: Program, nodes: tuple[Node, ...]) -> None:
    ops = program.ops
    for node in nodes:
        if isinstance(node, Verbatim):
            step = Step.FOLDED if node.folded else Step.LITERAL
            ops.append(Op(step, node.text.lower() if node.folded else node.text, target=len(node.text)))
        elif isinstance(node, Blanks):
            ops.append(Op(Step.BLANKS, cut=node.or_end))
        elif isinstance(node, Slot):
            _emit_slot(program, node)
        else:
            split = len(ops)
            ops.append(Op(Step.SPLIT))
            _emit(program, node.nodes)
            ops[split] = Op(Step.SPLIT, target=len(ops))


def _emit_slot(program: Program, slot: Slot) -> None:
    ops, number = program.ops, len(program.slots)
    program.slots.append(slot)
    if slot.kind in ("int", "float", "choice"):
        step = Step.CHOICE if slot.kind == "choice" else Step.NUMBER
        ops.append(Op(step, slot=slot, target=number))
    elif slot.kind == "path":
        split = len(ops)
        ops += [Op(Step.SPLIT), Op(Step.MARK, target=number), Op(Step.MARK, target=number), Op(Step.JUMP)]
        ops[split] = Op(Step.SPLIT, target=len(ops))
        ops += [
            Op(Step.OPEN, slot=slot, target=number, least=1),
            Op(Step.LOOP, slot=slot, target=number),
            Op(Step.LITERAL, "/"),
        ]
        ops[split + 3] = Op(Step.JUMP, target=len(ops))
    else:
        kind = "word" if slot.kind == "word" else "text"
        stops = f"path {kind}" if program.path else kind
        ops.append(Op(Step.OPEN, slot=slot, target=number, stops=stops, least=0 if slot.empty else 1))
        ops.append(Op(Step.LOOP, slot=slot, target=number, stops=stops))
