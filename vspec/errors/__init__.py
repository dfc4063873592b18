"""Problems, their codes, and how they are shown. The ground floor: imports nothing of vspec."""

from vspec.errors.catalog import CODES, Code
from vspec.errors.problems import Level, Place, Problem, Text, VspecError, distinct, fail
from vspec.errors.suggestions import did_you_mean

__all__ = [
    "CODES",
    "Code",
    "Level",
    "Place",
    "Problem",
    "Text",
    "VspecError",
    "did_you_mean",
    "distinct",
    "fail",
]
