"""Where a tree of keys is kept: a folder of files, or the stored members of one zip file.

Source: Zarr's storage specification (keys are paths), and PKWARE's APPNOTE for local file headers.
"""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from vspec.containers.model import ContainerFile
from vspec.errors import VspecError
from vspec.layout import Int64, Json
from vspec.sources import PastEnd

_LARGEST_METADATA = 1 << 26
_LOCAL_MAGIC = b"PK\x03\x04"
_LOCAL_HEADER = struct.Struct("<4s22xHH")
_HIDDEN = frozenset({".zarray", ".zattrs", ".zgroup", ".zmetadata", "zarr.json"})
_AGAIN = "the file is damaged, cut short, or still being written: fetch it again"
_ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    PastEnd,
)


class Packed(Exception):  # noqa: N818 -- it says how the member is kept
    """Raised where a chunk is a compressed or encrypted member of a zip file."""


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """The values kept below a node: keys relative to it, and where their bytes lie."""

    keys: tuple[str, ...]
    file: Int64
    offset: Int64
    nbytes: Int64


@dataclass(frozen=True, slots=True)
class Inside:
    """What is in a folder of a store: names of values, of folders, of folders that are links."""

    names: frozenset[str]
    folders: tuple[str, ...]
    linked: tuple[str, ...] = ()


class Store(Protocol):
    """A tree of keys with ``/``; the empty path is its root."""

    @property
    def file(self) -> ContainerFile:
        """The file that the card's pattern found."""

    def inside(self, path: str) -> Inside:
        """Return what is directly in a folder."""

    def owner(self, key: str) -> tuple[ContainerFile, bytes]:
        """Return a value of bounded size, and the file that holds it, for messages."""

    def pieces(self, path: str, depth: int) -> Pieces:
        """Return every value below a folder, at most ``depth`` folders down, but no metadata.

        Raises `Packed` where a value is no run of bytes of a file.
        """


def document(store: Store, key: str) -> dict[str, Json]:
    """Return a value that is a JSON object; V0361 for anything else."""
    file, raw = store.owner(key)
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError) as error:
        why = str(error) if isinstance(error, ValueError) else "it is nested too deeply"
        raise file.problem(
            "V0361", f"{key} is not JSON", 0, expected="an object", found=why, help=_AGAIN
        ) from None
    if not isinstance(found, dict):
        kind = type(found).__name__
        raise file.problem(
            "V0361", f"{key} is no JSON object", 0, expected="an object", found=kind, help=_AGAIN
        )
    return found


@dataclass(frozen=True, slots=True, eq=False)
class FolderStore:
    """Values are files below the folder of ``file``."""

    file: ContainerFile
    _seen: dict[str, Inside] = field(default_factory=dict)

    def inside(self, path: str) -> Inside:
        """List a folder; what was listed once is remembered."""
        if path not in self._seen:
            found = self.file.listing(path)
            self._seen[path] = Inside(frozenset(found.files), found.folders, found.linked)
        return self._seen[path]

    def owner(self, key: str) -> tuple[ContainerFile, bytes]:
        """Read a file of metadata."""
        own = self.file.beside(key)
        size = own.reader.size
        if size > _LARGEST_METADATA:
            raise own.problem("V0361", f"{key} has {size} bytes", 0, expected=f"at most {_LARGEST_METADATA}")
        return own, own.reader.read(0, size)

    def pieces(self, path: str, depth: int) -> Pieces:
        """Find the files of a folder and of those below it."""
        keys: list[str] = []
        files, sizes = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        for folder, before in self._folders(path, depth):
            names = sorted(self.inside(folder).names - _HIDDEN)
            index, size = self.file.all_beside(folder, names)
            keys += [before + name for name in names]
            files.append(index)
            sizes.append(size)
        nbytes = np.concatenate(sizes)
        return Pieces(tuple(keys), np.concatenate(files), np.zeros(len(nbytes), np.int64), nbytes)

    def _folders(self, path: str, depth: int) -> Iterator[tuple[str, str]]:
        pending = [(path, "", 0)]
        while pending:
            folder, before, level = pending.pop()
            yield folder, before
            if level < depth:
                pending += [
                    (f"{folder}/{name}" if folder else name, f"{before}{name}/", level + 1)
                    for name in self.inside(folder).folders
                ]


