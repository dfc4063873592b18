"""The codec that makes numbers of packed words."""

from __future__ import annotations

from vspec.codecs.bits import Bits
from vspec.codecs.ibm import Ibm
from vspec.datatypes import ElementType, Endian


def unpacker(element: ElementType, endian: Endian) -> Bits | Ibm:
    """Return the codec of a packed type; it decodes to the type's dtype. Raises `VspecError` V0711."""
    packing = element.packing
    if packing is None:
        raise ValueError(f"{element.name} is not packed")
    dtype = element.dtype(endian).str
    if packing.coding == "ibm":
        return Ibm(endian, "<f8" if dtype == "<f8" else "<f4")
    return Bits(packing.nbytes, packing.values, dtype, packing.coding, endian)
