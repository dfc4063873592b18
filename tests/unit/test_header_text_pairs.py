"""Text headers as pairs and lines: values, tables, sections, encodings, and what is said of faults."""

from __future__ import annotations

import numpy as np
import pytest

from vspec.card.text_model import TextField, TextFormat
from vspec.errors import Place, Text, VspecError
from vspec.expressions import Record, Rows, UnknownName
from vspec.header import text_source
from vspec.header.text import Origin, read_text
from vspec.patterns import parse_text


def place(text=""):
    return Place("card.yaml", 20, 7, max(1, len(text)), text)


def words(text):
    return Text(text, place(text))


def pattern(text):
    return parse_text(words(text))


def wanted(name, key=None, **options):
    for option in ("each", "line"):
        if option in options:
            options[option] = pattern(options[option])
    if "section" in options:
        options["section"] = words(options["section"])
    if "default" in options:
        options["required"] = False
    if key is None and not {"each", "line"} & set(options):
        key = name
    return TextField(name, place(name), key=None if key is None else words(key), **options)


def read(raw, *fields, format="pairs", offset=0, **options):
    raw = raw.encode() if isinstance(raw, str) else raw
    return read_text(TextFormat(format, place(), fields, **options), raw, Origin("run.meta", offset))


def problem(raw, *fields, **options):
    with pytest.raises(VspecError) as error:
        read(raw, *fields, **options)
    (found,) = error.value.problems
    return found


META = (
    "nSavedChans=63\r\n~imroTbl=(0,384)(0 0 500)(1 0 250)\r\nsns=384, 0 1\r\n"
    "imSampRate=30000.5\r\nnote= a = b \r\n"
)


def test_values_have_their_types():
    record = read(
        META,
        wanted("nSavedChans", type="int"),
        wanted("rate", "imSampRate", type="float"),
        wanted("note"),
        wanted("sns", type="int[]"),
        wanted("gains", "sns", type="float[]"),
        wanted("labels", "sns", type="str[]"),
    )
    assert isinstance(record, Record)
    assert record.get("nSavedChans") == 63
    assert record.get("rate") == 30000.5
    assert record.get("note") == "a = b"
    assert record.get("sns").tolist() == [384, 0, 1]
    assert record.get("sns").dtype == np.int64
    assert record.get("gains").dtype == np.float64
    assert record.get("labels").tolist() == ["384", "0", "1"]
    assert list(record.names()) == ["nSavedChans", "rate", "note", "sns", "gains", "labels"]
    with pytest.raises(UnknownName):
        record.get("imSampRate")
    with pytest.raises(UnknownName):
        record.locate("rate")


def test_values_know_where_they_are_written():
    record = read(META, wanted("rate", "imSampRate"), wanted("none", default=1, type="int"))
    assert record.origin("rate") == "run.meta line 4"
    assert record.origin("none") is None


@pytest.mark.parametrize("end", ("\n", "\r\n", "\r"))
def test_every_kind_of_line_end(end):
    record = read(end.join(["a=1", "", "b=2"]), wanted("a", type="int"), wanted("b", type="int"))
    assert (record.get("a"), record.get("b")) == (1, 2)
    assert record.origin("b") == "run.meta line 3"


def test_other_controls_end_no_line():
    assert read("a=x\x0b\x1c\x85\u2028y\n", wanted("a")).get("a") == "x\x0b\x1c\x85\u2028y"


def test_a_missing_key_shows_what_is_there():
    found = problem("a=1\nb=2\nc=3\nd=4\ne=5\nimSampRate=30000\n", wanted("imSampleRate", type="float"))
    assert found.code == "V0503"
    assert found.message == "run.meta has no key 'imSampleRate'"
    assert found.help == "it has 'imSampRate'; 6 keys present"
    assert found.place.text == "imSampleRate"
    assert problem("a=1\nb=2\n", wanted("zzz")).help == "keys there: a, b; 2 keys present"
    assert problem("", wanted("zzz")).help == "it has no keys at all"


def test_keys_are_exact():
    assert problem("Rate=1\n", wanted("rate")).help == "it has 'Rate'; 1 key present"


def test_every_problem_of_a_header_is_told_at_once():
    with pytest.raises(VspecError) as error:
        read("a=x\n", wanted("a", type="int"), wanted("b"), wanted("c", default="d"))
    assert [p.code for p in error.value.problems] == ["V0505", "V0503"]


