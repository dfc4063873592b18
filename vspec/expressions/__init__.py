"""Expressions: a subset of Python's, evaluated by an engine of its own on values and columns."""

from vspec.expressions.alongside import Known, Length, Meaning, Misfit, Values
from vspec.expressions.columns import as_column
from vspec.expressions.expression import Expression, parse
from vspec.expressions.functions import FUNCTIONS
from vspec.expressions.functions.sequences import RUN_COLUMNS
from vspec.expressions.template import Template, parse_template
from vspec.expressions.values import (
    Chain,
    Column,
    Extent,
    PathText,
    Record,
    Rows,
    Scope,
    UnknownName,
    Value,
    is_column,
)

__all__ = [
    "FUNCTIONS",
    "RUN_COLUMNS",
    "Chain",
    "Column",
    "Expression",
    "Extent",
    "Known",
    "Length",
    "Meaning",
    "Misfit",
    "PathText",
    "Record",
    "Rows",
    "Scope",
    "Template",
    "UnknownName",
    "Value",
    "Values",
    "as_column",
    "is_column",
    "parse",
    "parse_template",
]
