"""Codes of capture patterns (file names and text lines): V0150 to V0169, a part of V01."""

from vspec.errors.catalog.code import Code

CODES: tuple[Code, ...] = (
    Code(
        "V0150",
        "card",
        "empty pattern",
        "A pattern needs at least one character. It is matched against the end of a path, or against a line.",
        'match: ""',
        'match: "{name}.dat"',
    ),
    Code(
        "V0151",
        "card",
        "brace or bracket without its partner",
        "`{` opens a capture and `}` closes it; `[` and `]` enclose an optional piece. A literal one is"
        " written with a backslash in front.",
        'match: "{name.dat"',
        'match: "{name}.dat"',
    ),
    Code(
        "V0152",
        "card",
        "`{{ }}` in a pattern",
        "A pattern is compared with what is there; nothing is computed in it. A file name that is computed"
        " from data is given with `named:`.",
        'match: "{{ run }}.dat"',
        'match: "{run}.dat"',
    ),
    Code(
        "V0153",
        "card",
        "a capture's name is not a name",
        "Names begin with a letter and hold letters, digits and `_`. A capture that only has to match is"
        " written `{:kind}`.",
        'match: "{my run}.dat"',
        'match: "{my_run}.dat"',
    ),
    Code(
        "V0154",
        "card",
        "unknown kind of capture",
        "Kinds are `int`, `float`, `word` (no blanks), `text` (the default), `rest` (up to the end), `path`"
        " (whole folders), and alternatives `a|b`. Only `text?` may be empty.",
        'match: "{gate:integer}.dat"',
        'match: "{gate:int}.dat"',
    ),
    Code(
        "V0155",
        "card",
        "the same capture twice",
        "A pattern captures each name once. To demand that two parts are equal, capture both and compare"
        " them under `checks:`.",
        'match: "{run}/{run}.dat"',
        'match: "{folder}/{run}.dat"',
    ),
    Code(
        "V0156",
        "card",
        "two captures without anything between them",
        "A text capture is as short as it can be: without a character or a number after it, nothing tells"
        " where it ends, and the pattern would guess.",
        'match: "{animal}{session}.dat"',
        'match: "{animal}_{session}.dat"',
    ),
    Code(
        "V0157",
        "card",
        "a default that its capture could not read",
        "The default of a capture is a value of its kind: a number for `int` and `float`, one of the"
        " alternatives for `a|b`. `rest` and `path` have none, they may be empty.",
        'match: "{name}[_{part:int=first}].dat"',
        'match: "{name}[_{part:int=1}].dat"',
    ),
    Code(
        "V0158",
        "card",
        "a capture named like a word of the language",
        "Captures are used as names in expressions, where words such as `start`, `rest` or `int16` already"
        " mean something.",
        'match: "{start:int}.dat"',
        'match: "{first:int}.dat"',
    ),
    Code(
        "V0159",
        "card",
        "a file pattern that is not a relative path of a file",
        "Patterns match the end of a path below the data that was named on the command line. They cannot"
        " begin at a root, name a drive or an address, or go up with `..`, and they end in a file's name.",
        'match: "/data/{run}.dat"',
        'match: "{run}.dat"',
    ),
    Code(
        "V0160",
        "card",
        "a path capture that is not made of whole folders",
        "`{dir:path}` stands for any number of folders, none included, and is followed by `/`. It has no"
        " meaning in a pattern for text.",
        'match: "{dir:path}_x.dat"',
        'match: "{dir:path}/{name}_x.dat"',
    ),
    Code(
        "V0161",
        "card",
        "`**` that is not a whole folder",
        "`**/` stands for any number of folders, none included; `*` for any part of one name.",
        'match: "run**.dat"',
        'match: "**/run*.dat"',
    ),
    Code(
        "V0162",
        "card",
        "something after `{:rest}`",
        "`rest` takes everything up to the end, so nothing can stand after it.",
        'line: "{title:rest} ({n:int})"',
        'line: "{title} ({n:int})"',
    ),
    Code(
        "V0163",
        "card",
        "a wildcard that patterns do not have",
        "There is no `?` and no `[0-9]`: brackets enclose an optional piece. Use captures, which also name"
        " what they find.",
        'match: "run[0-9].dat"',
        'match: "run{n:int}.dat"',
    ),
    Code(
        "V0164",
        "card",
        "a backslash before an ordinary character",
        "A backslash only makes one of `{ } [ ] * ? | = : \\` literal. Folders are separated by `/` on every"
        " system.",
        "match: 'raw\\{name}.dat\\x'",
        "match: 'raw/{name}.dat'",
    ),
    Code(
        "V0166",
        "card",
        "an empty optional piece",
        "`[...]` encloses a piece that may be absent; an empty one says nothing.",
        'match: "{name}[].dat"',
        'match: "{name}[_{part:int=1}].dat"',
    ),
    Code(
        "V0167",
        "card",
        "alternatives that are empty or repeated",
        "Each alternative of `{x:a|b}` is a text of its own. A part that may be absent stands in brackets.",
        'match: "{name}.{band:ap|}.bin"',
        'match: "{name}[.{band:ap|lf}].bin"',
    ),
    Code(
        "V0168",
        "card",
        "values that a pattern cannot write",
        "A text made from a pattern must give the same values when it is read again; so a capture cannot"
        " hold the very character that ends it, nor a kind that does not fit.",
        'with "{run}_{n:int}.dat": run "a_1", n 2 is fine, run "a/b" is not',
        "give values that the pattern would read",
    ),
)
