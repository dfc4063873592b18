"""Expressions: places of errors, scopes, rows, locations, templates, limits."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from tests.unit.effort import peak, steps
from tests.unit.layouts import bounded
from vspec.datatypes import NUMBERS
from vspec.errors import CODES, Place, Text, VspecError
from vspec.expressions import Chain, Extent, UnknownName, as_column, parse, parse_template
from vspec.expressions.tables import Table


def text(value, column=1, line=None):
    return Text(value, Place("card.yaml", 7, column, max(1, len(value)), line or value))


@dataclass
class Scope:
    """Plain values, places of fields, and a file's bytes; counts what is read."""

    values: dict = field(default_factory=dict)
    places: dict = field(default_factory=dict)
    data: bytes = b""
    read: list = field(default_factory=list)

    def names(self):
        return [*self.values, *self.places]

    def get(self, name):
        self.read.append(name)
        if name not in self.values:
            raise UnknownName(name)
        return self.values[name]

    def locate(self, name):
        if name not in self.places:
            raise UnknownName(name)
        return self.places[name]

    def find(self, needle, start):
        at = self.data.find(needle, start or 0)
        if at < 0:
            raise UnknownName(needle)
        return at


class Struct(Scope):
    """A record: the same, with an extent."""

    offset = 100
    nbytes = 24


class Keyed(Table):
    """Rows found by the column id."""

    __slots__ = ()

    def keys(self):
        return self.columns["id"].tolist()

    def row(self, key):
        if key not in self.keys():
            raise KeyError(key)
        return super().row(self.keys().index(key))

    def __iter__(self):
        return (super(Keyed, self).row(i) for i in range(len(self)))

    def take(self, index):
        return Keyed(super().take(index).columns)

    def has(self, key):
        return key in self.keys()

    def locate(self, name):
        if name not in self.columns:
            raise UnknownName(name)
        count = len(self)
        return Extent(np.arange(count) * 12, np.full(count, 4))


def evaluate(expression, **values):
    return parse(text(expression)).evaluate(Scope(values))


def problem(expression, **values):
    with pytest.raises(VspecError) as caught:
        evaluate(expression, **values)
    return caught.value.problems[0]


def caret(expression, **values):
    found = problem(expression, **values)
    start = found.place.column - 1
    return found.code, expression[start : start + found.place.length]


ROWS = Keyed({"id": np.array([5, 9, 12]), "n": np.array([1, 2, 3])})


@pytest.mark.parametrize(
    ("expression", "wanted"),
    (
        ("1 + n_chan * 2", ("V0220", "n_chan")),
        ("meta.nSaved + 1", ("V0221", "nSaved")),
        ("1 + (tab[3] - 1)", ("V0222", "3")),
        ("col[ 9 ]", ("V0223", "9")),
        ("col + absent", ("V0225", "absent")),
        ("2 * word", ("V0226", "word")),
        ("1 + lower(4 + 5)", ("V0227", "4 + 5")),
        ("true and n == word", ("V0228", "n == word")),
        ("n + (col + longer)", ("V0229", "col + longer")),
        ("1 + big * 2", ("V0230", "big * 2")),
        ("5 // (n - 3)", ("V0231", "n - 3")),
        ("1 << n * 100", ("V0232", "n * 100")),
        ("range(n / 2)", ("V0233", "n / 2")),
        ("n if word else 0", ("V0234", "word")),
        ("nbytes(n + 1)", ("V0235", "n + 1")),
        ("int(word) + 1", ("V0236", "word")),
        ("'µ' == 'a' or n_chan", ("V0220", "n_chan")),
        ("a.b.strip(1)", ("V0204", "a.b.strip")),
        ("1 + len(1, 2)", ("V0209", "len(1, 2)")),
        ("lenn(col)", ("V0208", "lenn")),
        ("round(n, to=2)", ("V0205", "to=2")),
        ("a == 1 & b == 2", ("V0210", "1 & b")),
        ("n + None", ("V0203", "None")),
        ("n ** 2", ("V0202", "**")),
        ("[i for i in col]", ("V0202", "for")),
        ("n + 0b1", ("V0206", "0b1")),
        ("n.__class__", ("V0207", "__class__")),
        ("größe + 1", ("V0207", "größe")),
        ("n = 3", ("V0201", "=")),
        ("(n + 1", ("V0201", "(")),
        ("n +", ("V0201", "+")),
        ("n n", ("V0201", "n")),
    ),
)
def test_the_caret_stands_under_the_part_that_is_wrong(expression, wanted):
    values = {
        "n": 3, "word": "12 kHz", "absent": None, "big": 2**62, "tab": {1: 2}, "a": 1, "b": 2,
        "meta": Struct({"nSavedChans": 4}), "col": np.array([1, 2]), "longer": np.array([1, 2, 3]),
    }  # fmt: skip
    assert caret(expression, **values) == wanted


