"""XML headers: paths, attributes, tables, name spaces, encodings, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.text_reading import problem, problems, read
from vspec.card.element_paths import ElementPath, Step, parse_element_path
from vspec.errors import Place, Text, VspecError
from vspec.header import text_xml

TEXT = """\
<?xml version="1.0" encoding="UTF-8"?>
<!-- made up -->
<rec xmlns="http://example.org/a" xmlns:v="http://example.org/v" version="2">
  <device name="rig &amp; co"><rate unit="Hz"> 30000 </rate></device>
  <v:channels>
    <channel n="1" v:gain="0.5"><label>Fz</label></channel>
    <channel n="2"><label>Cz</label><used>no</used></channel>
  </v:channels>
  <note><![CDATA[a < b]]> c</note>
  <empty/>
</rec>
"""
FIELDS = """
format: xml
fields:
  version: {key: "@version", type: int}
  device: {key: device@name}
  rate: {key: device/rate, type: float}
  unit: {key: //rate@unit}
  note: str
  empty: str
  lost: {key: a/b, type: int, default: 7}
  channel:
    each: channels/channel
    fields:
      n: {key: "@n", type: int}
      gain: {key: "@gain", type: float, default: 1}
      label: str
      used: {type: bool, default: true}
"""


def test_values_and_tables():
    head = read(FIELDS, TEXT)
    assert head.get("version") == 2
    assert head.get("device") == "rig & co"
    assert (head.get("rate"), head.get("unit")) == (30000.0, "Hz")
    assert (head.get("note"), head.get("empty"), head.get("lost")) == ("a < b c", "", 7)
    table = head.get("channel")
    assert table.columns["n"].tolist() == [1, 2]
    assert table.columns["gain"].tolist() == [0.5, 1.0]
    assert table.columns["gain"].dtype == np.float64
    assert table.columns["label"].tolist() == ["Fz", "Cz"]
    assert table.columns["used"].tolist() == [True, False]
    assert head.origin("rate") == "run.txt line 4"
    assert head.origin("channel") == "run.txt line 6"
    assert head.origin("lost") is None


def test_any_element_and_any_depth():
    options = """
    format: xml
    fields:
      all: {each: "*/b", fields: {x: {key: .}}}
      deep: {each: //b, fields: {x: {key: .}}}
      below: {each: c//b, fields: {x: {key: .}}}
    """
    head = read(options, "<t><a><b>1<b>2</b></b><b>3</b></a><c><d><b>4</b></d><b>5</b></c></t>")
    assert head.get("all").columns["x"].tolist() == ["1", "3", "5"]
    assert head.get("deep").columns["x"].tolist() == ["1", "2", "3", "4", "5"]
    assert head.get("below").columns["x"].tolist() == ["4", "5"]


def test_tables_inside_rows_and_lists():
    options = """
    format: xml
    fields:
      image:
        each: image
        fields:
          size: {key: "@size", type: "int[]"}
          dim: {each: dim, fields: {n: {key: "@n", type: int}}, default: []}
    """
    text = "<t><image size='2 3'><dim n='5'/><dim n='6'/></image><image size='4,5'/></t>"
    image = read(options, text).get("image")
    assert [size.tolist() for size in image.columns["size"]] == [[2, 3], [4, 5]]
    assert image.row(0).get("dim").columns["n"].tolist() == [5, 6]
    assert len(image.row(1).get("dim")) == 0


def test_tuples_inside_a_text():
    head = read("format: xml\nfields: {p: {key: p, each: '({x:int} {y:int})'}}", "<t><p>(1 2)(3 4)</p></t>")
    assert head.get("p").columns["y"].tolist() == [2, 4]


def test_an_absent_table():
    options = "format: xml\nfields: {c: {each: c, fields: {n: int, x: float}, default: []}}"
    table = read(options, "<t/>").get("c")
    assert len(table) == 0
    assert list(table.names()) == ["n", "x"]
    found = problem(options.replace(", default: []", ""), "<t><d/><e/></t>", offset=10)
    assert found.code == "V0503"
    assert found.message == "run.txt line 1: 't' has no element 'c'"
    assert "d, e" in found.help


@pytest.mark.parametrize("mark", ("utf-16-le", "utf-16-be", "utf-8-sig", "iso-8859-1"))
def test_the_text_says_its_encoding(mark):
    declared = "iso-8859-1" if mark == "iso-8859-1" else "utf-16" if "16" in mark else "utf-8"
    text = f'<?xml version="1.0" encoding="{declared}"?>\n<t><u>µV</u></t>'
    raw = ({"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(mark, b"")) + text.encode(mark)
    assert read("format: xml\nfields: {u: str}", raw).get("u") == "µV"


def test_the_card_says_the_encoding():
    raw = '<?xml version="1.0" encoding="utf-8"?><t><u>µV</u></t>'.encode("cp1252")
    assert problem("format: xml\nfields: {u: str}", raw).code == "V0502"
    assert read("format: xml\nencoding: cp1252\nfields: {u: str}", raw).get("u") == "µV"


def test_an_encoding_that_there_is_not():
    raw = b'<?xml version="1.0" encoding="klingon"?><t><u>x</u></t>'
    assert problem("format: xml\nfields: {u: str}", raw).code == "V0501"


def test_names_in_any_case():
    assert problem("format: xml\nfields: {u: str}", "<t><U>x</U></t>").code == "V0503"
    assert read("format: xml\nkeys: any_case\nfields: {u: {key: a@B}}", "<t><A b='x'/></t>").get("u") == "x"


def test_a_missing_attribute_shows_what_is_there():
    found = problem(FIELDS, TEXT.replace('name="rig', 'nam="rig'), offset=5)
    assert found.code == "V0503"
    assert found.message == "run.txt line 4: 'device' has no attribute 'name'"
    assert found.help == "it has 'nam'; 1 attribute present"
    assert found.offset == 5 + TEXT.index("<device")


def test_several_values():
    options = "format: xml\nfields: {u: {key: a@u}}"
    assert read(options, "<t><a u='1'/><a u='1'/></t>").get("u") == "1"
    found = problem(options, "<t><a u='1'/>\n<a u='2'/></t>")
    assert found.code == "V0504"
    assert found.help == "for one row each: u: {each: a, fields: ...}"


def test_wrong_types_in_rows_are_told_together():
    text = TEXT.replace('<channel n="2"', '<channel n="two"').replace(">no<", ">perhaps<")
    found = problems(FIELDS, text)
    assert [p.code for p in found] == ["V0505", "V0505"]
    assert found[0].message == "run.txt line 7: 'n' should be a whole number"
    assert found[0].offset == text.index('<channel n="two"')


@pytest.mark.parametrize(
    "text",
    (
        '<!DOCTYPE t [<!ENTITY a "b">]><t>&a;</t>',
        '<?xml version="1.0"?>\n<!-- x -->\n<!doctype t><t/>',
        "<!DOCTYPE t SYSTEM 'http://example.org/t.dtd'><t/>",
    ),
)
def test_document_types_are_refused(text):
    found = problem("format: xml\nfields: {u: {key: ., default: x}}", text)
    assert found.code == "V0523"
    assert "<!doctype" in found.found.lower()


def test_many_laughs_are_refused_at_once():
    bombs = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 30))
    text = f'<!DOCTYPE t [<!ENTITY l0 "ha">{bombs}]><t>&l29;</t>'
    assert problem("format: xml\nfields: {u: {key: .}}", text).code == "V0523"


@pytest.mark.parametrize(
    ("text", "offset"),
    (("<t>\n<a></b></t>", 9), ("<t>&x;</t>", 3), ("", 0), ("<t>", 3), ("no", 0), ("<t/>\n<t/>", 5)),
)
def test_what_is_no_xml(text, offset):
    found = problem("format: xml\nfields: {u: {key: .}}", text, offset=100)
    assert found.code == "V0522"
    assert abs(found.offset - 100 - offset) <= 2
    assert "not XML" in found.message


def test_depth_and_number_of_elements(monkeypatch):
    options = "format: xml\nfields: {u: {key: ., default: x}}"
    deep = "<a>" * 100 + "</a>" * 100
    assert read(options, deep).get("u") == ""
    assert problem(options, "<a>" + deep + "</a>").code == "V0914"
    monkeypatch.setattr(text_xml, "ROW_LIMIT", 3)
    assert read(options, "<t><a/><a/></t>").get("u") == ""
    assert problem(options, "<t><a/><a/><a/></t>").code == "V0915"


def test_places_behind_letters_of_several_bytes():
    text = "<t><a>µµ</a><n>x</n></t>"
    found = problem("format: xml\nfields: {n: int}", text, offset=1)
    assert found.offset == 1 + text.encode().index(b"<n>")


def path(text):
    return parse_element_path(Text(text, Place("card.yaml", 1, 1, len(text), text)))


def test_paths():
    assert path("a/b@c") == ElementPath((Step("a"), Step("b")), "c")
    assert path("@c") == ElementPath((), "c")
    assert path(".") == ElementPath(())
    assert path("//a/*//x:b") == ElementPath((Step("a", deep=True), Step("*"), Step("x:b", deep=True)))


@pytest.mark.parametrize(
    "text", ("", "/a", "a/", "a@", "a/@b", "a@b@c", "a b", "a[1]", "a///b", "a@b/c", "..", "1a")
)
def test_paths_that_cannot_be_read(text):
    with pytest.raises(VspecError) as caught:
        path(text)
    assert caught.value.problems[0].code == "V0142"
