"""Records in regions of encoded bytes: located inside, decoded only where a card asks for a value."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from vspec.card.check_codecs import codec_help
from vspec.card.container_words import is_codec
from vspec.card.model import CodecStep
from vspec.card.model import Record as RecordSpec
from vspec.card.references import references
from vspec.errors import fail
from vspec.expressions import Column, Expression, Scope, UnknownName, Value
from vspec.header.elements import View
from vspec.header.encoded import HIDDEN, is_alike
from vspec.header.home import Home
from vspec.header.instances import Instance
from vspec.header.located import Located
from vspec.header.rows import KeyedRows, gather, stack
from vspec.layout import Codecs, Int64, Json
from vspec.sources.decoding import CodecError, require_codec

Make = Callable[[RecordSpec, Home, Scope], Instance]
"""Makes an instance of a record at the beginning of a decoded region."""


def chain_of(steps: Sequence[CodecStep], scope: Scope) -> Codecs:
    """Return the configurations of a chain, in encoding order. Raises V0305 for what is no codec."""
    chain: list[dict[str, Json]] = []
    for step in steps:
        if step.condition is not None and not step.condition.truth(scope):
            continue
        name = str(step.id.render(scope))
        if not is_codec(name):
            raise fail("V0305", f"'{name}' is no codec", step.place, help=codec_help(name))
        config = {"id": name, **{key: _argument(e, scope) for key, e in step.arguments.items()}}
        try:
            require_codec(config)
        except CodecError as error:
            help = "pip install imagecodecs" if error.is_missing else None
            code = "V0363" if error.is_missing else "V0305"
            raise fail(code, f"codec '{name}': {error}", step.place, help=help) from None
        chain.append(config)
    return tuple(chain)


def _argument(expression: Expression, scope: Scope) -> Json:
    value = expression.evaluate(scope)
    plain = value.tolist() if isinstance(value, np.ndarray) else value
    if plain is None or isinstance(plain, (bool, int, float, str)):
        return plain
    if isinstance(plain, list) and all(isinstance(item, (bool, int, float, str)) for item in plain):
        return list(plain)
    message = "an argument of a codec is a number, a text, or a list of them"
    raise fail("V0305", message, expression.text.place, found=repr(value)[:80])


@dataclass(frozen=True, slots=True)
class Regions:
    """The regions of a record or of its rows, and how to look inside.

    ``spec`` is the record inside, ``index`` has the region of each row in the table of files.
    """

    spec: RecordSpec
    variable: str | None
    home: Home
    index: Int64
    make: Make

    def instance(self, k: int, scope: Scope) -> Instance:
        """Return the record in region ``k``."""
        index = int(self.index[k])
        view = View(index, f"{self.home.view.name} (decoded)", self.home.inside(index))
        return self.make(self.spec, replace(self.home, view=view), scope)


class CodedRecord:
    """One coded record. Its extent is that of the encoded bytes in the file."""

    def __init__(self, base: Instance, regions: Regions) -> None:
        self.base = base
        self._regions = regions
        self._inner: Instance | None = None

    @property
    def offset(self) -> int:
        """Where the region begins, in the file."""
        return self.base.offset

    @property
    def nbytes(self) -> int:
        """Encoded bytes."""
        return self.base.nbytes

    @property
    def inner(self) -> Instance:
        """The record in the decoded bytes."""
        if self._inner is None:
            self._inner = self._regions.instance(0, self.base.scope)
        return self._inner

    def names(self) -> Iterable[str]:
        return self.inner.names()

    def get(self, name: str) -> Value:
        return self.inner.get(name)

    def locate(self, name: str) -> object:
        return self.inner.locate(name)


def regions_of(found: object, home: Home, chains: Sequence[Codecs]) -> Int64:
    """Return the indices of the regions that a located run of bytes is, or each of its rows.

    There is one chain for all of them, or one for each.
    """
    assert isinstance(found, Located), "bytes are located as bytes"
    offset = np.atleast_1d(np.asarray(found.offset, np.int64))
    nbytes = np.broadcast_to(np.asarray(found.nbytes, np.int64), offset.shape)
    file = np.full(len(offset), home.view.index, np.int64)
    if len(chains) == 1:
        return home.add_regions(file, offset, nbytes, chains[0])
    rows = [slice(k, k + 1) for k in range(len(offset))]
    added = [home.add_regions(file[k], offset[k], nbytes[k], c) for k, c in zip(rows, chains, strict=True)]
    return np.concatenate(added)


def _chains(spec: RecordSpec, base: Instance | KeyedRows, scope: Scope) -> Sequence[Codecs]:
    """Return the chain of a coded record, or of each of its rows where they may differ."""
    steps = spec.codec
    variable = spec.repeat.variable if spec.repeat is not None else None
    sources = (source for step in steps for source in (step.id, step.condition, *step.arguments.values()))
    named = (r.name.value for source in sources if source is not None for r in references(source))
    if variable is None or variable not in named or not isinstance(base, KeyedRows) or not len(base):
        return (chain_of(steps, scope),)
    return [chain_of(steps, base.at(i).scope) for i in range(len(base))]  # type: ignore[union-attr]  # rows are instances


class CodedRows(KeyedRows):
    """Rows of a coded record. A column is located in all of them where their insides are alike."""

    def __init__(self, base: KeyedRows, regions: Regions) -> None:
        super().__init__(base.name, base.place)
        self.base = base
        self._regions = regions
        self._rows: dict[int, Instance] = {}

    @property
    def offset(self) -> int:
        """Where the first region begins, in the file."""
        return int(np.min(self.base.offset)) if len(self.base) else 0  # type: ignore[attr-defined]  # all rows have one

    @property
    def nbytes(self) -> int:
        """Bytes that the rows take in the file."""
        return int(self.base.nbytes)  # type: ignore[attr-defined]  # as above

    def __len__(self) -> int:
        return len(self.base)

    def at(self, i: int) -> Instance:
        if i not in self._rows:
            row = self.base.at(i)
            self._rows[i] = self._regions.instance(i, row.scope)  # type: ignore[union-attr]  # rows are instances
        return self._rows[i]

    def names(self) -> Iterable[str]:
        return [f.name for f in self._regions.spec.fields] + [let.name for let in self._regions.spec.lets]

    def column(self, name: str) -> Value:
        if name not in self.names():
            raise UnknownName(name)
        return gather([self.at(i).get(name) for i in range(len(self))], self)

    def locate(self, name: str) -> object:
        if name not in self.names():
            raise UnknownName(name)
        first = self.at(0).locate(name) if len(self) else None
        if not isinstance(first, Located) or first.lead or not self._is_steady():
            return stack([self.at(i).locate(name) for i in range(len(self))], name, self)
        return replace(
            first,
            lead=((self.name, len(self)),),
            file=self._regions.index.copy(),
            first=np.repeat(first.first, len(self)),
        )

    def take(self, index: Column | slice) -> KeyedRows:
        rows = np.arange(len(self), dtype=np.int64)[index]
        return CodedRows(self.base.take(rows), replace(self._regions, index=self._regions.index[rows]))

    def _is_steady(self) -> bool:
        """Tell whether the insides of all rows are alike, whatever row it is and whatever it holds."""
        spec, home = self._regions.spec, self._regions.home
        return home.shape(spec).is_fixed and is_alike(spec, self._regions.variable, home.types)


def coded(
    spec: RecordSpec, inner: RecordSpec, base: Instance | KeyedRows, how: tuple[Home, Scope, Make]
) -> CodedRecord | CodedRows:
    """Return a coded record, or its rows, whose bytes lie where ``base`` does; ``inner`` is in them."""
    home, scope, make = how
    variable = None if spec.repeat is None else spec.repeat.variable
    index = regions_of(base.locate(HIDDEN), home, _chains(spec, base, scope))
    regions = Regions(inner, variable, home, index, make)
    return CodedRows(base, regions) if isinstance(base, KeyedRows) else CodedRecord(base, regions)