def test_the_place_counts_from_where_the_text_stands_in_the_card():
    line = "  n_ch: meta.nSavedChan"
    with pytest.raises(VspecError) as caught:
        parse(text("meta.nSavedChan", 9, line)).evaluate(Scope({"meta": Struct({"nSavedChans": 4})}))
    found = caught.value.problems[0]
    assert found.message == "no field 'nSavedChan' in meta"
    assert found.help == "did you mean 'nSavedChans'?"
    assert (found.place.line, found.place.column, found.place.length, found.place.text) == (7, 14, 10, line)


def test_leading_blanks_and_line_breaks_do_not_move_the_caret():
    assert caret("  1 +\n nix") == ("V0220", "nix")


def test_all_that_is_wrong_in_the_text_is_said_at_once():
    with pytest.raises(VspecError) as caught:
        parse(text("lenn(x) + y.strip() + round(1, a=2) + None"))
    assert [p.code for p in caught.value.problems] == ["V0203"]
    with pytest.raises(VspecError) as caught:
        parse(text("lenn(x) + y.strip() + round(1, a=2)"))
    assert [p.code for p in caught.value.problems] == ["V0208", "V0204", "V0205"]


@pytest.mark.parametrize(
    ("expression", "help"),
    (
        ("a && b", "write 'and'"),
        ("!a", "write 'not'"),
        ("a = 1", "write '==' to compare"),
        ("a is b", "write '==' or '!='"),
        ("2 ** 3", "write pow(a, b)"),
        ("x.lower()", "write lower(x)"),
        ("lowr(x)", "did you mean 'lower'?"),
        ("True", "write true"),
        ("x.class", "a key that is a Python keyword is written with brackets: ['class']"),
        ("find('x', from=here)", "find takes its start as a second value: find('text', here)"),
        ("startswith(x)", "usage: startswith(text, part)"),
        ("{{ x }}", "an expression is written without {{ }}"),
        ("'a' 'b'", "is a comma missing? '+' joins texts"),
        ("a if b", "a choice needs both: a if condition else b"),
        ("a and", "a value is missing"),
    ),
)
def test_what_is_refused_says_what_to_write(expression, help):
    with pytest.raises(VspecError) as caught:
        parse(text(expression))
    assert caught.value.problems[0].help == help


def test_missing_names_and_keys_are_proposed():
    assert problem("n_chn", n_ch=1).help == "did you mean 'n_ch'?"
    assert problem("t[7]", t={1: 0, 2: 0}).help == "its keys: 1, 2"
    assert problem("r[7]", r=ROWS).help == "its keys: 12, 5, 9"
    assert problem("len", n=1).help == "usage: len(values)"


def test_names_paths_and_constants():
    parsed = parse(text("meta.n + tag[id == k].v[0] if int16 == t else len(x)"))
    assert parsed.names == {"meta", "tag", "id", "k", "t", "x"}
    assert parsed.bracketed == {"id", "k"}
    assert parsed.paths == ("t", "meta.n", "tag", "id", "k", "x")
    assert not parsed.is_constant
    assert parse(text("2 * 3 + len('a')")).is_constant
    assert not parse(text("find('a')")).is_constant


