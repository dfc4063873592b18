"""Zarr, versions 2 and 3: arrays whose chunks are files of a folder, members of a zip file, parts of shards.

A store is opened by the metadata file at its root (``.zgroup``, ``.zarray``, ``.zmetadata`` or
``zarr.json``) or as a zip file with such a member. What is in it is found by listing: consolidated
metadata may be older than the store. The array of a store that has but one, at its root, is ``data``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from math import prod

import numpy as np

from vspec.containers.attributes import Attributes
from vspec.containers.blosc_heads import require_whole_blosc
from vspec.containers.model import Container, ContainerFile, Entry, Lost
from vspec.containers.naming import fault
from vspec.containers.zarr_chunks import cells
from vspec.containers.zarr_described import Described, Dtype, Unsupported, Wrong
from vspec.containers.zarr_store import FolderStore, Packed, Store, document, open_zip
from vspec.containers.zarr_v2 import describe as describe_v2
from vspec.containers.zarr_v3 import describe as describe_v3
from vspec.layout import (
    ArrayLayout,
    Axis,
    Chunked,
    Codecs,
    Derived,
    InnerAxis,
    Json,
    Origin,
    Runs,
    Source,
    Strided,
)

PEER = "zarr"
_V2 = frozenset({".zgroup", ".zarray", ".zmetadata", ".zattrs"})
_DEEPEST = 64
_LARGE = 16 << 20
_ROOT_ARRAY = "data"
_AGAIN = "the store is damaged, or still being written: fetch it again"


def open_zarr(file: ContainerFile) -> Container:
    """Open a store. Raises V0360, V0361, and what listing a folder raises."""
    name = file.name.rpartition("/")[2]
    if name == "zarr.json" or name in _V2:
        return _Tree(FolderStore(file), 3 if name == "zarr.json" else 2).container()
    if file.reader.size >= 4 and file.reader.read(0, 4) == b"PK\x03\x04":
        store = open_zip(file)
        names = store.inside("").names
        if "zarr.json" in names or names & _V2:
            return _Tree(store, 3 if "zarr.json" in names else 2).container()
    raise file.problem(
        "V0360",
        f"{file.name} is not the root of a Zarr store",
        0,
        expected="a file .zgroup, .zarray, .zmetadata or zarr.json, or a zip file with one at its root",
        help="match the metadata file in the store's folder, e.g. '{name}.zarr/.zgroup'",
    )


@dataclass(slots=True)
class _Tree:
    """A walk through the nodes of a store."""

    store: Store
    version: int
    entries: dict[str, Entry] = field(default_factory=dict)
    groups: dict[str, dict[str, Json]] = field(default_factory=dict)
    lost: list[Lost] = field(default_factory=list)
    sizes: dict[tuple[str, str], int] = field(default_factory=dict)

    def container(self) -> Container:
        """Return all that is in the store."""
        pending = [("", 0)]
        while pending:
            path, depth = pending.pop()
            pending += [(child, depth + 1) for child in self._enter(path) if depth < _DEEPEST][::-1]
        return Container(self.entries, self.groups, tuple(self.lost))

    def _enter(self, path: str) -> Iterator[str]:
        """Take a node in, and yield the paths of folders in it."""
        if path and (reason := fault(path)):
            self.lost.append(Lost(path, reason))
            return
        inside = self.store.inside(path)
        names = inside.names
        try:
            is_group = self._node_v3(path, names) if self.version == 3 else self._node_v2(path, names)
        except Unsupported as error:
            self.lost.append(Lost(path or _ROOT_ARRAY, str(error)))
            return
        except Wrong as error:
            key = _join(path, "zarr.json" if self.version == 3 else ".zarray")
            owner, _ = self.store.owner(key)
            raise owner.problem(
                "V0361", f"the metadata of array '{path or _ROOT_ARRAY}' are wrong: {error}", 0, help=_AGAIN
            ) from None
        if is_group:
            self.lost += [Lost(_join(path, name), "it is a link to a folder") for name in inside.linked]
            yield from (_join(path, name) for name in inside.folders)

    def _node_v2(self, path: str, names: frozenset[str]) -> bool:
        """Take in a node of version 2; tell whether it is a group."""
        attrs = document(self.store, _join(path, ".zattrs")) if ".zattrs" in names else {}
        if ".zarray" in names:
            self._array(path, describe_v2(document(self.store, _join(path, ".zarray")), attrs))
        elif ".zgroup" in names:
            group = document(self.store, _join(path, ".zgroup"))
            if group.get("zarr_format") != 2:
                raise Unsupported(f"its .zgroup has zarr_format {group.get('zarr_format')}, not 2")
            self._group(path, attrs)
            return True
        else:
            self._neither(path, ".zgroup or .zarray")
        return False

    def _node_v3(self, path: str, names: frozenset[str]) -> bool:
        """Take in a node of version 3; tell whether it is a group."""
        if "zarr.json" not in names:
            self._neither(path, "zarr.json")
            return False
        node = document(self.store, _join(path, "zarr.json"))
        if node.get("zarr_format") != 3:
            raise Wrong(f"zarr_format is 3, not {node.get('zarr_format')!r}")
        if node.get("node_type") == "array":
            self._array(path, describe_v3(node))
            return False
        if node.get("node_type") != "group":
            raise Wrong(f"node_type is 'array' or 'group', not {node.get('node_type')!r}")
        attrs = node.get("attributes") or {}
        self._group(path, attrs if isinstance(attrs, dict) else {})
        return True

    def _neither(self, path: str, expected: str) -> None:
        if not path:
            raise self.store.file.problem(
                "V0361",
                "the store has no metadata at its root",
                0,
                expected=f"a file {expected}",
                help=_AGAIN,
            )
        self.lost.append(Lost(path, f"it is a folder without {expected}"))

    def _group(self, path: str, attrs: dict[str, Json]) -> None:
        self.groups[path] = self._attributes(path, attrs)

    def _attributes(self, path: str, attrs: dict[str, Json]) -> dict[str, Json]:
        kept = Attributes(path, self.lost)
        for name, value in attrs.items():
            if name != "_ARRAY_DIMENSIONS":
                kept.put(name, value)
        return kept.found

    def _array(self, path: str, found: Described) -> None:
        """Make the entries of an array: one, or one for each number of a record."""
        name = path or _ROOT_ARRAY
        attrs = self._attributes(name, dict(found.attrs))
        if found.units is not None:
            attrs.setdefault("units", found.units)
        found = replace(found, attrs=attrs)
        order = tuple(found.order[at] for at in found.inner_order) if found.inner_order else found.order
        axes = self._axes(name, found, order)
        kinds: dict[str, Dtype] = dict(found.members) or {"": found.item}
        for member, kind in kinds.items():
            seen = tuple(axes[order.index(at)] for at in range(len(order)))
            whole = _join(name, member) if member else name
            one = _Array(self.store, path, whole, replace(found, item=kind), axes, seen)
            shape = tuple(axis.size for axis in axes)
            words = tuple(axis.name for axis in axes)
            self.entries[one.name] = Entry(one.name, shape, kind, words, one.layout, attrs)

    def _axes(self, name: str, found: Described, order: tuple[int, ...]) -> tuple[Axis, ...]:
        """Return the stored axes. A name that has another size in this group already is not given again."""
        folder, _, leaf = name.rpartition("/")
        axes: list[Axis] = []
        for at in order:
            size, word = found.shape[at], found.names[at]
            taken = {axis.name for axis in axes}
            if word is None or word in taken or self.sizes.setdefault((folder, word), size) != size:
                if word is not None:
                    reason = f"its axis '{word}' has another size elsewhere in the group, or comes twice"
                    self.lost.append(Lost(name, reason))
                word = f"{leaf}_axis_{at}"
            axes.append(Axis(word, size, (word,)))
        return tuple(axes)


def _join(path: str, name: str) -> str:
    return f"{path}/{name}" if path else name


@dataclass(frozen=True, slots=True, eq=False)
class _Array:
    """An array, or a number of its records; ``axes`` as they are stored, ``seen`` as readers see them."""

    store: Store
    path: str
    name: str
    described: Described
    axes: tuple[Axis, ...]
    seen: tuple[Axis, ...]

    def layout(self) -> ArrayLayout:
        """Look the chunks up."""
        return ArrayLayout(self.name, self.seen, self.described.item, self._source(), self.described.attrs)

    @property
    def _stored(self) -> tuple[tuple[str, int], ...]:
        return tuple((axis.name, axis.size) for axis in self.axes)

    @property
    def _origins(self) -> tuple[Origin, ...]:
        shape = tuple(axis.size for axis in self.axes)
        return (Origin(self.store.file.index, self.name, (0,) * len(shape), shape),)

    def _derived(self, reason: str) -> Derived:
        return Derived(self._stored, PEER, self._origins, reason)

    def _source(self) -> Source:
        array = self.described
        if array.reason:
            return self._derived(array.reason)
        try:
            table = cells(self.store, self.path, array)
        except Packed:
            return self._derived("its chunks are compressed members of a zip file")
        absent = bool((table[0] < 0).any())
        if absent and array.fill.reason:
            return self._derived(array.fill.reason)
        chunk = self._chunk()
        if not absent and not array.chain and self._is_long(chunk):
            return self._strided(table, chunk)
        file, offset, nbytes = (np.ascontiguousarray(column.ravel()) for column in table)
        chains: tuple[Codecs, ...] = (array.chain,)
        alone = len(array.chain) == 1 and not array.members
        size = prod(chunk) * array.item.itemsize if alone else None
        require_whole_blosc(self.store.file, self.name, array.chain, (file, offset, nbytes), size)
        return Chunked(
            self._stored,
            chunk,
            array.item,
            file,
            offset,
            nbytes,
            chains=chains,
            fill=array.fill.value,
            peer=PEER,
            origins=self._origins,
        )

    def _chunk(self) -> tuple[int, ...]:
        """Return the shape of the cells, along the stored axes."""
        array = self.described
        if array.shards is not None:
            return tuple(array.shards.chunk[at] for at in array.inner_order)
        return tuple(array.chunk[at] for at in array.order)

    def _is_long(self, chunk: tuple[int, ...]) -> bool:
        """Tell whether chunks are large, follow each other along the first axis, and so are better cut."""
        nbytes = int(np.prod(chunk, dtype=object)) * self.described.item.itemsize
        whole = all(part == axis.size for part, axis in zip(chunk[1:], self.axes[1:], strict=True))
        return bool(chunk) and nbytes > _LARGE and whole and self.axes[0].size > 0

    def _strided(
        self, table: np.ndarray[tuple[int, ...], np.dtype[np.int64]], chunk: tuple[int, ...]
    ) -> Strided:
        """Return verbatim chunks as runs of rows; the last chunk is padded, and its padding left out."""
        item = self.described.item
        steps = [item.itemsize]
        for size in reversed(chunk[1:]):
            steps.append(steps[-1] * size)
        file, offset, nbytes = (column.ravel() for column in table)
        wrong = np.flatnonzero(nbytes != steps[-1] * chunk[0])
        if len(wrong):
            owner = ContainerFile(self.store.file.files, int(file[wrong[0]]))
            raise owner.problem(
                "V0361",
                f"chunk {wrong[0]} of array '{self.name}' has a length that cannot be",
                int(offset[wrong[0]]),
                expected=f"{steps[-1] * chunk[0]} bytes",
                found=f"{nbytes[wrong[0]]} bytes",
                help=_AGAIN,
            )
        count = np.full(len(file), chunk[0], np.int64)
        count[-1] = self.axes[0].size - chunk[0] * (len(file) - 1)
        stride, cell = np.full(len(file), steps[-1], np.int64), np.zeros(len(file), np.int64)
        inner = zip(self.axes[1:], steps[-2::-1], strict=True)
        return Strided(
            Runs(np.ascontiguousarray(file), np.ascontiguousarray(offset), count, stride, cell),
            item,
            outer=self.axes[0].name,
            inner=tuple(InnerAxis(axis.name, axis.size, step) for axis, step in inner),
        )
