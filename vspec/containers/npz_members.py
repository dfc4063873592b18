"""The members of a zip archive: where each lies, and how it is packed."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from dataclasses import dataclass

from vspec.containers.model import ContainerFile
from vspec.errors import VspecError

_LOCAL = 30
_ENCRYPTED = 0x1 | 0x40 | 0x2000


class _Stream(io.RawIOBase):
    """A file as a stream, for the reader of the archive's directory."""

    def __init__(self, file: ContainerFile) -> None:
        super().__init__()
        self._file = file
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = 0) -> int:
        base = (0, self._at, self._file.reader.size)[whence]
        if base + offset < 0:
            raise ValueError("a place before the file")
        self._at = base + offset
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        left = max(0, self._file.reader.size - self._at)
        n = left if size is None or size < 0 else min(size, left)
        found = self._file.reader.read(self._at, n)
        self._at += n
        return found


@dataclass(frozen=True, slots=True)
class Packed:
    """A member: ``nbytes`` from ``begin`` of the file, ``size`` once unpacked, zip's number of the method.

    ``crc`` is the CRC-32 of the unpacked bytes, as the archive's directory has it.
    """

    name: str
    begin: int
    nbytes: int
    size: int
    method: int
    encrypted: bool
    crc: int


def list_members(file: ContainerFile) -> list[Packed]:
    """Return the members. Raises V0360 for a file that is no archive, V0361 for a damaged one."""
    magic = file.reader.read(0, min(4, file.reader.size))
    if magic not in (b"PK\x03\x04", b"PK\x05\x06"):
        raise file.problem(
            "V0360",
            f"{file.name} is no archive of arrays",
            0,
            expected="'PK' at its beginning",
            found=repr(magic)[1:] if magic else "an empty file",
            help="a single array is `format: npy`" if magic == b"\x93NUM" else "check the pattern",
        )
    try:
        infos = zipfile.ZipFile(_Stream(file)).infolist()
    except (
        zipfile.BadZipFile,
        NotImplementedError,
        struct.error,
        ValueError,
        OverflowError,
        EOFError,
    ) as error:
        raise _damaged(file, f"the directory of the archive cannot be read ({error})", 0) from None
    return [_member(file, info) for info in infos]


def _member(file: ContainerFile, info: zipfile.ZipInfo) -> Packed:
    at = info.header_offset
    if at < 0 or at + _LOCAL > file.reader.size:
        raise _damaged(file, f"member '{info.filename}' begins beyond the end of the file", at)
    local = file.reader.read(at, _LOCAL)
    (method,) = struct.unpack_from("<H", local, 8)
    name, extra = struct.unpack_from("<HH", local, 26)
    if local[:4] != b"PK\x03\x04" or method != info.compress_type:
        raise _damaged(file, f"member '{info.filename}' does not begin where the directory says", at)
    begin = at + _LOCAL + name + extra
    if begin + info.compress_size > file.reader.size:
        raise _damaged(file, f"member '{info.filename}' reaches beyond the end of the file", at)
    encrypted = bool(info.flag_bits & _ENCRYPTED)
    return Packed(info.filename, begin, info.compress_size, info.file_size, method, encrypted, info.CRC)


def _damaged(file: ContainerFile, message: str, offset: int) -> VspecError:
    return file.problem(
        "V0361", message, max(0, offset), help="the archive was cut short or is damaged: fetch it again"
    )


def inflated(file: ContainerFile, member: Packed, n: int) -> bytes:
    """Return up to ``n`` bytes from the beginning of a deflated member. Raises V0361."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    found, at, end = b"", member.begin, member.begin + member.nbytes
    try:
        while len(found) < n and at < end and not inflater.eof:
            step = min(4096, end - at)
            found += inflater.decompress(
                inflater.unconsumed_tail + file.reader.read(at, step), n - len(found)
            )
            at += step
    except zlib.error as error:
        raise _damaged(file, f"member '{member.name}' cannot be unpacked ({error})", member.begin) from None
    return found
