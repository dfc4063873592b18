"""V01, continued: what a card says and cannot mean."""

from vspec.errors.catalog.code import Code

CODES: tuple[Code, ...] = (
    Code(
        "V0186",
        "card",
        "A negative size",
        "Sizes, counts and offsets are not negative.",
        "shape: {time: auto, channel: -1}",
        "shape: {time: auto, channel: 64}",
    ),
    Code(
        "V0185",
        "card",
        "An array without a source",
        "An array takes its data from a located field or role, or from values; what comes from a text"
        " is written with 'values', a column of a table in text with 'from'.",
        "gain: {from: meta.gain}",
        "gain: {values: meta.gain}",
    ),
    Code(
        "V0187",
        "card",
        "A constant that can never stand there",
        "A constant is held against what its field gives: a text field gives a text no longer than its "
        "length, a whole number type gives whole numbers of its range, a float32 no number with more digits "
        "than it has. No file could have any other constant.",
        "magic: ascii(4) = 'RIFFX'",
        "magic: ascii(5) = 'RIFFX'",
    ),
    Code(
        "V0198",
        "card",
        "Declared and never used",
        "A table, type or derived value that nothing asks for is left over, or its name is misspelt where it "
        "was meant. It does no harm, so this is a warning.",
        "tables: {kind: {1: int16}}    # ... and nowhere 'kind[...]'",
        "delete it, or use it: kind[code]",
    ),
    Code(
        "V0199",
        "card",
        "Rows that all lie at one place",
        "With 'repeat: NAME in LIST' a record has an 'at:' for each item of the list. Where neither it nor "
        "the fields depend on the item, every row reads the same bytes.",
        "row: {repeat: p in pointer, at: 64, fields: {x: int16}}",
        "row: {repeat: p in pointer, at: p, fields: {x: int16}}",
    ),
    Code(
        "V0189",
        "card",
        "Braces that compute nothing",
        "Patterns of files capture with {name}; attributes, paths of arrays and other texts compute with "
        "{{ name }}. A single pair of braces stays in such a text as it is written.",
        "attrs: {session: 'session {run}'}",
        "attrs: {session: 'session {{ run }}'}",
    ),
    Code(
        "V0197",
        "card",
        "Packed samples that cannot be",
        "A packed type says how many bytes a word has (1 to 8) and of which bits each sample of it is made: "
        "first..last, the low piece first. Bit 0 is the least significant of the word in the byte order of "
        "the field. A sample has at most 56 bits.",
        'p212: {packed: 3, signed: true, values: ["0..11", "12..27"]}',
        'p212: {packed: 3, signed: true, values: ["0..11", "16..23 12..15"]}',
    ),
    Code(
        "V0188",
        "card",
        "A list of another length than its axis",
        "Labels, gains and other coordinates run along an axis and have one item for each of its positions. "
        "Here both the list and the size of the axis stand in the card, and they differ.",
        "shape: {time: auto, side: 2}, axes: {side: {labels: [left]}}",
        "shape: {time: auto, side: 2}, axes: {side: {labels: [left, right]}}",
    ),
)
