"""Files made for cards with rows of every kind: what was written is what the card reads."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.layouts import card
from vspec import compiler, oracle
from vspec.authoring.faking import FakeOptions, fake
from vspec.card.load import loads
from vspec.errors import VspecError
from vspec.sources import Files, find

TOP = """
types:
  block: {params: [n, kind], fields: {length: uint8, x: "kind[k=n]"}}
  word: {fields: {n: uint8, s: ascii(n)}, value: s}
  point: {fields: {x: uint8, y: uint16}}
  line: {fields: {a: point, x: uint8}}
  tree: {fields: {n: uint8, x: uint16, sub: tree if n > 0}}
tables:
  kinds: {1: point, 2: line}
"""
NESTED = """
n: uint8
g:
  repeat: n
  fields:
    s: ascii('\\0')
    m: uint8
    ch: {repeat: m, fields: {kind: uint8, x: uint16}}
"""
COUNTS = "f.n: 3, f.g.m: [2, 0, 3], f.g.ch.kind: [[1, 0], [], [1, 1, 0]], f.g.s: [ab, '', c]"
JOINED = {"dims": "g ch -> t=(g ch)"}
VARYING = {"dims": "r k -> t=(r k)"}
CHAIN = "{repeat: {next: link if link > 0 else none}, fields: {link: uint32, n: uint8, x: 'uint8[k=n]'}}"
LAYOUTS = {
    "until, invented": ("r: {repeat: {until: t == 0}, fields: {t: uint8, x: uint16}}\nz: uint8", "", {}),
    "until, given": (
        "r: {repeat: {until: t == 0}, fields: {t: uint8, x: uint16}}\nz: uint8",
        "f.r.t: [3, 2, 0]",
        {},
    ),
    "until, varying": (
        "r: {repeat: {until: n == 0}, fields: {n: uint8, x: 'uint8[k=n]'}}\nz: uint8",
        "f.r.n: [3, 2, 0]",
        VARYING,
    ),
    "until, by prev": (
        "r: {repeat: {until: w >= 4}, fields: {s: latin1('\\n')}, let: {w: 'len(split(s)) + (prev.w if prev != none else 0)'}}\nx: uint8",
        "f.r.s: [a b, '#', c d]",
        {"source": "f.x"},
    ),
    "chain at": (
        "first: uint16\nr: {at: first, repeat: {next: link if link > 0 else none}, fields: {link: uint32, x: uint16}}",
        "",
        {},
    ),
    "chain": (f"r: {CHAIN}", "", VARYING),
    "rest, varying": ("r: {repeat: rest, fields: {n: uint8, x: 'uint8[k=n]'}}", "", VARYING),
    "rest or n": ("n: int8\nr: {repeat: n if n > 0 else rest, fields: {x: uint8}}", "f.n: -1", {}),
    "rest to": ("n: uint16\nr: {repeat: rest, to: n, fields: {x: uint8}}", "f.n: 7", {}),
    "axis rest to": ("n: uint8\nx: {type: 'int16[t=rest]', to: 1 + 2 * n}\nz: uint8", "", {"source": "f.x"}),
    "prev": (
        "r: {repeat: rest, fields: {x: uint8}, let: {t: 'x + (prev.t if prev != none else 0)'}}",
        "",
        {},
    ),
    "prev field": (
        "r: {repeat: rest, fields: {flag: uint8, n: uint8 if flag == 1 else prev.n, x: 'uint8[k=n]'}}",
        "auto: {r: 4}, f.r.flag: [1, 0, 1, 0], f.r.n: [2, 2, 3, 3]",
        VARYING,
    ),
    "parameters": ("b: block(2, int16)", "", {"source": "f.b.x"}),
    "rows of a type": ("r: {type: point, repeat: rest}", "", {"source": "f.r.y"}),
    "short rows of a type": (
        "n: uint8\nr: point[i=n]\nq: {type: word, repeat: 3}\nz: uint8",
        "",
        {"source": "f.r.y"},
    ),
    "layout by version": ("v: uint8\nbody: kinds[v]\nz: uint8", "f.v: 2", {"source": "f.body.x"}),
    "rows by version": ("v: uint8\nr: {type: 'kinds[v]', repeat: rest}", "f.v: 2", {"source": "f.r.a.y"}),
    "deep recursion": (
        "t: tree",
        "f.t.n: 1, f.t.sub.n: 1, f.t.sub.sub: {n: 1, sub: {n: 1, sub: {n: 1}}}",
        {"source": "f.t.sub.sub.sub.sub.sub.x"},
    ),
    "recursion": ("t: tree", "f.t.n: 1, f.t.sub.n: 1", {"source": "f.t.sub.sub.x"}),
    "rows in rows": (NESTED, COUNTS, {"source": "f.g.ch.x", **JOINED}),
    "flat": (NESTED, COUNTS, {"source": "flat(f.g.ch)[kind == 1].x"}),
    "picked in each": (NESTED, COUNTS, {"source": "f.g.ch[kind == 1].x", **JOINED}),
    "no rows": ("n: uint8\nr: {repeat: n, fields: {x: uint8}}", "f.n: 0", {}),
    "no rows at a place": (
        "n: uint8\nstop: uint8\nr: {at: stop, repeat: n, fields: {m: uint8, x: uint16}}\nz: uint8",
        "f.n: 0, f.stop: 3",
        {},
    ),
    "padding": ("s: ascii(64)\nx: uint8[k=5] @ 10", "f.s: hello", {"source": "f.x"}),
}


def made(name: str, folder, seed: int = 0):
    fields, make, options = LAYOUTS[name]
    text = card(fields, top=TOP, **options)
    if make:
        text += f"\nexamples:\n  - name: x\n    make: {{{make}}}\n"
    loaded = loads(text, "card.yaml")
    return loaded, fake(loaded, folder, FakeOptions(seed=seed))


@pytest.mark.parametrize("seed", (0, 1, 2))
@pytest.mark.parametrize("name", LAYOUTS)
def test_what_is_written_is_what_is_read(name, seed, tmp_path):
    loaded, faked = made(name, tmp_path, seed)
    found = find(loaded.roles, [tmp_path])
    with Files(found.root) as files:
        read = compiler.read(loaded, found.datasets[0], files, faked.params)
        arrays = {layout.path: oracle.read(layout, files.reader) for layout in read.plan.arrays}
    assert set(arrays) == set(faked.arrays)
    for path, values in faked.arrays.items():
        assert np.array_equal(arrays[path], values)


TEXTS = "a: ascii('\\0')\nb: latin1('\\r\\n') as int\nc: utf16('\\0')\nd: ascii('\\n')[2]\nx: uint8"


@pytest.mark.parametrize("endian", ("little", "big"))
def test_texts_up_to_a_terminator_are_written_with_it(tmp_path, endian):
    text = card(TEXTS, source="f.x", endian=endian)
    text += "\nexamples:\n  - name: x\n    make: {f.a: hello, f.b: 42, f.c: aĀ, f.d: [a, bcd]}\n"
    faked = fake(loads(text, "card.yaml"), tmp_path)
    code = "utf-16-le" if endian == "little" else "utf-16-be"
    raw = faked.files[0].read_bytes()
    assert raw[:-1] == b"hello\x0042\r\n" + "aĀ\0".encode(code) + b"a\nbcd\n"


def test_a_text_that_holds_its_terminator(tmp_path):
    text = card(TEXTS, source="f.x") + '\nexamples:\n  - name: x\n    make: {f.a: "he\\0lo"}\n'
    with pytest.raises(VspecError) as caught:
        fake(loads(text, "card.yaml"), tmp_path)
    assert [p.code for p in caught.value.problems] == ["V0853"]


def test_rows_that_nothing_ends(tmp_path):
    text = card("r: {repeat: {until: x > 300}, fields: {x: uint8}}")
    with pytest.raises(VspecError) as caught:
        fake(loads(text, "card.yaml"), tmp_path)
    assert [p.code for p in caught.value.problems] == ["V0855"]


def test_rows_of_files_of_a_role(tmp_path):
    text = """
