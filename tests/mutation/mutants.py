"""The faults: one exact piece of source text each, what it becomes, and the test that must notice."""

from __future__ import annotations

from dataclasses import dataclass

MAPS = "tests/conformance/test_maps.py::test_apply_makes_the_expected_map"
RAW = "tests/unit/test_planning_raw.py"
AXES = "tests/unit/test_planning_axes.py"
TRUTH = "tests/mutation/test_truth.py"


@dataclass(frozen=True, slots=True)
class Mutant:
    """In ``module`` the text ``old`` (it stands there exactly once) becomes ``new``; ``test`` fails then."""

    name: str
    module: str
    old: str
    new: str
    test: str


PACKED = "tests/unit/test_chunks_packed.py"
SLOTS = "tests/unit/test_slots_and_segments.py"
UNPACKED = "tests/unit/test_oracle.py::test_packed_samples_are_unpacked_bit_by_bit"

MUTANTS = (
    # --- planning: from card and header to layouts
    Mutant(
        "raw offset forgotten",
        "planning/regions.py",
        "first=np.array([start], np.int64),",
        "first=np.array([0], np.int64),",
        f"{MAPS}[raw_header]",
    ),
    Mutant(
        "auto counts the header too",
        "planning/regions.py",
        "index, start, space = file.view.index, offset, size - offset",
        "index, start, space = file.view.index, offset, size",
        f"{RAW}::test_what_is_left_over_counts_from_the_offset",
    ),
    Mutant(
        "stride of the slowest axis first",
        "header/located.py",
        "for name, size in reversed(axes):",
        "for name, size in axes:",
        f"{MAPS}[fortran_order]",
    ),
    Mutant(
        "stride of an axis counts no neighbour",
        "header/located.py",
        "item *= max(size, 1)",
        "item += max(size, 1)",
        f"{MAPS}[raw]",
    ),
    Mutant(
        "order F taken for C",
        "planning/regions.py",
        'return order == "F"',
        'return order == "f"',
        f"{MAPS}[fortran_order]",
    ),
    Mutant(
        "byte order of the file, not of the array",
        "planning/regions.py",
        "choose(spec.endian, file.endian, scope, file.view)",
        "choose(None, file.endian, scope, file.view)",
        f"{MAPS}[big_endian]",
    ),
    Mutant(
        "too few bytes accepted",
        "planning/regions.py",
        "if step > data.space:",
        "if step > data.space + data.offset:",
        f"{RAW}::test_too_few_bytes",
    ),
    Mutant(
        "a split with the strides of its neighbours",
        "planning/arranging.py",
        "        out.append(InnerAxis(name, size, stride))\n        stride *= size\n    return out[::-1]",
        "        out.append(InnerAxis(name, size, stride))\n        stride += size\n    return out[::-1]",
        f"{MAPS}[split_and_cropped]",
    ),
    Mutant(
        "a crop forgotten",
        "planning/arranging.py",
        "size = size if join.size is None else _crop_size(join, size, scope)",
        "_ = size if join.size is None else _crop_size(join, size, scope)",
        f"{RAW}::test_arrows",
    ),
    Mutant(
        "a trim that keeps the end",
        "planning/arranging.py",
        "Trim(join.name, 0, size)",
        "Trim(join.name, 1, size + 1)",
        f"{MAPS}[split_and_cropped]",
    ),
    Mutant(
        "a reversal forgotten",
        "planning/arranging.py",
        "Axis(join.name, size, parts, join.reverse)",
        "Axis(join.name, size, parts, False)",
        f"{MAPS}[reversed]",
    ),
    Mutant(
        "a join of axes in another order",
        "planning/arranging.py",
        "any(a == last and b == first",
        "any(a == first and b == last",
        f"{MAPS}[files_joined]",
    ),
    Mutant(
        "neighbouring runs joined across files",
        "planning/runs.py",
        "same = (np.diff(runs.file) == 0) & (np.diff(runs.cell) == 0)",
        "same = np.diff(runs.cell) == 0",
        f"{RAW}::test_files_of_unequal_lengths_are_joined",
    ),
    Mutant(
        "gains that differ taken for one",
        "planning/axes.py",
        " or axis.size == 0 or not all(_uniform(column) for column in alike):",
        " or axis.size == 0:",
        f"{AXES}::test_gains_that_differ_are_no_scalar",
    ),
    Mutant(
        "half a scaling",
        "planning/axes.py",
        "not all(_uniform(column) for column in alike)",
        "not any(_uniform(column) for column in alike)",
        f"{AXES}::test_half_a_scaling_would_be_a_wrong_one",
    ),
    Mutant(
        "gain and offset exchanged",
        "planning/axes.py",
        '(("gain", "scale_factor"), ("offset", "add_offset"))',
        '(("offset", "scale_factor"), ("gain", "add_offset"))',
        f"{AXES}::test_gains_that_agree_are_a_scalar_and_nothing_beside_it",
    ),
    Mutant(
        "labels of another length",
        "planning/axes.py",
        "    if n != axis.size:\n",
        "    if n > axis.size:\n",
        f"{AXES}::test_a_list_must_be_as_long_as_its_axis",
    ),
    # --- chunks: from layouts to references
    Mutant(
        "references one element late",
        "chunks/geometry.py",
        "offset = offset + runs.offset[row] + (step - runs.start[row]) * runs.stride[row]",
        "offset = offset + runs.offset[row] + (step - runs.start[row] + 1) * runs.stride[row]",
        f"{MAPS}[raw]",
    ),
    Mutant(
        "the run before at a border",
        "chunks/geometry.py",
        'np.searchsorted(runs.stop, step, side="right")',
        'np.searchsorted(runs.stop, step, side="left")',
        f"{MAPS}[files_joined]",
    ),
    Mutant(
        "cells in another order",
        "chunks/normal_form.py",
        "        weight *= size\n    digits |=",
        "        weight += size\n    digits |=",
        f"{TRUTH}::test_two_leading_axes_of_cells_that_lie_anywhere",
    ),
    Mutant(
        "the joined axis stands where its outermost part does",
        "chunks/normal_form.py",
        "keys = [max((place.get(part, -1)",
        "keys = [min((place.get(part, -1)",
        f"{MAPS}[records_joined]",
    ),
    Mutant(
        "a reversed axis from its first byte",
        "chunks/normal_form.py",
        "_shifted(draft, number, forward, (size - 1) * stride)",
        "_shifted(draft, number, forward, size * stride)",
        f"{TRUTH}::test_an_axis_that_runs_backwards",
    ),
    Mutant(
        "a reversed run not said to be reversed",
        "chunks/normal_form.py",
        "reversed=not axis.reversed)",
        "reversed=axis.reversed)",
        f"{TRUTH}::test_an_axis_that_runs_backwards",
    ),
    Mutant(
        "a trim without its start",
        "chunks/normal_form.py",
        "offset = runs.offset + (start - (runs.start - cell * old)) * runs.stride",
        "offset = runs.offset + 0 * (start - (runs.start - cell * old)) * runs.stride",
        f"{TRUTH}::test_a_trim_that_begins_inside_a_run",
    ),
    Mutant(
        "an offset list without its first offset",
        "chunks/normal_form.py",
        "return Listed(axis.size, axis.offsets - first), first",
        "return Listed(axis.size, axis.offsets - first), 0",
        f"{TRUTH}::test_an_offset_list_that_begins_late",
    ),
    Mutant(
        "a chunk across a gap taken for whole",
        "chunks/extent.py",
        "broken = spots.room < valid",
        "broken = spots.room < 0",
        f"{TRUTH}::test_a_chunk_across_a_gap_is_copied_whole",
    ),
    Mutant(
        "a tail past the end of the file",
        "chunks/extent.py",
        "padded.append(cell[~broken & (spots.offset + located.nbytes > limit)])",
        "padded.append(cell[~broken & (spots.offset > limit)])",
        f"{MAPS}[tail_padded_inline]",
    ),
    Mutant(
        "a short reference",
        "chunks/extent.py",
        "return Located(self.geometry, chunks, extent * self.unit)",
        "return Located(self.geometry, chunks, extent * self.unit - 1)",
        f"{MAPS}[raw]",
    ),
    Mutant(
        "a divisor that does not divide",
        "chunks/extent.py",
        "return np.extract(number % trial == 0, trial)",
        "return np.extract(number % trial >= 0, trial)",
        f"{TRUTH}::test_a_length_that_the_target_does_not_divide",
    ),
    Mutant(
        "the order of the inner elements of a copy",
        "chunks/references.py",
        "at = np.ravel_multi_index(inside, plan.chunks[:apart])",
        'at = np.ravel_multi_index(inside, plan.chunks[:apart], order="F")',
        f"{TRUTH}::test_a_copy_gathered_from_strides_keeps_the_order_of_its_elements",
    ),
    Mutant(
        "coordinates of a reversed axis the other way round",
        "chunks/coordinates.py",
        "return values[::-1] if axis.reversed else values",
        "return values",
        f"{MAPS}[reversed]",
    ),
    # --- copies and manifest
    Mutant(
        "every copy at the start of the sidecar",
        "sidecar.py",
        "        start = self.size\n",
        "        start = 0\n",
        f"{MAPS}[no_inline]",
    ),
    Mutant(
        "padding before the data",
        "sidecar.py",
        "whole[tuple(slice(0, size) for size in part.shape)] = part",
        "whole[tuple(slice(-size, None) for size in part.shape)] = part",
        f"{TRUTH}::test_values_whose_last_chunk_is_padded",
    ),
    Mutant(
        "units of a copy one further",
        "sidecar.py",
        "rows[block.at[own]] = stretches[offset - low]",
        "rows[block.at[own]] = stretches[(offset - low)[::-1]]",
        f"{MAPS}[records_joined]",
    ),
    Mutant(
        "a dtype without its byte order",
        "manifest.py",
        '"dtype": plan.dtype.str,',
        '"dtype": plan.dtype.newbyteorder("<").str,',
        f"{MAPS}[big_endian]",
    ),
    Mutant(
        "a reversed affine axis with its old start",
        "manifest.py",
        "start, step = start + (axis.size - 1) * step, -step",
        "step = -step",
        f"{MAPS}[reversed]",
    ),
    Mutant(
        "the mark of a reversed axis forgotten",
        "manifest.py",
        '("-" if stored[axis.name].reversed else "") + axis.name for axis in logical',
        "axis.name for axis in logical",
        f"{MAPS}[reversed]",
    ),
    Mutant(
        "labels of a reversed axis the other way round",
        "manifest.py",
        "list(axis.labels[::-1] if stored[axis.name].reversed else axis.labels)",
        "list(axis.labels)",
        f"{TRUTH}::test_an_axis_that_runs_backwards",
    ),
    Mutant(
        "sidecar and sources mixed up",
        "manifest.py",
        "file[at], offset[at], nbytes[at] = sidecar, placed.offset[low:high], placed.nbytes[low:high]",
        "file[at], offset[at], nbytes[at] = sidecar - 1, placed.offset[low:high], placed.nbytes[low:high]",
        f"{MAPS}[tail_padded_sidecar]",
    ),
    Mutant(
        "chunk names in another order",
        "writers/kerchunk_json.py",
        "index = tuple(np.asarray(at, np.int64) for at in np.unravel_index(cell, grid))",
        'index = tuple(np.asarray(at, np.int64) for at in np.unravel_index(cell, grid, order="F"))',
        f"{MAPS}[split_and_cropped]",
    ),
    # --- packed chunks, packed samples, slots and segments
    Mutant(
        "the last chunk has as many records as the others",
        "chunks/packed.py",
        "    last = found.total % found.records\n",
        "    last = 0\n",
        f"{PACKED}::test_a_chunk_takes_many_records",
    ),
    Mutant(
        "digits of a record in the order of the axes' names",
        "chunks/packed.py",
        "axes += [records] if number == found.split else []",
        "axes += [records] if number == 0 else []",
        f"{PACKED}::test_records_may_stand_behind_another_axis",
    ),
    Mutant(
        "a record cut off a byte early",
        "chunks/combs.py",
        "return high - _low(held) + geometry.item",
        "return high - _low(held) + geometry.item - 1",
        f"{PACKED}::test_a_chunk_takes_many_records",
    ),
    Mutant(
        "records of another file follow on",
        "chunks/packed.py",
        "(np.diff(offsets) == found.stride) & (np.diff(files) == 0)",
        "np.diff(offsets) == np.diff(offsets)",
        f"{PACKED}::test_a_chunk_that_lies_in_two_files_is_copied",
    ),
    Mutant(
        "the sign of a packed sample forgotten",
        "oracle.py",
        "np.where(value >= half, value - 2 * half, value)",
        "np.where(value >= half, value, value)",
        UNPACKED,
    ),
    Mutant(
        "words of the other byte order",
        "oracle.py",
        'if unpack.endian == "big":',
        'if unpack.endian == "little":',
        UNPACKED,
    ),
    Mutant(
        "padding of a slot taken for data",
        "header/slots.py",
        "return located.ragged(whole, counts)",
        "return located.ragged(whole, np.full_like(counts, size))",
        f"{SLOTS}::test_only_what_is_filled_counts",
    ),
    Mutant(
        "a segment begins where the recording does",
        "planning/segments.py",
        "first = float(times[start, 0])",
        "first = float(times[0, 0])",
        f"{SLOTS}::test_each_stretch_without_gaps_becomes_a_group_with_its_start",
    ),
    Mutant(
        "a time that is no number follows on",
        "planning/segments.py",
        "broken = np.flatnonzero(~(np.abs(found - due) <= tolerance))",
        "broken = np.flatnonzero(np.abs(found - due) > tolerance)",
        f"{SLOTS}::test_a_time_that_is_no_number_is_a_gap",
    ),
    Mutant(
        "a gap of any length",
        "planning/segments.py",
        "broken = np.flatnonzero(~(np.abs(found - due) <= tolerance))",
        "broken = np.flatnonzero(found - due > 1000 * tolerance)",
        f"{SLOTS}::test_a_gap_is_an_error_until_the_card_allows_it",
    ),
)
