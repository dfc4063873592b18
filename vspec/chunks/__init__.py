"""Chunk planning: where a Zarr chunk of an array lies in the files, and what must be copied."""

from vspec.chunks.coordinates import Coordinates, coordinate_plans, stored_values
from vspec.chunks.model import (
    ArrayPlan,
    ChunkOptions,
    Gathered,
    PlannedAxis,
    Recoded,
    References,
    Rows,
    Tail,
    Values,
)
from vspec.chunks.planning import plan, plan_all
from vspec.chunks.references import BLOCK, Located, Table, Units, absent, units

__all__ = [
    "BLOCK",
    "ArrayPlan",
    "ChunkOptions",
    "Coordinates",
    "Gathered",
    "Located",
    "PlannedAxis",
    "Recoded",
    "References",
    "Rows",
    "Table",
    "Tail",
    "Units",
    "Values",
    "absent",
    "coordinate_plans",
    "plan",
    "plan_all",
    "stored_values",
    "units",
]
