"""Text headers made from a card."""

from __future__ import annotations

import json

import numpy as np
import pytest

from vspec.authoring.fakes.text_forms import ended
from vspec.authoring.faking import FakeOptions, fake
from vspec.card.load import loads
from vspec.errors import VspecError


def made(text, folder, **options):
    return fake(loads(text, "card.yaml"), folder, FakeOptions(**options))


PAIRS = """
vspec: 1
files:
  data: "{name}.bin"
  head:
    match: "{name}.hdr"
    format: pairs
    separator: ": "
    fields:
      kind: {line: "Header of {kind}"}
      channels: int
      rate: float
      gains: {type: "float[]"}
      absent: {type: int, default: 3}
      table: {key: "~map", each: "({ch:int} {name})"}
      named: {key: "Ch{n:int}", section: Channels, each: "{label},{unit:text?}"}
      points: {section: Points, each: "{x:int}x{y:int}"}
let:
  n: head.channels + head.absent
checks:
  - that: sum(head.points.x) == 4 and head.named.label[1] == 'Cz'
    else: points
  - that: head.table.ch[1] == 5 and head.gains[0] == 0.5 and head.kind == 'rig 3'
    else: table
arrays:
  x:
    from: data
    dtype: uint8
    shape: {time: auto, channel: n}
  gain: {values: head.gains, dims: [g]}
examples:
  - name: tiny
    make:
      captures: {name: s1}
      auto: {time: 3}
      head:
        lines: ["; made up"]
        kind: rig 3
        channels: 2
        rate: 1000.0
        gains: [0.5, 2]
        table: [{ch: 4, name: a}, [5, b]]
        named: [{n: 1, label: Fp1, unit: uV}, {n: 2, label: Cz}]
        points: [[1, 2], [3, 4]]
"""
WRITTEN = """\
; made up
Header of rig 3
channels: 2
rate: 1000.0
gains: 0.5,2
~map: (4 a)(5 b)
[Channels]
Ch1: Fp1,uV
Ch2: Cz,
[Points]
1x2
3x4
"""


def test_pairs_lines_and_tables(tmp_path):
    faked = made(PAIRS, tmp_path)
    assert (tmp_path / "s1.hdr").read_text(encoding="utf-8") == WRITTEN
    assert faked.arrays["x"].shape == (3, 5)
    assert faked.arrays["x"].tobytes() == (tmp_path / "s1.bin").read_bytes()
    assert faked.arrays["gain"].tolist() == [0.5, 2.0]


JSON = """
vspec: 1
files:
  meta:
    match: "{name}.json"
    format: json
    fields:
      channels: {key: "stream[0].n", type: int}
      names: {key: "stream.name"}
  data:
    named: name + '/raw.dat'
arrays:
  x:
    from: data
    dtype: uint8
    shape: {time: auto, channel: meta.channels}
examples:
  - name: tiny
    make:
      captures: {name: s1}
      auto: {time: 2}
      meta: {stream: [{n: 3, name: a}, {n: 4, name: b}], more: {x: 1.5}}
"""


def test_json_trees_and_files_named_by_a_header(tmp_path):
    faked = made(JSON, tmp_path)
    tree = json.loads((tmp_path / "s1.json").read_text(encoding="utf-8"))
    assert tree == {"stream": [{"n": 3, "name": "a"}, {"n": 4, "name": "b"}], "more": {"x": 1.5}}
    assert faked.arrays["x"].shape == (2, 3)
    assert faked.arrays["x"].tobytes() == (tmp_path / "s1" / "raw.dat").read_bytes()


INSIDE = r"""
vspec: 1
files:
  f:
    match: "{name}.nrd"
    layout:
      fields:
        head:
          type: ascii(find('\n\n'))
          parse:
            format: pairs
            separator: ": "
            fields: {n: int}
        voxels: int16[x=head.n] @ find('\n\n') + 2
arrays:
  x: {from: f.voxels}
examples:
  - name: tiny
    make: {f.head: {lines: [MAGIC1], n: 2}, f.voxels: [1, 2]}
"""


def test_a_text_inside_a_binary_file_that_is_searched_for_its_end(tmp_path):
    faked = made(INSIDE, tmp_path)
    assert faked.files[0].read_bytes() == b"MAGIC1\nn: 2\n\n\x01\x00\x02\x00"
    assert np.array_equal(faked.arrays["x"], [1, 2])


