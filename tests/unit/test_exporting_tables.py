"""Tables of text: read back with the csv module, every number the same."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from tests.unit.exports import mapped, rig
from tests.unit.opening import codes
from vspec.commands import ExportOptions, export
from vspec.errors import VspecError
from vspec.exporting import tables

EVENTS = """\
vspec: 1
files:
  h: {match: "{n}.dat", endian: big, layout: {fields: {event: {repeat: rest, fields: {t: float64, v: float32, k: uint8}}}}}
arrays:
  ev/onset: {from: h.event.t, attrs: {units: s}}
  ev/level: {from: h.event.v, attrs: {units: mV}}
  ev/kind: {from: h.event.k}
"""


def read(path, delimiter=","):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file, delimiter=delimiter))


def refused(*arguments, **options):
    with pytest.raises(VspecError) as caught:
        export(*arguments, options=ExportOptions(**options))
    return caught.value


@pytest.mark.parametrize(("kind", "delimiter"), (("csv", ","), ("tsv", "\t")))
@pytest.mark.parametrize("count", (0, 1, 1009))
def test_the_arrays_of_a_group_are_columns(tmp_path, kind, delimiter, count):
    events = np.zeros(count, np.dtype([("t", ">f8"), ("v", ">f4"), ("k", "u1")]))
    random = np.random.default_rng(count)
    events["t"], events["v"] = random.standard_normal(count) * 1e9, random.standard_normal(count) * 1e-9
    events["k"] = np.arange(count) % 251
    made = mapped(tmp_path, EVENTS, {"a.dat": events.tobytes()})
    report = export(made, kind, tmp_path / f"a.{kind}")
    assert [(a.path, a.how) for a in report.arrays] == [
        ("ev/onset", "1 column"),
        ("ev/level", "1 column"),
        ("ev/kind", "1 column"),
    ]
    head, *rows = read(tmp_path / f"a.{kind}", delimiter)
    assert head == ["onset [s]", "level [mV]", "kind"]
    assert [float(row[0]) for row in rows] == events["t"].tolist()
    assert [np.float32(row[1]) for row in rows] == events["v"].tolist()
    assert [int(row[2]) for row in rows] == events["k"].tolist()


def test_channels_are_columns_with_labels_and_units_and_coordinates_come_first(tmp_path):
    made, raw = rig(tmp_path, 40009)
    report = export(made, "csv", tmp_path / "a.csv", ExportOptions(only=("raw",)))
    assert {fault.path: fault.why for fault in report.not_expressed} == {
        "header/counters": "its rows are not those of 'raw'",
        "channel_gain": "its rows are not those of 'raw'",
    }
    head, *rows = read(tmp_path / "a.csv")
    assert head == ["time [s]", "raw A1 [uV]", "raw A2 [uV]", "raw B1 [uV]", "raw B2 [uV]"]
    assert np.array_equal(np.array([row[1:] for row in rows], int), raw)
    assert [float(row[0]) for row in rows] == (2 + 0.001 * np.arange(40009)).tolist()


def test_the_cards_order_decides_what_a_row_is(tmp_path):
    stored = np.arange(15, dtype="<i2").reshape(3, 5)
    card = (
        "vspec: 1\nfiles: '{n}.dat'\narrays:\n  s: {dtype: int16, shape: {c: 3, y: 5}, dims: c y -> -y c}\n"
    )
    made = mapped(tmp_path, card, {"a.dat": stored.tobytes()})
    export(made, "csv", tmp_path / "a.csv")
    head, *rows = read(tmp_path / "a.csv")
    assert head == ["s 0", "s 1", "s 2"]
    assert np.array_equal(np.array(rows, int), stored.T[::-1])


def test_what_is_no_table_is_refused_all_at_once(tmp_path, monkeypatch):
    made, _ = rig(tmp_path)
    error = refused(made, "csv", tmp_path / "a.csv")
    assert [(p.code, p.message.split("'")[1]) for p in error.problems] == [
        ("V0876", "header/counters"),
        ("V0876", "channel_gain"),
    ]
    monkeypatch.setattr(tables, "MOST_CELLS", 4 * 1009 - 1)
    assert codes(refused(made, "csv", tmp_path / "a.csv", only=("raw",))) == ["V0876"]
    card = """\
    vspec: 1
    files: "{n}.dat"
    arrays:
      cube: {dtype: uint8, shape: {x: 3, y: 2, z: 2}}
      wave: {dtype: complex64, shape: {x: 3}, offset: 12}
    """
    cubes = mapped(tmp_path / "more", card, {"a.dat": bytes(36)})
    assert codes(refused(cubes, "csv", tmp_path / "a.csv")) == ["V0876", "V0876"]
    assert not (tmp_path / "a.csv").exists()
