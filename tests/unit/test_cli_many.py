"""Maps of very many arrays on a terminal: 40 of them, then where the others are; JSON has them all."""

from __future__ import annotations

import json

import h5py
import numpy as np
import pytest
from click.testing import CliRunner

from vspec.cli.main import cli

SHOWN = 40


def write(path, groups):
    """Write a file with so many small data sets in each group."""
    with h5py.File(path, "w") as file:
        for group, number in groups.items():
            for k in range(number):
                file[f"{group}/d{k:03d}"] = np.arange(3, dtype="<i2")


def call(*arguments):
    done = CliRunner().invoke(cli, [str(one) for one in arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def listed(text):
    """Return the first words of the lines that stand for arrays, and the line about the others."""
    lines = [line.split() for line in text.splitlines() if line.startswith("  ")]
    more = [" ".join(line) for line in lines if line[0] == "..."]
    return [line[0] for line in lines if "1 reference" in " ".join(line)], more


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_40_arrays_are_all_told(folder):
    write("x.h5", {"a": 31, "b": 9})
    for verb in (("apply", "hdf-group/hdf5", "x.h5"), ("info", "x.vspec.json")):
        shown, more = listed(call(*verb))
        assert shown == [*(f"a/d{k:03d}" for k in range(31)), *(f"b/d{k:03d}" for k in range(9))]
        assert more == []


def test_of_more_arrays_the_rest_is_counted_by_group(folder):
    write("x.h5", {"a": 31, "b": 13})
    shown, more = listed(call("apply", "hdf-group/hdf5", "x.h5"))
    assert len(shown) == SHOWN
    assert more == ["... and 4 more (4 in b); vspec info --json x.vspec.json lists all"]
    shown, more = listed(call("info", "x.vspec.json"))
    assert (len(shown), shown[-1]) == (SHOWN, "b/d008")
    assert more == ["... and 4 more (4 in b); --json lists all"]


def test_a_dry_run_tells_of_as_many_and_names_no_map_that_is_not_there(folder):
    write("x.h5", {"a": 43, "b": 2})
    text = call("apply", "hdf-group/hdf5", "x.h5", "--dry-run")
    assert "... and 5 more (3 in a, 2 in b); --json lists all" in text
    assert "a/d041" not in text


def test_many_groups_are_only_counted(folder):
    write("x.h5", {"a": 40, **{f"g{k}": 2 for k in range(7)}})
    _, more = listed(call("apply", "hdf-group/hdf5", "x.h5"))
    assert more == ["... and 14 more in 7 groups; vspec info --json x.vspec.json lists all"]


def test_a_name_with_blanks_can_be_typed_again(folder):
    write("my data.h5", {"a": 41})
    _, more = listed(call("apply", "hdf-group/hdf5", "my data.h5"))
    assert more == ['... and 1 more (1 in a); vspec info --json "my data.vspec.json" lists all']


def test_the_json_reports_have_every_array(folder):
    write("x.h5", {"a": 59})
    made = json.loads(call("apply", "hdf-group/hdf5", "x.h5", "--json"))
    assert len(made["maps"][0]["arrays"]) == 59
    assert len(json.loads(call("info", "x.vspec.json", "--json"))["arrays"]) == 59


def test_arrays_at_the_root_are_in_a_group_with_a_name(folder):
    write("x.h5", {"": 42})
    _, more = listed(call("apply", "hdf-group/hdf5", "x.h5"))
    assert more == ["... and 2 more (2 in /); vspec info --json x.vspec.json lists all"]
