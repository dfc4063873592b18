"""Codecs of packed maps: pure decoders of bytes to bytes, as docs/reference/codecs.md specifies them.

`Gather` picks elements out of the records of a chunk, `Bits` unpacks samples that are no whole bytes or
no power of two of them, `Ibm` turns base-16 floats into IEEE ones. Each is a plain value with a JSON
configuration. Nothing here imports zarr or numcodecs until `registration.register` is called.
"""

from vspec.codecs.axes import Axis, Listed, Records, Step
from vspec.codecs.bits import Bits, Sign
from vspec.codecs.choice import KINDS, Codec, from_config
from vspec.codecs.findings import LARGEST_CHUNK
from vspec.codecs.gather import Gather
from vspec.codecs.ibm import Ibm
from vspec.codecs.packings import unpacker

__all__ = [
    "KINDS",
    "LARGEST_CHUNK",
    "Axis",
    "Bits",
    "Codec",
    "Gather",
    "Ibm",
    "Listed",
    "Records",
    "Sign",
    "Step",
    "from_config",
    "unpacker",
]
