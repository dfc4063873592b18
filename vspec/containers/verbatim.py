"""Arrays that lie in a file as they are: elements at constant strides from an offset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import prod

import numpy as np

from vspec.containers.model import ContainerFile, Entry
from vspec.errors import VspecError
from vspec.layout import ArrayLayout, Axis, InnerAxis, Json, Runs, Strided

_NO_AXIS = "_"
_FARTHEST = 1 << 62
_MOST_AXES = 32


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Elements of ``item`` in ``file``: the first at ``offset``, the next by ``strides`` in bytes.

    ``axes`` are the stored ones, slowest first. Without ``strides`` the elements follow each other in C
    order.
    """

    file: ContainerFile
    offset: int
    item: np.dtype[np.generic]
    axes: tuple[Axis, ...]
    strides: tuple[int, ...] | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Elements along each axis."""
        return tuple(axis.size for axis in self.axes)

    @property
    def steps(self) -> tuple[int, ...]:
        """Bytes from an element to the next along each axis."""
        if self.strides is not None:
            return self.strides
        sizes = self.shape
        return tuple(self.item.itemsize * prod(sizes[k + 1 :]) for k in range(len(sizes)))

    @property
    def end(self) -> int:
        """The byte behind the last element; ``offset`` where there is none."""
        if 0 in self.shape:
            return self.offset
        reach = sum((size - 1) * step for size, step in zip(self.shape, self.steps, strict=True))
        return self.offset + reach + self.item.itemsize

    def source(self) -> Strided:
        """Return where the elements lie."""
        steps = self.steps if 0 not in self.shape else (0,) * len(self.axes)
        count, step = (self.shape[0], steps[0]) if self.axes else (1, self.item.itemsize)
        columns = (self.file.index, self.offset, count, step, 0)
        inner = zip(self.axes[1:], steps[1:], strict=True)
        return Strided(
            Runs(*(np.array([value], np.int64) for value in columns)),
            self.item,
            outer=self.axes[0].name if self.axes else _NO_AXIS,
            inner=tuple(InnerAxis(axis.name, axis.size, at) for axis, at in inner),
        )


def anonymous(leaf: str, shape: Sequence[int]) -> tuple[Axis, ...]:
    """Return axes for an array whose axes have no names of their own."""
    return tuple(plain(f"{leaf}_axis_{k}", size) for k, size in enumerate(shape))


def plain(name: str, size: int) -> Axis:
    """Return an axis that is one stored axis."""
    return Axis(name, size, (name,))


@dataclass(frozen=True, slots=True, eq=False)
class Verbatim:
    """An array of a container that lies in it as it is; `entry` makes an `Entry` of it."""

    path: str
    block: Block
    attrs: Mapping[str, Json] = field(default_factory=dict)

    def entry(self) -> Entry:
        """Return the entry; its layout is checked against the size of the file when it is asked for."""
        block = self.block
        names = tuple(axis.name for axis in block.axes)
        return Entry(self.path, block.shape, block.item, names, self._layout, self.attrs)

    def _layout(self) -> ArrayLayout:
        block = self.block
        inside = 0 in block.shape or 0 <= block.offset <= block.end <= block.file.reader.size
        if not inside or prod(max(1, size) for size in block.shape) * block.item.itemsize >= _FARTHEST:
            raise self._outside()
        axes = len(block.axes) + (block.item.kind == "c")
        if axes > _MOST_AXES:
            raise block.file.problem(
                "V0362",
                f"array '{self.path}' has {len(block.axes)} axes",
                block.offset,
                expected=f"at most {_MOST_AXES}, of which complex numbers take one",
                help="leave the array out",
            )
        return ArrayLayout(self.path, block.axes, block.item, block.source(), self.attrs)

    def _outside(self) -> VspecError:
        block = self.block
        return block.file.problem(
            "V0361",
            f"array '{self.path}' reaches beyond the end of the file",
            block.offset,
            expected=f"{prod(block.shape) * block.item.itemsize} bytes of it, up to byte {block.end}",
            found=f"a file of {block.file.reader.size} bytes",
            help="the file was cut short, or is still being written",
        )
