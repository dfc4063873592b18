"""The choice between plain references and packed chunks, by what each of them costs."""

from __future__ import annotations

from dataclasses import replace

from vspec.chunks.combs import NotInRecordsError
from vspec.chunks.model import ArrayPlan, Choice, ChunkOptions
from vspec.chunks.packed import Stretches, plan_packed
from vspec.chunks.strided import Sources, plan_strided
from vspec.errors import Problem, VspecError
from vspec.layout import ArrayLayout, Strided

_MOST_OVER_READ = 4
_TOO_DEAR = frozenset({"V0332", "V0333"})
"""Problems of plain references that packed chunks may not have."""


def plan_in_profile(layout: ArrayLayout, source: Strided, files: Sources, options: ChunkOptions) -> ArrayPlan:
    """Plan an array in the profile that is asked for, or else in the one that costs less.

    Raises `VspecError` (V0330 to V0333, V0336) where neither of them can hold the array.
    """
    portable = _portable(layout, source, files, options)
    if isinstance(portable, ArrayPlan) and not _consider_packed(portable, options):
        others = _alternative(layout, source, files, options) if options.alternatives else ()
        return replace(portable, choices=(_cost(portable), *others))
    if isinstance(portable, list) and options.profile == "portable":
        raise VspecError(portable)
    try:
        packed = plan_packed(layout, source, files, options)
    except NotInRecordsError as reason:
        refused = Choice("packed", why_not=str(reason))
        if isinstance(portable, ArrayPlan):
            return replace(portable, choices=(_cost(portable), refused))
        raise VspecError([_with_reason(problem, str(reason)) for problem in portable]) from None
    if isinstance(portable, list):
        return replace(packed, choices=(_cost(packed), Choice("portable", why_not=_why(portable))))
    if _is_low_share(portable, packed) or (options.profile is None and _is_dear(portable, packed, options)):
        return replace(portable, choices=(_cost(portable), _cost(packed)))
    return replace(packed, choices=(_cost(packed), _cost(portable)))


def _alternative(
    layout: ArrayLayout, source: Strided, files: Sources, options: ChunkOptions
) -> tuple[Choice, ...]:
    """Return what the packed profile would cost, for those who ask."""
    try:
        return (_cost(plan_packed(layout, source, files, options)),)
    except NotInRecordsError as reason:
        return (Choice("packed", why_not=str(reason)),)


def _portable(
    layout: ArrayLayout, source: Strided, files: Sources, options: ChunkOptions
) -> ArrayPlan | list[Problem]:
    """Return the plan of plain references, or why there is none."""
    if source.unpack is not None:
        problem = Problem(
            "V0336",
            f"array '{layout.path}': plain references cannot express packed samples",
            help="leave out --portable, or map the raw bytes as uint8",
        )
        return [problem]
    try:
        return plan_strided(layout, source, files, options)
    except VspecError as error:
        if {problem.code for problem in error.problems} <= _TOO_DEAR:
            return list(error.problems)
        raise


def _consider_packed(portable: ArrayPlan, options: ChunkOptions) -> bool:
    """Tell whether an array that plain references can serve should be packed all the same."""
    if options.profile is not None:
        return options.profile == "packed"
    references = len(portable.references) - len(portable.copies)
    return references > options.many_references and portable.chunk_bytes < options.large_reference


def _is_low_share(portable: ArrayPlan, packed: ArrayPlan) -> bool:
    """Tell whether an array is copied whole, of which packed chunks would fetch many times its bytes."""
    whole = len(portable.copies) == len(portable.references)
    return whole and _cost(packed).fetched_bytes > _MOST_OVER_READ * portable.copied_bytes


def _is_dear(portable: ArrayPlan, packed: ArrayPlan, options: ChunkOptions) -> bool:
    """Tell whether packed chunks would fetch many times an array's bytes, and copy records to do so."""
    more = packed.copied_bytes - portable.copied_bytes
    fetched = _cost(packed).fetched_bytes
    return more > options.inline_bytes and fetched > _MOST_OVER_READ * _cost(portable).fetched_bytes


def _cost(plan: ArrayPlan) -> Choice:
    references = len(plan.references) - len(plan.copies)
    fetched = references * plan.chunk_bytes
    if isinstance(plan.references, Stretches):
        fetched = plan.references.nbytes - plan.copied_bytes
    return Choice(plan.profile, references, fetched, plan.copied_bytes)


def _why(problems: list[Problem]) -> str:
    return "; ".join(problem.message.partition(": ")[2] or problem.message for problem in problems)


def _with_reason(problem: Problem, reason: str) -> Problem:
    return replace(problem, help=f"{problem.help}; it cannot be packed either: {reason}")