@pytest.mark.parametrize(
    ("text", "kind", "code"),
    (
        ("abc", "int", "V0505"),
        ("", "int", "V0505"),
        ("3.0", "int", "V0505"),
        ("1_000", "int", "V0505"),
        ("٣", "int", "V0505"),
        ("0x10", "int", "V0505"),
        ("1,5", "float", "V0505"),
        ("1e", "float", "V0505"),
        ("1_0.0", "float", "V0505"),
        ("9223372036854775808", "int", "V0509"),
        ("9" * 10000, "int", "V0509"),
        ("1e999", "float", "V0509"),
        ("1 x 2", "int[]", "V0505"),
    ),
)
def test_what_is_no_number(text, kind, code):
    found = problem(f"first=1\nn={text}\n", wanted("n", type=kind), offset=100)
    assert found.code == code
    assert found.offset == 100 + len("first=1\n")
    assert found.message.startswith("run.meta line 2: 'n' should be a")


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    (
        ("-9223372036854775808", "int", -(2**63)),
        ("+0007", "int", 7),
        ("0" * 50, "int", 0),
        (".5", "float", 0.5),
        ("5.", "float", 5.0),
        ("-1.5E-3", "float", -0.0015),
        ("inf", "float", float("inf")),
    ),
)
def test_what_is_a_number(text, kind, value):
    assert read(f"n={text}", wanted("n", type=kind)).get("n") == value


def test_an_unknown_spacing_is_nan_where_the_file_says_so():
    values = read("spacings: NaN 0.5\n", wanted("spacings", type="float[]"), separator=": ").get("spacings")
    assert np.isnan(values[0])
    assert values[1] == 0.5


def test_defaults_stand_for_what_is_absent_or_blank():
    record = read(
        "blank=\n",
        wanted("blank", type="int", default=7),
        wanted("a", type="float", default=2),
        wanted("b", type="int[]", default=(1, 2)),
        wanted("c", default=None),
        wanted("t", "Ch{n:int}", default=()),
        wanted("u", "no{n:int}", each="{x:float}", default=()),
        wanted("s", section="Gone", default="there"),
    )
    assert record.get("blank") == 7
    assert isinstance(record.get("a"), float)
    assert record.get("b").tolist() == [1, 2]
    assert record.get("c") is None
    assert len(record.get("t")) == 0
    assert record.get("u").column("x").dtype == np.float64
    assert record.get("s") == "there"
    assert read("blank=\n", wanted("blank")).get("blank") == ""


def test_a_value_that_is_wrong_is_not_replaced_by_the_default():
    assert problem("a=x\n", wanted("a", type="int", default=7)).code == "V0505"


# --- separators, comments, ends -------------------------------------------------------------


def test_a_blank_separator_is_any_run_of_blanks():
    text = '######## Neuralynx\n-ADBitVolts \t 0.25\n-ProbeName \n-Original "E:\\a b.ncs"\n'
    fields = (
        wanted("volts", "-ADBitVolts", type="float"),
        wanted("probe", "-ProbeName"),
        wanted("o", "-Original"),
    )
    record = read(text, *fields, separator=" ")
    assert record.get("volts") == 0.25
    assert record.get("probe") == ""
    assert record.get("o") == '"E:\\a b.ncs"'


def test_keys_may_hold_blanks():
    record = read("NRRD0004\ndata file: a b.raw\nkey:=value\n", wanted("f", "data file"), separator=": ")
    assert record.get("f") == "a b.raw"


def test_comments_and_titles_are_passed_over():
    text = "Title\n; a=1\n  ;a=2\na=3 ; not a comment\n"
    assert read(text, wanted("a"), comment=";").get("a") == "3 ; not a comment"


def test_the_text_stops_at_its_end():
    record = read("a=1\n  END \na=2\n\xff", wanted("a"), end="END")
    assert record.get("a") == "1"


@pytest.mark.parametrize("end", ("\n", "\r\n", "\r"))
def test_binary_data_may_follow_an_empty_line(end):
    raw = f"a=1{end}b=2{end}{end}".encode() + b"\xff\xfe\0b=3\n\n"
    assert read(raw, wanted("b"), end="").get("b") == "2"


def test_a_text_without_its_end_is_read_whole():
    assert read("a=1\nb=2", wanted("b"), end="").get("b") == "2"


def test_padding_is_cut():
    record = read(b"a=1\nb=2" + b"\0" * 100, wanted("b", type="int"))
    assert record.get("b") == 2


def test_a_text_has_at_most_64_mib(monkeypatch):
    monkeypatch.setattr(text_source, "TEXT_LIMIT", 20)
    assert read("a=1\n" + "x" * 16, wanted("a")).get("a") == "1"
    assert problem("a=1\n" + "x" * 17, wanted("a")).code == "V0913"
    assert read("a=1\n\n" + "x" * 100, wanted("a"), end="").get("a") == "1"


