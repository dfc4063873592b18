"""``use:`` and ``extends:``: from a registry once, and never again: a card in a map stands alone."""

from __future__ import annotations

import importlib
import json
import struct
from pathlib import Path

import pytest

import vspec
from tests.unit.opening import codes, write
from vspec import registry
from vspec.card.load import load, loads
from vspec.errors import VspecError, fail
from vspec.header.dataset import open_dataset
from vspec.sources import Files, find

BASE = """
vspec: 1
id: base
title: Heads
version: "1.2.0"
maintainers: [Ada]
params:
  rate: {type: float, default: 1}
tables:
  kinds: {1: int16, 2: float32, 3: point}
types:
  point: {fields: {x: uint8, y: "kinds[1]"}}
  pair: {params: [n], fields: {p: "point[item=n]"}}
files: "{run}.base"
attrs: {device: rig 3}
arrays:
  raw: {dtype: int16, shape: {time: auto}, time: {step: 1 / rate}, attrs: {units: V, gain: 1}}
"""
MIDDLE = """
vspec: 1
version: "2.0.1"
use:
  base: {card: lab/base, version: 1.2}
tables:
  wide: {9: int32}
types:
  both: {fields: {a: base.point, b: base.pair(2), k: "wide[9]", z: "base.kinds[2]"}}
files: "{run}.middle"
arrays:
  raw: {dtype: int16, shape: {time: auto}}
"""
CARD = """
vspec: 1
use:
  m: {card: lab/middle, version: 2}
  base: {card: lab/base, version: 1}
files:
  f:
    match: "{run}.bin"
    layout:
      fields:
        v: m.both
        w: base.kinds[3]
        q: m.base.point[item=2]
        r: {type: form, repeat: 1}
      let:
        form: base.point if v.k > 0 else m.both
arrays:
  q: {from: f.q.y}
  p: {from: f.v.b.p.y, dims: [pair]}
"""
DATA = struct.pack("<Bh BhBh if Bh BhBh Bh", 1, 2, 3, 4, 5, 6, 7, 1.5, 8, 9, 10, 11, 12, 13, 14, 15)


class Shelf:
    """A registry of a few cards in a folder; counts how often it is asked."""

    def __init__(self, folder: Path, **cards: str) -> None:
        self.folder = folder
        self.asked = 0
        write(folder, {f"lab/{name}/card.yaml": text.encode() for name, text in cards.items()})

    def __call__(self, card: str) -> Path:
        self.asked += 1
        path = self.folder / card / "card.yaml"
        if not path.exists():
            raise fail("V0802", f"there is no card '{card}'")
        return path


@pytest.fixture
def shelf(tmp_path):
    return Shelf(tmp_path / "shelf", base=BASE, middle=MIDDLE)


def opened(card, folder: Path):
    write(folder, {"x.bin": DATA})
    found = find(card.roles, [folder])
    return open_dataset(card, found.datasets[0], Files(found.root), {}).get("f")


def test_types_and_tables_of_other_cards(shelf, tmp_path):
    f = opened(loads(CARD, "card.yaml", shelf), tmp_path / "data")
    assert (f.get("v").get("k"), f.get("v").get("z"), f.get("w").get("y")) == (7, 1.5, 9)
    assert f.get("v").get("b").get("p").column("y").tolist() == [4, 6]
    assert f.get("q").column("x").tolist() == [10, 12]
    assert f.get("r").column("y").tolist() == [15]


def test_a_card_in_a_map_needs_no_other(shelf, tmp_path):
    card = loads(CARD, "card.yaml", shelf)
    asked = shelf.asked
    again = loads(json.dumps(card.data), "map")
    assert again.data == card.data
    assert shelf.asked == asked
    assert card.data["use"]["m"]["version"] == "2.0.1"
    assert opened(again, tmp_path / "data").get("q").column("y").tolist() == [11, 13]
    assert {name: used.card for name, used in again.used.items()} == {"m": "lab/middle", "base": "lab/base"}