@pytest.mark.parametrize(
    ("expression", "alone", "with_table"),
    (
        ("a + b * 2 - -c", True, True),
        ("a if b > 1 else meta.c", True, True),
        ("a in [1, 2] and not b", True, True),
        ("int(a) + min(a, b) + abs(c)", True, True),
        ("startswith(a, 'x')", True, True),
        ("t[a]", False, True),
        ("t[a][b] + 1", False, True),
        ("a in t", False, True),
        ("u[a]", False, False),
        ("t[len(a)]", False, False),
        ("a[1:2]", False, False),
        ("len(a)", False, False),
        ("sum(a) + b", False, False),
        ("min(a)", False, False),
        ("a in b", False, False),
        ("at(a)", False, False),
        ("[a, b]", False, False),
        ("get(a.b, 0)", False, False),
    ),
)
def test_what_may_be_taken_element_by_element(expression, alone, with_table):
    parsed = parse(text(expression))
    assert parsed.elementwise is alone
    assert parsed.elementwise_with({"t"}) is with_table


def test_integers_and_truths():
    scope = Scope({"x": 7, "c": np.array([1])})
    assert parse(text("x / 7 * 3")).integer(scope) == 3
    assert type(parse(text("x / 7 * 3")).integer(scope)) is int
    for expression, code in (("x / 2", "V0233"), ("'3'", "V0226"), ("c", "V0226"), ("none", "V0225")):
        with pytest.raises(VspecError) as caught:
            parse(text(expression)).integer(scope)
        assert caught.value.problems[0].code == code
    assert parse(text("x > 3")).truth(scope) is True
    assert parse(text("x - 7")).truth(scope) is False
    with pytest.raises(VspecError, match="V0234"):
        parse(text("c > 0")).truth(scope)


# --- columns --------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ("<", ">"))
@pytest.mark.parametrize("code", ("i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8"))
def test_columns_are_widened(order, code):
    column = as_column(np.array([1, 100, 3], order + code))
    assert column.dtype == np.dtype(np.int64)
    assert column.dtype.isnative
    assert column.tolist() == [1, 100, 3]


def test_narrow_columns_do_not_wrap():
    assert evaluate("c * c", c=np.array([200, 255], np.uint8)).tolist() == [40000, 65025]
    assert evaluate("c - d", c=np.array([1], np.uint16), d=np.array([2], np.uint16)).tolist() == [-1]


def test_large_unsigned_values_are_refused():
    with pytest.raises(VspecError, match="element 1 is 9223372036854775808"):
        as_column(np.array([1, 2**63], np.uint64))
    assert problem("x", x=2**63).code == "V0230"
    assert problem("x", x=np.uint64(2**63)).code == "V0230"
    assert problem("[x][0]", x=2**64).code == "V0230"


def test_texts_of_fixed_width_become_texts():
    column = as_column(np.array(["a", "bc"]))
    assert column.dtype == object
    assert evaluate("c == 'bc'", c=np.array(["a", "bc"])).tolist() == [False, True]


def test_a_condition_shuts_rows_out_before_they_are_computed():
    a, b = np.array([6, 7, 8]), np.array([0, 2, 0])
    assert evaluate("a // b if b != 0 else -1", a=a, b=b).tolist() == [-1, 3, -1]
    assert evaluate("b != 0 and a // b == 3", a=a, b=b).tolist() == [False, True, False]
    assert evaluate("b == 0 or a // b == 4", a=a, b=b).tolist() == [True, False, True]
    nested = "(1 if a == 6 else a // (a - 7)) if b == 0 else 9"
    assert evaluate(nested, a=a, b=b).tolist() == [1, 9, 8]


def test_a_branch_that_no_row_takes_is_not_computed():
    c = np.array([1, 2])
    assert evaluate("1 // 0 if c > 5 else c", c=c).tolist() == [1, 2]
    assert evaluate("c > 5 and nix", c=c).tolist() == [False, False]


def test_a_table_is_looked_up_whole_under_a_mask():
    spr, s = [10, 20, 30], np.array([2, 9, 0])
    assert evaluate("spr[s] if s < 3 else 0", spr=spr, s=s).tolist() == [30, 0, 10]


def test_a_named_list_after_in_is_not_masked():
    known, k = [7, 8, 9], np.array([9, 0, 7])
    assert evaluate("k > 0 and k in known", known=known, k=k).tolist() == [True, False, True]


