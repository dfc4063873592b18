"""Which byte order a role, record or field has."""

from __future__ import annotations

import numpy as np

from vspec.card.model import ByteOrderTest, EndianSpec
from vspec.datatypes import NUMBERS, Endian
from vspec.errors import Problem, VspecError, fail
from vspec.expressions import Chain, Expression, Scope, as_column
from vspec.header.elements import View
from vspec.sources import PastEnd


def choose(spec: EndianSpec, inherited: Endian, scope: Scope, view: View) -> Endian:
    """Return the byte order that ``endian:`` gives, or the inherited one where it is not written.

    Raises V0602 when a test holds for neither or for both orders, V0603 when an expression gives
    something else than a byte order.
    """
    if spec is None:
        return inherited
    if isinstance(spec, ByteOrderTest):
        return _test(spec, scope, view)
    if isinstance(spec, Expression):
        value = spec.evaluate(scope)
        if value == "little":
            return "little"
        if value == "big":
            return "big"
        raise fail(
            "V0603",
            "this does not give a byte order",
            spec.text.place,
            expected="little or big",
            found=repr(value),
        )
    return spec


def _test(spec: ByteOrderTest, scope: Scope, view: View) -> Endian:
    kind = NUMBERS[spec.type]
    try:
        raw = view.bytes.read(spec.offset, kind.nbytes)
    except PastEnd:
        raise VspecError(
            [
                Problem(
                    "V0301",
                    f"{view.name} ends before the number that tells its byte order",
                    spec.place,
                    data_file=view.name,
                    offset=spec.offset,
                    expected=f"{kind.nbytes} bytes at byte {spec.offset}",
                    found=f"a file of {view.bytes.size} bytes",
                )
            ]
        ) from None
    readings: dict[Endian, object] = {}
    for endian in ("little", "big"):
        column = as_column(np.frombuffer(raw, kind.dtype(endian)), spec.place)
        readings[endian] = column[0].item()
    holding = [endian for endian, value in readings.items() if _holds(spec, value, scope)]
    if len(holding) == 1:
        return holding[0]
    wanted = f"{spec.equals}" if spec.that is None else spec.that.text.value
    raise VspecError(
        [
            Problem(
                "V0602",
                f"{view.name}: {'neither' if not holding else 'each'} byte order gives {wanted}",
                spec.place,
                data_file=view.name,
                offset=spec.offset,
                expected=wanted,
                found=f"{readings['little']} read as little, {readings['big']} read as big"
                f" (bytes {raw.hex(' ')})",
                help="is this a file of this format?"
                if not holding
                else "choose a test that tells them apart",
            )
        ]
    )


def _holds(spec: ByteOrderTest, value: object, scope: Scope) -> bool:
    if spec.that is None:
        return value == spec.equals
    return spec.that.truth(Chain({"test": value}, scope))  # type: ignore[dict-item]  # a number by construction
