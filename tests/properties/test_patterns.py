"""Patterns: what is written from values reads back as them, and the matcher against regular expressions."""

from __future__ import annotations

import re

from hypothesis import example, given
from hypothesis import strategies as st

from vspec.errors import Place, Text, VspecError
from vspec.patterns import parse_path, parse_text


def text(value):
    return Text(value, Place("card.yaml", 1, 1, max(1, len(value)), value))


def attempt(run):
    """What a call returns, or None, and the problems that it found."""
    try:
        return run(), ()
    except VspecError as error:
        return None, error.problems


NAMES = st.text("ab-µ 0", min_size=1, max_size=6)
COUNTS = st.integers(0, 2**63 - 1) | st.integers(0, 20)


@given(run=NAMES, gate=COUNTS, probe=COUNTS, band=st.sampled_from(["ap", "lf"]), part=COUNTS)
def test_a_path_reads_back_as_its_values(run, gate, probe, band, part):
    pattern = parse_path(text("{run}_g{gate:int}[_p{part:int=1}].imec{probe:int}.{band:ap|lf}.bin"))
    values = {"run": run, "gate": gate, "probe": probe, "band": band, "part": part}
    written = pattern.format(values)
    assert pattern.match_path(written) == values
    assert pattern.match_path(f"some/where/{written}") == values
    part_text = "" if part == 1 else f"_p{part}"
    assert written == f"{run}_g{gate}{part_text}.imec{probe}.{band}.bin"


@given(
    folders=st.lists(st.text("ab.", min_size=1, max_size=3).filter(lambda f: f.strip(".")), max_size=3),
    n=COUNTS,
)
def test_folders_read_back(folders, n):
    pattern = parse_path(text("{dir:path}/{n:int}/fid"))
    values = {"dir": "/".join(folders), "n": n}
    assert pattern.match_path(pattern.format(values)) == values


@given(
    key=st.text("ab c", min_size=1).map(str.strip).filter(bool),
    n=st.integers(-(2**63), 2**63 - 1),
    v=st.floats(allow_nan=False, allow_infinity=False),
    tail=st.text("xy z=").map(str.strip),
)
def test_a_line_reads_back_as_its_values(key, n, v, tail):
    pattern = parse_text(text("{key} = {n:int} [({v:float=1.0})] {tail:rest}"))
    values = {"key": key, "n": n, "v": v, "tail": tail}
    written, problems = attempt(lambda: pattern.format(values))
    assert [p.code for p in problems] == ([] if written else ["V0168"])
    assert written is None or pattern.match(written) == values


PIECES = st.sampled_from(
    ["{%s}", "{%s:word}", "{%s:text?}", "a", "b", "ab", ".", "[a]", "[{%s:word}b]", "[b{%s:text?}]", "*"]
)
REGEX = {
    "{%s}": "(.+?)",
    "{%s:word}": r"(\S+?)",
    "{%s:text?}": "(.*?)",
    "*": ".*?",
    "[a]": "(?:a)?",
    "[{%s:word}b]": r"(?:(\S+?)b)?",
    "[b{%s:text?}]": "(?:b(.*?))?",
    ".": r"\.",
}


@given(st.lists(PIECES, min_size=1, max_size=6), st.text("ab.", min_size=1, max_size=9))
@example(["{%s}", "a", "{%s}"], "aaa")
@example(["[{%s:word}b]", "a"], "aba")
def test_paths_match_as_regular_expressions_do(pieces, given_name):
    names = iter("pqrstu")
    written = "".join(p % next(names) if "%s" in p else p for p in pieces)
    pattern, problems = attempt(lambda: parse_path(text(written)))
    assert {p.code for p in problems} <= {"V0156", "V0161", "V0159"}
    if pattern is None:
        return
    expression = re.compile("".join(REGEX.get(p, p) for p in pieces), re.DOTALL)
    wanted, found = expression.fullmatch(given_name), pattern.match_path(given_name)
    assert (found is None) == (wanted is None)
    if found is not None:
        captured = [name for name in "pqrstu" if f"{{{name}" in written]
        assert found == {n: v for n, v in zip(captured, wanted.groups(), strict=True) if v is not None}


@given(
    st.lists(st.sampled_from(["a", "b", "ab", "{%s:word}", "[a]", "(", ")"]), min_size=1, max_size=5),
    st.text("ab ()", max_size=12),
)
def test_find_all_is_what_regular_expressions_find(pieces, given_text):
    names = iter("pqrst")
    written = "".join(p % next(names) if "%s" in p else p for p in pieces)
    expression = "".join(
        r"(\S+?)" if p == "{%s:word}" else "(?:a)?" if p == "[a]" else re.escape(p) for p in pieces
    )
    if pieces[-1] == "{%s:word}":
        expression += r"(?!\S)"
    pattern, problems = attempt(lambda: parse_text(text(written)))
    assert {p.code for p in problems} <= {"V0156"}
    if pattern is None:
        return
    wanted = [m.start() for m in re.finditer(expression, given_text) if m.end() > m.start()]
    assert [at for _, at in pattern.find_all(given_text)] == wanted


HOSTILE = "ab01 {}[]*?\\|:=/.{int}{x}"


@given(st.text(HOSTILE, max_size=30), st.text("ab01 ./", max_size=12))
def test_any_text_is_a_pattern_or_an_error(pattern, given_text):
    for parse, method in ((parse_path, "match_path"), (parse_text, "match"), (parse_text, "find_all")):
        _, problems = attempt(lambda: getattr(parse(text(pattern)), method)(given_text))  # noqa: B023 -- run at once
        assert all(p.place is not None for p in problems)
