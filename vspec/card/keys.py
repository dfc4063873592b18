"""The tables of the grammar: every mapping of a card and its keys, in reading order."""

from __future__ import annotations

from vspec.card.container_words import STREAMS
from vspec.card.grammar import (
    ATTRIBUTES,
    BOOLEAN,
    EXPRESSION,
    EXPRESSIONS,
    NUMBERS,
    TEMPLATE,
    TEXT,
    TEXT_MEANINGS,
    TEXT_TYPES,
    TEXTS,
    TRUTH,
    Key,
    Shape,
    Value,
)
from vspec.card.layout_keys import (
    CODEC,
    CODECS,
    ENDIAN,
    ENDIAN_VALUE,
    FIELD,
    LAYOUT,
    ONLY_IF,
    REPEAT,
    TYPE,
)
from vspec.card.text_keys import FILE_FORMAT, OPTIONS, PARSE, TEXT_FIELD

_HOLES = (
    "The data set is refused; the missing file is named.",
    "The place of the missing file is filled; not in this version.",
    "What follows the hole moves up.",
)
_BLOCKS = (
    "They are an error.",
    "Each row becomes an array of its own, in a group block_0, block_1 ...",
)
_GAPS = (
    "The data set is refused; the first gap is named.",
    "Each stretch without gaps becomes a group segment_0, segment_1 ..., with its own start.",
)
_LEVELS = ("No map is made.", "A warning; the map is made.")

CARD = Shape(
    "card",
    "A card describes a file format once; vspec maps the data of its files in place.",
    (
        Key("vspec", Value("integer"), "The version of the card language: 1.", 1, mandatory=True),
        Key("id", TEXT, "The name of the card in the registry: lower case, with hyphens.", "my-lab/rig3"),
        Key("title", TEXT, "What the format is called, in a few words.", "Rig 3, NI-DAQ dump"),
        Key("version", TEXT, "The version of this card, as MAJOR.MINOR.PATCH.", "1.0.0"),
        Key("license", TEXT, "The licence of the card, as an SPDX identifier.", "CC0-1.0"),
        Key(
            "references", TEXTS, "Where the format is described: URLs or DOIs.", ["https://example.org/spec"]
        ),
        Key("maintainers", TEXTS, "Who answers for this card.", ["Ada Lovelace"]),
        Key("covers", TEXTS, "Versions and variants that the card describes.", ["versions 1.0 to 3.2"]),
        Key("not_covered", TEXTS, "Known holes, so that nobody is surprised.", ["compressed files"]),
        Key(
            "params",
            Value(entries=Value(shape="param")),
            "Values that the user gives with --set.",
            {"channels": {"type": "int", "doc": "number of channels"}},
        ),
        Key(
            "tables",
            Value(entries=Value("constant")),
            "Constant look-up tables; the name of a type means that type, a key in quotes is a text.",
            {"dtypes": {2: "uint8", 4: "int16"}},
        ),
        Key(
            "types",
            Value(entries=Value(shape="type")),
            "Structs with a name, for use as the type of fields.",
            {"qstring": {"fields": {"n": "uint32", "s": "utf16(n)"}, "value": "s"}},
        ),
        Key(
            "use",
            Value(entries=Value(shape="used card")),
            "Types and tables of other cards, as NAME.type and NAME.table.",
            {"lab": {"card": "my-lab/headers", "version": 1}},
        ),
        Key(
            "extends",
            Value(shape="extended card"),
            "The card that this one is, but for attributes, coordinates and defaults of params.",
            "my-lab/rig3",
        ),
        Key(
            "files",
            Value("file pattern", entries=Value(shape="role"), least=1),
            "Which files belong to a data set: one pattern, or one entry for each kind of file.",
            "{name}.dat",
            mandatory=True,
        ),
        Key("let", EXPRESSIONS, "Derived values, computed when first needed.", {"n": "meta.nSavedChans"}),
        Key(
            "checks",
            Value(items=Value(shape="check")),
            "What must hold for these files.",
            [{"that": "n > 0", "else": "no channels"}],
        ),
        Key(
            "attrs",
            ATTRIBUTES,
            "Attributes of the whole data set; under '/PATH', those of a group.",
            {"device": "rig 3"},
        ),
        Key(
            "arrays",
            Value(entries=Value(shape="array"), names="any", least=1),
            "The arrays of the map by path; '/' in a path makes groups.",
            {"raw": {"dtype": "int16", "shape": {"time": "auto", "channel": 64}}},
            mandatory=True,
        ),
        Key(
            "examples",
            Value(items=Value("constant")),
            "Tests of the card, as plain data.",
            [{"name": "tiny"}],
        ),
    ),
    later={
        "groups": "paths of arrays make groups; their attributes stand under attrs: /probe0: {side: left}",
    },
)

