"""From an array layout to the plan of its chunks. Pure: it sees sizes of files, never a file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from vspec.chunks.coded import plan_coded
from vspec.chunks.container import plan_container
from vspec.chunks.derived import plan_derived
from vspec.chunks.model import ArrayPlan, ChunkOptions, PlannedAxis, Values
from vspec.chunks.normal_form import complex_axis, stored_order, unpacked_axes
from vspec.chunks.profiles import plan_in_profile
from vspec.chunks.references import absent
from vspec.chunks.strided import Sources, copied_whole, map_dtype
from vspec.errors import Problem, VspecError, fail
from vspec.layout import ArrayLayout, Chunked, Coded, Derived, Inline, Source, Strided

_STORED = frozenset({"b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16"})
_UNKNOWN = "which readers in JavaScript (zarrita) do not know"
_HOLES = "whose fill value xarray's own engines show as missing (NaN): vspec.open does not"
_SAID = {
    "V0341": (f"is float16, {_UNKNOWN}", f"are float16, {_UNKNOWN}"),
    "V0366": (
        f"has chunks that were never written, {_HOLES}",
        f"have chunks that were never written, {_HOLES}",
    ),
}
"""What is said of one array, and of several."""


def plan(
    layout: ArrayLayout,
    file_sizes: Sequence[int],
    options: ChunkOptions | None = None,
    names: Sequence[str] = (),
) -> ArrayPlan:
    """Plan one array. ``file_sizes`` are bytes by file index, ``names`` go into messages.

    Raises `VspecError` with a code of V0330 to V0343.
    """
    options = options or ChunkOptions()
    files = Sources(file_sizes, names)
    _check_dtype(layout)
    if 0 in layout.shape and not isinstance(layout.source, Derived):
        found = _plan_empty(layout, options)
    else:
        found = _plan_source(layout, layout.source, files, options)
    if len(found.references) > options.max_references:
        raise fail(
            "V0333",
            f"array '{layout.path}' has {len(found.references)} chunks",
            expected=f"at most {options.max_references} references",
            help="ask for larger chunks (--chunk-bytes), or map fewer files",
        )
    return replace(found, warnings=_warnings(layout, found))


def plan_all(
    layouts: Iterable[ArrayLayout],
    file_sizes: Sequence[int],
    options: ChunkOptions | None = None,
    names: Sequence[str] = (),
) -> tuple[ArrayPlan, ...]:
    """Plan all arrays of a data set. Raises `VspecError` with the problems of every array.

    What is said of several arrays (V0341, V0366) is said once, by the first.
    """
    plans: list[ArrayPlan] = []
    problems: list[Problem] = []
    for layout in layouts:
        try:
            plans.append(plan(layout, file_sizes, options, names))
        except VspecError as error:
            problems += error.problems
    if problems:
        raise VspecError(problems)
    return _told_once(plans)


def _told_once(plans: Sequence[ArrayPlan]) -> tuple[ArrayPlan, ...]:
    """Return the plans with one warning of each kind about all of its arrays, instead of one for each."""
    found = list(plans)
    for code, (_, of_many) in _SAID.items():
        numbers = [k for k, made in enumerate(plans) if any(p.code == code for p in made.warnings)]
        for number in numbers if len(numbers) > 1 else ():
            message = f"{len(numbers)} arrays, '{plans[number].layout.path}' among them, {of_many}"
            first = (Problem(code, message, level="warn"),) if number == numbers[0] else ()
            others = tuple(p for p in found[number].warnings if p.code != code)
            found[number] = replace(found[number], warnings=(*first, *others))
    return tuple(found)


def _plan_source(layout: ArrayLayout, source: Source, files: Sources, options: ChunkOptions) -> ArrayPlan:
    match source:
        case Strided():
            _check_item(layout, source)
            return plan_in_profile(layout, source, files, options)
        case Chunked():
            _check_item(layout, source)
            return plan_container(layout, source, files, options)
        case Coded():
            return plan_coded(layout, source, files, options)
        case Inline():
            return _plan_values(layout, source, options)
        case Derived():
            return plan_derived(layout, source, options)


def _check_dtype(layout: ArrayLayout) -> None:
    if layout.dtype.str[1:] not in _STORED:
        raise fail(
            "V0334",
            f"array '{layout.path}' has dtype {layout.dtype}, which no portable map can hold",
            expected="bool, int8 to int64, uint8 to uint64, float16 to float64, complex64 or complex128",
            help="text belongs into attributes or labels; map the fields of a record as arrays of their own",
        )


def _check_item(layout: ArrayLayout, source: Strided | Chunked) -> None:
    packed = source.unpack if isinstance(source, Strided) else None
    if packed is None and source.item != layout.dtype:
        found = source.item
        message = f"array '{layout.path}' of {layout.dtype} is stored as {found}, and not packed"
        raise fail("V0330", message, layout.place)


def _warnings(layout: ArrayLayout, found: ArrayPlan) -> tuple[Problem, ...]:
    is_half, has_holes = layout.dtype.str[1:] == "f2", found.fill_value is not None
    codes = [*(["V0341"] if is_half else []), *(["V0366"] if has_holes else [])]
    said = ((code, f"array '{layout.path}' {_SAID[code][0]}") for code in codes)
    return tuple(Problem(code, message, level="warn") for code, message in said)


def _stored(source: Source, layout: ArrayLayout) -> list[tuple[str, int]]:
    """Return the stored axes of an array without elements; sizes that nothing says are 0."""
    match source:
        case Strided():
            inner = [(axis.name, axis.size) for axis in source.inner]
            return [*source.lead, (source.outer, 0), *inner, *unpacked_axes(source)]
        case Chunked():
            return list(source.stored)
        case _:
            return [(part, 0) for axis in layout.axes for part in axis.parts]


def _plan_empty(layout: ArrayLayout, options: ChunkOptions) -> ArrayPlan:
    """Plan an array without elements; its chunks are never made, but readers bound their sizes."""
    order = stored_order(layout, _stored(layout.source, layout))
    axes, room = [], options.chunk_bytes // map_dtype(layout).itemsize
    for axis in reversed(_plain_axes(layout, order)):
        fits = axis.chunk <= room
        room = room // axis.chunk if fits else room
        axes.append(axis if fits else replace(axis, chunk=1))
    nothing = np.zeros(0, np.int64)
    values = Values(np.zeros(0, map_dtype(layout)))
    return ArrayPlan(layout, tuple(axes[::-1]), map_dtype(layout), absent(0), values, nothing)


def _plain_axes(layout: ArrayLayout, order: Iterable[int]) -> tuple[PlannedAxis, ...]:
    logical = [layout.axes[number] for number in order]
    axes = tuple(PlannedAxis(axis.name, axis.size, max(1, axis.size), axis.reverse) for axis in logical)
    if layout.dtype.kind == "c":
        axes = (*axes, PlannedAxis(complex_axis(layout), 2, 2))
    return axes


def _plan_values(layout: ArrayLayout, source: Inline, options: ChunkOptions) -> ArrayPlan:
    values = _as_dtype(layout, np.asarray(source.values))
    if values.shape != layout.shape:
        raise fail(
            "V0330",
            f"the values of array '{layout.path}' have shape {values.shape}, not {layout.shape}",
            layout.place,
        )
    if layout.dtype.kind == "c":
        values = np.ascontiguousarray(values).reshape(*values.shape, 1).view(map_dtype(layout))
    axes = _plain_axes(layout, range(len(layout.axes)))
    return copied_whole(layout, axes, Values(values), options)


def _as_dtype(layout: ArrayLayout, values: NDArray[np.generic]) -> NDArray[np.generic]:
    """Return the values in the array's dtype; only floats may lose digits, nothing may lose its size."""
    kinds = values.dtype.kind + layout.dtype.kind
    if values.dtype.kind not in "biufc" or (kinds[0] == "c" and kinds[1] != "c"):
        raise _not_representable(layout, values)
    with np.errstate(all="ignore"):
        cast = values.astype(layout.dtype)
        back = cast.astype(values.dtype)
    if kinds[0] in "fc" and kinds[1] in "fc":
        fits = np.array_equal(np.isfinite(cast), np.isfinite(values))
    else:
        signs = kinds[1] == "c" or np.array_equal(np.signbit(cast + 0), np.signbit(values + 0))
        fits = signs and np.array_equal(back, values)
    if not fits:
        raise _not_representable(layout, values)
    return cast


def _not_representable(layout: ArrayLayout, values: NDArray[np.generic]) -> VspecError:
    return fail(
        "V0340",
        f"the values of array '{layout.path}' ({values.dtype}) do not fit its dtype {layout.dtype}",
        help="give the array a wider dtype",
    )
