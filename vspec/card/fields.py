"""The short form of a field: ``TYPE[sizes] as int if COND else VALUE @ OFFSET = CONST``."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, cast

from vspec.card.clauses import find_top, scan, split_top
from vspec.card.dims import NAME
from vspec.card.model import Field, FieldAxis, TypeRef
from vspec.datatypes import NUMBERS, TEXTS
from vspec.errors import Place, Problem, Text, VspecError, did_you_mean, fail
from vspec.expressions import Expression, parse

MAX_TERMINATOR = 64
CONVERSIONS = ("int", "float", "str")
_RANK = {"": 0, "as": 1, "if": 2, "else": 3, "@": 4, "=": 5}
_ORDER = "the order is: TYPE[sizes] as WORD if COND else VALUE @ OFFSET = CONST"

Token = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Types:
    """The names of types that a field may have, as they are written, and what stands before them.

    The types of another card are called ``prefix`` and their name there (see `Library`).
    """

    names: Collection[str]
    prefix: str = ""

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def called(self, name: str) -> str:
        """Return what the card calls a type."""
        return f"{self.prefix}{name}"


@dataclass(frozen=True, slots=True)
class _Clauses:
    """The pieces of a short form by the word in front of them; the type has no word."""

    pieces: dict[str, Text]

    def expression(self, word: str) -> Expression | None:
        piece = self.pieces.get(word)
        return None if piece is None else parse(piece)


def parse_field(text: Text, types: Types | Collection[str], name: str = "") -> Field:
    """Return the field of a short form; ``types`` are the names of the card's own types.

    Raises `VspecError` with every clause that is wrong.
    """
    clauses = _Clauses(_cut_clauses(text))
    problems: list[Problem] = []
    conditions: dict[str, Expression | None] = {}
    for word in ("if", "else", "@", "="):
        try:
            conditions[word] = clauses.expression(word)
        except VspecError as error:
            problems += error.problems
    try:
        type_ref, axes = parse_type(clauses.pieces[""], types if isinstance(types, Types) else Types(types))
        convert = _conversion(clauses.pieces.get("as"))
    except VspecError as error:
        raise VspecError([*error.problems, *problems]) from None
    if convert is not None and not _is_text(type_ref):
        problems.append(_no_text(clauses.pieces["as"], convert))
    if problems:
        raise VspecError(problems)
    return Field(
        name,
        type_ref,
        text.place,
        axes=axes,
        convert=convert,
        condition=conditions["if"],
        default=conditions["else"],
        offset=conditions["@"],
        constant=conditions["="],
    )


def _cut_clauses(text: Text) -> dict[str, Text]:
    """Cut at ``as if else @ =``, each at most once and in this order."""
    pieces: dict[str, Text] = {}
    current, begin = "", 0
    for kind, start, stop in scan(text):
        word = text.value[start:stop]
        if kind not in ("word", "sign") or word not in _RANK:
            continue
        here = text.cut(start, stop)
        if current == "else" and word in ("if", "else"):
            continue
        if (
            word in ("if", "else")
            and current in ("if", "@", "=")
            and not (current == "if" and word == "else")
        ):
            raise _late_choice(current, here)
        if word == "else" and current not in ("if", "as"):
            raise fail("V0113", "'else' without 'if'", here.place, help=_ORDER)
        if _RANK[word] <= _RANK[current]:
            wrong = "stands twice" if word == current else f"stands after '{current}'"
            raise fail("V0113", f"'{word}' {wrong}", here.place, help=_ORDER)
        pieces[current] = text.cut(begin, start).strip()
        current, begin = word, stop
    pieces[current] = text.cut(begin, len(text.value)).strip()
    for word, piece in pieces.items():
        if not piece.value:
            what = "the type is missing" if word == "" else f"nothing stands after '{word}'"
            raise fail("V0110", what, text.place, help=_ORDER)
    return pieces


def _late_choice(current: str, here: Text) -> VspecError:
    """Return the problem of ``if`` or ``else`` behind ``@`` or ``=`` (or twice)."""
    message = f"a choice after '{current}' needs parentheses"
    if current == "if":
        return fail("V0121", message, here.place, help=_ORDER)
    noun = "offset" if current == "@" else "constant"
    help = (
        f"'if' comes before '{current}'; a choice of the {noun} needs parentheses: {current} (a if c else b)"
    )
    return fail("V0121", message, here.place, help=f"{help}; {_ORDER}")


def _is_text(ref: TypeRef) -> bool:
    return ref.word in TEXTS and TEXTS[ref.word].encoding is not None


def _no_text(text: Text, convert: str) -> Problem:
    """Return the problem of ``as`` behind a type that is no text."""
    help = f"ascii(8) as {convert}; what is no text is converted in an expression: {convert}(x)"
    return Problem("V0113", f"'as {convert}' reads a text, and this type is none", text.place, help=help)


def _conversion(text: Text | None) -> Literal["int", "float", "str"] | None:
    if text is None:
        return None
    if text.value not in CONVERSIONS:
        message = f"'as {text.value}' is not a conversion"
        raise fail("V0105", message, text.place, help=did_you_mean(text.value, CONVERSIONS, "it may be"))
    return cast('Literal["int", "float", "str"]', text.value)


def parse_type(text: Text, types: Types) -> tuple[TypeRef, tuple[FieldAxis, ...]]:
    """Return a type and its axes: ``int16[channel=4]``, ``ascii(8)[n]``, ``block(4)``, ``table[k][x=n]``."""
    tokens = [token for token in scan(text) if token[0] != "blank"]
    word = text.value[tokens[0][1] : tokens[0][2]]
    if word in ("<", ">"):
        raise _foreign_order(text, word)
    if word in TEXTS:
        return _text_type(text, word, tokens)
    if word in NUMBERS:
        head = text.cut(tokens[0][1], tokens[0][2])
        return TypeRef(head.place, word=word), _sizes_after(text, tokens[1:])
    return _computed_type(text, tokens, types)


def _foreign_order(text: Text, sign: str) -> VspecError:
    """Return the error of a type with a byte order in it (``<i2``), with what to write instead."""
    order, code = "little" if sign == "<" else "big", text.value[1:].strip()
    name = next((name for name, kind in NUMBERS.items() if kind.code == code), None)
    help = "byte order has a key of its own: endian: little or endian: big"
    if name is not None:
        help = f"write {name}, and the byte order as a key of its own: endian: {order}"
    return fail("V0110", f"'{sign}' does not belong to a type", text.cut(0, 1).place, help=help)


def _text_type(text: Text, word: str, tokens: list[Token]) -> tuple[TypeRef, tuple[FieldAxis, ...]]:
    head = text.cut(tokens[0][1], tokens[0][2])
    if len(tokens) < 2 or not _opens(text, tokens[1], "("):
        raise fail("V0114", f"'{word}' needs a length in bytes", head.place, help=f"e.g. {word}(16)")
    inside = text.cut(tokens[1][1] + 1, tokens[1][2] - 1).strip()
    if not inside.value:
        raise fail("V0114", f"'{word}' needs a length in bytes", head.place, help=f"e.g. {word}(16)")
    place = text.cut(tokens[0][1], tokens[1][2]).place
    if _is_align(inside, [token for token in scan(inside) if token[0] != "blank"]):
        return TypeRef(place, word=word, length=_up_to(inside)), _no_sizes(text, tokens[2:])
    length, axes = parse(inside), _sizes_after(text, tokens[2:])
    if not isinstance(length.literal, str):
        return TypeRef(place, word=word, length=length), axes
    _check_terminator(word, length.literal, inside.place)
    return TypeRef(place, word=word, terminator=length.literal), axes


def _is_align(text: Text, tokens: list[Token]) -> bool:
    """Tell whether a text begins with a call of ``align`` and, as a length, is nothing else."""
    word = text.value[tokens[0][1] : tokens[0][2]] if tokens else ""
    return word == "align" and len(tokens) == 2 and _opens(text, tokens[1], "(")


def _up_to(place: Text) -> Expression:
    """Return the bytes from the current one up to a place."""
    parse(place)
    return parse(Text(f"{place.value} - here", place.place, exact=False))


def _no_sizes(text: Text, tokens: list[Token]) -> tuple[FieldAxis, ...]:
    for axis in _sizes_after(text, tokens):
        help = "'align' is one gap, up to the next multiple"
        raise fail("V0112", "a gap of 'align' takes no sizes", axis.place, help=help)
    return ()


def _check_terminator(word: str, terminator: str, place: Place) -> None:
    """Refuse what cannot end a text of type ``word``."""
    encoding = TEXTS[word].encoding
    if encoding is not None and terminator and len(terminator) <= MAX_TERMINATOR:
        try:
            terminator.encode(encoding)
        except UnicodeEncodeError:
            pass
        else:
            return
    message = f"'{word}' cannot end at {terminator!r}"
    raise fail("V0114", message, place, help="e.g. ascii('\\0') or latin1('\\r\\n')")


def _applied(text: Text, tokens: list[Token], types: Types) -> tuple[TypeRef, tuple[FieldAxis, ...]] | None:
    """Return a type of the card with the values of its parameters (``block(4, int16)``), or None."""
    at = next((k for k, token in enumerate(tokens) if _opens(text, token, "(")), 0)
    name = text.cut(tokens[0][1], tokens[at - 1][2]).value if at else ""
    if name not in types:
        return None
    place = text.cut(tokens[0][1], tokens[at][2]).place
    ref = TypeRef(place, word=types.called(name), arguments=_values(text, tokens[at], name))
    return ref, _sizes_after(text, tokens[at + 1 :])


def _computed_type(text: Text, tokens: list[Token], types: Types) -> tuple[TypeRef, tuple[FieldAxis, ...]]:
    """Return a type that is a name of the card's or an expression; sizes there have names."""
    applied = _applied(text, tokens, types)
    if applied is not None:
        return applied
    if _is_align(text, tokens[:2]):
        gap = text.cut(tokens[0][1], tokens[1][2])
        return TypeRef(gap.place, word="pad", length=_up_to(gap)), _no_sizes(text, tokens[2:])
    count = len(tokens)
    for index, token in enumerate(tokens):
        if index and _opens(text, token, "[") and _is_named(_inside(text, token)):
            count = index
            break
    head = text.cut(tokens[0][1], tokens[count - 1][2])
    axes = _sizes_after(text, tokens[count:])
    if head.value in types:
        return TypeRef(head.place, word=types.called(head.value)), axes
    called = _called(text, tokens[:count])
    if called is not None:
        return called, axes
    first = text.value[tokens[0][1] : tokens[0][2]]
    if first in types and count > 1 and _opens(text, tokens[1], "["):
        help = f"e.g. {first}[item={_inside(text, tokens[1]).value}]"
        raise fail("V0112", f"a size after the type '{first}' needs a name", head.place, help=help)
    return TypeRef(head.place, value=parse(head)), axes