def test_one_file_for_two_roles(tmp_path):
    text = """
vspec: 1
files:
  hdr:
    match: "{name}.nii"
    endian: {test: int32 @ 0 = 348}
    layout: {fields: {n: "int16 @ 6", first: "uint8 @ 8"}}
  img: {match: "{name}.nii"}
arrays:
  x:
    from: img
    endian: hdr.endian
    dtype: int16
    offset: hdr.first
    shape: {x: hdr.n}
examples:
  - name: tiny
    make: {hdr: {n: 2, first: 12, endian: big}}
"""
    faked = made(text, tmp_path)
    content = faked.files[0].read_bytes()
    assert content[:12].hex(" ") == "00 00 01 5c 00 00 00 02 0c 00 00 00"
    assert faked.arrays["x"].tobytes() == content[12:]
    assert len(faked.files) == 1


def test_a_value_that_needs_itself(tmp_path):
    text = PAIRS.replace("channels: 2", 'channels: "{{ head.channels + 1 }}"')
    with pytest.raises(VspecError) as error:
        made(text, tmp_path)
    assert error.value.problems[0].code == "V0855"


SECTIONS = """
vspec: 1
files:
  f:
    match: "{name}.hdr"
    format: lines
    fields:
      element: {each: "element {name:word} {n:int}"}
      tail: {line: "list {kind:word}"}
      stop: {line: "end"}
      first: {section: ["element a {n:int}", "e{x:rest}"], each: "property {type:word} {name:word}"}
      second: {section: ["element b {n:int}", "e{x:rest}"], each: "property {type:word} {name:word}", default: []}
      apart: {section: [begin, finish], each: "value {v:int}"}
      open: {section: [finish, over], line: "last {v:int}"}
arrays:
  v: {values: f.apart.v, dims: [i]}
examples:
  - name: tiny
    make:
      f.element: [[a, 5], [b, 3]]
      f.tail: int
      f.first: [[float, x], [float, y]]
      f.second: [[uchar, red]]
      f.apart: [[2], [4]]
      f.open: 7
checks:
  - that: len(f.first) == 2 and len(f.second) == 1 and f.second.name[0] == 'red' and f.open == 7
    else: sections
"""
SECTIONED = """\
element a 5
property float x
property float y
element b 3
list int
property uchar red
end
begin
value 2
value 4
finish
last 7
over
"""


def test_sections_that_begin_with_a_line_of_another_field(tmp_path):
    faked = made(SECTIONS, tmp_path)
    assert faked.files[0].read_text(encoding="utf-8") == SECTIONED
    assert faked.arrays["v"].tolist() == [2, 4]


def test_a_section_without_rows_leaves_the_lines_of_others_alone(tmp_path):
    faked = made(
        SECTIONS.replace("      f.second: [[uchar, red]]\n", "").replace(
            "second) == 1 and f.second.name[0] == 'red'", "second) == 0"
        ),
        tmp_path,
    )
    assert faked.files[0].read_text(encoding="utf-8") == SECTIONED.replace("property uchar red\n", "")


FIRST_LINE = """
vspec: 1
files:
  h:
    match: "{name}.hea"
    format: lines
    fields:
      record: {line: "{id:word} {n:int}"}
      signal: {skip: SKIP, each: "{file:word} {format:int}"}
  data: {named: unique(h.signal.file), over: path, layout: {fields: {x: "uint8[t=bytes_of]"},
    let: {bytes_of: "h.signal[file == path].format[0]"}}}
arrays:
  x: {each: p in unique(h.signal.file), name: "{{ p }}/x", from: "data[p].x"}
examples:
  - name: two
    make:
      captures: {name: r}
      h: {record: {id: r, n: 9}, signal: [{file: a.dat, format: 3}, {file: b.dat, format: 5}]}
"""


@pytest.mark.parametrize(("skip", "between"), ((1, []), (2, ["line 2"])))
def test_lines_that_are_there_already_count_as_skipped(skip, between, tmp_path):
    known = made(FIRST_LINE.replace("SKIP", str(skip)), tmp_path)
    lines = (tmp_path / "r.hea").read_text(encoding="utf-8").splitlines()
    assert lines == ["r 9", *between, "a.dat 3", "b.dat 5"]
    assert {path: array.shape for path, array in known.arrays.items()} == {"a.dat/x": (3,), "b.dat/x": (5,)}
    assert known.arrays["b.dat/x"].tobytes() == (tmp_path / "b.dat").read_bytes()


def test_an_end_tag_that_is_searched_for_names_the_element_at_the_top():
    assert ended(b'<?xml?>\n<header a="1">\n <header2/>\n</header>', b"</Setup>") == (
        b'<?xml?>\n<Setup a="1">\n <header2/>\n</Setup>'
    )
    assert ended(b"<header>\n</header>", b"[Data]") == b"<header>\n</header>[Data]"
    assert ended(b"key = 1", b"</Setup>") == b"key = 1</Setup>"
