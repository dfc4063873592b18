"""V00: the text of a card, before its grammar."""

from vspec.errors.catalog.code import Code

CODES: tuple[Code, ...] = (
    Code(
        "V0001",
        "card",
        "The card cannot be read",
        "The file of the card does not exist, is a folder, or may not be read.",
    ),
    Code(
        "V0002",
        "card",
        "The card is not UTF-8",
        "A card is a text in UTF-8, with or without a byte order mark. Save it again as UTF-8.",
    ),
    Code(
        "V0003",
        "card",
        "The card is too long",
        "A card may have 1 MiB. Long tables belong into the data or into several cards.",
    ),
    Code(
        "V0004",
        "card",
        "Not YAML",
        "The text breaks a rule of YAML: an open quote or bracket, keys of one mapping at different "
        "indentations, or a text with ': ' that lacks its quotes.",
        "title: rig 3: the old one",
        'title: "rig 3: the old one"',
    ),
    Code(
        "V0005",
        "card",
        "A tab in the indentation",
        "YAML indents with blanks. Set your editor to write blanks for the tab key.",
    ),
    Code(
        "V0006",
        "card",
        "A value cut by YAML",
        "Inside { } and [ ] a value without quotes ends at any of , [ ] { }. A type with sizes or a "
        "function with two arguments needs quotes there, or a line of its own.",
        "fields: {samples: int16[channel=4]}",
        "fields:\n  samples: int16[channel=4]",
    ),
    Code(
        "V0007",
        "card",
        "A text that needs quotes",
        "At the start of a value YAML gives { * & ! @ % and ` a meaning of its own. A file pattern or a "
        "text with {{ }} that begins with one of them stands in quotes.",
        "files: *.dat",
        'files: "*.dat"',
    ),
    Code(
        "V0008",
        "card",
        "A key stands twice",
        "YAML would silently keep the last of two equal keys; vspec refuses them.",
        "title: a\ntitle: b",
        "title: b",
    ),
    Code(
        "V0009",
        "card",
        "Anchors and aliases",
        "A card has no anchors (&name) and aliases (*name); what is used twice is an entry of types.",
        "a: &size 4\nb: *size",
        "let:\n  size: 4",
    ),
    Code(
        "V0010",
        "card",
        "Tags",
        "A card has no YAML tags (!name); every value is of the type that it looks like.",
        "version: !!str 1.0",
        'version: "1.0"',
    ),
    Code(
        "V0011",
        "card",
        "Merge keys",
        "A card has no merge keys (<<).",
        "<<: {endian: big}",
        "endian: big",
    ),
    Code(
        "V0012",
        "card",
        "More than one document",
        "A card is one YAML document; what follows a line of '---' is another.",
    ),
    Code(
        "V0013",
        "card",
        "Not a mapping",
        "A card is a mapping that begins with 'vspec: 1'.",
        "- files: x",
        "vspec: 1\nfiles: x",
    ),
    Code(
        "V0014",
        "card",
        "A key that is not a text",
        "The key of a mapping is one text; lists and mappings cannot be keys.",
        "[a, b]: 1",
        "a: 1\nb: 1",
    ),
    Code(
        "V0015",
        "card",
        "Nested too deep",
        "A card may be nested 64 levels deep.",
    ),
    Code(
        "V0016",
        "card",
        "A number that cannot be kept",
        "The card travels in the map as JSON: numbers are finite, integers have at most 64 bits.",
        "fill: .nan",
        'fill: "nan"',
    ),
)