class _Handle(io.RawIOBase):
    """The bytes of a file as the zip library asks for them."""

    def __init__(self, file: ContainerFile) -> None:
        self._reader = file.reader
        self._at = 0

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = 0) -> int:
        at = offset + (0, self._at, self._reader.size)[whence]
        if at < 0:
            raise ValueError("a position before the file's first byte")
        self._at = at
        return at

    def read(self, size: int = -1) -> bytes:
        left = max(0, self._reader.size - self._at)
        count = left if size < 0 else min(size, left)
        found = self._reader.read(self._at, count) if count else b""
        self._at += count
        return found


@dataclass(frozen=True, slots=True, eq=False)
class ZipStore:
    """Values are members of a zip file; of two members of one name the last one counts."""

    file: ContainerFile
    _zip: zipfile.ZipFile
    _tree: dict[str, tuple[set[str], set[str]]]

    def inside(self, path: str) -> Inside:
        """Return the members directly below a path."""
        names, folders = self._tree.get(path, (set[str](), set[str]()))
        return Inside(frozenset(names), tuple(sorted(folders)))

    def owner(self, key: str) -> tuple[ContainerFile, bytes]:
        """Read a member of metadata, compressed or not."""
        try:
            member = self._zip.getinfo(key)
            if member.file_size > _LARGEST_METADATA:
                raise ValueError(f"{member.file_size} bytes")
            return self.file, self._zip.read(member)
        except (*_ZIP_ERRORS, KeyError) as error:
            raise _broken(self.file, f"the member {key} of the zip file cannot be read", error) from None

    def pieces(self, path: str, depth: int) -> Pieces:
        """Find the members below a path, and the bytes behind their local headers."""
        before = f"{path}/" if path else ""
        members = [
            self._zip.NameToInfo[before + key]
            for key in self._below(path, "", depth)
            if key.rpartition("/")[2] not in _HIDDEN
        ]
        if any(member.compress_type != zipfile.ZIP_STORED or member.flag_bits & 1 for member in members):
            raise Packed
        offset = [self._data(member) for member in members]
        return Pieces(
            tuple(member.filename.removeprefix(before) for member in members),
            np.full(len(members), self.file.index, np.int64),
            np.array(offset, np.int64),
            np.array([member.compress_size for member in members], np.int64),
        )

    def _below(self, path: str, before: str, depth: int) -> Iterator[str]:
        names, folders = self._tree.get(path, (set[str](), set[str]()))
        yield from (before + name for name in sorted(names))
        if depth:
            for name in sorted(folders):
                inner = f"{path}/{name}" if path else name
                yield from self._below(inner, f"{before}{name}/", depth - 1)

    def _data(self, member: zipfile.ZipInfo) -> int:
        """Return where a stored member's bytes begin."""
        at = member.header_offset
        reader = self.file.reader
        header = reader.read(at, _LOCAL_HEADER.size) if 0 <= at <= reader.size - _LOCAL_HEADER.size else b""
        if header[:4] == _LOCAL_MAGIC:
            _, name, extra = _LOCAL_HEADER.unpack(header)
            start: int = at + _LOCAL_HEADER.size + name + extra
            if 0 <= member.compress_size <= reader.size - start:
                return start
        raise self.file.problem(
            "V0361",
            f"the member {member.filename} of the zip file is not where its directory says",
            at,
            expected=f"a local header and {member.compress_size} bytes",
            help=_AGAIN,
        )


def open_zip(file: ContainerFile) -> ZipStore:
    """Open a zip file as a store; V0361 where its directory is damaged."""
    tree: dict[str, tuple[set[str], set[str]]] = {"": (set(), set())}
    try:
        opened = zipfile.ZipFile(_Handle(file))
        for name in opened.NameToInfo:
            _plant(tree, name)
    except _ZIP_ERRORS as error:
        raise _broken(file, "the directory of the zip file cannot be read", error) from None
    return ZipStore(file, opened, tree)


def _plant(tree: dict[str, tuple[set[str], set[str]]], name: str) -> None:
    """Put a member's name into the tree of folders; names that are no key are left out."""
    parts = name.split("/")
    if name.endswith("/") or "" in parts or ".." in parts or len(parts) > 64:
        return
    for number, part in enumerate(parts[:-1]):
        folder = "/".join(parts[:number])
        tree.setdefault(folder, (set(), set()))[1].add(part)
    tree.setdefault("/".join(parts[:-1]), (set(), set()))[0].add(parts[-1])


def _broken(file: ContainerFile, message: str, error: Exception, at: int = 0) -> VspecError:
    return file.problem("V0361", message, at, found=str(error) or type(error).__name__, help=_AGAIN)
