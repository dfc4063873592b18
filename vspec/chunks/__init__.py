"""Chunk planning: where a Zarr chunk of an array lies in the files, and what must be copied."""

from vspec.chunks.coordinates import Coordinates, coordinate_plans, stored_values
from vspec.chunks.derived import is_materialized
from vspec.chunks.model import (
    ArrayPlan,
    Choice,
    ChunkOptions,
    Gathered,
    Peered,
    Piece,
    PlannedAxis,
    Profile,
    Recoded,
    References,
    Rows,
    Stretched,
    Tail,
    Values,
)
from vspec.chunks.planning import plan, plan_all
from vspec.chunks.references import BLOCK, Located, Table, Units, absent, units

__all__ = [
    "BLOCK",
    "ArrayPlan",
    "Choice",
    "ChunkOptions",
    "Coordinates",
    "Gathered",
    "Located",
    "Peered",
    "Piece",
    "PlannedAxis",
    "Profile",
    "Recoded",
    "References",
    "Rows",
    "Stretched",
    "Table",
    "Tail",
    "Units",
    "Values",
    "absent",
    "coordinate_plans",
    "is_materialized",
    "plan",
    "plan_all",
    "stored_values",
    "units",
]
