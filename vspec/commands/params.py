"""``--set K=V``: values for the params of a card."""

from __future__ import annotations

import math
from collections.abc import Mapping

from vspec.card.model import Card, Param
from vspec.errors import Problem, VspecError, did_you_mean

Given = Mapping[str, int | float | str | bool]
_KINDS = {"int": "a whole number", "float": "a number", "str": "text", "bool": "true or false"}
_WORDS = {"true": True, "false": False}


def resolve(card: Card, given: Given) -> dict[str, int | float | str | bool]:
    """Return a value for each param of the card; texts are converted to the param's type.

    Raises V0810 for a name that is no param, V0811 for a value of another type, V0812 for a
    param that must be given and is not.
    """
    known = {param.name: param for param in card.params}
    problems = [_unknown(name, known) for name in given if name not in known]
    values: dict[str, int | float | str | bool] = {}
    for param in card.params:
        value = given.get(param.name, param.default)
        if value is None:
            problems.append(_missing(param))
            continue
        converted = _convert(value, param)
        if converted is None:
            problems.append(_wrong(value, param))
        else:
            values[param.name] = converted
    if problems:
        raise VspecError(problems)
    return values


def _convert(value: float | str, param: Param) -> float | str | None:
    """Return a value as the param's type, None where that is not possible; True and False are no numbers."""
    if param.type == "str":
        return value if isinstance(value, str) else None
    if param.type == "bool":
        return value if isinstance(value, bool) else _WORDS.get(str(value).lower())
    if isinstance(value, bool):
        return None
    try:
        return _whole(value) if param.type == "int" else _finite(float(value))
    except (ValueError, OverflowError):
        return None


def _whole(value: float | str) -> int | None:
    whole = int(value)
    fits = isinstance(value, str) or whole == value
    return whole if fits and -(2**63) <= whole < 2**63 else None


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _unknown(name: str, known: Mapping[str, Param]) -> Problem:
    return Problem("V0810", f"the card has no param '{name}'", help=did_you_mean(name, known, "its params"))


def _missing(param: Param) -> Problem:
    doc = f" ({param.doc})" if param.doc else ""
    return Problem(
        "V0812",
        f"the card needs a value for '{param.name}'{doc}",
        param.place,
        expected=param.type,
        help=f"give it with --set {param.name}=VALUE",
    )


def _wrong(value: object, param: Param) -> Problem:
    return Problem(
        "V0811",
        f"'{param.name}' takes {_KINDS[param.type]}",
        param.place,
        expected=param.type,
        found=repr(value),
    )