def test_branches_of_two_kinds_give_a_list():
    m = np.array([True, False])
    assert evaluate("1 if m else 'a'", m=m) == [1, "a"]
    assert evaluate("int16 if m else int8", m=m) == [NUMBERS["int16"], NUMBERS["int8"]]
    assert evaluate("1 if m else none", m=m) == [1, None]


def test_an_empty_column_goes_through_everything():
    empty = np.array([], np.int32)
    names = np.array([], object)
    for expression in ("e + 1", "e // 0.5", "e == 1", "e if e > 1 else 0", "cumsum(e)", "e in [1]"):
        assert len(evaluate(expression, e=empty)) == 0, expression
    for expression in ("e == 'x'", "strip(e)", "e + 'x'", "startswith(e, 'x')", "unique(e)"):
        assert len(evaluate(expression, e=names)) == 0, expression
    assert evaluate("sum(e)", e=empty) == 0
    assert evaluate("all(e > 1)", e=empty) is True


def test_columns_with_holes_are_asked_first():
    column = np.array([1, None, 3], object)
    assert evaluate("c == none", c=column).tolist() == [False, True, False]
    assert evaluate("c * 2 if c != none else 0", c=column).tolist() == [2, 0, 6]
    assert "element 1 of c" in problem("c + 1", c=column).message


def test_two_dimensional_columns():
    grid = np.array([[1, 2], [3, 4]], ">i2")
    assert evaluate("g * 2 + 1", g=grid).tolist() == [[3, 5], [7, 9]]
    assert evaluate("g[1]", g=grid).tolist() == [3, 4]
    assert evaluate("flat(g)", g=grid).tolist() == [1, 2, 3, 4]
    assert evaluate("sum(g)", g=grid) == 10
    assert problem("g + c", g=grid, c=np.array([1, 2])).code == "V0229"


def test_whole_numbers_beyond_2_to_the_53_stay_exact():
    large = np.array([2**53 + 1, 2**53])
    assert evaluate("c == 9007199254740992.0", c=large).tolist() == [False, True]
    assert evaluate("c / 3", c=np.array([2**62 + 1]))[0] == (2**62 + 1) / 3


# --- rows -----------------------------------------------------------------------------------


def test_keyed_rows():
    assert evaluate("r[9].n", r=ROWS) == 2
    assert evaluate("12 in r and 7 not in r", r=ROWS) is True
    assert evaluate("k in r", r=ROWS, k=np.array([5, 6])).tolist() == [True, False]
    assert evaluate("get(r[7].n, 40)", r=ROWS) == 40
    assert problem("r[7].n", r=ROWS).code == "V0222"
    assert evaluate("r[n > 1].id", r=ROWS).tolist() == [9, 12]
    assert evaluate("r[-2:].n", r=ROWS).tolist() == [2, 3]
    assert evaluate("first(r).n + last(r).n", r=ROWS) == 4
    assert evaluate("reverse(r).n", r=ROWS).tolist() == [3, 2, 1]
    assert evaluate("sort_by(r, -r.n).id", r=ROWS).tolist() == [12, 9, 5]


def test_names_in_brackets_are_columns_first_and_never_shadow():
    assert evaluate("r[id > limit].n", r=ROWS, limit=6).tolist() == [2, 3]
    found = problem("r[n == 1]", r=ROWS, n=1)
    assert (found.code, found.place.length) == ("V0224", 9)
    assert evaluate("r[r.n == wanted].id", r=ROWS, wanted=3).tolist() == [12]


def test_runs_are_rows():
    runs = evaluate("runs(diff(t) == 10)", t=np.array([0, 10, 20, 50, 60, 99]))
    assert runs.column("start").tolist() == [0, 3, 5]
    assert runs.column("stop").tolist() == [3, 5, 6]
    assert evaluate("len(runs(diff(t) == 10, len(t)))", t=np.array([], np.int64)) == 0


# --- get ------------------------------------------------------------------------------------


class Failing(Scope):
    """A name whose own expression looks for something that is not there."""

    def get(self, name):
        if name == "inner":
            return parse(text("meta.nothing")).evaluate(Scope({"meta": Struct({})}))
        return super().get(name)