@pytest.mark.parametrize("wanted", ("1", "1.2", "1.2.0"))
def test_versions_that_fit(shelf, wanted):
    text = CARD.replace("card: lab/base, version: 1}", f'card: lab/base, version: "{wanted}"}}')
    assert loads(text, "card.yaml", shelf).used["base"].version == "1.2.0"


def refusal(text: str, shelf, code: str):
    with pytest.raises(VspecError) as caught:
        loads(text, "card.yaml", shelf)
    assert codes(caught.value) == [code]
    return caught.value.problems[0]


@pytest.mark.parametrize("wanted", ("2", "1.3", "1.2.0.1", "11"))
def test_versions_that_do_not(shelf, wanted):
    text = CARD.replace("card: lab/base, version: 1}", f'card: lab/base, version: "{wanted}"}}')
    problem = refusal(text, shelf, "V0192")
    assert (problem.place.file, problem.place.line) == ("card.yaml", 5)


def test_what_is_not_there(shelf):
    assert refusal(CARD.replace("lab/middle", "lab/muddle"), shelf, "V0802").place.line == 4
    assert refusal(CARD, None, "V0194").place.line == 4
    assert "'both'" in str(refusal(CARD.replace("m.both\n", "m.bot\n", 1), shelf, "V0173").help)
    assert "'kinds'" in str(refusal(CARD.replace("base.kinds", "base.kind"), shelf, "V0173").help)
    bare = "vspec: 1\nversion: '1'\nfiles: x\narrays: {raw: {dtype: int8, shape: {t: auto}}}\n"
    shelf = Shelf(shelf.folder / "more", bare=bare)
    text = bare + "use: {b: {card: lab/bare, version: 1}}\n"
    assert refusal(text, shelf, "V0195").place.line == 5


def test_a_fault_in_a_used_card_is_shown_where_it_stands(tmp_path):
    shelf = Shelf(tmp_path, base=BASE.replace('y: "kinds[1]"', 'y: "knds[1]"'), middle=MIDDLE)
    text = "vspec: 1\nuse: {b: {card: lab/base, version: 1}}\n"
    text += "files: {f: {match: 'x', layout: {fields: {p: b.point}}}}\narrays: {a: {from: f.p.y}}\n"
    problem = refusal(text, shelf, "V0172")
    assert problem.place.file.endswith("base/card.yaml")
    assert problem.place.line == 12


def test_types_of_other_cards_see_no_parameters_of_the_card(tmp_path):
    shelf = Shelf(tmp_path, base=BASE.replace('y: "kinds[1]"', 'y: "int16[k=rate]"'))
    text = "vspec: 1\nuse: {b: {card: lab/base, version: 1}}\nparams: {rate: {type: int, default: 2}}\n"
    text += "files: {f: {match: 'x', layout: {fields: {p: b.point}}}}\narrays: {a: {from: f.p.y}}\n"
    refusal(text, shelf, "V0172")


def test_cards_that_need_each_other(tmp_path):
    def user(other: str, key: str = "use") -> str:
        one = f"use: {{o: {{card: lab/{other}, version: 1}}}}" if key == "use" else f"extends: lab/{other}"
        rest = "" if key == "extends" else "files: x\narrays: {raw: {dtype: int8, shape: {t: auto}}}\n"
        return f"vspec: 1\nversion: '1'\n{one}\n{rest}"

    shelf = Shelf(
        tmp_path, a=user("b"), b=user("c"), c=user("a"), d=user("d", "extends"), e=user("d", "extends")
    )
    assert "lab/b -> lab/c -> lab/a -> lab/b" in refusal(user("b"), shelf, "V0193").message
    refusal(user("d", "extends"), shelf, "V0193")
    refusal(user("e", "extends"), shelf, "V0193")
    many = {f"n{k}": user(f"n{k + 1}") for k in range(40)}
    refusal(user("n0"), Shelf(tmp_path / "many", **many), "V0193")


