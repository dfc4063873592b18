"""MATLAB files of versions 5 to 7.2: tagged elements, those of version 7 compressed one by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod

from vspec.containers.attributes import text
from vspec.containers.mat5_numbers import Numbers
from vspec.containers.mat5_stream import Inflated, Stream, Tag
from vspec.containers.mat_found import MOST, MatFound, stored_axes
from vspec.containers.model import Container, ContainerFile
from vspec.containers.naming import one_name

_HEADER = 128
_MATRIX, _COMPRESSED = 14, 15
_CELL, _STRUCT, _OBJECT, _CHAR, _SPARSE, _FUNCTION, _OPAQUE = 1, 2, 3, 4, 5, 16, 17
_COMPLEX, _LOGICAL = 0x800, 0x200
_MOST_AXES, _MOST_FIELDS, _DEEPEST, _LONGEST_TEXT = 32, 4096, 64, 1 << 20

CLASSES: Mapping[int, str] = {
    6: "double",
    7: "single",
    8: "int8",
    9: "uint8",
    10: "int16",
    11: "uint16",
    12: "int32",
    13: "uint32",
    14: "int64",
    15: "uint64",
}
_TEXTS: Mapping[int, str] = {2: "latin-1", 4: "utf-16", 1: "latin-1", 16: "utf-8", 17: "utf-16", 18: "utf-32"}


@dataclass(frozen=True, slots=True)
class _Head:
    """What stands before the data of an array."""

    kind: int
    flags: int
    shape: tuple[int, ...]
    name: str
    after: int


def read_5(file: ContainerFile, order: str) -> Container:
    """Read the variables of a file one after the other. Raises V0361."""
    found = MatFound()
    whole = Stream(file, order, 0, file.reader.size)
    at = _HEADER
    while at < whole.size:
        tag = whole.tag(at, whole.size)
        if tag.kind == _COMPRESSED:
            inner = Inflated(file, order, tag.begin, tag.nbytes)
            _Variable(inner, found).read(inner.tag(0, inner.size))
        elif tag.kind == _MATRIX:
            _Variable(whole, found).read(tag)
        else:
            raise whole.damaged(
                "a variable is of an unknown type", at, expected="14 or 15", found=f"{tag.kind}"
            )
        # Compressed elements are not padded.
        at = tag.end if tag.kind == _COMPRESSED else tag.after
    return found.container()


class _Variable:
    def __init__(self, stream: Stream, found: MatFound) -> None:
        self._stream = stream
        self._found = found

    def read(self, tag: Tag) -> None:
        """Read a variable of the file."""
        if tag.kind != _MATRIX:
            raise self._stream.damaged(
                "a variable is no array", tag.begin, expected="type 14", found=f"{tag.kind}"
            )
        head = self._head(tag, named=True)
        path = self._found.variable(head.name)
        if path is not None:
            self._array(path, head, tag.end, 0)

    def _head(self, tag: Tag, *, named: bool) -> _Head:
        stream = self._stream
        if not tag.nbytes and not named:
            return _Head(6, 0, (0, 0), "", tag.end)
        flags_tag = stream.tag(tag.begin, tag.end)
        words = stream.numbers(flags_tag, "u4", 2)
        if len(words) != 2:
            raise stream.damaged("the flags of an array are missing", flags_tag.begin)
        kind = words[0] & 0xFF
        if kind == _OPAQUE:
            name = stream.tag(flags_tag.after, tag.end)
            return _Head(kind, words[0], (), self._name(name), name.after)
        sizes_tag = stream.tag(flags_tag.after, tag.end)
        sizes = stream.numbers(sizes_tag, "i4", _MOST_AXES)
        if len(sizes) < 2 or min(sizes) < 0:
            raise stream.damaged(
                "the sizes of an array are not what they must be", sizes_tag.begin, found=f"{sizes}"
            )
        name = stream.tag(sizes_tag.after, tag.end)
        return _Head(kind, words[0], tuple(sizes), self._name(name), name.after)

    def _name(self, tag: Tag) -> str:
        if tag.nbytes > 4096:
            raise self._stream.damaged("a name is too long", tag.begin, found=f"{tag.nbytes} bytes")
        return text(self._stream.read(tag.begin, tag.nbytes).partition(b"\0")[0])

    def _array(self, path: str, head: _Head, end: int, depth: int) -> None:
        """Take in an array of any class. Only what is read here is read: callers know where it ends."""
        if depth > _DEEPEST:
            self._found.lose(path, f"nested more than {_DEEPEST} deep")
        elif head.kind in CLASSES:
            self._numbers(path, head, end)
        elif head.kind == _CELL:
            self._cells(path, head, end, depth)
        elif head.kind in (_STRUCT, _OBJECT):
            self._struct(path, head, end, depth)
        elif head.kind == _CHAR:
            self._text(path, head, end)
        elif head.kind == _SPARSE:
            self._sparse(path, head, end)
        else:
            kinds = {_FUNCTION: "a function", _OPAQUE: "an object of a class of its own"}
            self._found.lose(path, kinds.get(head.kind, f"an array of the unknown class {head.kind}"))

    def _numbers(self, path: str, head: _Head, end: int) -> None:
        attrs: dict[str, object] = {"matlab_class": CLASSES[head.kind]}
        if head.flags & _LOGICAL:
            attrs = {"matlab_class": "logical"}
        if not head.flags & _COMPLEX:
            self._part(path, head.after, (end, head.shape), attrs)
            return
        self._found.add_group(path, matlab_class=CLASSES[head.kind], complex=True)
        after = self._part(f"{path}/real", head.after, (end, head.shape), attrs)
        self._part(f"{path}/imag", after, (end, head.shape), attrs)

    def _part(
        self, path: str, at: int, limits: tuple[int, tuple[int, ...]], attrs: Mapping[str, object]
    ) -> int:
        """Add the numbers of one element; returns where the next one begins."""
        end, shape = limits
        # An array without elements may come without its data.
        tag = Tag(9, at, at, at) if at >= end and prod(shape) == 0 else self._stream.tag(at, end)
        axes = stored_axes(path.removesuffix("/real").removesuffix("/imag"), shape)
        numbers = Numbers(self._stream, tag, path, axes, dict(attrs))
        self._found.add(numbers.entry())
        return tag.after

    def _members(self, tag_at: int, end: int, count: int) -> Iterator[Tag]:
        at = tag_at
        for _ in range(count):
            tag = self._stream.tag(at, end)
            if tag.kind != _MATRIX:
                raise self._stream.damaged(
                    "a member is no array", at, expected="type 14", found=f"{tag.kind}"
                )
            yield tag
            at = tag.after

    def _count(self, shape: tuple[int, ...], each: int, at: int, end: int) -> int:
        """Return how many members there are; each takes 8 bytes at least."""
        count = prod(shape) * each
        if count * 8 > max(0, end - at):
            raise self._stream.damaged(
                "an array has more members than bytes",
                at,
                expected=f"at most {(end - at) // 8}",
                found=f"{count}",
            )
        return count

    def _cells(self, path: str, head: _Head, end: int, depth: int) -> None:
        count = self._count(head.shape, 1, head.after, end)
        self._found.add_group(path)
        for k, tag in enumerate(self._members(head.after, end, count)):
            if k > MOST:
                break
            self._array(f"{path}/{k}", self._head(tag, named=False), tag.end, depth + 1)
        self._found.fold(path, count)
        if path in self._found.groups:
            self._found.groups[path] |= {"matlab_class": "cell", "shape": list(head.shape)}

    def _struct(self, path: str, head: _Head, end: int, depth: int) -> None:
        at, attrs = head.after, {"matlab_class": "struct"}
        if head.kind == _OBJECT:
            own = self._stream.tag(at, end)
            attrs = {"matlab_class": self._name(own)}
            at = own.after
        names, at = self._fields(at, end)
        count = self._count(head.shape, len(names), at, end)
        several = prod(head.shape) != 1
        self._found.add_group(path)
        for k, tag in enumerate(self._members(at, end, count)):
            if k > MOST:
                break
            name = names[k % len(names)]
            below = f"{path}/{k // len(names)}/{name}" if several else f"{path}/{name}"
            if several and k % len(names) == 0:
                self._found.add_group(f"{path}/{k // len(names)}")
            self._array(below, self._head(tag, named=False), tag.end, depth + 1)
        group = self._found.groups.setdefault(path, {})
        group.setdefault("matlab_class", attrs["matlab_class"])
        if several:
            group.setdefault("shape", list(head.shape))

    def _fields(self, at: int, end: int) -> tuple[list[str], int]:
        """Return the names of a struct's fields, and where its members begin."""
        stream = self._stream
        length_tag = stream.tag(at, end)
        lengths = stream.numbers(length_tag, "i4", 1)
        names_tag = stream.tag(length_tag.after, end)
        length = lengths[0] if lengths else 0
        if length < 1 or names_tag.nbytes % length or names_tag.nbytes // length > _MOST_FIELDS:
            raise stream.damaged(
                "the names of fields do not fit",
                names_tag.begin,
                found=f"{names_tag.nbytes} bytes of {length} each",
            )
        raw = stream.read(names_tag.begin, names_tag.nbytes)
        names = [text(raw[k : k + length].partition(b"\0")[0]) for k in range(0, len(raw), length)]
        used: set[str] = set()
        for k, name in enumerate(names):
            names[k] = name if one_name(name) is None and name not in used else f"field{k}"
            used.add(names[k])
        return names, names_tag.after

    def _text(self, path: str, head: _Head, end: int) -> None:
        if prod(head.shape) == 0:
            self._found.add_text(path, [""])
            return
        tag = self._stream.tag(head.after, end)
        encoding = _TEXTS.get(tag.kind)
        if encoding is None or tag.nbytes > _LONGEST_TEXT:
            self._found.lose(
                path, "a text too long for an attribute" if encoding else "a text of an unknown encoding"
            )
            return
        if encoding in ("utf-16", "utf-32"):
            encoding += "-le" if self._stream.order == "<" else "-be"
        raw = self._stream.read(tag.begin, tag.nbytes)
        letters = raw.decode(encoding, errors="replace")
        if len(letters) != prod(head.shape) or len(head.shape) != 2:
            self._found.add_text(path, [letters])
            return
        rows = head.shape[0]
        self._found.add_text(path, [letters[k::rows] for k in range(rows)])

    def _sparse(self, path: str, head: _Head, end: int) -> None:
        """Add the parts of a sparse array: row of each element, first element of each column, values."""
        self._found.add_group(path, matlab_class="sparse", shape=list(head.shape), first_index=0)
        names = ["row", "column_start", *(("real", "imag") if head.flags & _COMPLEX else ("values",))]
        at = head.after
        for name in names:
            tag = self._stream.tag(at, end)
            numbers = Numbers(self._stream, tag, f"{path}/{name}", None, {})
            self._found.add(numbers.entry())
            at = tag.after
