"""Maps of very many arrays on a terminal: the first of them, and where the others are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from vspec.commands.apply_report import ArrayReport

MOST_SHOWN = 40
_MOST_GROUPS = 4


def first(arrays: Sequence[ArrayReport]) -> Sequence[ArrayReport]:
    """Return the arrays that are told one by one."""
    return arrays[:MOST_SHOWN]


def others(arrays: Sequence[ArrayReport], everything: str) -> Iterator[str]:
    """Yield a line about the arrays that are not, by their groups where these are few.

    ``everything`` says how all are listed.
    """
    left = arrays[MOST_SHOWN:]
    if not left:
        return
    groups = Counter(array.path.rpartition("/")[0] for array in left)
    told = ", ".join(f"{number:,} in {group or '/'}" for group, number in groups.items())
    where = f" ({told})" if len(groups) <= _MOST_GROUPS else f" in {len(groups):,} groups"
    yield f"  ... and {len(left):,} more{where}; {everything}"


def named(file: str) -> str:
    """Return a file's name as an argument, in quotes where it has blanks.

    >>> named("a.vspec.json"), named("my data/a.vspec.json")
    ('a.vspec.json', '"my data/a.vspec.json"')
    """
    return f'"{file}"' if len(file.split()) != 1 else file