def _called(text: Text, tokens: list[Token]) -> TypeRef | None:
    """Return a computed type with the values of its parameters (``kinds[k](n)``), or None."""
    before, last = text.cut(tokens[0][1], tokens[-2][2]) if len(tokens) > 1 else text, tokens[-1]
    if len(tokens) < 2 or not _opens(text, last, "(") or not before.value.endswith(("]", ")")):
        return None
    place = text.cut(tokens[0][1], last[2]).place
    return TypeRef(place, value=parse(before), arguments=_values(text, last, before.value))


def _values(text: Text, group: Token, name: str) -> tuple[Expression, ...]:
    """Return the values in the parentheses behind a type."""
    inside = _inside(text, group)
    pieces = split_top(inside, ",") if inside.value.strip() else []
    if not all(piece.value for piece in pieces):
        raise fail("V0110", f"a value of the type '{name}' is missing", inside.place)
    return tuple(parse(piece) for piece in pieces)


def _opens(text: Text, token: Token, bracket: str) -> bool:
    return token[0] == "group" and text.value[token[1]] == bracket


def _inside(text: Text, token: Token) -> Text:
    return text.cut(token[1] + 1, token[2] - 1)


def _is_named(inside: Text) -> bool:
    return any(find_top(piece, "=") is not None for piece in split_top(inside, ","))