# --- encodings ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "encoding"),
    (
        ("u=µV\n".encode(), "utf-8"),
        (b"\xef\xbb\xbf" + "u=µV\n".encode(), "utf-8"),
        (b"\xef\xbb\xbf" + "u=µV\n".encode(), "utf-8-sig"),
        (b"u=\xb5V\n", "latin-1"),
        (b"u=\xb5V\n", "cp1252"),
        ("u=µV\n".encode("utf-16"), "utf-16"),
        (b"\xfe\xff" + "u=µV\n".encode("utf-16-be"), "utf-16"),
        ("u=µV\n\0".encode("utf-16-le"), "utf-16"),
        ("u=µV\n".encode("utf-16-be"), "utf-16-be"),
        ("u=µV\n".encode("utf-32"), "utf-32"),
    ),
)
def test_encodings(raw, encoding):
    assert read(raw, wanted("u"), encoding=encoding).get("u") == "µV"


def test_a_byte_that_does_not_fit_is_shown_with_what_would():
    found = problem(b"a=1\nu=\xb5V\n", wanted("a"), offset=1024)
    assert found.code == "V0502"
    assert found.offset == 1024 + 6
    assert found.found == "b5 56 0a"
    assert found.help == (
        "is the text too long? it runs from byte 1024 to 1032; does it end before the data? If all of it is "
        "text, it can be read as cp1252 or latin-1: write 'encoding: cp1252'"
    )
    assert problem(b"u=\xb5\x81", wanted("u"), encoding="ascii").help.endswith("'encoding: latin-1'")


@pytest.mark.parametrize(
    "encoding", ("zlib", "punycode", "unicode_escape", "idna", "nonsense", "utf-9", "\0")
)
def test_encodings_that_are_no_ordinary_text_are_refused(encoding):
    assert problem(b"a=1", wanted("a"), encoding=encoding).code == "V0501"


@pytest.mark.parametrize(
    ("encoding", "lead", "width"), (("utf-8", 3, 1), ("utf-16", 2, 2), ("latin-1", 0, 1))
)
def test_places_in_the_file_are_bytes(encoding, lead, width):
    text = "µ=1\nn=x\n"
    raw = text.encode("utf-8-sig" if encoding == "utf-8" else encoding)
    found = problem(raw, wanted("n", type="int"), encoding=encoding, offset=10)
    assert found.offset == 10 + lead + (5 if encoding == "utf-8" else 4 * width)


# --- sections -------------------------------------------------------------------------------

INI = "title\n[Common infos]\nn=2\nsame=1\n[Other]\nn=3\nsame=1\n[Empty]\n"


def test_sections_are_found_in_any_case():
    assert read(INI, wanted("n", section="Common Infos")).get("n") == "2"
    assert read(INI, wanted("n", section="OTHER")).get("n") == "3"


def test_a_key_that_stands_twice_must_say_the_same():
    assert read(INI, wanted("same")).get("same") == "1"
    found = problem(INI, wanted("n"))
    assert found.code == "V0504"
    assert found.found == "'2' in line 3, '3' in line 6"
    assert found.offset == INI.index("n=3")
    assert "section" in found.help
    assert problem("[s]\na=1\na=2\n", wanted("a", section="s")).code == "V0504"


def test_a_missing_section_shows_what_is_there():
    found = problem(INI, wanted("n", section="Comon Infos"))
    assert (found.code, found.help) == ("V0508", "it has 'Common infos'; 3 sections present")
    assert problem(INI, wanted("n", section="Empty")).code == "V0503"


# --- tables ---------------------------------------------------------------------------------


def test_tuples_inside_a_value_are_rows():
    table = read(META, wanted("t", "~imroTbl", each="({ch:int} {bank:int} {gain:float})")).get("t")
    assert isinstance(table, Rows)
    assert list(table.names()) == ["ch", "bank", "gain"]
    assert table.column("ch").tolist() == [0, 1]
    assert table.column("gain").dtype == np.float64
    assert table.row(-1).get("gain") == 250.0
    assert [row.get("ch") for row in table] == [0, 1]
    assert table.take(table.column("gain") > 300).column("ch").tolist() == [0]
    with pytest.raises(UnknownName):
        table.column("x")
    with pytest.raises(IndexError):
        table.row(2)


def test_the_first_tuples_may_be_skipped():
    table = read("t=(1)(2)(3)\n", wanted("t", "t", each="({n:int})", skip=2)).get("t")
    assert table.column("n").tolist() == [3]
    found = problem("t=(1)\n", wanted("t", "t", each="({n:int})", skip=1))
    assert (found.code, found.expected) == ("V0507", "({n:int})")


CHANNELS = (
    "[Channel Infos]\nCh1=Fp1,,0.5,µV\nCh2=Fp\\1,ref,,\nCh10=Cz,,1\n[Coordinates]\nCh1=1,0,0\nCh2=2,0,0\n"
)
EACH = "{name:text?},{reference:text?},{resolution:text?}[,{unit:text?}]"


