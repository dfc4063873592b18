"""The tables of the grammar for bytes: layouts, fields, records, types and byte orders."""

from __future__ import annotations

from vspec.card.grammar import (
    BOOLEAN,
    EXPRESSION,
    EXPRESSIONS,
    TEMPLATE,
    TEXT,
    TEXTS,
    TRUTH,
    Key,
    Shape,
    Value,
)

ENDIAN_VALUE = Value(shape="endian")
ONLY_IF = "Only if this holds; else the {} is absent."
CODECS = Value("template", shape="codec", items=Value("template", shape="codec"), least=1)

CODEC = Shape(
    "codec",
    "One step of what encoded the bytes: its id, and what else its configuration says.",
    (
        Key(
            "id", TEMPLATE, "The id of the codec, as numcodecs or imagecodecs has it.", "zlib", mandatory=True
        ),
        Key("if", TRUTH, ONLY_IF.format("step"), "compression == 8"),
    ),
    short="template",
    free=TRUTH,
)

_FIELDS = Value(entries=Value(shape="field"), least=1)
_CUT_OFF = (
    "The data set is refused.",
    "The record is left out, with a warning.",
    "The record is left out.",
)

TYPE = Shape(
    "type",
    "A struct with a name, or with 'packed:' samples that are no whole bytes.",
    (
        Key("params", TEXTS, "Names of the values that stand behind the type: NAME(4, int16).", ["n"]),
        Key("fields", _FIELDS, "The fields, one after the other.", {"n": "uint32"}),
        Key("packed", Value("integer"), "The bytes of a word of packed samples.", 3),
        Key(
            "values",
            TEXTS,
            "The bits of each sample of a word, its low piece first, counted from the lowest bit.",
            ["0..11", "16..23 12..15"],
        ),
        Key("signed", BOOLEAN, "The samples are two's complement.", example=True),
        Key("offset_binary", BOOLEAN, "The samples are above the lowest number of their bits.", example=True),
        Key("let", EXPRESSIONS, "Derived values of the struct.", {"half": "n // 2"}),
        Key("value", EXPRESSION, "What a field of this type is worth; without it, the struct.", "s"),
        Key("size", EXPRESSION, "The extent in bytes when it is not the sum of the fields.", "8 + n"),
        Key("endian", ENDIAN_VALUE, "The byte order of the fields.", "little"),
    ),
    one_of=("fields", "packed"),
    apart=(
        *(("packed", name) for name in ("params", "let", "value", "size", "endian")),
        *(("fields", name) for name in ("values", "signed", "offset_binary")),
        ("signed", "offset_binary"),
    ),
    needs=(("values", "packed"), ("packed", "values")),
)

LAYOUT = Shape(
    "layout",
    "The bytes of a file from its start: fields one after the other.",
    (
        Key(
            "fields",
            _FIELDS,
            "The fields, one after the other.",
            {"magic": "ascii(4) = 'RIFF'"},
            mandatory=True,
        ),
        Key("let", EXPRESSIONS, "Derived values of the file.", {"version": "major * 100 + minor"}),
    ),
)

FIELD = Shape(
    "field",
    "A field, or with 'fields:' a record: TYPE[sizes] as int if COND else VALUE @ OFFSET = CONST.",
    (
        Key("type", Value("field"), "The type of a field, with its sizes.", "int16[channel=4]"),
        Key("else", TRUTH, "The value of a field that is absent, or of blanks behind 'as int'.", 0),
        Key("const", EXPRESSION, "What a field must hold.", "0xC6912702"),
        Key("parse", Value(shape="parse"), "How the text in a field is read.", {"format": "pairs"}),
        Key("fields", _FIELDS, "The fields of a record.", {"id": "uint16"}),
        Key("repeat", Value(shape="repeat"), "How often the record stands there.", "i in range(n)"),
        Key(
            "to",
            EXPRESSION,
            "The byte at which 'rest' ends, from the start of the file; else the end of the file.",
            "start + length",
        ),
        Key("key", TEXT, "The field by which record[k] finds its row.", "id"),
        Key("size", EXPRESSION, "The extent of a record when it is not the sum of its fields.", "8 + n"),
        Key("let", EXPRESSIONS, "Derived values of each record.", {"stop": "first + n"}),
        Key(
            "partial",
            Value("word", words=("error", "warn", "drop"), meanings=_CUT_OFF),
            "What to do about a last record that is cut off, or a sentinel that never comes.",
            "error",
        ),
        Key("at", EXPRESSION, "Where it lies, from the start of the file; what follows is not moved.", 348),
        Key("if", TRUTH, ONLY_IF.format("field or record"), "version >= 2"),
        Key("codec", CODECS, "What encoded the bytes of a record, the first step first.", ["zlib"]),
        Key("nbytes", EXPRESSION, "The bytes that the encoded record takes.", "size[k]"),
        Key("endian", ENDIAN_VALUE, "The byte order of this field or record.", "big"),
        Key("doc", TEXT, "What it means.", "channels in use"),
    ),
    short="field",
    one_of=("type", "fields"),
    apart=(
        ("type", "size"),
        ("type", "let"),
        *((owner, name) for owner in ("fields", "repeat") for name in ("else", "const", "parse")),
        *(("codec", name) for name in ("size", "key", "partial", "type")),
    ),
    needs=(("codec", "nbytes"), ("nbytes", "codec")),
    later={
        "bits": "expressions take bits out of a number: (flags >> 4) & 7",
    },
)

REPEAT = Shape(
    "repeat",
    "How often a record stands there: up to one in which something holds, or along a chain.",
    (
        Key("until", TRUTH, "Holds in the last record.", "tag == 0"),
        Key(
            "next",
            EXPRESSION,
            "Where the record after this one lies, from the start of the file; none after the last.",
            "link if link > 0 else none",
        ),
    ),
    short="repeat",
    one_of=("until", "next"),
)

ENDIAN = Shape(
    "byte order",
    "little, big, an expression, or the order that makes a test true.",
    (
        Key("test", Value("order test"), "A number at an offset.", "uint16 @ 2 = 42", mandatory=True),
        Key("that", TRUTH, "What must hold of the number, by the name 'test'.", "0 < test < 1000"),
    ),
    short="endian",
)