def _sizes_after(text: Text, tokens: list[Token]) -> tuple[FieldAxis, ...]:
    """Return the axes of the one pair of brackets that may follow a type."""
    if not tokens:
        return ()
    if not _opens(text, tokens[0], "["):
        place = text.cut(tokens[0][1], tokens[-1][2]).place
        raise fail("V0110", "this does not belong to a type", place, help=_ORDER)
    if len(tokens) > 1:
        place = text.cut(tokens[1][1], tokens[-1][2]).place
        help = "one pair of brackets holds all sizes: int16[a=2, b=3]"
        raise fail("V0110", "this does not belong to a type", place, help=help)
    axes = tuple(_size(piece) for piece in split_top(_inside(text, tokens[0]), ","))
    late = next((axis for axis in axes[1:] if axis.filled is not None), None)
    if late is not None:
        help = "write the axis that is partly filled first: int16[sample=n of 512, channel=2]"
        raise fail("V0112", "only the slowest axis can be partly filled", late.place, help=help)
    seen: set[str] = set()
    for axis in axes:
        if axis.name and axis.name in seen:
            raise fail("V0112", f"the axis '{axis.name}' stands twice", axis.place)
        seen.add(axis.name)
    return axes


def _size(piece: Text) -> FieldAxis:
    """Return ``n``, ``channel=n`` or ``x=rest``."""
    equals = find_top(piece, "=")
    name = Text("", piece.place) if equals is None else piece.cut(0, equals).strip()
    size = piece if equals is None else piece.cut(equals + 1, len(piece.value)).strip()
    if equals is not None and NAME.match(name.value) is None:
        raise fail("V0112", f"'{name.value}' is not the name of an axis", piece.place, help="e.g. channel=4")
    if not size.value:
        raise fail("V0112", "a size is missing in the brackets", piece.place, help="e.g. int16[channel=4]")
    of = find_top(size, "of")
    if of is not None:
        return FieldAxis(
            name.value,
            parse(size.cut(of + 2, len(size.value)).strip()),
            piece.place,
            filled=parse(size.cut(0, of).strip()),
        )
    if size.value == "rest":
        return FieldAxis(name.value, None, piece.place)
    return FieldAxis(name.value, parse(size), piece.place)
