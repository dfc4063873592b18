"""The checksums of an archive's members (CRC-32, APPNOTE of zip 4.4.7), without which numpy reads none."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator

from vspec.containers.model import ContainerFile
from vspec.containers.npz_members import Packed
from vspec.errors import Problem, VspecError
from vspec.layout import ArrayLayout

_BLOCK = 1 << 20
_AT_ONCE = 64 << 20
"""Bytes of an archive that are held against checksums when arrays are looked for; the others later."""


class Checksums:
    """Holds the stored members of an archive against their checksums, each once."""

    def __init__(self, file: ContainerFile) -> None:
        self.file = file
        self._left = _AT_ONCE
        self._done: set[int] = set()
        self._later: dict[int, Packed] = {}

    def checked(self, member: Packed, layout: Callable[[], ArrayLayout]) -> ArrayLayout:
        """Return the layout of an array in a member. Raises V0361 where the checksum is another."""
        found = layout()
        self.check(member)
        return found

    def check(self, member: Packed) -> None:
        """Raise V0361 where the checksum is another; a long member is left for `unread`."""
        if member.begin in self._done:
            return
        if member.nbytes > self._left:
            self._later[member.begin] = member
            return
        self._left -= member.nbytes
        self._read(member)
        self._done.add(member.begin)

    def unread(self) -> Iterator[Problem]:
        """Yield what is wrong with members that were asked for and not read."""
        for member in self._later.values():
            try:
                self._read(member)
            except VspecError as error:
                yield from error.problems

    def _read(self, member: Packed) -> None:
        crc, end = 0, member.begin + member.nbytes
        for at in range(member.begin, end, _BLOCK):
            crc = zlib.crc32(self.file.reader.read(at, min(_BLOCK, end - at)), crc)
        require_crc(self.file, member, crc)


def require_crc(file: ContainerFile, member: Packed, crc: int) -> None:
    """Raise V0361 unless a member has the checksum that the archive gives it."""
    if crc != member.crc:
        raise file.problem(
            "V0361",
            f"member '{member.name}' has another checksum than the archive says: its bytes are damaged",
            member.begin,
            expected=f"CRC-32 {member.crc:08x}",
            found=f"CRC-32 {crc:08x}",
            help="fetch the archive again",
        )