def test_get_gives_its_default_for_what_its_own_path_lacks_only():
    scope = Failing({"t": {1: {"a": [1]}}})
    for path in ("nix", "t[2]", "t[1].b", "t[1].a[4]", "t[1].a[0:1][3]"):
        assert parse(text(f"get({path}, 'd')")).evaluate(scope) == "d", path
    for expression, code in (("get(inner, 0)", "V0221"), ("get(t[1 // 0], 0)", "V0231")):
        with pytest.raises(VspecError) as caught:
            parse(text(expression)).evaluate(scope)
        assert caught.value.problems[0].code == code


# --- places in files ------------------------------------------------------------------------


def located(expression, scope):
    return parse(text(expression)).locate(scope)


def file_scope():
    record = Struct({"n": 4}, {"samples": Extent(1024, 64)})
    return Scope(
        {"rec": record, "rows": ROWS, "flag": 0, "x": 5, "chan": ROWS, "gone": None},
        {"data": Extent(8, 16), "bin": Extent(0, 4096)},
        b"....WAVEDESC....WAVEDESC",
    )


def test_the_last_name_is_located_and_not_read():
    scope = file_scope()
    assert located("data", scope) == Extent(8, 16)
    assert scope.read == []
    assert located("rec.samples", scope) == Extent(1024, 64)
    assert scope.values["rec"].read == []
    assert located("rows.n", scope).offset.tolist() == [0, 12, 24]
    assert located("rows[id > 5].n", scope).offset.tolist() == [0, 12]
    assert located("rows[9]", scope).get("n") == 2
    assert located("rec.samples if flag else data", scope) == Extent(8, 16)


@pytest.mark.parametrize(
    ("expression", "wanted"),
    (
        ("at(data)", 8),
        ("end(data)", 24),
        ("nbytes(data)", 16),
        ("at(rec.samples) + 1", 1025),
        ("size(bin)", 4096),
        ("at(data if flag else rec.samples)", 1024),
        ("find('WAVEDESC')", 4),
        ("find('WAVEDESC', 5)", 16),
        ("files(chan)", [5, 9, 12]),
        ("get(find('nix'), -1)", -1),
        ("get(at(rec.nix), -1)", -1),
    ),
)
def test_places(expression, wanted):
    assert parse(text(expression)).evaluate(file_scope()) == wanted


def test_places_of_columns():
    assert parse(text("end(rows.n)")).evaluate(file_scope()).tolist() == [4, 16, 28]


@pytest.mark.parametrize(
    ("expression", "code"),
    (
        ("at(x + 1)", "V0235"),
        ("at(x.y)", "V0235"),
        ("at(5)", "V0235"),
        ("at(rows.n[0])", "V0235"),
        ("at(nix)", "V0220"),
        ("at(rec.nix)", "V0221"),
        ("at(gone.field)", "V0221"),
        ("find('nix')", "V0241"),
        ("find(5)", "V0227"),
        ("find('')", "V0227"),
        ("find('a', -1)", "V0227"),
        ("files(x)", "V0227"),
    ),
)
def test_what_has_no_place(expression, code):
    with pytest.raises(VspecError) as caught:
        parse(text(expression)).evaluate(file_scope())
    assert caught.value.problems[0].code == code


def test_from_wants_a_field():
    for expression in ("rec.samples * 2", "len(rows)", "[data]", "x"):
        with pytest.raises(VspecError) as caught:
            located(expression, file_scope())
        assert caught.value.problems[0].code in ("V0235", "V0220")


# --- texts with {{ }} -----------------------------------------------------------------------


def template(value, **values):
    return parse_template(text(value)), Scope(values)


def test_one_expression_alone_keeps_its_kind():
    parsed, scope = template("{{ n * 2 }}", n=4)
    assert parsed.render(scope) == 8
    assert parsed.string(scope) == "8"
    parsed, scope = template("{{ c }}", c=np.array([1, 2]))
    assert parsed.render(scope).tolist() == [1, 2]
    assert parsed.string(scope) == "1, 2"


def test_texts_are_filled():
    parsed, scope = template(
        "{{ n }} of {{ x }} {{ f }} {{ b }} {{ c }}{{ t }}",
        n=3,
        x=0.1,
        f=3.0,
        b=True,
        c=["a", 2],
        t=NUMBERS["int16"],
    )
    assert parsed.string(scope) == "3 of 0.1 3.0 true a, 2int16"
    assert parsed.names == {"n", "x", "f", "b", "c", "t"}
    assert len(parsed.expressions) == 6
    assert not parsed.is_plain


