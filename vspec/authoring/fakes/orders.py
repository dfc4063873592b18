"""The byte order in which a file is written."""

from __future__ import annotations

from vspec.card.model import ByteOrderTest, EndianSpec
from vspec.datatypes import Endian
from vspec.errors import fail
from vspec.expressions import Expression, Scope


def choose(spec: EndianSpec, inherited: Endian, scope: Scope) -> Endian:
    """Return the byte order that ``endian:`` gives for the values that are being written.

    A test decides nothing here: whatever order was chosen for the file is the one that it will find.
    """
    if spec is None or isinstance(spec, ByteOrderTest):
        return inherited
    if isinstance(spec, Expression):
        value = spec.evaluate(scope)
        if value == "little":
            return "little"
        if value == "big":
            return "big"
        raise fail(
            "V0853", "this gives no byte order", spec.text.place, expected="little or big", found=repr(value)
        )
    return spec
