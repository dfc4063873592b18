"""V01: the grammar of cards. V0150 to V0169 belong to patterns."""

from vspec.errors.catalog.code import Code

_FORM: tuple[Code, ...] = (
    Code(
        "V0101",
        "card",
        "A card of another language version",
        "The card says which version of the language it is written in. A newer version is never guessed at.",
        "vspec: 2",
        "vspec: 1",
    ),
    Code(
        "V0102",
        "card",
        "An unknown key",
        "The mapping has no such key. 'vspec schema' lists every key; an editor that knows the schema"
        " completes them.",
        "arrays:\n  raw: {dtype: int16, shap: {time: auto}}",
        "arrays:\n  raw: {dtype: int16, shape: {time: auto}}",
    ),
    Code(
        "V0103",
        "card",
        "A key is missing",
        "The mapping means nothing without this key.",
        'vspec: 1\nfiles: "*.dat"',
        'vspec: 1\nfiles: "*.dat"\narrays:\n  raw: {dtype: int16, shape: {time: auto}}',
    ),
    Code(
        "V0104",
        "card",
        "A value of the wrong form",
        "The key takes a value of another form: a text, a number, a list or a mapping. A text that "
        "YAML reads as a number needs quotes.",
        "version: 1.0",
        'version: "1.0.0"',
    ),
    Code(
        "V0105",
        "card",
        "A word that may not stand here",
        "The key takes one of a few words.",
        "missing: ignore",
        "missing: skip",
    ),
    Code(
        "V0106",
        "card",
        "An empty value",
        "The key has no value, or its list or mapping has too few entries.",
        "arrays:\n  raw:",
        "arrays:\n  raw: {dtype: int16, shape: {time: auto}}",
    ),
    Code(
        "V0107",
        "card",
        "Not in this version of vspec",
        "The card language has this feature, but this version of vspec does not read it yet. It is "
        "refused, so that nothing is mapped wrongly.",
        "repeat: {until: id == 0}",
        "repeat: n",
    ),
    Code(
        "V0108",
        "card",
        "Not a name",
        "Names of roles, fields, values and axes are letters, digits and '_', not a digit first, "
        "because expressions use them. A key of the data that is not a name is written with 'key'.",
        'fields:\n  "space directions": str',
        "fields:\n  space_directions: {key: space directions}",
    ),
    Code(
        "V0109",
        "card",
        "Keys that do not go together",
        "One key excludes the other, or means nothing without it.",
        'bin: {match: "*.x", named: h.file}',
        "bin: {named: h.file}",
    ),
    Code(
        "V0110",
        "card",
        "A field that cannot be read",
        "The short form of a field is TYPE[sizes] as WORD if COND else VALUE @ OFFSET = CONST, with "
        "all sizes in one pair of brackets. Byte order has a key of its own, 'endian'.",
        'samples: ">int16[4]"',
        'samples: {type: "int16[4]", endian: big}',
    ),
    Code(
        "V0111",
        "card",
        "An unknown type",
        "The name is neither a type of the language, nor an entry of 'types', nor a value in sight "
        "that holds a type.",
        "dtype: in16",
        "dtype: int16",
    ),
    Code(
        "V0112",
        "card",
        "Sizes of a field",
        "The sizes of a field are named axes, each once; an unnamed size may only follow a type of "
        "the language.",
        "samples: point[8]",
        "samples: point[item=8]",
    ),
    Code(
        "V0113",
        "card",
        "Clauses out of order",
        "The clauses of a field stand in the order as, if, else, @, =, each at most once. A choice "
        "between two types stands in parentheses. 'as' reads the digits of a text, and 'else' needs an 'if' "
        "or 'as int'.",
        "n: uint16 @ 4 if version > 1",
        "n: uint16 if version > 1 @ 4",
    ),
    Code(
        "V0114",
        "card",
        "A text without its length",
        "ascii, latin1, cp1252, utf8, utf16, bytes and pad take their length in bytes.",
        "name: ascii",
        "name: ascii(16)",
    ),
    Code(
        "V0115",
        "card",
        "Not an arrow",
        "'dims' is a list of names, or an arrow: the stored axes, '->', the axes asked for.",
        "dims: time channel",
        "dims: [time, channel]",
    ),
    Code(
        "V0116",
        "card",
        "An arrow that loses or doubles an axis",
        "Each axis before the arrow, or each part of one that is split, is used once after it.",
        "dims: block channel sample -> time=(block sample)",
        "dims: block channel sample -> time=(block sample) channel",
    ),
    Code(
        "V0117",
        "card",
        "A byte order test that tests nothing",
        "The test names a number type, an offset from the start of the file, and what must be found "
        "there: '= CONSTANT', or an expression of 'test' under 'that'.",
        "endian: {test: uint16 @ 2}",
        "endian: {test: uint16 @ 2 = 42}",
    ),
    Code(
        "V0118",
        "card",
        "A repeat that cannot be read",
        "'repeat' is a count, NAME in LIST, or rest (as many whole records as fit).",
        "repeat: to eof",
        "repeat: rest",
    ),
    Code(
        "V0119",
        "card",
        "An 'each' that cannot be read",
        "'each' of an array is NAME in LIST.",
        "each: header.variables",
        "each: v in header.variables",
    ),
    Code(
        "V0120",
        "card",
        "A text field that does not suit the format",
        "Fields of pairs and json are found by key, fields of lines by a pattern. json has no lines "
        "and sections.",
        "format: lines\nfields: {n: int}",
        'format: lines\nfields: {n: "{value:int} channels"}',
    ),
    Code(
        "V0121",
        "card",
        "A choice that needs parentheses",
        "After 'if', '@' and '=' a conditional expression stands in parentheses, because 'if' is a "
        "clause of the field itself.",
        "first: uint32 @ 8 if big else 4",
        "first: uint32 @ (8 if big else 4)",
    ),
    Code(
        "V0123",
        "card",
        "A text that is not computed",
        "The title of a card says what its format is called, the same for all data. Texts with {{ }} stand "
        "under name, units, epoch, attrs and the else of checks.",
        'title: "Recording of {{ hdr.date }}"',
        'attrs: {title: "Recording of {{ hdr.date }}"}',
    ),
    Code(
        "V0122",
        "card",
        "A default of another type",
        "The default of a parameter is of the parameter's type.",
        "params: {n: {type: int, default: four}}",
        "params: {n: {type: int, default: 4}}",
    ),
    Code(
        "V0141",
        "card",
        "An option that the text format does not have",
        "Each text format has options of its own: xml has no separator, json no comment. The message "
        "names the formats that know the option.",
        'format: xml\nseparator: ";"',
        'format: csv\nseparator: ";"',
    ),
    Code(
        "V0142",
        "card",
        "A path to elements that cannot be read",
        "A path of xml goes down from an element by the names of its children, a/b, to the text of the "
        "last one or to an attribute of it, a/b@unit. * is any element, //b one at any depth, . the "
        "element itself. The element at the top has no name in the path.",
        "key: /channel/@gain",
        "key: channel@gain",
    ),
    Code(
        "V0143",
        "card",
        "Separators and quotes that cannot work",
        "A separator is not empty and differs from the sign before decimals; a quote is one character, "
        "or an opening and a closing one.",
        'format: csv\ndecimal: ","',
        'format: csv\nseparator: ";"\ndecimal: ","',
    ),
    Code(
        "V0144",
        "card",
        "A line, column or character that there is not",
        "Lines, columns and the characters of a line count from 1; a range is its first and its last one.",
        "columns: [0, 7]",
        "columns: [1, 8]",
    ),
)

