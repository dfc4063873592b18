"""What a function of the language is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from vspec.errors import VspecError
from vspec.expressions.columns import described
from vspec.expressions.sites import Site
from vspec.expressions.values import Value

MANY = 10**9


@dataclass(frozen=True, slots=True)
class Call:
    """One call: the function, where it stands, and its named values."""

    function: Function
    site: Site
    named: Mapping[str, Value]

    def refuse(self, part: int, value: Value, wanted: str, help: str | None = None) -> VspecError:
        """Return the error that a value is not what the function takes."""
        message = f"{self.function.name} takes {wanted}, not {described(value)}"
        return self.site.fail("V0227", message, help or f"usage: {self.function.usage}", part)


Run = Callable[[Call, list[Value]], Value]


@dataclass(frozen=True, slots=True)
class Function:
    """A function: ``run`` gets the values of its arguments, between ``least`` and ``most`` of them.

    ``elementwise`` functions give for columns the column of what they give for each row; only
    their first ``rowwise`` arguments may be such columns.
    ``run`` is None for functions that look at the expression of an argument, not at its value.
    """

    name: str
    usage: str
    run: Run | None
    least: int = 1
    most: int = 1
    elementwise: bool = False
    keywords: frozenset[str] = frozenset()
    rowwise: int = MANY


def table(*functions: Function) -> dict[str, Function]:
    """Return functions by name."""
    return {function.name: function for function in functions}