# --- extends

EXTENDING = """
vspec: 1
id: mine
title: My rig
extends: lab/base
params: {rate: 30000}
attrs: {device: rig 4}
arrays:
  raw: {attrs: {units: uV}}
"""


def test_a_card_that_extends_another_replaces_metadata(shelf):
    card = loads(EXTENDING, "card.yaml", shelf)
    assert (card.id, card.title, card.version, card.extends) == ("mine", "My rig", "", "lab/base")
    assert card.maintainers == ()
    assert card.params[0].default == 30000
    plain = card.data
    assert plain["attrs"] == {"device": "rig 4"}
    assert plain["arrays"]["raw"]["attrs"] == {"units": "uV", "gain": 1}
    assert plain["extends"] == {"card": "lab/base", "version": "1.2.0"}
    again = loads(json.dumps(plain), "map")
    assert again.data == plain
    assert again.extends == "lab/base"


def test_extending_twice(shelf):
    write(shelf.folder, {"lab/mine/card.yaml": EXTENDING.encode()})
    card = loads("vspec: 1\nextends: lab/mine\narrays: {raw: {attrs: {gain: 2}}}\n", "card.yaml", shelf)
    assert card.data["arrays"]["raw"]["attrs"] == {"units": "uV", "gain": 2}
    assert (card.id, card.title, card.extends) == (None, "My rig", "lab/mine")


@pytest.mark.parametrize(
    ("more", "code"),
    (
        ("files: '{run}.other'\n", "V0190"),
        ("let: {n: 2}\n", "V0190"),
        ("checks: [{that: true, else: no}]\n", "V0190"),
        ("arrays: {other: {attrs: {units: V}}}\n", "V0191"),
        ("arrays: {raw: {dtype: int8}}\n", "V0190"),
        ("params: {rat: 3}\n", "V0191"),
    ),
)
def test_what_it_may_not_change(shelf, more, code):
    refusal(f"vspec: 1\nextends: lab/base\n{more}", shelf, code)


def test_a_map_of_an_extending_card_verifies_without_the_other(shelf, tmp_path, monkeypatch):
    monkeypatch.setattr(registry, "find_id", shelf)
    write(tmp_path, {"card.yaml": EXTENDING.encode(), "data/x.base": bytes(40)})
    report = vspec.apply(tmp_path / "card.yaml", tmp_path / "data", tmp_path / "maps")
    assert report.problems == ()

    def gone(card: str) -> Path:
        raise AssertionError(card)

    monkeypatch.setattr(registry, "find_id", gone)
    assert vspec.verify(tmp_path / "maps" / "x.vspec.json").problems == ()


def test_a_card_of_the_registry_may_be_used(tmp_path):
    entry = next(e for e in registry.entries() if load(e.path, registry=registry.find_id).types)
    version = load(entry.path, registry=registry.find_id).version
    text = f"vspec: 1\nuse: {{it: {{card: {entry.id}, version: '{version}'}}}}\nfiles: x\narrays: {{raw: {{dtype: int8, shape: {{t: auto}}}}}}\n"
    assert loads(text, "card.yaml", registry.find_id).used["it"].types


def test_identify_does_not_name_a_card_twice(shelf, tmp_path, monkeypatch):
    room = importlib.import_module("vspec.commands.identify")
    write(shelf.folder, {"lab/mine/card.yaml": EXTENDING.encode()})
    cards = [registry.Entry(f"lab/{n}", shelf.folder / f"lab/{n}/card.yaml") for n in ("base", "mine")]
    monkeypatch.setattr(registry, "entries", lambda: iter(cards))
    monkeypatch.setattr(registry, "find_id", shelf)
    room._card.cache_clear()
    write(tmp_path, {"data/x.base": bytes(40)})
    assert [match.card_id for match in vspec.identify(tmp_path / "data").matches] == ["lab/base"]