vspec: 1
files:
  f:
    match: "{id}_{part:int}.bin"
    over: part
    layout: {fields: {n: uint8, r: {repeat: rest, fields: {p: {repeat: 3, fields: {x: uint16}}}}}}
arrays:
  a: {from: f.r.p.x, dims: "part r p -> t=(part r) p"}
"""
    loaded = loads(text, "card.yaml")
    faked = fake(loaded, tmp_path)
    found = find(loaded.roles, [tmp_path])
    with Files(found.root) as files:
        read = compiler.read(loaded, found.datasets[0], files, faked.params)
        assert np.array_equal(oracle.read(read.plan.arrays[0], files.reader), faked.arrays["a"])


@pytest.mark.parametrize("dims", ("", 'dims: "digits image row x -> frame=(digits image) y=row x"'))
def test_rows_in_rows_of_files_of_a_role(dims, tmp_path):
    text = f"""
vspec: 1
files:
  spool:
    match: "{{digits}}spool.dat"
    over: digits
    layout:
      fields:
        image: {{repeat: 2, fields: {{row: {{repeat: 3, fields: {{pixels: "uint16[x=5]", gap: pad(2)}}}}}}}}
arrays:
  a:
    from: spool.image.row.pixels
    {dims}
"""
    faked = fake(loads(text, "card.yaml"), tmp_path)
    files = [np.frombuffer(path.read_bytes(), "<u2").reshape(2, 3, 6)[..., :5] for path in faked.files]
    expected = np.concatenate(files) if dims else np.stack(files)
    assert np.array_equal(faked.arrays["a"], expected)


@pytest.mark.parametrize("flag", (0, 1))
def test_an_array_for_each_row_of_a_table_that_may_be_absent(flag, tmp_path):
    text = f"""
vspec: 1
files:
  f:
    match: "{{id}}.bin"
    layout:
      fields: {{flag: uint8, first: "uint8[k=2]", r: {{if: flag == 1, repeat: 2, fields: {{x: "uint8[k=3]"}}}}}}
arrays:
  first: {{from: f.first}}
  row: {{each: i in f.r, name: "{{{{ at(i.x) }}}}/x", from: i.x}}
examples: [{{name: x, make: {{f.flag: {flag}}}}}]
"""
    faked = fake(loads(text, "card.yaml"), tmp_path)
    raw = np.frombuffer(faked.files[0].read_bytes(), np.uint8).tolist()
    expected = {"first": raw[1:3]} | ({"3/x": raw[3:6], "6/x": raw[6:]} if flag else {})
    assert {path: values.tolist() for path, values in faked.arrays.items()} == expected
