"""The tables of the grammar for text: how it is cut, and what is taken from it."""

from __future__ import annotations

from vspec.card.container_words import CONTAINERS
from vspec.card.grammar import (
    FORMAT_MEANINGS,
    FORMATS,
    TEXT,
    TEXT_MEANINGS,
    TEXT_TYPES,
    Key,
    Shape,
    Value,
)

_FIELDS = Value(entries=Value(shape="text field"), least=1)
_RANGE = Value(items=Value("integer"), least=2, most=2)

FORMAT = Value("word", words=FORMATS, meanings=FORMAT_MEANINGS)
FILE_FORMAT = Value("word", words=(*FORMATS, *CONTAINERS), meanings=(*FORMAT_MEANINGS, *CONTAINERS.values()))
OPTIONS = (
    Key("fields", _FIELDS, "What to take from the text; the columns of csv.", {"nSavedChans": "int"}),
    Key("separator", TEXT, "What stands between a key and its value, or between two cells of csv.", "="),
    Key("comment", TEXT, "What a line of comment begins with.", "#"),
    Key("end", TEXT, "The line before which the text ends; an empty one for the first empty line.", "[Data]"),
    Key(
        "encoding",
        Value("text", items=TEXT, least=1),
        "The encoding of the text; of a list, the first in which the whole text can be read.",
        "utf-8",
    ),
    Key(
        "decimal",
        Value("word", words=(".", ","), meanings=("1.5", "1,5")),
        "What stands before the decimals of numbers.",
        ",",
    ),
    Key(
        "quotes",
        Value("text", items=TEXT, least=1),
        "The characters around quoted values: one, or an opening and a closing one.",
        "<>",
    ),
    Key(
        "keys",
        Value("word", words=("exact", "any_case"), meanings=("As they are written.", "Case does not count.")),
        "How keys are compared.",
        "any_case",
    ),
    Key("prefix", TEXT, "What a line with a key begins with; others go on with the value before.", "##"),
    Key("width", Value("integer"), "Characters of a line, for text without line ends.", 80),
    Key("skip", Value("integer"), "How many lines to leave out at the top (csv).", 2),
)

PARSE = Shape(
    "parse",
    "How the text in a field is read.",
    (Key("format", FORMAT, "How the text is cut.", "pairs", mandatory=True), *OPTIONS),
)

TEXT_FIELD = Shape(
    "text field",
    "One thing to take from a text: a value by key or place, the first line that matches, or a table.",
    (
        Key("key", TEXT, "The key as written in the text; for json and xml a path.", "~imroTbl"),
        Key("line", Value("line pattern"), "The first line that matches.", "{n:int} channels"),
        Key(
            "each",
            Value("line pattern"),
            "A table: a row for each match of a pattern, or for each xml element of a path.",
            "({ch:int} {gain:int})",
        ),
        Key("fields", _FIELDS, "The columns of a table of xml elements.", {"gain": "float"}),
        Key(
            "section",
            Value("text", items=TEXT, least=2, most=2),
            "Where to look: the name of a section, or its first and last line.",
            "Channel Infos",
        ),
        Key("at_line", Value("integer"), "The number of the line, from 1; of a table, its first one.", 4),
        Key("column", Value("integer"), "The number of the column, from 1, where csv has no headings.", 2),
        Key("columns", _RANGE, "The first and the last character in the line, from 1.", [9, 16]),
        Key("skip", Value("integer"), "How many matches, lines or items to leave out first.", 1),
        Key("type", Value("word", words=TEXT_TYPES, meanings=TEXT_MEANINGS), "The type of the value.", "int"),
        Key(
            "default",
            Value("constant"),
            "The value when there is none (nan: not a number); without it that is an error.",
            512,
        ),
    ),
    short="text field",
    apart=(
        ("key", "line"),
        ("key", "at_line"),
        ("key", "column"),
        ("key", "columns"),
        ("column", "columns"),
        ("line", "each"),
        ("line", "type"),
        ("line", "columns"),
        ("each", "type"),
        ("each", "columns"),
    ),
    needs=(("fields", "each"),),
)
