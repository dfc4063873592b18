"""What HDF5 keeps in heaps for many objects, read so that a damaged heap does not hold the library up.

The library (2.0.0, `H5HG__cache_heap_deserialize`) goes through a heap by the sizes of its objects, and
stays for good at free space of no size. Texts and lists of no fixed length, references to regions and the
parts of virtual datasets lie in heaps: they are read through a file that looks at what is read.

Source: HDF5 file format specification, "Disk Format: Level 1E - Global Heap".
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vspec.containers.hdf5_headers import Headers
from vspec.containers.model import ContainerFile
from vspec.sources import PastEnd

if TYPE_CHECKING:
    import h5py

_SIGNATURE = b"GCOL\x01"
_MOST_OBJECTS = 1 << 16
_MOST_LINKS = 16
_WIDTHS = {2: "H", 4: "I", 8: "Q"}
_WHENCE = (0, 1, 2)


def on_heap(kind: h5py.h5t.TypeID) -> bool:
    """Tell whether values of a type, or a part of them, lie in a heap."""
    from h5py import h5t

    group = kind.get_class()
    if group == h5t.COMPOUND:
        return any(on_heap(kind.get_member_type(at)) for at in range(kind.get_nmembers()))
    if group == h5t.ARRAY:
        return on_heap(kind.get_super())
    if group == h5t.STRING:
        return bool(kind.is_variable_str())
    return bool(group in (h5t.VLEN, h5t.REFERENCE))


@dataclass(slots=True, eq=False)
class Watched:
    """A file as the library reads it: a heap that leads nowhere is an `OSError` when it is first read."""

    file: ContainerFile
    width: int
    _at: int = 0
    _sound: set[int] = field(default_factory=set)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to an offset, as files do."""
        self._at = (0, self._at, self.file.reader.size)[_WHENCE.index(whence)] + offset
        return self._at

    def tell(self) -> int:
        """Return the offset."""
        return self._at

    def flush(self) -> None:
        """Do nothing: nothing is written."""

    def read(self, count: int) -> bytes:
        """Return bytes, as `readinto` has them: by this method the library tells files from names."""
        found = bytearray(count)
        self.readinto(memoryview(found))
        return bytes(found)

    def readinto(self, into: memoryview) -> int:
        """Read bytes, behind the end zeros. Raises `OSError` where a damaged heap is among them."""
        first, size = self._at, self.file.reader.size
        count = max(0, min(len(into), size - first))
        edge = len(_SIGNATURE) - 1
        begin = min(max(0, first - edge), size)
        around = self.file.reader.read(begin, max(0, min(size, first + count + edge) - begin))
        into[:count] = around[first - begin : first - begin + count]
        into[count:] = bytes(len(into) - count)
        found = around.find(_SIGNATURE)
        while found >= 0:
            self._require_sound(begin + found)
            found = around.find(_SIGNATURE, found + 1)
        self._at = first + len(into)
        return len(into)

    def _require_sound(self, at: int) -> None:
        if at in self._sound:
            return
        try:
            fault = self._fault(at)
        except PastEnd:
            fault = "it is longer than the file"
        if fault is not None:
            raise OSError(f"the heap at {at} is damaged: {fault}")
        self._sound.add(at)

    def _fault(self, at: int) -> str | None:
        """Say what is wrong with the way through a heap, if anything is."""
        head = -(-(8 + self.width) // 8) * 8
        (size,) = struct.unpack(f"<{_WIDTHS[self.width]}", self.file.reader.read(at + 8, self.width))
        if size > self.file.reader.size - at:
            return "it is longer than the file"
        place = head
        for _ in range(_MOST_OBJECTS):
            if size - place < head:
                return None
            raw = self.file.reader.read(at + place, 8 + self.width)
            (index,) = struct.unpack_from("<H", raw)
            (own,) = struct.unpack_from(f"<{_WIDTHS[self.width]}", raw, 8)
            need = head + -(-own // 8) * 8 if index else own
            if not head <= need <= size - place:
                return f"an object at {place} has {own} bytes"
            place += need
        return "it has too many objects"


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """An open file: as it is known to us, to the library, and where its headers are."""

    file: ContainerFile
    handle: h5py.File
    headers: Headers
    width: int


@dataclass(slots=True, eq=False)
class Twins:
    """The objects of files once more, behind reads that are looked at; until it is closed."""

    _known: dict[int, _Known] = field(default_factory=dict)
    _twins: dict[int, h5py.File] = field(default_factory=dict)
    _own: dict[int, int] = field(default_factory=dict)
    _last: tuple[tuple[int, int], h5py.Group | h5py.Dataset] | None = None

    def know(self, file: ContainerFile, handle: h5py.File) -> None:
        """Note an open file, whose objects are asked for."""
        made = handle.id.get_create_plist()
        headers = Headers(file, made.get_sizes(), int(made.get_userblock()))
        known = _Known(file, handle, headers, made.get_sizes()[1])
        self._known.setdefault(int(_info(handle.id).fileno), known)

    def of(self, held: h5py.Group | h5py.Dataset) -> h5py.Group | h5py.Dataset:
        """Return an object of a known file again."""
        info = _info(held.id)
        key = int(info.fileno), int(info.addr)
        if key[0] in self._own:
            return held
        if self._last is None or self._last[0] != key:
            self._last = key, self._again(held, b".", key[0])
        return self._last[1]

    def identity(self, held: h5py.h5g.GroupID | h5py.h5d.DatasetID) -> tuple[int, int]:
        """Return what an object is known by: its file, not the twin of it, and its address there."""
        info = _info(held)
        return self._own.get(int(info.fileno), int(info.fileno)), int(info.addr)

    def child(self, group: h5py.Group, name: bytes, address: int) -> object:
        """Open what is at an address, by its name in a group of a known file.

        Raises what the library says of an object that cannot be opened.
        """
        number = int(_info(group.id).fileno)
        if self._known[number].headers.may_be_virtual(address):
            self._again(group, name, number)
        return group[name]

    def reached(self, handle: h5py.File, path: str) -> object:
        """Open what a path of a known file leads to, soft links followed.

        Raises `KeyError` where there is nothing, `OSError` for a path that leads on to another file, or
        back to itself, and what the library says of an object that cannot be opened.
        """
        from h5py import h5l

        group, held, steps, links = handle["/"], handle["/"], _steps(path), 0
        while steps:
            name = steps.pop(0)
            if not isinstance(held, type(group)) or name not in held.id:
                raise KeyError(f"object '{path}' doesn't exist")
            group, info = held, held.id.links.get_info(name)
            if info.type == h5l.TYPE_HARD:
                held = self.child(group, name, int(info.u))
                continue
            links += 1
            if info.type != h5l.TYPE_SOFT or links > _MOST_LINKS:
                raise OSError("it leads on to another file" if links <= _MOST_LINKS else "it has no end")
            target = group.id.links.get_val(name)
            steps = _steps(target) + steps
            held = handle["/"] if target.startswith(b"/") else group
        return held

    def close(self) -> None:
        """Close the twins."""
        self._last = None
        while self._twins:
            self._twins.popitem()[1].close()

    def _again(self, held: h5py.Group | h5py.Dataset, name: bytes, number: int) -> h5py.Group | h5py.Dataset:
        import h5py
        from h5py import h5r

        found = h5r.dereference(h5r.create(held.id, name, h5r.OBJECT), self._twin(number).id)
        return h5py.Dataset(found) if isinstance(found, h5py.h5d.DatasetID) else h5py.Group(found)

    def _twin(self, number: int) -> h5py.File:
        import h5py

        if number not in self._twins:
            known = self._known[number]
            twin = self._twins[number] = h5py.File(Watched(known.file, known.width), "r")
            self._own[int(_info(twin.id).fileno)] = number
        return self._twins[number]


def _info(held: h5py.h5g.GroupID | h5py.h5d.DatasetID) -> h5py.h5o.ObjInfo:
    """Return what the library tells of an open object: its file's number, its address."""
    from h5py import h5o

    return h5o.get_info(held)


def _steps(path: str | bytes) -> list[bytes]:
    own = path.encode("utf-8", "surrogateescape") if isinstance(path, str) else path
    return [step for step in own.split(b"/") if step not in (b"", b".")]