PARAM = Shape(
    "param",
    "A value that the user gives; without a default it must be given.",
    (
        Key(
            "type",
            Value("word", words=TEXT_TYPES[:4], meanings=TEXT_MEANINGS[:4]),
            "The type of the value.",
            "int",
            mandatory=True,
        ),
        Key("default", Value("constant"), "The value when none is given.", 32),
        Key("doc", TEXT, "What the value means, for the user.", "number of channels"),
    ),
)

_COPIED = "Kept in the card of a map, so that it needs no other card; not written by hand."

USED_CARD = Shape(
    "used card",
    "Another card of the registry, whose types and tables this one uses.",
    (
        Key("card", TEXT, "The id of the card in the registry.", "my-lab/headers", mandatory=True),
        Key("version", Value("number as text"), "The version wanted: 1, 1.2 or 1.2.0.", 1, mandatory=True),
        Key("types", Value("constant"), _COPIED, {"point": {"fields": {"x": "float32"}}}),
        Key("tables", Value("constant"), _COPIED, {"kinds": {1: "int16"}}),
        Key("use", Value("constant"), _COPIED, {}),
    ),
)

EXTENDED_CARD = Shape(
    "extended card",
    "The card that this one extends; a mapping stands in the card of a map only.",
    (
        Key("card", TEXT, _COPIED, "my-lab/rig3", mandatory=True),
        Key("version", Value("number as text"), _COPIED, "1.0.0"),
    ),
    short="text",
)

ROLE = Shape(
    "file role",
    "One kind of file of a data set. The first role is the anchor.",
    (
        Key(
            "match",
            Value("file pattern", items=Value("file pattern"), least=1),
            "Patterns over the end of the path, with captures.",
            "{run}_g{gate:int}.bin",
        ),
        Key("named", EXPRESSION, "The name of the file, computed from the data.", "header.data_file"),
        Key(
            "over",
            TEXT,
            "The capture that tells apart the files of one data set; it becomes an axis.",
            "part",
        ),
        Key("order", EXPRESSION, "What the files along 'over' are ordered by.", "part"),
        Key(
            "missing",
            Value("word", words=("error", "fill", "skip"), meanings=_HOLES),
            "What to do about a hole in a counted capture.",
            "error",
        ),
        Key("optional", BOOLEAN, "The file may be absent.", example=True),
        Key("any_case", BOOLEAN, "Names match in any case.", example=True),
        Key(
            "format",
            FILE_FORMAT,
            "The file is text, and how it is cut; or a container, which says itself what it holds.",
            "pairs",
        ),
        *OPTIONS,
        Key("layout", Value(shape="layout"), "The bytes of a binary file.", {"fields": {"n": "uint32"}}),
        Key("endian", ENDIAN_VALUE, "The byte order of the file.", "little"),
        Key(
            "compression",
            Value("word", words=tuple(STREAMS), meanings=tuple(STREAMS.values())),
            "The whole file is compressed; the card speaks of what is inside.",
            "gzip",
        ),
    ),
    short="file pattern",
    one_of=("match", "named"),
    apart=(("layout", "format"), ("endian", "format")),
    needs=(*((key.name, "format") for key in OPTIONS), ("order", "over"), ("missing", "over")),
)

CHECK = Shape(
    "check",
    "Something that must hold.",
    (
        Key("that", TRUTH, "What must hold.", "size(bin) == meta.bytes", mandatory=True),
        Key(
            "else",
            TEMPLATE,
            "What to say if it does not.",
            "the header says {{ meta.bytes }} bytes",
            mandatory=True,
        ),
        Key(
            "level",
            Value("word", words=("error", "warn"), meanings=_LEVELS),
            "warn: the map is made all the same.",
            "warn",
        ),
    ),
)

