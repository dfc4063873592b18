"""Damage that a card must notice: each kind is a few ways to spoil files, tried until one is refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vspec.authoring.fakes.acceptance import refusals
from vspec.authoring.fakes.canvas import Written, leaves, texts_of
from vspec.authoring.fakes.data_sets import FakeSet
from vspec.authoring.fakes.fields import written
from vspec.authoring.fakes.files import FakeFile
from vspec.authoring.fakes.records import Struct
from vspec.authoring.fakes.sheets import MISSING
from vspec.authoring.fakes.streams import packed, unpacked
from vspec.authoring.fakes.texts import TextPart
from vspec.authoring.fakes.trees import plant
from vspec.card.model import ByteOrderTest
from vspec.card.text_model import TextField
from vspec.datatypes import NUMBERS, ElementType
from vspec.errors import Problem

DAMAGES = ("truncated", "extended", "magic", "count", "pointer", "missing", "byte-order")
"""Every kind of damage; a card has those that it can notice."""

MAX_CANDIDATES = 12


@dataclass(frozen=True, slots=True)
class Spoiling:
    """One way to spoil a file: its new bytes, or None to remove it."""

    path: Path
    new: bytes | None


def damage(kind: str, fake: FakeSet, out: Path, files: Sequence[Path]) -> tuple[Problem, ...]:
    """Spoil one file so that the card refuses it, and return why; nothing where no way is noticed."""
    for spoiling in _spoilings(kind, fake, out):
        old = spoiling.path.read_bytes()
        if spoiling.new is None:
            spoiling.path.unlink()
        else:
            spoiling.path.write_bytes(spoiling.new)
        problems = refusals(fake.plan.card, out, files, fake.params)
        if problems:
            return problems
        spoiling.path.write_bytes(old)
    return ()


def possible(fake: FakeSet, out: Path, files: Sequence[Path]) -> tuple[str, ...]:
    """Return the kinds of damage that the card notices in these files, which are left as they were."""
    found: list[str] = []
    before = {file: file.read_bytes() for file in files}
    for kind in DAMAGES:
        if damage(kind, fake, out, files):
            found.append(kind)
        for file, content in before.items():
            if not file.exists() or file.read_bytes() != content:
                file.write_bytes(content)
    return tuple(found)


def _spoilings(kind: str, fake: FakeSet, out: Path) -> Iterator[Spoiling]:
    ways: Mapping[str, Callable[[FakeSet, Path], Iterator[Spoiling]]] = {
        "truncated": _truncated,
        "extended": _extended,
        "magic": _magic,
        "count": _counts,
        "pointer": _pointers,
        "missing": _missing,
        "byte-order": _byte_orders,
    }
    for k, spoiling in enumerate(ways[kind](fake, out)):
        if k == MAX_CANDIDATES:
            return
        yield spoiling


def _data_files(fake: FakeSet, out: Path) -> Iterator[Path]:
    """Yield the files, those with data (raw, then layouts) before those of text."""
    ranks = sorted(
        fake.files(), key=lambda file: 2 if file.role.text is not None else int(file.role.layout is not None)
    )
    yield from (out / file.path for file in ranks)


def _truncated(fake: FakeSet, out: Path) -> Iterator[Spoiling]:
    for path in _data_files(fake, out):
        content = path.read_bytes()
        for keep in (len(content) - 1, len(content) // 2, 1):
            if 0 <= keep < len(content):
                yield Spoiling(path, content[:keep])


def _extended(fake: FakeSet, out: Path) -> Iterator[Spoiling]:
    for path in _data_files(fake, out):
        content = path.read_bytes()
        yield Spoiling(path, content + b"\xa5")
        yield Spoiling(path, content + content[-1:] * 2 + b"\xa5")


def _missing(fake: FakeSet, out: Path) -> Iterator[Spoiling]:
    anchor = fake.plan.card.roles[0]
    anchors = {file.path for file in fake.files() if file.role is anchor}
    for file in fake.files():
        if file.path not in anchors and not file.role.optional:
            yield Spoiling(out / file.path, None)


# --- fields


def _fields(fake: FakeSet) -> Iterator[tuple[FakeFile, Written]]:
    for file in fake.files():
        if isinstance(file.content, Struct):
            yield from ((file, place) for place in leaves(file.content))


def _overwritten(file: FakeFile, out: Path, place: Written, raw: bytes) -> Iterator[Spoiling]:
    path, word = out / file.path, file.role.compression
    content = unpacked(path.read_bytes(), word)
    if raw and content[place.offset : place.offset + len(raw)] != raw:
        new = content[: place.offset] + raw + content[place.offset + len(raw) :]
        yield Spoiling(path, packed(new, word))


def _magic(fake: FakeSet, out: Path) -> Iterator[Spoiling]:
    """Yield changes of constants, then of what the checks look at."""
    checked = fake.plan.usage.checked
    constants = [(f, w) for f, w in _fields(fake) if w.leaf.field.constant is not None]
    looked_at = [(f, w) for f, w in _fields(fake) if w.path in checked and (f, w) not in constants]
    for file, place in [*constants, *looked_at]:
        yield from _overwritten(file, out, place, bytes(b ^ 0x15 for b in place.leaf.raw))
    yield from _texts(fake, out, checked, lambda value: f"not {value}" if isinstance(value, str) else value)


def _counts(fake: FakeSet, out: Path) -> Iterator[Spoiling]:
    sizes = fake.plan.usage.sizes
    for file, place in _fields(fake):
        if place.path in sizes:
            yield from _overwritten(file, out, place, _huge(place))
    yield from _texts(fake, out, sizes, _larger)


def _pointers(fake: FakeSet, out: Path) -> Iterator[Spoiling]:
    pointers = fake.plan.usage.pointers
    for file, place in _fields(fake):
        if place.path in pointers:
            yield from _overwritten(file, out, place, _huge(place))
    yield from _texts(fake, out, pointers, _larger)


def _huge(place: Written) -> bytes:
    """Return the largest signed value that fits into a field, all over."""
    slot = place.leaf.slot
    if not isinstance(slot.kind, ElementType):
        return b"9" * slot.nbytes if slot.field.convert else b""
    if slot.kind.packing is not None:
        return b"\x7f" * slot.nbytes
    dtype = slot.kind.dtype(slot.endian)
    largest = {"f": 1e30, "c": 1e30, "b": 1}.get(dtype.kind, 2 ** (8 * dtype.itemsize - 1) - 1)
    return np.full(slot.shape, largest, dtype).tobytes()


def _larger(value: object) -> object:
    if isinstance(value, list):
        return [_larger(item) for item in value]
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return value
    return value * 1009 + 7


def _texts(
    fake: FakeSet, out: Path, paths: frozenset[str], change: Callable[[object], object]
) -> Iterator[Spoiling]:
    """Yield files in which one value of a text is changed."""
    for file, part in _parts(fake):
        for field in part.form.fields:
            given = part.given(field)
            if f"{part.path}.{field.name}" not in paths or given is MISSING:
                continue
            changed = change(given)
            if changed != given:
                yield from _changed(out / file.path, part, field, changed)


def _parts(fake: FakeSet) -> Iterator[tuple[FakeFile, TextPart]]:
    for file in fake.files():
        if isinstance(file.content, TextPart):
            yield file, file.content
        elif isinstance(file.content, Struct):
            yield from ((file, leaf.text) for leaf in texts_of(file.content) if leaf.text is not None)


def _changed(path: Path, part: TextPart, field: TextField, changed: object) -> Iterator[Spoiling]:
    content = path.read_bytes()
    encoding = part.form.encoding
    if part.form.format == "json":
        key = field.key.value if field.key is not None else field.name
        tree = part.tree()
        _replace(tree, key, changed)
        yield Spoiling(path, content.replace(part.encoded(), json.dumps(tree).encode(encoding), 1))
        return
    old = written(part.given(field))
    for name, line in part.pieces():
        if name == field.name and old in line:
            head, _, tail = line.rpartition(old)
            new = f"{head}{written(changed)}{tail}"
            if part.form.width is not None:
                new = new.rstrip().ljust(part.form.width)
            if line.encode(encoding) in content:
                yield Spoiling(path, content.replace(line.encode(encoding), new.encode(encoding), 1))


def _replace(tree: dict[str, object], key: str, value: object) -> None:
    *way, last = key.split(".")
    node: object = tree
    for step in way:
        node = node.get(step) if isinstance(node, dict) else None
    if isinstance(node, dict):
        node.pop(last, None)
        plant(node, last, value)


def _byte_orders(fake: FakeSet, out: Path) -> Iterator[Spoiling]:
    """Yield files whose byte order cannot be told, or whose constants stand in the other order."""
    for file in fake.files():
        test = file.role.endian
        if isinstance(test, ByteOrderTest):
            path = out / file.path
            content = bytearray(unpacked(path.read_bytes(), file.role.compression))
            content[test.offset : test.offset + NUMBERS[test.type].nbytes] = (
                b"\xa5" * NUMBERS[test.type].nbytes
            )
            yield Spoiling(path, packed(bytes(content), file.role.compression))
    for file, place in _fields(fake):
        kind = place.leaf.slot.kind
        if place.leaf.field.constant is not None and isinstance(kind, ElementType) and kind.nbytes > 1:
            yield from _overwritten(file, out, place, place.leaf.raw[::-1])
