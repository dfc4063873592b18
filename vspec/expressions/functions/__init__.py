"""The functions of the language, by name."""

from vspec.expressions.functions import dates, located, merging, numbers, sequences, texts
from vspec.expressions.functions.registry import Call, Function

FUNCTIONS: dict[str, Function] = {
    **sequences.FUNCTIONS,
    **merging.FUNCTIONS,
    **numbers.FUNCTIONS,
    **texts.FUNCTIONS,
    **dates.FUNCTIONS,
    **located.FUNCTIONS,
}

__all__ = ["FUNCTIONS", "Call", "Function"]