def test_keys_that_fit_a_pattern_are_rows():
    table = read(CHANNELS, wanted("ch", "Ch{n:int}", each=EACH, section="Channel Infos")).get("ch")
    assert list(table.names()) == ["n", "value", "name", "reference", "resolution", "unit"]
    assert table.column("n").tolist() == [1, 2, 10]
    assert table.column("name").tolist() == ["Fp1", "Fp\\1", "Cz"]
    assert table.column("reference").tolist() == ["", "ref", ""]
    assert table.column("unit").tolist() == ["µV", "", None]
    assert table.column("value").tolist()[0] == "Fp1,,0.5,µV"


def test_the_values_of_such_keys_have_a_type():
    table = read("g1=0.5\ng2=2\nx=1\n", wanted("g", "g{n:int}", type="float")).get("g")
    assert table.column("value").tolist() == [0.5, 2.0]
    assert problem("g1=0.5\ng2=x\n", wanted("g", "g{n:int}", type="float")).message.startswith(
        "run.meta line 2:"
    )


def test_the_same_key_twice_is_one_row_or_an_error():
    assert len(read("g1=1\ng1=1\n", wanted("g", "g{n:int}")).get("g")) == 1
    assert problem(CHANNELS, wanted("ch", "Ch{n:int}")).code == "V0504"


def test_values_that_do_not_fit_are_all_told():
    with pytest.raises(VspecError) as error:
        read("c1=a,b\nc2=a\nc3=c\n", wanted("c", "c{n:int}", each="{x},{y}"))
    assert [(p.code, p.found) for p in error.value.problems] == [("V0507", "'a'"), ("V0507", "'c'")]


def test_no_key_fits():
    assert problem("a=1\n", wanted("c", "c{n:int}")).code == "V0503"


# --- lines ----------------------------------------------------------------------------------

HEA = """# made by hand
100 2 360 650000
100.dat 212 200 11 1024 MLII
100.dat 212 100 11 1024 V5

# Age: 69
"""


def test_the_first_line_that_matches_is_a_record_or_a_value():
    record = read(
        HEA,
        wanted("head", line="{record:word} {n_sig:int} {rate:float} {n:int}"),
        wanted("age", line="# Age: {age:int}"),
        format="lines",
    )
    assert [record.get("head").get(name) for name in record.get("head").names()] == ["100", 2, 360.0, 650000]
    assert record.get("age") == 69
    assert record.origin("age") == "run.meta line 6"
    with pytest.raises(UnknownName):
        record.get("head").get("x")


def test_every_line_that_matches_is_a_row():
    field = wanted("sig", each="{file:word} {format:int} {gain:float} {:rest}", skip=1)
    table = read(HEA, field, format="lines", comment="#").get("sig")
    assert table.column("file").tolist() == ["100.dat", "100.dat"]
    assert table.column("gain").tolist() == [200.0, 100.0]


def test_no_line_matches():
    found = problem("rate 360 Hz\n", wanted("x", line="rate {n:int}"), format="lines")
    assert (found.code, found.help) == ("V0506", "lines there: rate 360 Hz")
    assert found.message == "run.meta has no line that matches 'rate {n:int}'"
    found = problem("rate 360 Hz\n", wanted("x", each="{n:int}|"), format="lines")
    told = "lines there: rate 360 Hz; 'default: []' is for a table that may have no line"
    assert (found.code, found.help) == ("V0506", told)
    assert read(HEA, wanted("x", line="rate {n:int}", default=3), format="lines").get("x") == 3
    assert len(read(HEA, wanted("x", each="{n:int}|", default=()), format="lines").get("x")) == 0


BETWEEN = "n 1\nBEGIN\nn 2\nn 3\nEND\nn 4\n"


def test_fields_may_look_between_two_lines():
    table = read(BETWEEN, wanted("t", each="n {n:int}", between=("BEGIN", "END")), format="lines").get("t")
    assert table.column("n").tolist() == [2, 3]
    found = problem("BEGIN\nn 2\n", wanted("t", each="n {n:int}", between=("BEGIN", "END")), format="lines")
    assert (found.code, found.help) == ("V0508", "is the file cut short?")
    found = problem(BETWEEN, wanted("t", each="n {n:int}", between=("BEGN", "END")), format="lines")
    assert (found.code, found.help) == ("V0508", "did you mean 'BEGIN'?")


def test_lines_of_a_section():
    text = "[a]\nn 1\n[B]\nn 2\n"
    assert read(text, wanted("x", line="n {n:int}", section="b"), format="lines").get("x") == 2


def test_a_large_header_is_read_in_reasonable_time():
    text = "".join(f"Mk{i}=Stimulus,S{i % 9},{i * 100},1,0\n" for i in range(1, 20_001))
    table = read(
        text, wanted("m", "Mk{n:int}", each="{kind},{label:text?},{at:int},{size:int},{ch:int}")
    ).get("m")
    assert table.column("at").sum() == 100 * 20_000 * 20_001 // 2
