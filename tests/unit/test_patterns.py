"""Capture patterns: what they match, what they capture, what is refused, how long it takes."""

from __future__ import annotations

import pytest

from tests.unit.effort import steps
from vspec.errors import CODES, Place, Text, VspecError
from vspec.patterns import parse_path, parse_text


def text(value, column=5):
    return Text(value, Place("card.yaml", 3, column, max(1, len(value)), " " * (column - 1) + value))


def path(value):
    return parse_path(text(value))


def line(value):
    return parse_text(text(value))


def problems(value, parse=parse_path):
    with pytest.raises(VspecError) as caught:
        parse(text(value))
    return caught.value.problems


SPIKEGLX = "{run}_g{gate:int}_t{trigger:int}.imec{probe:int}.{band:ap|lf}.bin"


@pytest.mark.parametrize(
    ("pattern", "file", "wanted"),
    (
        (
            SPIKEGLX,
            "a/b_g5_g0_t007.imec1.lf.bin",
            {"run": "b_g5", "gate": 0, "trigger": 7, "probe": 1, "band": "lf"},
        ),
        (SPIKEGLX, "b_g0_t0.imec1.nidq.bin", None),
        (SPIKEGLX, "b_gx_t0.imec1.ap.bin", None),
        ("{name}.dat", "deep/down/my run.dat", {"name": "my run"}),
        ("{name}.dat", "x.dat.bak", None),
        ("{name}.dat", ".dat", None),
        ("{name}.dat", "a/.dat", None),
        ("{name}.dat", "run.v2.dat", {"name": "run.v2"}),
        ("{name}{n:int}.dat", "run012.dat", {"name": "run", "n": 12}),
        ("{name}{n:int}.dat", "scan-3.dat", {"name": "scan-", "n": 3}),
        ("{name}_{t:int}C.dat", "x_-5C.dat", {"name": "x", "t": -5}),
        ("{name}{n:int}x.dat", "12x.dat", None),
        ("{name}_{v:float}.dat", "x_1.5.dat", {"name": "x", "v": 1.5}),
        ("{name}_{v:float}.dat", "x_3.dat", {"name": "x", "v": 3.0}),
        ("{name}_{v:float}.dat", "x_2e-3.dat", {"name": "x", "v": 0.002}),
        ("{n:int}.dat", "9223372036854775807.dat", {"n": 2**63 - 1}),
        ("{n:int}.dat", "9223372036854775808.dat", None),
        ("{ds}.ds/{name}.meg4", "p/s1.ds/s1.meg4", {"ds": "s1", "name": "s1"}),
        ("{ds}.ds/{name}.meg4", "s1.ds/x/s1.meg4", None),
        ("{name}[_{part:int=1}].tif", "a_2.tif", {"name": "a", "part": 2}),
        ("{name}[_{part:int=1}].tif", "a.tif", {"name": "a", "part": 1}),
        ("{name}[_{part:int}].tif", "a.tif", {"name": "a"}),
        ("{name}-{k:a|ab}.x", "q-ab.x", {"name": "q", "k": "ab"}),
        ("{n:int=0}spool.dat", "spool.dat", {"n": 0}),
        ("*.dat", "a/b.dat", {}),
        ("run*_{n:int}.dat", "run_x_4.dat", {"n": 4}),
        ("run*.dat", "run.dat", {}),
        ("a*/b.dat", "aa/x/b.dat", None),
        ("**/{name}.dat", "x.dat", {"name": "x"}),
        ("raw/**/{name}.dat", "z/raw/1/2/x.dat", {"name": "x"}),
        ("raw/**/{name}.dat", "z/raw/x.dat", {"name": "x"}),
        ("raw/**/{name}.dat", "z/xraw/x.dat", None),
        ("{dir:path}/acqus", "a/b c/acqus", {"dir": "a/b c"}),
        ("{dir:path}/acqus", "acqus", {"dir": ""}),
        ("{dir:path}/acqus", "a/xacqus", None),
        ("data/{dir:path}/fid", "q/data/1/2/fid", {"dir": "1/2"}),
        ("data/{dir:path}/fid", "q/data/fid", {"dir": ""}),
        ("{dir:path}/{n:int}/fid", "a/5/7/fid", {"dir": "a/5", "n": 7}),
        ("\\{x\\}\\[1\\]\\*.dat", "{x}[1]*.dat", {}),
        ("{a:word}.dat", "no blank.dat", None),
        ("fid", "x/fid", {}),
        ("fid", "x/FID", None),
        ("{name}_{:int}.dat", "q_5.dat", {"name": "q"}),
        ("µ{n:int}.dat", "µ5.dat", {"n": 5}),
    ),
)
def test_paths(pattern, file, wanted):
    assert path(pattern).match_path(file) == wanted


