"""NetCDF classic files, MINC 1 among them: variables as they lie, those of records by their stride."""

from __future__ import annotations

import numpy as np

from vspec.containers.attributes import LARGEST_ATTRIBUTE, Attributes, text
from vspec.containers.model import Container, ContainerFile, Entry, Lost
from vspec.containers.naming import one_name
from vspec.containers.netcdf3_header import Header, Variable, read_header
from vspec.containers.verbatim import Block, Verbatim
from vspec.errors import VspecError
from vspec.layout import Affine, Axis, Json


def open_netcdf3(file: ContainerFile) -> Container:
    """Open a file. Raises V0360 for another kind of file, V0361 for a damaged one."""
    return _Opened(file, read_header(file)).container()


class _Opened:
    def __init__(self, file: ContainerFile, header: Header) -> None:
        self._file = file
        self._header = header
        self._lost: list[Lost] = []
        self._root = Attributes("", self._lost)
        self._affine = self._spacings()

    def container(self) -> Container:
        for name, value in self._header.attributes.items():
            self._root.put(name, value)
        entries: dict[str, Entry] = {}
        labels = self._labels()
        for variable in self._header.variables:
            reason = _unmappable(variable, entries)
            if reason is not None:
                self._lost.append(Lost(variable.name, reason))
            elif variable.dtype.kind == "S":
                self._keep_text(variable, labels)
            else:
                entries[variable.name] = self._entry(variable, labels)
        return Container(entries, {"": self._root.found}, tuple(self._lost))

    def _entry(self, variable: Variable, labels: dict[str, tuple[str, ...]]) -> Entry:
        return Verbatim(variable.name, self._block(variable, labels), self._attrs(variable)).entry()

    def _attrs(self, variable: Variable) -> dict[str, Json]:
        attrs = Attributes(variable.name, self._lost)
        for name, value in variable.attributes.items():
            attrs.put(name, value)
        return attrs.found

    def _block(self, variable: Variable, labels: dict[str, tuple[str, ...]]) -> Block:
        shape = self._header.shape(variable)
        axes: list[Axis] = []
        for k, (dimension, size) in enumerate(zip(variable.dimensions, shape, strict=True)):
            name = self._header.dimensions[dimension].name
            twice = dimension in variable.dimensions[:k]
            own = f"{variable.name}_axis_{k}" if twice else name
            axes.append(Axis(own, size, (own,), affine=self._affine.get(name), labels=labels.get(name)))
        block = Block(self._file, variable.begin, variable.dtype, tuple(axes))
        if self._header.has_records(variable):
            strides = (self._header.stride, *block.steps[1:])
            block = Block(self._file, variable.begin, variable.dtype, tuple(axes), strides)
        return block

    def _spacings(self) -> dict[str, Affine]:
        """Return the coordinates that MINC 1 gives: a scalar variable with ``start`` and ``step``."""
        names = {dimension.name for dimension in self._header.dimensions}
        found: dict[str, Affine] = {}
        for variable in self._header.variables:
            attributes = variable.attributes
            start, step = attributes.get("start"), attributes.get("step")
            even = str(attributes.get("spacing", "regular")).startswith("regular")
            if variable.name not in names or variable.dimensions or not even:
                continue
            if isinstance(start, np.number) and isinstance(step, np.number):
                numbers = float(start), float(step)
                if np.isfinite(numbers).all():
                    units = attributes.get("units")
                    found[variable.name] = Affine(*numbers, units if isinstance(units, str) else None)
        return found

    def _labels(self) -> dict[str, tuple[str, ...]]:
        """Return the texts of variables that are called as their first dimension: one for each position."""
        found: dict[str, tuple[str, ...]] = {}
        for variable in self._header.variables:
            first = self._header.dimensions[variable.dimensions[0]] if variable.dimensions else None
            if variable.dtype.kind == "S" and first is not None and first.name == variable.name:
                texts = self._texts(variable)
                if isinstance(texts, list) and all(isinstance(one, str) for one in texts):
                    found[first.name] = tuple(str(one) for one in texts)
        return found

    def _texts(self, variable: Variable) -> Json:
        """Return a text, or a list of texts, of a variable of characters; None for too many."""
        block = self._block(variable, {})
        shape = block.shape
        count = int(np.prod(shape, dtype=object))
        if count > LARGEST_ATTRIBUTE or len(shape) > 32:
            return None
        if block.end > self._file.reader.size:
            raise self._beyond(variable, block)
        inner = int(np.prod(shape[1:], dtype=object))
        if self._header.has_records(variable):
            places = [
                (variable.begin + k * self._header.stride, inner) for k in range(shape[0] if inner else 0)
            ]
        else:
            places = [(variable.begin, count)] if count else []
        raw = b"".join(self._file.reader.read(at, n) for at, n in places)
        if len(shape) < 2:
            return text(raw.rstrip(b"\0"))
        length = shape[-1]
        lines = np.frombuffer(raw, f"S{length}" if length else "S1").reshape(shape[:-1] if length else 0)
        decoded = [text(line) for line in lines.ravel().tolist()]
        if lines.ndim == 1:
            return list(decoded)
        nested: Json = np.array(decoded, dtype=object).reshape(lines.shape).tolist()
        return nested

    def _beyond(self, variable: Variable, block: Block) -> VspecError:
        return self._file.problem(
            "V0361",
            f"variable '{variable.name}' reaches beyond the end of the file",
            variable.begin,
            expected=f"bytes up to {block.end}",
            found=f"a file of {self._file.reader.size} bytes",
            help="the file was cut short, or is still being written",
        )

    def _keep_text(self, variable: Variable, labels: dict[str, tuple[str, ...]]) -> None:
        """Keep a variable of characters as an attribute of the root, its own attributes with it."""
        attributes = self._attrs(variable)
        if variable.name in labels and not attributes:
            return
        texts = self._texts(variable)
        if texts is None:
            reason = f"texts of more than {LARGEST_ATTRIBUTE} characters, which are no numbers"
            self._lost.append(Lost(variable.name, reason))
        elif variable.name in self._root.found:
            self._lost.append(Lost(variable.name, "a text with the name of an attribute of the file"))
        elif attributes:
            self._root.put(variable.name, {"value": texts, "attributes": attributes})
        else:
            self._root.put(variable.name, texts)


def _unmappable(variable: Variable, entries: dict[str, Entry]) -> str | None:
    return "a second variable of this name" if variable.name in entries else one_name(variable.name)
