"""What the numbers in a FITS file mean: scale, offset, blanks, units, and linear coordinates of axes."""

from __future__ import annotations

import math
import re

from vspec.containers.attributes import Attributes
from vspec.containers.fits_cards import Cards
from vspec.layout import Affine


def put_scaling(cards: Cards, keys: tuple[str, str, str], attrs: Attributes, *, whole: bool) -> None:
    """Keep the scale, zero and blank value of these keywords under the names that readers know.

    A scale of 1 and a zero of 0 say nothing and are left out. The zero of unsigned numbers (32768, 2^31,
    2^63) stays a whole number, exact. A blank value stands only for ``whole`` numbers.
    """
    scale, zero = cards.real(keys[0], 1), cards.real(keys[1], 0)
    if (scale, zero) != (1, 0):
        attrs.put("scale_factor", _exact(scale))
        attrs.put("add_offset", _exact(zero))
    blank = cards.values.get(keys[2])
    if type(blank) is int and whole:
        attrs.put("_FillValue", blank)


def _exact(value: float) -> float | int:
    return int(value) if float(value).is_integer() else value


def linear(cards: Cards, number: int) -> Affine | None:
    """Return the coordinates of axis ``number`` (1 is the fastest), None where none are given or they bend.

    A header with a matrix (PC, CD) or a rotation couples axes; a projection in CTYPE bends them.
    """
    if any(re.fullmatch(r"(?:PC|CD)\d+_\d+|PC\d{6}|CROTA\d+", key) for key in cards.values):
        return None
    if re.fullmatch(r".{4}-[A-Z0-9]{3}\s*|.*-(?:LOG|TAB).*", cards.string(f"CTYPE{number}")):
        return None
    if f"CRVAL{number}" not in cards.values or f"CDELT{number}" not in cards.values:
        return None
    step = float(cards.real(f"CDELT{number}", 1.0))
    start = float(cards.real(f"CRVAL{number}", 0.0)) + (1 - float(cards.real(f"CRPIX{number}", 0.0))) * step
    if not math.isfinite(start) or not math.isfinite(step) or step == 0:
        return None
    return Affine(start, step, cards.string(f"CUNIT{number}") or None)
