"""Codes of one family; see the package's docstring for the families."""

from vspec.errors.catalog.code import Code

CODES: tuple[Code, ...] = (
    Code(
        "V0901",
        "card",
        "an expression that is too long",
        "An expression has at most 2000 characters. Give parts of it names under `let:`.",
    ),
    Code(
        "V0902",
        "card",
        "an expression that is nested too deeply",
        "Expressions nest at most 64 deep (parentheses, operators, calls). Give parts of it names under "
        "`let:`.",
    ),
    Code(
        "V0903",
        "card",
        "a value with too many elements",
        "A value of an expression has at most 10 million elements; it is refused before memory is taken."
        " A count that was read from the file is often the cause: check the field's type and byte order.",
        "range(10 ** 12)",
        "range(n_channels)",
    ),
    Code(
        "V0904",
        "card",
        "a text that is too long",
        "A text made by an expression or by `{{ }}` has at most 1 MiB.",
    ),
    Code(
        "V0905",
        "card",
        "a pattern that is too large",
        "A pattern has at most 2000 characters, 64 captures, and optional pieces 8 deep.",
    ),
    Code(
        "V0910",
        "usage",
        "Too many files to search",
        "The data root holds more than a million files and folders. It is walked whole, so a root near "
        "the data is also faster.",
        "vspec apply card.yaml /",
        "vspec apply card.yaml /data/2024-05-01/",
    ),
    Code(
        "V0911",
        "data",
        "Folders too deep",
        "Folders more than 64 levels below the data root are not looked into. Give one further down.",
        "vspec apply card.yaml /data/",
        "vspec apply card.yaml /data/a/very/deep/folder/",
    ),
    Code(
        "V0912",
        "data",
        "Too many holes to fill",
        "With 'missing: fill' each absent number of a series is kept, a million at most. Numbers so far "
        "apart are mostly times or serial numbers, not a count.",
        "missing: fill      # over a time stamp",
        "missing: skip",
    ),
    Code(
        "V0913",
        "data",
        "Text too long",
        "A text header is read whole, so it may have 64 MiB at most, a table in text 1 GiB. Where binary "
        "data follow the text, "
        "'end:' says where it stops.",
        "text: {format: pairs, separator: ': '}           # then 2 GB of voxels",
        "text: {format: pairs, separator: ': ', end: ''}  # up to the first empty line",
    ),
    Code(
        "V0914",
        "data",
        "JSON or XML too deep",
        "Objects and lists of JSON, and elements of XML, may nest 100 levels deep at most.",
        "[[[[[[...",
        "a file that a recording program wrote",
    ),
    Code(
        "V0915",
        "data",
        "A text with too many rows",
        "Text is read as a whole: at most 2**20 lines, a million elements of XML or matches of a pattern, "
        "and two million values that one pattern captures. A table of csv has at most ten million rows, and "
        "a million where a column holds texts or none.",
    ),
    Code(
        "V0920",
        "data",
        "A header value is too large",
        "A value that an expression uses is read as a whole, at most 64 MiB of it. Data belong in "
        "'arrays: from:', where they are only located.",
        "checks: [{that: all(rec.samples > 0), else: ...}]",
        "checks: [{that: all(rec.marker == 170), else: ...}]",
    ),
    Code(
        "V0921",
        "data",
        "Too many rows of varying size, or without bytes",
        "Rows whose size depends on their own bytes are walked one by one, at most a million of them. "
        "Rows of one size have no such limit, unless they have no bytes at all: then only a count bounds "
        "them, and all of them together are bounded.",
    ),
    Code(
        "V0922",
        "data",
        "Too deeply nested",
        "Records nest at most 32 levels deep, and a value may depend on at most 100 others in a row. A "
        "type that contains itself without an end is the usual reason.",
    ),
    Code(
        "V0930",
        "data",
        "A packed chunk is too large",
        "A chunk of a packed map is decoded as a whole, so it may have 256 MiB at most once it is decoded. "
        "Its size is checked before memory is taken.",
    ),
    Code(
        "V0923",
        "data",
        "A region of encoded bytes is too large to look into",
        "Decoded, it is larger than vspec counts (16 GiB of a stream), or than it takes into memory (1 GiB "
        "of codecs that give all at once). Arrays in it could only be mapped as one chunk, which readers "
        "would have to decode as a whole.",
    ),
)