@pytest.mark.parametrize(
    ("pattern", "file", "strict", "loose"),
    (
        ("{name}.dat", "x.DAT", True, True),
        ("Run{n:int}.dat", "run1.dat", False, True),
        ("{name}.nii.gz", "x.NII.gz", True, True),
        ("{name}.ns{kind:int}", "x.NS5", True, True),
        ("{name}.{ext:tif|tiff}", "x.TIF", True, True),
        ("{name}_{band:ap|lf}.bin", "x_AP.bin", False, True),
        ("{ds}.ds/{name}.res4", "a.DS/b.RES4", False, True),
        ("acqus", "ACQUS", False, True),
        ("STRASSE.dat", "straße.dat", False, False),
    ),
)
def test_extensions_match_in_any_case_and_the_rest_on_request(pattern, file, strict, loose):
    parsed = path(pattern)
    assert (parsed.match_path(file) is not None) is strict
    assert (parsed.match_path(file, any_case=True) is not None) is loose


def test_captures_keep_how_they_were_written():
    parsed = path("{run}_{n:int}_{v:float}.{ext:tif|tiff}")
    found = parsed.match_path("a_007_1.50.TIF")
    assert found == {"run": "a", "n": 7, "v": 1.5, "ext": "tif"}
    assert isinstance(found["n"], int)
    assert parsed.format(found) == "a_007_1.50.TIF"
    assert path("{run}_{n:int}.meta").format({"run": "a", "n": found["n"]}) == "a_007.meta"


def test_captures_are_listed():
    (run, part, band) = path("{run}[_{part:int=1}].{band:ap|lf}").captures
    assert (run.name, run.kind, run.required, run.default) == ("run", "text", True, None)
    assert (part.name, part.kind, part.required, part.default) == ("part", "int", False, 1)
    assert (band.kind, band.choices) == ("choice", ("ap", "lf"))
    assert [c.required for c in line("{a}[ {b:int}]").captures] == [True, False]


RECORD = "{record:word}[/{n_seg:int=1}] {n_sig:int} {rate:float}[/{clock:float}] {n:int}{:rest}"
SIGNAL = "{file:word} {format:int}[x{spf:int=1}][:{skew:int=0}][+{at:int=0}] {gain:float}[({baseline:int})]"
SIGNAL += "[/{unit:word}] {:rest}"


@pytest.mark.parametrize(
    ("pattern", "given", "wanted"),
    (
        (RECORD, "100 2 360 650000", {"record": "100", "n_seg": 1, "n_sig": 2, "rate": 360.0, "n": 650000}),
        (
            RECORD,
            "s/3  1\t250.5/2  10 0:0:0 ",
            {"record": "s", "n_seg": 3, "n_sig": 1, "rate": 250.5, "clock": 2.0, "n": 10},
        ),
        (
            SIGNAL,
            "100.dat 212 200(-3)/mV 11 1024",
            {
                "file": "100.dat",
                "format": 212,
                "spf": 1,
                "skew": 0,
                "at": 0,
                "gain": 200.0,
                "baseline": -3,
                "unit": "mV",
            },
        ),
        (
            SIGNAL,
            "a.dat 16x4:2+512 200",
            {"file": "a.dat", "format": 16, "spf": 4, "skew": 2, "at": 512, "gain": 200.0},
        ),
        ("{key} = {value}", "  a b   = 5 V  ", {"key": "a b", "value": "5 V"}),
        ("{key}={value:text?}", "a=", {"key": "a", "value": ""}),
        ("{key}: {value:rest}", "a:", {"key": "a", "value": ""}),
        ("{key}: {value:rest}", "a: b: c ", {"key": "a", "value": "b: c"}),
        ("Gain:{g}", "Gain:   x y ", {"g": "x y"}),
        ("Gain {g:int}", "Gain 5.5", None),
        ("Gain {g:int}", "Gain -5", {"g": -5}),
        ("{a:word} {b:word}", "x y z", None),
        ("{v:float} mV", "+.5e1 mV", {"v": 5.0}),
        ("{v:float} mV", "1e999 mV", None),
        ("x{k=std}", "x", {"k": "std"}),
        ("x {k:on|off=on}", "x off", {"k": "off"}),
        ("TFORM{n:int}", "TFORM12", {"n": 12}),
        ("{rest_:rest}", "", {"rest_": ""}),
        ("a*b?", "a*b?", {}),
        ("[{a:int},]{b:int}", "5", {"b": 5}),
        ("[{a:int},]{b:int}", "4,5", {"a": 4, "b": 5}),
        ("{x}", "   ", None),
    ),
)
def test_lines(pattern, given, wanted):
    assert line(pattern).match(given) == wanted


