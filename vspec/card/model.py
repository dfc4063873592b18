"""A card after loading: frozen, every expression parsed, every value with its place.

The loader (`vspec.card.load`) is the only maker of these; whatever reads them trusts them. Names
follow the card language, so that a reader of a card finds its keys here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from vspec.card.text_model import Constant, TextFormat
from vspec.datatypes import ElementType, Endian
from vspec.errors import Place, Text
from vspec.expressions import Expression, Scope, Template
from vspec.patterns import Pattern

Tree = Template | Mapping[str, "Tree"] | tuple["Tree", ...] | None | bool | int | float
"""Attributes: text with ``{{ }}`` is a template, everything else stands as written."""


@dataclass(frozen=True, slots=True)
class Param:
    """A value that the user gives with ``--set``; without ``default`` it must be given."""

    name: str
    type: Literal["int", "float", "str", "bool"]
    place: Place
    default: int | float | str | bool | None = None
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Let:
    """A derived value, computed when first asked for."""

    name: str
    value: Expression
    place: Place


# --- byte layouts ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TypeRef:
    """What a field is made of, before its axes.

    ``word`` is set for a type that is written by name: a number type, a text type (then
    ``length`` is its argument, or ``terminator`` the text that ends it), or a name of ``types:``
    (then ``arguments`` are the values of its parameters). Otherwise ``value`` is an expression
    that gives a type (``TABLE[code]``, a let, ``(uint8 if c else uint16)``).
    """

    place: Place
    word: str | None = None
    length: Expression | None = None
    value: Expression | None = None
    terminator: str | None = None
    arguments: tuple[Expression, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldAxis:
    """``name=size`` inside brackets; ``name`` is empty for an unnamed size, ``size`` None for ``rest``.

    A size may also be an expression that gives ``rest`` (``n if n > 0 else rest``). Of a slot
    (``n of 512``) only the first ``filled`` positions count; it takes the bytes of all of them.
    """

    name: str
    size: Expression | None
    place: Place
    filled: Expression | None = None


@dataclass(frozen=True, slots=True)
class ByteOrderTest:
    """``{test: uint16 @ 2 = 42}`` or ``{test: int32 @ 2, that: 0 < test < 1000}``."""

    type: str
    offset: int
    place: Place
    equals: int | float | None = None
    that: Expression | None = None


EndianSpec = Endian | Expression | ByteOrderTest | None


@dataclass(frozen=True, slots=True)
class Field:
    """``TYPE[sizes] as int if COND else VALUE @ OFFSET = CONST`` (short form), or its long form.

    ``to`` is the byte at which an axis of size ``rest`` ends.
    """

    name: str
    type: TypeRef
    place: Place
    axes: tuple[FieldAxis, ...] = ()
    convert: Literal["int", "float", "str"] | None = None
    condition: Expression | None = None
    default: Expression | None = None
    offset: Expression | None = None
    constant: Expression | None = None
    endian: EndianSpec = None
    parse: TextFormat | None = None
    to: Expression | None = None
    partial: Literal["error", "warn", "drop"] = "error"


@dataclass(frozen=True, slots=True)
class Repeat:
    """How often a record stands: ``count`` times, once per item of ``items``, or ``rest``.

    ``repeat: EXPR`` sets ``count`` (which may also give ``rest``); ``repeat: NAME in EXPR`` sets
    ``variable`` and ``items``; ``repeat: rest`` leaves all of them empty (as many whole records as
    fit). ``until`` holds in the last record; ``next`` is where the record after one lies, ``none``
    after the last.
    """

    place: Place
    count: Expression | None = None
    variable: str | None = None
    items: Expression | None = None
    until: Expression | None = None
    next: Expression | None = None

    @property
    def is_rest(self) -> bool:
        """Whether as many records stand there as fit, whatever they hold."""
        return all(e is None for e in (self.count, self.items, self.until, self.next))


@dataclass(frozen=True, slots=True)
class CodecStep:
    """One step of a chain of codecs: ``arguments`` are the rest of its configuration."""

    id: Template
    place: Place
    condition: Expression | None = None
    arguments: Mapping[str, Expression] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Record:
    """Fields that stand one after the other; with ``repeat`` a table of them.

    ``key`` names the field by which ``record[k]`` looks rows up; ``size`` is the extent in bytes
    when it is not the sum of the fields; ``at`` places it absolutely without moving the cursor;
    ``to`` is the byte at which ``rest`` ends. With ``of`` the records are instances of a type of
    the card, and ``fields`` is empty. ``axis`` is the name of the rows' axis where it is not ``name``.
    With ``codec`` the fields lie in what the ``encoded`` bytes decode to.
    """

    name: str
    fields: tuple[Field | Record, ...]
    place: Place
    repeat: Repeat | None = None
    condition: Expression | None = None
    at: Expression | None = None
    size: Expression | None = None
    key: str | None = None
    endian: EndianSpec = None
    lets: tuple[Let, ...] = ()
    partial: Literal["error", "warn", "drop"] = "error"
    to: Expression | None = None
    of: TypeRef | None = None
    axis: str = ""
    codec: tuple[CodecStep, ...] = ()
    encoded: Expression | None = None


@dataclass(frozen=True, slots=True)
class StructType:
    """An entry of ``types:``; with ``value`` it projects to one value.

    With ``element`` it is no struct but packed samples, and ``record`` is empty. ``params`` are the names
    of the values in parentheses behind its name. ``library`` is the way to the card that it was taken
    from: the names under ``use:``, () for the card's own types.
    """

    name: str
    record: Record
    value: Expression | None = None
    params: tuple[Text, ...] = ()
    library: tuple[str, ...] = ()
    element: ElementType | None = None


@dataclass(frozen=True, slots=True)
class Library:
    """An entry of ``use:``: what was taken from another card, and from those that it uses itself.

    ``types`` are its names for its types, and what they are called in `Card.types`.
    """

    card: str
    version: str
    place: Place
    tables: Mapping[str, Constant] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)
    used: Mapping[str, Library] = field(default_factory=dict)


# --- files, checks, arrays ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Role:
    """A kind of file of a data set. The first role of a card is the anchor.

    Exactly one of ``match`` (patterns over the end of the path) and ``named`` (a path beside
    or below the anchor, computed from data) is given. ``over`` is the capture whose values tell
    apart the many files of one data set; they become an axis of that name. ``container`` is the word
    of a format that says itself what it holds, which stands at ``container_place``.
    """

    name: str
    place: Place
    match: tuple[Pattern, ...] = ()
    named: Expression | None = None
    over: str | None = None
    order: Expression | None = None
    missing: Literal["error", "fill", "skip"] = "error"
    optional: bool = False
    any_case: bool = False
    text: TextFormat | None = None
    layout: Record | None = None
    endian: EndianSpec = None
    container: str | None = None
    container_place: Place | None = None
    compression: str | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """``that`` must hold; ``otherwise`` is the message; a ``warn`` lets the map be made."""

    that: Expression
    otherwise: Template
    place: Place
    level: Literal["error", "warn"] = "error"


@dataclass(frozen=True, slots=True)
class SplitAxis:
    """Left of the arrow: ``tile=(ty:ny tx:nx)``, or a plain stored axis with no parts."""

    name: str
    parts: tuple[tuple[str, Expression | None], ...] = ()


@dataclass(frozen=True, slots=True)
class JoinAxis:
    """Right of the arrow: ``y:h=(ty y)``, ``-row``, ``x``; ``size`` crops the end."""

    name: str
    parts: tuple[str, ...]
    reverse: bool = False
    size: Expression | None = None


@dataclass(frozen=True, slots=True)
class Arrow:
    """``"block channel sample -> time=(block sample) channel"``."""

    left: tuple[SplitAxis, ...]
    right: tuple[JoinAxis, ...]
    place: Place


Dims = Arrow | Expression | tuple[str, ...] | None
"""An arrow, an expression that gives names (or the text of an arrow), or names."""


@dataclass(frozen=True, slots=True)
class AxisSpec:
    """``axes.<name>``: affine (``start step units epoch``) or ``labels``, and coordinates.

    With ``condition`` the entry counts only where that holds, for axes that not every file has.
    """

    name: str
    place: Place
    condition: Expression | None = None
    start: Expression | None = None
    step: Expression | None = None
    units: Tree = None
    epoch: Tree = None
    labels: Expression | None = None
    gain: Expression | None = None
    offset: Expression | None = None
    coordinates: Mapping[str, Expression] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Gaps:
    """``gaps: {if, at, step, tolerance, as}``: the time of each row, the time of one sample, and what to do.

    ``tolerance`` is in the same units; half a step where it is not given. Where ``condition`` does
    not hold it is as if nothing had been said of gaps.
    """

    at: Expression
    step: Expression
    place: Place
    tolerance: Expression | None = None
    policy: Literal["error", "segment"] = "error"
    condition: Expression | None = None

    def holds(self, scope: Scope) -> bool:
        """Tell whether this counts for a data set."""
        return self.condition is None or self.condition.truth(scope)


@dataclass(frozen=True, slots=True)
class ArraySpec:
    """One entry of ``arrays:``.

    ``shape`` is None, an expression that gives a list, or name -> size where None means
    ``auto``. ``source`` is ``from:``. ``each`` makes one array per item.
    """

    key: Text
    name: Template
    place: Place
    each: tuple[str, Expression] | None = None
    lets: tuple[Let, ...] = ()
    condition: Expression | None = None
    source: Expression | None = None
    values: Expression | None = None
    dtype: Expression | None = None
    shape: Mapping[str, Expression | None] | Expression | None = None
    shape_place: Place | None = None
    shape_places: Mapping[str, Place] = field(default_factory=dict)
    offset: Expression | None = None
    endian: EndianSpec = None
    codec: tuple[CodecStep, ...] = ()
    encoded: Expression | None = None
    order: Expression | Literal["C", "F"] = "C"
    dims: Dims = None
    gaps: Gaps | None = None
    blocks: Literal["equal", "segment"] = "equal"
    axes: tuple[AxisSpec, ...] = ()
    attrs: Mapping[str, Tree] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Card:
    """A whole card. ``data`` is the card as plain JSON-ready data, as it goes into a map.

    ``types`` holds those of other cards too, as ``name.type`` (see `Library`); ``extends`` is the
    id of the card whose metadata this one replaces.
    """

    name: str
    data: Mapping[str, object]
    roles: tuple[Role, ...]
    arrays: tuple[ArraySpec, ...]
    id: str | None = None
    title: str = ""
    version: str = ""
    license: str = ""
    references: tuple[str, ...] = ()
    maintainers: tuple[str, ...] = ()
    covers: tuple[str, ...] = ()
    not_covered: tuple[str, ...] = ()
    params: tuple[Param, ...] = ()
    tables: Mapping[str, Constant] = field(default_factory=dict)
    types: Mapping[str, StructType] = field(default_factory=dict)
    lets: tuple[Let, ...] = ()
    checks: tuple[Check, ...] = ()
    attrs: Mapping[str, Tree] = field(default_factory=dict)
    examples: tuple[Mapping[str, object], ...] = ()
    used: Mapping[str, Library] = field(default_factory=dict)
    extends: str | None = None
    table_places: Mapping[str, Place] = field(default_factory=dict)
    attr_places: Mapping[str, Place] = field(default_factory=dict)
