"""A codec from its configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from vspec.codecs.bits import Bits
from vspec.codecs.findings import Buffer, Bytes, Findings, Json
from vspec.codecs.gather import Gather
from vspec.codecs.ibm import Ibm


class Codec(Protocol):
    """What every codec of this room can do."""

    def config(self) -> dict[str, Json]:
        """Return the configuration, with ``id``."""

    def decode(self, buffer: Buffer) -> Bytes:
        """Return the decoded bytes. Raises `VspecError` (V0712, V0930)."""


KINDS: Mapping[str, type[Gather | Bits | Ibm]] = {kind.id: kind for kind in (Gather, Bits, Ibm)}
"""The codecs by their id."""


def from_config(config: Mapping[str, Json]) -> Gather | Bits | Ibm:
    """Return the codec that a configuration (with ``id``) describes.

    Raises `VspecError`: V0711 with everything that is wrong with it, V0930 for too large a chunk.
    """
    findings = Findings("vspec")
    name = findings.word("id", config.get("id"), KINDS)
    findings.stop()
    return KINDS[name].from_config(config)