def test_tuples_inside_a_value():
    value = "(841000041,2,384)(0 0 0 500 250 1)(1 0 0 501 250 1)"
    found = line("({ch:int} {bank:int} {ref:int} {ap:int} {lf:int} {filt:int})").find_all(value)
    assert [(f["ch"], f["ap"], at) for f, at in found] == [(0, 500, 17), (1, 501, 34)]


def test_search_takes_the_first_and_keeps_numbers_whole():
    assert line("{n:int}mm").search("5.12mm 3mm") == ({"n": 3}, 7, 10)
    assert line("{k:word}=").search("  ab=1") == ({"k": "ab"}, 2, 5)
    assert line("x={v}").search("a x=1 2") == ({"v": "1 2"}, 2, 7)
    assert line("x={v:word}").search("a x=1 2") == ({"v": "1"}, 2, 5)
    assert line("q").search("abc") is None
    assert line("{v:word};").find_all("a; b;") == [({"v": "a"}, 0), ({"v": "b"}, 3)]


@pytest.mark.parametrize(
    ("pattern", "code", "column", "length"),
    (
        ("", "V0150", 5, 1),
        ("  ", "V0150", 5, 2),
        ("ab{name.dat", "V0151", 7, 1),
        ("ab}.dat", "V0151", 7, 1),
        ("a[b.dat", "V0151", 6, 1),
        ("a].dat", "V0151", 6, 1),
        ("{{ x }}.dat", "V0152", 5, 7),
        ("{my run}.dat", "V0153", 5, 8),
        ("{}.dat", "V0153", 5, 2),
        ("{1a}.dat", "V0153", 5, 4),
        ("{x:itn}.dat", "V0154", 5, 7),
        ("{x:int?}.dat", "V0154", 5, 8),
        ("{a}_{a}.dat", "V0155", 9, 3),
        ("{a}{b}.dat", "V0156", 5, 10),
        ("{a:int}{b:int}.dat", "V0156", 5, 18),
        ("{a}*.dat", "V0156", 5, 8),
        ("{a}[x]{b}.dat", "V0156", 5, 13),
        ("{a}[{b}].dat", "V0156", 5, 12),
        ("{x:int=a}.dat", "V0157", 5, 9),
        ("{x:a|b=c}.dat", "V0157", 5, 9),
        ("{start}.dat", "V0158", 5, 7),
        ("{int16:int}.dat", "V0158", 5, 11),
        ("/abs.dat", "V0159", 5, 8),
        ("../up.dat", "V0159", 5, 9),
        ("a//b.dat", "V0159", 5, 8),
        ("C:x.dat", "V0159", 5, 7),
        ("http://x/y.dat", "V0159", 5, 14),
        ("folder/", "V0159", 5, 7),
        ("a/**/", "V0159", 5, 5),
        ("a[/b].dat", "V0159", 5, 9),
        ("{d:path}x.dat", "V0160", 5, 8),
        ("x{d:path}/y.dat", "V0160", 6, 8),
        ("a**.dat", "V0161", 6, 2),
        ("{x:rest}.dat", "V0162", 5, 12),
        ("run?.dat", "V0163", 8, 1),
        ("run[0-9].dat", "V0163", 8, 5),
        ("a\\b.dat", "V0164", 6, 2),
        ("a[].dat", "V0166", 6, 2),
        ("{x:a|}.dat", "V0167", 5, 6),
        ("{x:a|a}.dat", "V0167", 5, 7),
        ("x" * 2001, "V0905", 5, 2001),
        ("_".join(f"{{a{i}}}" for i in range(65)), "V0905", 379, 5),
        ("[a" * 9 + "]" * 9, "V0905", 21, 3),
    ),
)
def test_faults(pattern, code, column, length):
    first = problems(pattern)[0]
    assert (first.code, first.place.column, first.place.length) == (code, column, length)


