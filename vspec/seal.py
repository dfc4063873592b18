"""Digests by which a map tells whether its sources are still the bytes that it was made from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

from vspec.errors import fail
from vspec.layout import Json

Kind = Literal["sampled", "full"]
State = Literal["same", "grew", "changed", "missing"]

_ENDS = 64 << 10
_SAMPLE = 4 << 10
_BLOCK = 1 << 20
_DIGEST = 16


class Readable(Protocol):
    """An open source file."""

    @property
    def size(self) -> int:
        """Bytes in the file."""

    def read(self, offset: int, n: int) -> bytes:
        """Return ``n`` bytes from ``offset``."""


@dataclass(frozen=True, slots=True)
class Seal:
    """The size of a file in bytes and the digests of some (``sampled``) or all (``full``) of it."""

    size: int
    kind: Kind
    digests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A file against its seal; ``offset`` and ``nbytes`` name the first block that differs."""

    state: State
    offset: int | None = None
    nbytes: int | None = None


Block = tuple[tuple[int, int], str]
"""Offset and length of a block, and its digest."""


def blocks(size: int, kind: Kind) -> Iterator[tuple[int, int]]:
    """Yield offset and length of the blocks that a seal of a file of ``size`` bytes looks at.

    Where a sample lies does not depend on the size, so that a file that grew keeps all its blocks
    but the last; that one lies at the end of the size that the seal records.
    """
    if kind == "full":
        yield from ((start, min(_BLOCK, size - start)) for start in range(0, size, _BLOCK))
        return
    if size <= _ENDS:
        yield from ((0, size),) if size else ()
        return
    yield 0, _ENDS
    power = _ENDS
    while power < size:
        for offset in (power, power + power // 2):
            if offset + _SAMPLE <= size - _ENDS:
                yield offset, _SAMPLE
        power *= 2
    yield size - _ENDS, _ENDS


def seal(reader: Readable, kind: Kind = "sampled") -> Seal:
    """Return the seal of a file."""
    size = reader.size
    return Seal(size, kind, tuple(_digest(reader, *block) for block in blocks(size, kind)))


def compare(sealed: Seal, reader: Readable | None, *, some: bool = False) -> Comparison:
    """Tell whether a file is the ``same``, ``grew``, ``changed`` or is ``missing`` (``reader`` None).

    A file that grew still begins with every sealed byte; one that shrank has changed. ``some`` looks at no
    more of many blocks than a sampled seal would.
    """
    if reader is None:
        return Comparison("missing")
    looked_at = list(zip(blocks(sealed.size, sealed.kind), sealed.digests, strict=True))
    for (offset, nbytes), digest in _some(looked_at) if some else looked_at:
        if offset + nbytes > reader.size or _digest(reader, offset, nbytes) != digest:
            return Comparison("changed", offset, nbytes)
    if reader.size < sealed.size:
        return Comparison("changed", reader.size, sealed.size - reader.size)
    return Comparison("grew" if reader.size > sealed.size else "same")


def _some(looked_at: list[Block]) -> list[Block]:
    """Return the first block, the last one, and ever fewer in between."""
    power = 1
    wanted = {0, len(looked_at) - 1}
    while power < len(looked_at):
        wanted |= {power, power + power // 2}
        power *= 2
    return [block for k, block in enumerate(looked_at) if k in wanted]


def _digest(reader: Readable, offset: int, nbytes: int) -> str:
    return hashlib.blake2b(reader.read(offset, nbytes), digest_size=_DIGEST).hexdigest()


def to_json(sealed: Seal) -> Json:
    """Return a seal as it stands in a map; the size stands beside it."""
    return {"kind": sealed.kind, "digests": "".join(sealed.digests)}


def from_json(size: int, value: Json) -> Seal:
    """Return the seal of a file of ``size`` bytes from a map. Raises `VspecError` V0703."""
    match value:
        case {"kind": "sampled" | "full" as kind, "digests": str(digests)}:
            width = 2 * _DIGEST
            count = -(-size // _BLOCK) if kind == "full" else sum(1 for _ in blocks(size, "sampled"))
            if len(digests) == count * width:
                parts = tuple(digests[at : at + width] for at in range(0, len(digests), width))
                return Seal(size, "full" if kind == "full" else "sampled", parts)
        case _:
            pass
    raise fail("V0703", "the seal of a source in the map is malformed", help="make the map again")