def test_plain_texts_and_quoted_braces():
    plain, scope = template("rate { 5 } é")
    assert plain.is_plain
    assert plain.render(scope) == "rate { 5 } é"
    assert template("")[0].render(scope) == ""
    assert template("{{ '{{' }}{{ \"}}\" }}")[0].string(scope) == "{{}}"


@pytest.mark.parametrize(
    ("value", "code", "column"),
    (
        ("a {{ n", "V0211", 3),
        ("a n }} b", "V0211", 5),
        ("x {{ n_ch + }}", "V0201", 11),
        ("{{ }}", "V0201", 3),
        ("é {{ nix }}", "V0220", 6),
    ),
)
def test_faulty_texts(value, code, column):
    with pytest.raises(VspecError) as caught:
        parse_template(text(value)).string(Scope())
    assert (caught.value.problems[0].code, caught.value.problems[0].place.column) == (code, column)


def test_records_cannot_be_written():
    parsed, scope = template("x {{ r }}", r=ROWS)
    with pytest.raises(VspecError, match="V0242"):
        parsed.string(scope)


# --- limits ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "code"),
    (
        ("1" + " + 1" * 600, "V0901"),
        ("1" + "+1" * 200, "V0902"),
        ("-" * 1900 + "1", "V0902"),
        ("(" * 300 + "1" + ")" * 300, "V0902"),
        ("[" * 100 + "]" * 100, "V0902"),
        ("range(10000001)", "V0903"),
        ("range(-9223372036854775807, 9223372036854775807)", "V0903"),
        ("replace(t, 'a', t)", "V0904"),
        ("t + t", "V0904"),
        ("pow(3, 9223372036854775807)", "V0230"),
        ("1 << 9223372036854775807", "V0232"),
        ("'a' * 200000000", "V0226"),
        ("[0] * 3 == [0, 0, 0]", "V0229"),
    ),
)
def test_limits_hold_at_once(expression, code):
    given = "a" * 700_000
    with bounded(mib=16):
        assert problem(expression, t=given).code == code


def test_a_value_from_outside_is_bounded_too():
    assert problem("c", c=np.broadcast_to(np.int64(1), (10**7 + 1,))).code == "V0903"


def test_a_column_costs_no_more_steps_than_a_number_and_few_copies():
    scope = Scope({"header_size": 1024, "i": np.arange(10**6), "rec_bytes": 512})
    parsed = parse(text("header_size + i*(rec_bytes+12)"))
    assert np.array_equal(parsed.evaluate(scope), 1024 + np.arange(10**6) * 524)
    few = Scope({"header_size": 1024, "i": np.arange(2), "rec_bytes": 512})
    assert steps(lambda: parsed.evaluate(scope)) < min(2 * steps(lambda: parsed.evaluate(few)), 2500)
    assert peak(lambda: parsed.evaluate(scope)) < 3 * 8 * 10**6
    one = Scope({"header_size": 1024, "i": 7, "rec_bytes": 512})
    assert steps(lambda: parsed.evaluate(one)) < 500


def test_a_chain_puts_loop_variables_in_front():
    scope = Chain({"s": 2}, Scope({"spr": np.array([5, 6, 7])}))
    assert parse(text("spr[s]")).evaluate(scope) == 7


def test_every_code_of_expressions_is_in_the_catalog_with_an_example():
    codes = [code for code in CODES.values() if code.id.startswith("V02")]
    assert len(codes) >= 34
    assert all(code.wrong and code.right for code in codes)


# --- what could go wrong in silence ---------------------------------------------------------