def test_all_faults_of_a_pattern_are_said_at_once():
    assert [p.code for p in problems("{a:itn}_{b c}_?{a}")] == ["V0154", "V0153", "V0163", "V0155"]


def test_paths_have_no_place_in_lines():
    assert problems("{d:path}/x", parse_text)[0].code == "V0160"
    assert problems("{a:integer}")[0].help == "did you mean 'int'?"


@pytest.mark.parametrize(
    ("pattern", "values"),
    (
        ("{run}_{n:int}.dat", {"run": "a"}),
        ("{run}_{n:int}.dat", {"run": "a", "n": "x"}),
        ("{run}_{n:int}.dat", {"run": "a/b", "n": 1}),
        ("{run}_{n:int}.dat", {"run": "a_1", "n": -1, "extra": 2, "band": "x"}),
        ("{run}.{band:ap|lf}.bin", {"run": "a", "band": "xx"}),
    ),
)
def test_values_that_a_pattern_cannot_write(pattern, values):
    if values.get("n") == -1:
        assert path(pattern).format(values) == "a_1_-1.dat"
        return
    with pytest.raises(VspecError, match="V0168"):
        path(pattern).format(values)


def test_unnamed_parts_are_filled():
    assert path("**/run*_{:int}[_{p:int=1}].dat").format({}) == "runany_0.dat"
    assert path("{dir:path}/x[_{p:int=1}].dat").format({"dir": "a/b", "p": 3}) == "a/b/x_3.dat"
    assert path("{dir:path}/x.dat").format({"dir": ""}) == "x.dat"
    assert line("{a}  {b:int}{:rest}").format({"a": "q", "b": 4}) == "q 4"


TEN = "abcdefghij"
HOSTILE = {
    "one letter": ("x".join(f"{{{c}}}" for c in TEN) + "!y", "x", "!yx"),
    "two letters": ("".join(f"{{{c}}}xy" for c in TEN) + "!", "xy", "!xy!x"),
    "words": (" ".join(f"{{{c}:word}}" for c in TEN) + "!", "x ", "!"),
    "numbers": (" ".join(f"{{{c}:int}}" for c in TEN) + "!", "1 ", "!"),
    "floats": (" ".join(f"{{{c}:float}}" for c in TEN) + "!", "1 ", "!"),
    "a number": ("{a:float}x{b:int}!", "1", "x!"),
    "blanks": (" ".join(f"{{{c}}}" for c in TEN) + " ! {z}", " x", " !"),
    "a late end": ("{a}aab{b}aab{c}!{d}", "a", "aab!"),
    "brackets": ("".join(f"[{{{c}}}x]" for c in TEN) + "!{z}", "x", "!"),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("method", ("match", "search", "find_all"))
def test_the_work_of_hostile_lines_grows_with_them_and_not_faster(name, method):
    written, many, end = HOSTILE[name]
    find = getattr(line(written), method)
    few, more = (steps(lambda n=n: find(many * (n // len(many)) + end)) for n in (200, 800))
    assert more < 5 * few
    assert more < 5000 * 800


@pytest.mark.parametrize("name", HOSTILE)
def test_a_long_hostile_line_does_not_match(name):
    written, many, end = HOSTILE[name]
    assert line(written).match(many * (10_000 // len(many)) + end) is None


def test_every_match_of_many_is_found_in_linear_work():
    find_all = line("[{a}!]a").find_all
    assert len(find_all("a" * 20_000)) == 20_000
    assert steps(lambda: find_all("a" * 2_000)) < 5 * steps(lambda: find_all("a" * 500))


def test_every_code_of_patterns_has_an_example():
    codes = [code for code in CODES.values() if "V0150" <= code.id <= "V0168"]
    assert len(codes) == 18
    assert all(code.wrong and code.right for code in codes)