_MEANING: tuple[Code, ...] = (
    Code(
        "V0170",
        "card",
        "A name declared twice",
        "A name means one thing along the chain of own record, enclosing records, file role, let, "
        "params, captures, tables and loop variables. Nothing shadows anything.",
        'files: "{n:int}.dat"\nlet: {n: 3}',
        'files: "{n:int}.dat"\nlet: {m: 3}',
    ),
    Code(
        "V0171",
        "card",
        "A word of the language as a name",
        "here, start, rest, auto, prev, none, true, false, little, big, the names of types and the "
        "words of expressions (if, in, and, ...) cannot be names.",
        "let: {start: 4}",
        "let: {first: 4}",
    ),
    Code(
        "V0172",
        "card",
        "An unknown name",
        "Nothing of this name is in sight: no field of this record or one around it, no let, param, "
        "table, capture or role. Fields of another role are written ROLE.FIELD.",
        "shape: {time: auto, channel: n_chan}",
        "shape: {time: auto, channel: n_ch}",
    ),
    Code(
        "V0173",
        "card",
        "No such field",
        "The role or record has no field, derived value or capture of this name.",
        "let: {n: meta.nSavedChan}",
        "let: {n: meta.nSavedChans}",
    ),
    Code(
        "V0174",
        "card",
        "A key that is no field",
        "'key' names the field of the record by which its rows are found.",
        "tag: {repeat: n, key: idd, fields: {id: uint16}}",
        "tag: {repeat: n, key: id, fields: {id: uint16}}",
    ),
    Code(
        "V0175",
        "card",
        "Axes that the data do not have",
        "The names before the arrow are the stored axes, slowest first, as 'shape' gives them; names "
        "under 'axes' are axes of the array.",
        "shape: {t: 3, y: 4}\ndims: t x -> x t",
        "shape: {t: 3, y: 4}\ndims: t y -> y t",
    ),
    Code(
        "V0176",
        "card",
        "'auto' more than once",
        "Only one size of an array can come out of the size of the file.",
        "shape: {time: auto, channel: auto}",
        "shape: {time: auto, channel: 64}",
    ),
    Code(
        "V0177",
        "card",
        "'auto' or 'rest' outside its place",
        "'auto' is a whole size in the 'shape' of an array; 'rest' stands in a layout, as a repeat or"
        " a named size.",
        "dtype: int16\noffset: auto",
        "dtype: int16\noffset: 128",
    ),
    Code(
        "V0178",
        "card",
        "Bytes described in two places",
        "A role with a layout says where its bytes are and what they are, a container says it itself; an"
        " array selects of it and gives neither dtype nor shape, offset, byte order, order or codec.",
        "from: rig\ndtype: int16",
        "from: rig.samples",
    ),
    Code(
        "V0179",
        "card",
        "Bytes described nowhere",
        "An array of a raw file (a role without layout) gives dtype and shape; an array with neither "
        "'from' nor 'values' takes the first role.",
        "raw: {dtype: int16}",
        "raw: {dtype: int16, shape: {time: auto}}",
    ),
    Code(
        "V0180",
        "card",
        "'over' is no capture",
        "'over' names the capture of the role's patterns that tells its files apart.",
        'chan: {match: "{run}_{n:int}.dat", over: ch}',
        'chan: {match: "{run}_{n:int}.dat", over: n}',
    ),
    Code(
        "V0181",
        "card",
        "Patterns with different captures",
        "Every pattern of a role has the same captures, or those that are missing have a default.",
        'match: ["{a}_{b}.dat", "{a}.dat"]',
        'match: ["{a}_{b}.dat", "{a}[_{b=x}].dat"]',
    ),
    Code(
        "V0182",
        "card",
        "A repeat that is a condition",
        "A record that stands there once or not at all has 'if', not a repeat of 1 or 0.",
        "repeat: 1 if c else 0",
        "if: c",
    ),
    Code(
        "V0183",
        "card",
        "A field right after a fixed place",
        "'@' never moves the cursor: the field after one with a constant '@' begins where the cursor "
        "was before, which is hardly ever meant. Give it an '@' of its own, or put it first.",
        "a: int16 @ 40\nb: int16",
        "a: int16 @ 40\nb: int16 @ 42",
    ),
    Code(
        "V0184",
        "card",
        "Values that need each other",
        "Derived values may stand in any order, but not in a circle.",
        "let: {a: b + 1, b: a - 1}",
        "let: {a: 4, b: a - 1}",
    ),
)

_OVERLAY = ()

CODES: tuple[Code, ...] = (*_FORM, *_MEANING, *_OVERLAY)
