"""The registry of stable codes, by family.

V00 the card's text (YAML), V01 its grammar, V02 expressions, V03 layouts and arrays against the
bytes, V04 files, V05 text headers, V06 constants and checks, V07 maps, drift, V08 usage and environment,
V09 limits. A code is never given a second meaning and never reused.
"""

from __future__ import annotations

from vspec.errors.catalog import (
    card_text,
    checks,
    containers,
    drift,
    exporting,
    expression,
    files,
    grammar,
    header,
    layout,
    limits,
    maps,
    pattern,
    sharing,
    traps,
    usage,
    walks,
)
from vspec.errors.catalog.code import Code, Kind

_FAMILIES = (
    card_text,
    grammar,
    pattern,
    sharing,
    traps,
    expression,
    layout,
    walks,
    files,
    header,
    checks,
    containers,
    maps,
    drift,
    usage,
    exporting,
    limits,
)

CODES: dict[str, Code] = {code.id: code for family in _FAMILIES for code in family.CODES}

__all__ = ["CODES", "Code", "Kind"]