def test_a_column_of_another_length_never_passes_for_a_fitting_one():
    a, three = np.array([1, 0, 1, 0, 1]), np.array([7, 8, 9])
    for expression in (
        "three if a else 0",
        "a and three > 7",
        "a or three > 7",
        "0 if a else three",
        "a == 1 == three",
    ):
        assert problem(expression, a=a, three=three).code == "V0229", expression
    assert problem("a > -1 and three", a=a, three=three).code == "V0229"
    assert problem("three if a > -1 else 0", a=a, three=three).code == "V0229"
    assert problem("a + [7, 8, 9] if a else 0", a=a).code == "V0229"
    assert evaluate("a + [1, 2, 3, 4, 5] if a else 0", a=a).tolist() == [2, 0, 4, 0, 6]


def test_a_column_of_parts_is_not_taken_for_alternatives():
    names, parts = np.array(["ax", "bx"], object), np.array(["b", "a"], object)
    assert problem("startswith(n, p)", n=names, p=parts).code == "V0227"
    assert not parse(text("startswith(n, p)")).elementwise
    assert parse(text("startswith(n, ['a', 'b'])")).elementwise
    assert evaluate(
        "startswith(n, ['b', 'q']) if m else true", n=names, m=np.array([False, True])
    ).tolist() == [True, True]
    assert evaluate("startswith(n[0], p)", n=names, p=parts) is True


def test_a_default_never_stands_for_a_whole_column():
    table, keys = {1: 10, 2: 20}, np.array([1, 9])
    assert problem("get(t[k], 0)", t=table, k=keys).code == "V0222"
    assert problem("get(t, k, 0)", t=table, k=keys).code == "V0222"
    assert problem("get(c[k], 0)", c=np.array([1, 2]), k=keys).code == "V0223"
    assert evaluate("t[k] if k in t else 0", t=table, k=keys).tolist() == [10, 0]


def test_look_ups_keep_shapes_and_order():
    table = {3: "c", 1: "a", 2: "b"}
    assert evaluate("t[k]", t=table, k=np.array([[1, 3], [3, 2]])).tolist() == [["a", "c"], ["c", "b"]]
    assert evaluate("t[k]", t={5: 50, -1: 10}, k=np.array([-1, 5, -1])).tolist() == [10, 50, 10]
    assert evaluate("t[k]", t={"x": 1, "y": 2}, k=np.array(["y", "x"])).tolist() == [2, 1]
    assert evaluate("t[k]", t={1: None, 2: 5}, k=np.array([1, 2])) == [None, 5]


def test_conditions_on_two_dimensional_columns():
    grid = np.array([[1, 0], [0, 1]])
    assert evaluate("g and g > 0", g=grid).tolist() == [[True, False], [False, True]]
    assert problem("1 if g else 0", g=grid).code == "V0234"
    rows = evaluate("g * 2 if m else g", g=grid, m=np.array([True, False]))
    assert rows.tolist() == [[2, 0], [0, 1]]


def test_lists_within_lists_and_keys_that_are_none():
    assert problem("[[1, 2], [3, 4]] == 1").code == "V0228"
    assert problem("r in r", r=ROWS).code == "V0226"
    assert problem("at(r.n)", r=Table({"n": np.array([1])})).code == "V0235"


@pytest.mark.parametrize(
    ("expression", "code"),
    (
        ("c and c2", "V0229"),
        ("c or c2", "V0229"),
        ("all(c and c2)", "V0229"),
        ("where(c2 == 1, 1, 0)", "V0229"),
        ("mixed == c2", "V0228"),
        ("mixed < c2 < 3", "V0225"),
        ("c2 in table", "V0226"),
    ),
)
def test_columns_with_axes_of_their_own_are_no_tracebacks(expression, code):
    values = {
        "c": np.array([1, 0]),
        "c2": np.ones((2, 2), np.int64),
        "mixed": [None, 1],
        "table": {1: 2},
    }
    with pytest.raises(VspecError) as caught:
        parse(text(expression)).evaluate(Scope(values))
    assert [p.code for p in caught.value.problems] == [code]


def test_in_looks_among_values_that_may_be_none():
    values = {"ids": np.array([1, 5], np.int64), "some": np.array([None, 5, 5], object)}
    found = parse(text("ids == 5 and ids in [5, 1]")).evaluate(Scope(values))
    assert found.tolist() == [False, True]
    assert parse(text("ids in some")).evaluate(Scope(values)).tolist() == [False, True]
    assert parse(text("[none, 2] in some")).evaluate(Scope(values)).tolist() == [True, False]
