"""Codes of expressions: V02."""

from vspec.errors.catalog.code import Code

CODES: tuple[Code, ...] = (
    Code(
        "V0201",
        "card",
        "an expression that cannot be read",
        "Expressions are a small part of Python: numbers, texts, names, `a.b`, `x[i]`, operators and "
        "calls of known functions. The caret marks where reading stopped.",
        "n: a && b",
        "n: a and b",
    ),
    Code(
        "V0202",
        "card",
        "something of Python that is not in the language",
        "There is no `**`, no lambda, no comprehension, no step in a slice and no loop: operators and "
        "functions work on whole columns instead.",
        "size: 2 ** bits",
        "size: pow(2, bits)",
    ),
    Code(
        "V0203",
        "card",
        "Python's `None`, `True` or `False`",
        "The words of the language are written small: `none`, `true`, `false`.",
        "if: x == None",
        "if: x == none",
    ),
    Code(
        "V0204",
        "card",
        "a method call",
        "Values have no methods; the functions of the language take the value in parentheses.",
        "let: {name: label.strip()}",
        "let: {name: strip(label)}",
    ),
    Code(
        "V0205",
        "card",
        "a named argument",
        "Functions take their values in order. Only `date` has a named one, `pivot=`.",
        "round(x, decimals=2)",
        "round(x, 2)",
    ),
    Code(
        "V0206",
        "card",
        "a number or text in an unknown form",
        "Numbers are whole, decimal (1.5e-3) or hexadecimal (0x1F). Texts stand in single or double "
        "quotes without a prefix; known escapes are \\n \\r \\t \\0 \\xHH \\uHHHH and a backslash before a "
        "quote or a backslash.",
        "n: 1_000",
        "n: 1000",
    ),
    Code(
        "V0207",
        "card",
        "a name that cannot be a name",
        "Names have the letters a to z, digits and `_`, and do not begin with two underscores. A key of "
        "data that is written otherwise is taken with brackets.",
        "x: meta.__class__",
        "x: meta['__class__']",
    ),
    Code(
        "V0208",
        "card",
        "an unknown function",
        "The functions are listed in the page on expressions; a card cannot define its own.",
        "n: length(channels)",
        "n: len(channels)",
    ),
    Code(
        "V0209",
        "card",
        "a wrong number of values for a function",
        "Each function takes a fixed number of values; the help line shows its usage.",
        "n: startswith(label)",
        "n: startswith(label, 'EEG')",
    ),
    Code(
        "V0210",
        "card",
        "`&` or `|` inside a chain of comparisons",
        "`&` binds tighter than `==`, so `a == 1 & b == 2` would mean `a == (1 & b) == 2`. Conditions "
        "are joined with `and` and `or`, on columns too.",
        "a == 1 & b == 2",
        "a == 1 and b == 2",
    ),
    Code(
        "V0211",
        "card",
        "`{{` without `}}`, or the other way round",
        "In texts an expression stands between `{{` and `}}`. A literal `{{` is written `{{ '{{' }}`.",
        'name: "rate {{ r"',
        'name: "rate {{ r }}"',
    ),
    Code(
        "V0220",
        "card",
        "an unknown name",
        "Names are fields of the own and the enclosing records, roles, `let`, params, captures and "
        "tables. Fields of another role are written `role.field`.",
        "n: n_chan",
        "n: n_ch",
    ),
    Code(
        "V0221",
        "card",
        "an unknown field",
        "The record, table of rows or JSON object before the dot has no field or column of that name.",
        "n: meta.nSavedChan",
        "n: meta.nSavedChans",
    ),
    Code(
        "V0222",
        "card",
        "a missing key",
        "The table, JSON object or keyed record has no such key. `get(path, default)` gives a value for "
        "keys that may be absent.",
        "t: type_of[code]",
        "t: get(type_of[code], uint8)",
    ),
    Code(
        "V0223",
        "card",
        "an index outside",
        "Elements and rows count from 0; -1 is the last one.",
        "x: dim[8]",
        "x: dim[7]",
    ),
    Code(
        "V0224",
        "card",
        "a name with two meanings inside brackets",
        "Inside the brackets of rows, names may be columns of these rows. A name that also means "
        "something outside is refused, for nothing shadows anything.",
        "tag[id == id]",
        "let: {wanted: id}, then tag[tag.id == wanted]",
    ),
    Code(
        "V0225",
        "card",
        "calculating with `none`",
        "`none` stands for what is absent: a field whose condition is false, a chain that ends. It can "
        "be compared with `==` and `!=` only.",
        "n: extra + 1",
        "n: extra + 1 if extra != none else 0",
    ),
    Code(
        "V0226",
        "card",
        "an operator on a value of the wrong kind",
        "Arithmetic takes numbers, indexing takes lists, columns, tables and rows. Texts are converted "
        "with int(...) or float(...).",
        "n: label * 2",
        "n: int(label) * 2",
    ),
    Code(
        "V0227",
        "card",
        "a function's argument of the wrong kind",
        "The help line shows how the function is used.",
        "n: lower(5)",
        "n: lower('AB')",
    ),
    Code(
        "V0228",
        "card",
        "a comparison of different kinds",
        "A number never equals a text, so such a comparison would silently be false. Convert one side.",
        "if: meta.n == '4'",
        "if: meta.n == 4",
    ),
    Code(
        "V0229",
        "card",
        "columns of different lengths",
        "Operators combine columns element by element; masks have one truth value for each element.",
        "label[mask]",
        "label[label != '']",
    ),
    Code(
        "V0230",
        "card",
        "a whole number beyond 64 bits",
        "Whole numbers lie between -2**63 and 2**63 - 1, in columns too, and never wrap round. Too large "
        "a value is mostly a sign of a wrong type or byte order.",
        "n: 9223372036854775807 + 1",
        "n: float(9223372036854775807) + 1",
    ),
    Code(
        "V0231",
        "card",
        "division by zero",
        "The divisor is 0, or one element of it is. On columns a choice is taken row by row, so asking "
        "first helps there too.",
        "n: total / rate",
        "n: total / rate if rate != 0 else 0",
    ),
    Code(
        "V0232",
        "card",
        "a shift outside 0 to 63",
        "`<<` and `>>` shift by 0 to 63 bits.",
        "n: 1 << 64",
        "n: 1 << 62",
    ),
    Code(
        "V0233",
        "card",
        "a number that must be whole",
        "Sizes, offsets, counts, indices and bits are whole numbers. 3.0 is whole, 3.5 is not.",
        "shape: {time: n / 2}",
        "shape: {time: n // 2}",
    ),
    Code(
        "V0234",
        "card",
        "a value that is neither true nor false",
        "Conditions are truth values, or numbers (0 is false). Columns are summed up with all(...) or "
        "any(...), texts are compared.",
        "if: diff(t) == 512",
        "if: all(diff(t) == 512)",
    ),
    Code(
        "V0235",
        "card",
        "a field is wanted",
        "`from:`, `at`, `end` and `nbytes` ask where something lies in a file, so they take a field, a "
        "record or a column of rows, not a computed value.",
        "from: rec.samples * 2",
        "from: rec.samples",
    ),
    Code(
        "V0236",
        "card",
        "a text that is not a number",
        "`int` reads digits with a sign, or 0x...; `float` reads decimals with a point and an exponent. "
        "Blanks around are ignored.",
        "n: int('12 kHz')",
        "n: int(strip('12 kHz', ' kHz'))",
    ),
    Code(
        "V0237",
        "card",
        "the smallest, largest, first or last of nothing",
        "An empty list has none of these.",
        "n: max(sizes)",
        "n: max(sizes) if len(sizes) > 0 else 0",
    ),
    Code(
        "V0238",
        "card",
        "a text that does not match its pattern",
        "`capture` takes a text apart by a pattern; the whole text has to match.",
        "capture(name, '{a}-{n:int}')",
        "get(capture(name, '{a}-{n:int}').n, 0)",
    ),
    Code(
        "V0239",
        "card",
        "a date that cannot be read",
        "`date` takes a text and a format of %Y %y %m %d %H %M %S %f %b %B; everything else in the "
        "format stands for itself.",
        "date('3.4.2020', '%Y-%m-%d')",
        "date('3.4.2020', '%d.%m.%Y')",
    ),
    Code(
        "V0240",
        "card",
        "a result that is no finite number",
        "The result is too large for a float, or not a real number.",
        "x: pow(-1, 0.5)",
        "x: pow(abs(v), 0.5)",
    ),
    Code(
        "V0241",
        "card",
        "a text that is not in the file",
        "`find` looks for a text from a byte on and gives the offset of the first one.",
        "at: find('WAVEDESC')",
        "at: get(find('WAVEDESC'), 0)",
    ),
    Code(
        "V0242",
        "card",
        "a value that cannot be written as text",
        "Numbers, texts, truth values, types and lists of them can be written; records, tables and raw "
        "bytes cannot.",
        'name: "{{ rec }}"',
        'name: "{{ rec.label }}"',
    ),
    Code(
        "V0243",
        "card",
        "the components of one row, inside the brackets of its rows",
        "Inside the brackets of rows a name is its whole column. Where a row has several values, a position "
        "(or first, last) picks rows of it, not a component of each row, and a mask made of that would take "
        "wrong rows.",
        "from: f.point[xyz[0] > 0].xyz",
        "from: f.point[x > 0].xyz    # with the field  x: float32 @ start",
    ),
    Code(
        "V0244",
        "card",
        "a mask that can fit only by accident",
        "A mask has one truth value for each row of what it picks from. Made of other rows, whose number the "
        "card tells by another count, it fits only if both numbers happen to be equal, and would then take "
        "wrong rows.",
        "from: f.point[f.event.code > 0].xyz    # point: {repeat: rest}, event: {repeat: n}",
        "from: f.point[code > 0].xyz            # code is a field of point",
    ),
)