ARRAY = Shape(
    "array",
    "One array of the map: bytes by dtype and shape, a located field, one of a container, or values.",
    (
        Key("each", Value("each"), "One array for each item.", "v in header.variables"),
        Key("let", EXPRESSIONS, "Derived values of this array.", {"mine": "eeg.spr == r"}),
        Key("if", TRUTH, ONLY_IF.format("array"), "n_aux > 0"),
        Key("name", TEMPLATE, "The path of the array, when it is not the key.", "{{ v.label }}"),
        Key(
            "from",
            EXPRESSION,
            "What holds the data: a field, the role, an array of a container, columns of a table in text.",
            "rig.block.amplifier",
        ),
        Key("values", NUMBERS, "Values to put into the map itself.", "meta.gain[0:n]"),
        Key("dtype", EXPRESSION, "The type of an element.", "int16"),
        Key(
            "shape",
            Value("expression", items=EXPRESSION, entries=EXPRESSION, names="axis", least=1),
            "The axes and their sizes, slowest first; one may be 'auto'.",
            {"time": "auto", "channel": 64},
        ),
        Key("offset", EXPRESSION, "Where the data begin in the file, in bytes.", 348),
        Key("endian", ENDIAN_VALUE, "The byte order of the data.", "big"),
        Key("codec", CODECS, "What encoded the bytes from 'offset' on, the first step first.", ["gzip"]),
        Key("nbytes", EXPRESSION, "The bytes that they take; else all to the end of the file.", "size"),
        Key("order", EXPRESSION, "C: the last axis varies fastest; F: the first one does.", "F"),
        Key(
            "dims",
            Value("dims", items=TEXT, least=1),
            "The axes asked for: an arrow, or a list of names.",
            "block channel sample -> time=(block sample) channel",
        ),
        Key(
            "gaps",
            Value(shape="gaps"),
            "Where the rows of the slowest axis do not follow each other in time.",
            {"at": "rec.timestamp", "step": "1e6 / rate", "as": "segment"},
        ),
        Key(
            "blocks",
            Value("word", words=("equal", "segment"), meanings=_BLOCKS),
            "What to do about rows of unequal sizes that are not joined.",
            "segment",
        ),
        Key("time", Value(shape="axis"), "Short for axes: time:.", {"step": "1 / 30000", "units": "s"}),
        Key(
            "axes",
            Value(entries=Value(shape="axis"), names="axis"),
            "Coordinates along the axes.",
            {"channel": {"labels": "meta.names"}},
        ),
        Key("attrs", ATTRIBUTES, "Attributes of the array.", {"units": "uV", "scale_factor": 0.195}),
    ),
    apart=(
        ("values", "from"),
        ("values", "shape"),
        ("values", "offset"),
        ("values", "endian"),
        ("values", "order"),
        ("values", "codec"),
    ),
    needs=(("nbytes", "codec"),),
)

GAPS = Shape(
    "gaps",
    "How the rows of a recording follow each other in time, and what to do where they do not.",
    (
        Key("if", TRUTH, ONLY_IF.format("entry"), "header.version >= 2"),
        Key("at", EXPRESSION, "The time of the first sample of each row.", "rec.timestamp", mandatory=True),
        Key("step", EXPRESSION, "The time of one sample, in the same units.", "1e6 / rate", mandatory=True),
        Key("tolerance", EXPRESSION, "How much later or earlier a row may be; else half a step.", 10),
        Key(
            "as",
            Value("word", words=("error", "segment"), meanings=_GAPS),
            "What to do about gaps.",
            "segment",
        ),
    ),
)

AXIS = Shape(
    "axis",
    "An axis: start and step, or labels; any further name is a coordinate along it.",
    (
        Key("if", TRUTH, ONLY_IF.format("entry"), "ndim >= 4"),
        Key("start", EXPRESSION, "The coordinate of the first element.", 0),
        Key("step", EXPRESSION, "The distance between elements.", "1 / 30000"),
        Key("units", TEMPLATE, "The units of the coordinate, or of the data along this axis.", "s"),
        Key("epoch", TEMPLATE, "The moment of coordinate 0, as ISO 8601.", "2024-05-01T12:00:00"),
        Key("labels", Value("expression", items=TEXT), "A label for each element.", "meta.channel_names"),
        Key("gain", NUMBERS, "physical = gain * raw + offset, for each element.", "meta.gain"),
        Key("offset", NUMBERS, "physical = gain * raw + offset, for each element.", "meta.offset"),
    ),
    free=NUMBERS,
    apart=(("step", "labels"), ("start", "labels")),
)

SHAPES: dict[str, Shape] = {
    "card": CARD,
    "param": PARAM,
    "used card": USED_CARD,
    "extended card": EXTENDED_CARD,
    "type": TYPE,
    "role": ROLE,
    "layout": LAYOUT,
    "field": FIELD,
    "repeat": REPEAT,
    "endian": ENDIAN,
    "codec": CODEC,
    "parse": PARSE,
    "text field": TEXT_FIELD,
    "check": CHECK,
    "array": ARRAY,
    "gaps": GAPS,
    "axis": AXIS,
}
