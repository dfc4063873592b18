"""The harness end to end on a made-up corpus: what it counts, what it fails on, what it writes."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from tests.corpus import __main__ as command
from tests.corpus import baseline, report
from tests.corpus.driver import Candidate, RefusedError, StoredArray, _inherited, part_of
from tests.corpus.entries import CorpusError, read_corpus
from tests.corpus.made_up import Corpus, Stand, facts, part
from tests.corpus.matching import Verdict
from tests.corpus.parts import Axis
from tests.corpus.running import Outcome, chosen, result_of, run, run_entry
from tests.corpus.staging import staged

RAW = np.array([[-3, 10], [40, -5000], [600, 7], [8, 90], [1234, -17]], dtype=np.int16)
GAIN = np.array([0.5, 0.195])
OTHER = np.arange(7, dtype=np.float32)


@pytest.fixture
def corpus(tmp_path):
    folder = tmp_path / "corpus"
    folder.mkdir()
    return Corpus(folder)


def outcomes(corpus, stand):
    folder = corpus.write()
    return {outcome.id: outcome for outcome in run(read_corpus(folder), folder, stand)}


def verdict_of(corpus, stand, listed=None):
    """Every outcome by entry, the counts, and the faults."""
    found = outcomes(corpus, stand)
    total, _ = report.count(list(found.values()))
    return found, total, report.faults(list(found.values()), listed or {})


# --- results ---


def test_an_entry_is_equal_when_all_its_arrays_are_and_scaled_when_the_rest_fit(corpus):
    corpus.add("f/a.bin", {"raw": RAW})
    corpus.add("f/b.bin", {"raw": RAW, "volts": RAW * GAIN})
    parts = [part("raw", RAW, gain=GAIN)]
    _, total, faults = verdict_of(corpus, Stand({"f/a.bin": parts, "f/b.bin": parts}))
    assert (total["equal"], total["scaled"], faults) == (1, 1, [])


@pytest.mark.parametrize(
    "wrong",
    (RAW.view(np.uint16), RAW.T, RAW + (np.arange(10).reshape(5, 2) == 6)),
    ids=["wrong dtype", "swapped axis", "one sample off"],
)
def test_a_wrong_array_differs_and_fails(corpus, wrong):
    corpus.add("f/a.bin", {"raw": RAW})
    _, total, faults = verdict_of(corpus, Stand({"f/a.bin": [part("raw", wrong)]}))
    assert total["differs"] == 1
    assert faults[0].startswith("f/a.bin: differs: raw: raw")


def test_a_missing_array_makes_an_entry_partial_which_passes_only_when_listed(corpus):
    corpus.add("f/a.bin", {"raw": RAW, "other": OTHER})
    stand = Stand({"f/a.bin": [part("raw", RAW)]})
    _, total, faults = verdict_of(corpus, stand)
    assert total["partial"] == 1
    assert faults == [
        "f/a.bin: partial, and not listed: other: nothing has shape (7,): raw (5, 2)",
    ]
    assert verdict_of(corpus, stand, {"f/a.bin": {"other": "computed by the reader"}})[2] == []
    assert len(verdict_of(corpus, stand, {"f/a.bin": {"raw": "another one"}})[2]) == 1
    assert len(verdict_of(corpus, stand, {"f/b.bin": {"other": "another entry"}})[2]) == 1


def test_an_entry_passes_when_each_of_its_unserved_arrays_is_listed_and_not_when_one_is_not(corpus):
    corpus.add("f/none.bin", {"raw": RAW.T, "other": OTHER})
    corpus.add("f/some.bin", {"raw": RAW, "one": OTHER, "two": OTHER + 1})
    stand = Stand({"f/none.bin": [part("raw", RAW)], "f/some.bin": [part("raw", RAW)]})
    none, some = {"raw": "turned", "other": "computed"}, {"one": "computed", "two": "computed, too"}
    found, total, faults = verdict_of(corpus, stand, {"f/none.bin": none, "f/some.bin": some})
    assert faults == []
    assert (total["equal"], total["scaled"]) == (0, 0), "a reason makes nothing equal"
    assert (total["differs"], total["partial"]) == (1, 1)
    assert report.settled(found["f/none.bin"], none).result == "explained"
    assert report.settled(found["f/none.bin"], {"raw": "turned"}).result == "differs"
    shown = "\n".join(report.lines(list(found.values()), {"f/none.bin": none, "f/some.bin": some}))
    for line in ("f/none.bin: raw: turned", "f/none.bin: other: computed", "f/some.bin: two: computed, too"):
        assert line in shown
    for left_out, listed in (
        ("f/none.bin: differs: raw", {"f/none.bin": {"other": "computed"}, "f/some.bin": some}),
        ("f/none.bin: differs: other", {"f/none.bin": {"raw": "turned"}, "f/some.bin": some}),
        ("f/some.bin: partial, and not listed: two", {"f/none.bin": none, "f/some.bin": {"one": "computed"}}),
    ):
        (fault,) = report.faults(list(found.values()), listed)
        assert fault.startswith(left_out)


def test_an_entry_whose_arrays_are_all_empty_is_not_scored(corpus):
    empty = np.zeros((0, 3), np.int16)
    corpus.add("f/a.bin", {"raw": empty})
    corpus.add("f/b.bin", {"raw": empty, "other": OTHER})
    corpus.add("f/c.bin", {"raw": empty})
    parts = {
        "f/a.bin": [part("raw", empty)],
        "f/b.bin": [part("raw", empty), part("other", OTHER)],
        "f/c.bin": [part("raw", RAW)],
    }
    found, total, _ = verdict_of(corpus, Stand(parts))
    assert [outcome.result for outcome in found.values()] == ["mapped", "equal", "differs"]
    assert (total["equal"], total["differs"]) == (1, 1)


def test_what_the_reader_made_is_not_counted_but_never_makes_an_entry_good_alone():
    served, made = Verdict("n", "equal"), Verdict("r", "unserved", note="rounded")
    outcome = Outcome("e", "f", "readable", "partial", verdicts=(served, made))
    reasons = {"r": report.MADE + "rounded floats"}
    assert report.settled(outcome, reasons).result == "equal"
    assert report.settled(outcome, {"r": "rounded floats"}).result == "partial"
    assert report.settled(outcome, {}).result == "partial"
    alone = replace(outcome, verdicts=(made,), result="differs")
    assert report.settled(alone, reasons).result == "explained"
    assert report.settled(alone, {}).result == "differs"
    other = replace(outcome, verdicts=(Verdict("s", "scaled"), served, made, Verdict("x", "unserved")))
    assert report.settled(other, reasons).result == "partial"


def test_a_list_without_a_reason_is_refused(tmp_path):
    (tmp_path / "partial.toml").write_text('["f/a.bin"]\nother = " "\n')
    with pytest.raises(ValueError, match="each with a reason"):
        report.read_listed(tmp_path / "partial.toml")


def test_the_list_beside_the_harness_can_be_read():
    assert report.read_listed(command.HERE / "partial.toml") is not None


def test_what_is_listed_and_served_is_said(corpus):
    corpus.add("f/a.bin", {"raw": RAW})
    found = outcomes(corpus, Stand({"f/a.bin": [part("raw", RAW)]}))
    assert report.stale(list(found.values()), {"f/a.bin": {"raw": "once"}}) == ["f/a.bin: raw"]


def test_a_clean_error_is_refused_and_does_not_fail(corpus):
    corpus.add("f/a.bin", {"raw": RAW})
    stand = Stand(raising={"f/a.bin": lambda: RefusedError("too short")})
    found, total, faults = verdict_of(corpus, stand)
    assert (total["refused"], faults) == (1, [])
    assert found["f/a.bin"].reason == "too short"


def test_an_entry_for_which_no_map_was_written_is_refused(corpus):
    corpus.add("f/a.bin", {"raw": RAW})
    assert outcomes(corpus, Stand())["f/a.bin"].result == "refused"


@pytest.mark.parametrize("kind", ("readable", "malformed", "unverified"))
def test_a_crash_is_counted_shown_and_fails_whatever_the_entry_is(corpus, kind):
    corpus.add("f/a.bin", {"raw": RAW}, kind=kind)
    found, total, faults = verdict_of(corpus, Stand(raising={"f/a.bin": lambda: ZeroDivisionError("oh")}))
    assert total["crashed"] == 1
    assert faults == ["f/a.bin: crashed: ZeroDivisionError: oh"]
    shown = "\n".join(report.lines(list(found.values()), {}))
    assert "Traceback (most recent call last)" in shown


def test_no_card_and_several_cards_choose_nothing_and_several_fail(corpus):
    corpus.add("f/a.bin", {"raw": RAW})
    corpus.add("f/b.bin", {"raw": RAW})
    found, total, faults = verdict_of(corpus, Stand(cards={"f/a.bin": [], "f/b.bin": ["m/one", "m/two"]}))
    assert total["no card"] == 2
    assert found["f/b.bin"].result == "ambiguous"
    assert faults == ["f/b.bin: these cards fit: m/one, m/two"]


def test_why_cards_nearly_fit_is_kept(corpus):
    corpus.add("f/a.bin", {"raw": RAW})
    found = outcomes(corpus, Stand(cards={"f/a.bin": []}))
    assert found["f/a.bin"].reason == "near/miss: another magic number"


def test_the_card_of_the_main_file_is_chosen():
    side, whole = Candidate("m/table", "", ("t.npy",)), Candidate("m/all", "", ("x.json", "t.npy", "d.dat"))
    assert chosen([side, whole], "d.dat") == {"m/all": whole}
    assert chosen([side, whole], "t.npy") == {"m/all": whole}
    alike = Candidate("m/same", "", ("t.npy",))
    assert chosen([side, alike], "t.npy") == {"m/table": side, "m/same": alike}
    assert chosen([side], "other.txt") == {"m/table": side}
    assert chosen([], "d.dat") == {}


# --- entries that are not scored ---


def test_a_malformed_entry_that_was_accepted_fails_and_one_that_was_not_passes(corpus):
    for name in ("accepted", "refused", "known by name", "no card"):
        corpus.add(f"f/{name}.bin", {}, kind="malformed")
    stand = Stand(
        {"f/accepted.bin": [part("raw", RAW)]},
        {"f/known by name.bin": [], "f/no card.bin": []},
        {"f/refused.bin": lambda: RefusedError("another magic")},
        unknown={"f/no card.bin"},
    )
    found, total, faults = verdict_of(corpus, stand)
    assert faults == ["f/accepted.bin: is malformed and was accepted by maker/format"]
    assert {name: count for name, count in total.items() if count} == {"refused": 2}
    assert found["f/known by name.bin"].reason == "near/miss: another magic number"
    assert found["f/no card.bin"].result == "no card"
    shown = "\n".join(report.lines(list(found.values()), {}))
    assert (
        "malformed, and refused:\n  f/refused.bin: another magic\n  f/known by name.bin: near/miss" in shown
    )


def test_a_readable_entry_that_a_card_knows_by_name_only_has_no_card(corpus):
    corpus.add("f/a.bin", {"raw": RAW})
    assert outcomes(corpus, Stand(cards={"f/a.bin": []}))["f/a.bin"].result == "no card"


def test_header_only_and_unverified_entries_are_listed_and_not_scored(corpus):
    corpus.add("f/header.bin", {"gains": GAIN}, in_file="header only")
    corpus.add("f/perhaps.bin", {}, kind="unverified")
    parts = {"f/header.bin": [part("gains", GAIN + 1)], "f/perhaps.bin": [part("raw", RAW)]}
    found, total, faults = verdict_of(corpus, Stand(parts))
    assert (any(total.values()), faults) == (False, [])
    shown = "\n".join(report.lines(list(found.values()), {}))
    assert "f/header.bin (header only): differs" in shown
    assert "f/perhaps.bin (unverified): mapped" in shown


# --- the folder ---


def test_an_entry_is_alone_with_its_files_and_the_corpus_stays_as_it_is(corpus):
    corpus.add("f/a.bin", {"raw": RAW})
    corpus.add("f/b.bin", {"raw": RAW})
    stand = Stand({"f/a.bin": [part("raw", RAW)], "f/b.bin": [part("raw", RAW)]})
    folder = corpus.write()
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    list(run(read_corpus(folder), folder, stand))
    assert stand.seen == [["f/a.bin"], ["f/b.bin"]]
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_what_is_staged_is_a_copy(corpus):
    corpus.add("f/a.bin", {"raw": RAW})
    folder = corpus.write()
    (entry,) = read_corpus(folder)
    with staged(entry, folder) as place:
        (place / "f/a.bin").write_bytes(b"changed")
    assert (folder / "f/a.bin").read_bytes() == b"bytes of f/a.bin"


@pytest.mark.parametrize("file", ("../outside.bin", "/etc/hostname", "f/not there.bin"))
def test_a_file_outside_the_corpus_or_missing_is_the_corpus_fault(corpus, file):
    corpus.add("f/a.bin", {"raw": RAW})
    corpus.rows[0]["files"] = file
    folder = corpus.write()
    (entry,) = read_corpus(folder)
    with pytest.raises(CorpusError, match=r"f/a\.bin"):
        run_entry(entry, folder, Stand())


def test_a_folder_that_is_no_corpus_is_said_so(tmp_path):
    with pytest.raises(CorpusError, match="is no corpus"):
        read_corpus(tmp_path)


def test_an_unknown_set_is_said_so(corpus):
    corpus.add("f/a.bin", {"raw": RAW}, kind="fine")
    with pytest.raises(CorpusError, match=r"f/a\.bin is 'fine'"):
        read_corpus(corpus.write())


def test_an_entry_without_files_is_said_so(corpus):
    corpus.add("f/a.bin", {"raw": RAW})
    corpus.rows[0]["files"] = ""
    with pytest.raises(CorpusError, match=r"f/a\.bin has no files"):
        read_corpus(corpus.write())


def test_facts_that_cannot_be_read_are_said_so(corpus):
    corpus.add("f/a.bin", {"raw": RAW})
    del corpus.oracle["f/a.bin"]["arrays"]["raw"]["shape"]
    with pytest.raises(CorpusError, match="the facts of 'raw'"):
        read_corpus(corpus.write())


# --- reading a map ---


def stored(values, dims, **attrs):
    return StoredArray(tuple(dims), values, attrs)


def test_an_array_is_read_in_the_order_and_direction_of_the_card():
    cube = np.arange(24).reshape(2, 3, 4)
    held = {"v": stored(cube, "zyx", vspec={"dims": ["x", "-y", "z"]})}
    read = part_of("v", held)
    assert read.dims == ("x", "y", "z")
    for x, y, z in ((0, 0, 0), (3, 2, 1), (1, 2, 0)):
        assert read.values[x, y, z] == cube[z, 2 - y, x]


def test_gains_of_an_axis_follow_it_through_order_and_direction():
    held = {
        "g/v": stored(RAW, ["time", "channel"], vspec={"dims": ["-channel", "time"]}, scale_factor=9.0),
        "g/channel_gain": stored(GAIN, ["channel"]),
        "g/channel_offset": stored(np.array([1.0, 2.0]), ["channel"]),
        "channel_gain": stored(GAIN * 100, ["channel"]),
    }
    read = part_of("g/v", held)
    ((_, physical),) = read.physical()
    np.testing.assert_allclose(physical, (RAW * GAIN + [1.0, 2.0]).T[::-1])
    assert part_of("g/channel_gain", held).gain.tolist() == [1, 1]


def test_a_gain_of_the_whole_array_and_its_units_are_read():
    held = {"v": stored(RAW, "tc", scale_factor=0.5, add_offset=2.0, units="mV")}
    scaled, in_si = (values for _, values in part_of("v", held).physical())
    np.testing.assert_allclose(scaled, RAW * 0.5 + 2)
    np.testing.assert_allclose(in_si, (RAW * 0.5 + 2) * 1e-3)


def test_a_range_of_values_for_each_slice_is_a_scaling():
    raw = np.array([[0, -1, 127], [-128, 5, 10]], np.int8)
    attrs = {"valid_range": [0.0, 255.0], "signtype": "unsigned"}
    stored = {
        "g/image": StoredArray(("z", "x"), raw, attrs),
        "g/image-min": StoredArray(("z",), np.array([1.0, -2.0]), {}),
        "g/image-max": StoredArray(("z",), np.array([3.0, 2.0]), {}),
    }
    ((_, scaled),) = part_of("g/image", stored).physical()
    assert scaled[0] == pytest.approx([1.0, 3.0, 1 + 2 * 127 / 255])
    assert scaled[1] == pytest.approx([-2 + 4 * 128 / 255, -2 + 4 * 5 / 255, -2 + 4 * 10 / 255])


def test_texts_that_nothing_serves_decide_nothing_beside_numbers_and_must_be_listed():
    described = [facts("n", np.arange(5)), facts("t", np.array([b"a", b"b"]))]
    served, lost = Verdict("n", "equal"), Verdict("t", "unserved", note="no text")
    assert result_of([served, lost], described) == "equal"
    assert result_of([lost], described[1:]) == "differs"
    outcome = Outcome("e", "f", "readable", "equal", verdicts=(served, lost))
    assert report.faults([outcome], {}) == ["e: partial, and not listed: t: no text"]
    assert report.faults([outcome], {"e": {"t": "a text"}}) == []


def test_units_may_differ_along_an_axis():
    labels = {"coordinates": {"c": {"units": ["uV", "V"]}}}
    ((_, in_si),) = part_of("v", {"v": stored(RAW, "tc", vspec=labels)}).physical()
    np.testing.assert_allclose(in_si, RAW * [1e-6, 1.0])


def test_what_a_map_says_about_an_array_is_read():
    about = {
        "axes": {"time": {"start": 1.5, "step": 2, "units": "ms", "epoch": "2024-05-01T12:00:00"}},
        "labels": {"channel": ["a", "b"]},
        "coordinates": {"channel": {"units": ["uV", "V"], "side": ["l", "r"]}},
    }
    held = {"g/v": stored(RAW, ["time", "channel"], vspec=about, units="uV", gain="own")}
    read = part_of("g/v", held, {"gain": "of the group", "device": "rig 3"})
    assert read.axes == {"time": Axis(1.5, 2.0, "ms", "2024-05-01T12:00:00")}
    assert read.labels == {"channel": ("a", "b")}
    assert read.units == ("uV", "V")
    assert (read.attrs["gain"], read.attrs["device"]) == ("own", "rig 3")


def test_attributes_of_groups_are_those_of_the_arrays_inside():
    refs = {
        ".zattrs": '{"device": "rig 3", "site": "A"}',
        "g/.zattrs": '{"site": "B"}',
        "h/.zattrs": '{"site": "C"}',
        "g/v/.zattrs": '{"units": "uV"}',
    }
    assert _inherited("g/v", refs) == {"device": "rig 3", "site": "B"}
    assert _inherited("v", refs) == {"device": "rig 3", "site": "A"}
    assert _inherited("v", {}) == {}


# --- the command ---


def run_command(monkeypatch, stand, *arguments):
    monkeypatch.setattr(command, "Vspec", lambda: stand)
    return command.main([str(a) for a in (*arguments, "--jobs", 1)])


def test_the_command_writes_what_it_found(corpus, monkeypatch, tmp_path, capsys):
    corpus.add("f/a.bin", {"raw": RAW})
    corpus.add("g/b.bin", {"raw": RAW})
    stand = Stand({"f/a.bin": [part("raw", RAW)]}, {"g/b.bin": []})
    written, reasons = tmp_path / "result.json", tmp_path / "unserved.toml"
    assert run_command(monkeypatch, stand, corpus.write()) == 1
    assert "g/b.bin: no card, and g is not in unserved.toml" in capsys.readouterr().out
    reasons.write_text("[g]\nwhat = 'another format'\nwhy = 'no card yet'\n")
    assert run_command(monkeypatch, stand, corpus.folder, "--json", written, "--unserved", reasons) == 0
    result = json.loads(written.read_text())
    counts = dict.fromkeys(report.COLUMNS, 0)
    assert result["total"] == counts | {"equal": 1, "no card": 1}
    assert result["formats"] == {"f": counts | {"equal": 1}, "g": counts | {"no card": 1}}
    assert [(e["id"], e["result"]) for e in result["entries"]] == [
        ("f/a.bin", "equal"),
        ("g/b.bin", "no card"),
    ]
    assert result["facts"] == {"agree": 0, "differs": 0, "unsaid": 0, "formats": {}}
    assert result["entries"][0]["arrays"] == [{"name": "raw", "result": "equal", "part": "raw", "note": None}]
    printed = capsys.readouterr().out
    assert "without a card: g 1" in printed
    assert printed.endswith("all is well\n")


def test_a_reason_for_a_format_that_is_served_is_too_much(corpus, monkeypatch, tmp_path, capsys):
    corpus.add("f/a.bin", {"raw": RAW})
    stand, reasons = Stand({"f/a.bin": [part("raw", RAW)]}), tmp_path / "unserved.toml"
    reasons.write_text("[f]\nwhat = 'a format'\nwhy = 'no card yet'\n[g]\nwhat = 'another'\nwhy = 'none'\n")
    assert run_command(monkeypatch, stand, corpus.write(), "--unserved", reasons) == 1
    assert "unserved.toml: f is listed, but served" in capsys.readouterr().out
    reasons.write_text("[f]\nwhat = 'a format'\n")
    assert run_command(monkeypatch, stand, corpus.folder, "--unserved", reasons) == 2


def test_an_entry_of_nothing_but_texts_is_not_scored(corpus):
    corpus.add("f/a.bin", {"t": np.array([b"ab", b"c"])})
    found, total, faults = verdict_of(corpus, Stand(cards={"f/a.bin": []}))
    assert found["f/a.bin"].kind == "only texts"
    assert not any(total.values())
    assert faults == []


def test_the_command_fails_on_a_finding_and_cannot_run_without_a_corpus(corpus, monkeypatch, tmp_path):
    corpus.add("f/a.bin", {"raw": RAW})
    stand = Stand({"f/a.bin": [part("raw", RAW.T)]})
    assert run_command(monkeypatch, stand, corpus.write()) == 1
    assert run_command(monkeypatch, stand, tmp_path) == 2
    assert run_command(monkeypatch, stand, corpus.folder, "--format", "none of these") == 2


def test_the_command_fails_when_a_number_goes_down(corpus, monkeypatch, tmp_path, capsys):
    corpus.add("f/a.bin", {"raw": RAW})
    good, none = Stand({"f/a.bin": [part("raw", RAW)]}), Stand(cards={"f/a.bin": []})
    numbers = tmp_path / "numbers.json"
    folder = corpus.write()
    assert run_command(monkeypatch, good, folder, "--baseline", numbers, "--update") == 0
    assert json.loads(numbers.read_text()) == {"f": {"equal": 1, "scaled": 0, "facts": 0}}
    assert run_command(monkeypatch, good, folder, "--baseline", numbers) == 0
    assert run_command(monkeypatch, none, folder, "--baseline", numbers) == 1
    assert "less than before: f: 0 equal, 1 before" in capsys.readouterr().out


@pytest.mark.parametrize(
    "broken",
    (
        ({"raising": {"f/b.bin": lambda: ZeroDivisionError("oh")}}, "f/b.bin crashed"),
        ({"cards": {"f/b.bin": ["m/one", "m/two"]}}, "f/b.bin is ambiguous"),
    ),
    ids=("crashed", "ambiguous"),
)
def test_numbers_are_not_updated_while_something_is_broken(corpus, monkeypatch, tmp_path, capsys, broken):
    answers, said = broken
    corpus.add("f/a.bin", {"raw": RAW})
    corpus.add("f/b.bin", {"raw": RAW})
    numbers = tmp_path / "numbers.json"
    numbers.write_text("as it was")
    stand = Stand({"f/a.bin": [part("raw", RAW)]}, **answers)
    assert run_command(monkeypatch, stand, corpus.write(), "--baseline", numbers, "--update") == 1
    assert numbers.read_text() == "as it was"
    assert f"numbers.json stays as it is: {said}" in capsys.readouterr().out


def test_numbers_of_a_part_of_the_corpus_are_not_kept(corpus, monkeypatch, tmp_path):
    corpus.add("f/a.bin", {"raw": RAW})
    corpus.add("g/b.bin", {"raw": RAW})
    numbers = tmp_path / "numbers.json"
    stand = Stand({"f/a.bin": [part("raw", RAW)], "g/b.bin": [part("raw", RAW)]})
    arguments = (corpus.write(), "--baseline", numbers, "--update")
    assert run_command(monkeypatch, stand, *arguments, "--format", "f") == 1
    assert not numbers.exists()
    assert run_command(monkeypatch, stand, *arguments) == 0
    assert set(json.loads(numbers.read_text())) == {"f", "g"}


def test_a_scaled_entry_that_became_equal_is_no_loss(tmp_path):
    numbers = tmp_path / "numbers.json"
    baseline.save(numbers, {"f": {"equal": 1, "scaled": 2}}, {})
    assert baseline.lost(numbers, {"f": {"equal": 2, "scaled": 1}}, {}) == []
    assert baseline.lost(numbers, {"f": {"equal": 2, "scaled": 0}}, {}) == ["f: 0 scaled, 2 before"]
    assert baseline.lost(numbers, {}, {}) == ["f: 0 equal, 1 before"]


def test_a_fact_that_no_longer_agrees_is_a_loss(tmp_path):
    numbers = tmp_path / "numbers.json"
    entries = {"f": {"equal": 1, "scaled": 0}, "g": {"equal": 0, "scaled": 0}}
    baseline.save(numbers, entries, {"f": {"agree": 3}, "g": {"agree": 2}})
    assert baseline.lost(numbers, entries, {"f": {"agree": 4}, "g": {"agree": 2}}) == []
    assert baseline.lost(numbers, entries, {"f": {"agree": 2}}) == [
        "f: 2 facts agree, 3 before",
        "g: 0 facts agree, 2 before",
    ]
    numbers.write_text('{"f": {"equal": 1, "scaled": 0}}')
    assert baseline.lost(numbers, entries, {}) == []


# --- facts beside the arrays ---

RATE = {"sfreq": 500.0, "ch_names": ["Fp1", "Fp2"], "unit": "uV"}


def meaning(path="raw", step=0.002):
    return replace(
        part(path, RAW),
        axes={"a": Axis(0.0, step, "s")},
        labels={"b": ("Fp1", "Fp2")},
    )


def test_facts_are_counted_by_format_and_in_all(corpus):
    corpus.add("f/a.bin", {"raw": RAW}, extra=RATE)
    corpus.add("f/b.bin", {"raw": RAW}, extra=RATE)
    corpus.add("g/header.bin", {}, in_file="header only", extra=RATE)
    corpus.add("g/perhaps.bin", {}, kind="unverified", extra=RATE)
    parts = {name: [meaning()] for name in ("f/a.bin", "g/header.bin", "g/perhaps.bin")}
    found = list(outcomes(corpus, Stand({**parts, "f/b.bin": [meaning(step=0.004)]})).values())
    total, formats = report.count_facts(found)
    assert total == {"agree": 5, "differs": 1, "unsaid": 3}
    assert formats == {
        "f": {"agree": 3, "differs": 1, "unsaid": 2},
        "g": {"agree": 2, "differs": 0, "unsaid": 1},
    }
    written = report.as_json(found)
    assert written["facts"] == {**total, "formats": formats}
    assert written["entries"][1]["facts"] == [
        {"name": "sfreq", "result": "differs", "stated": "500", "said": "250 Hz"},
        {"name": "ch_names", "result": "agree", "stated": "[Fp1, Fp2]", "said": None},
        {"name": "unit", "result": "unsaid", "stated": "uV", "said": None},
    ]
    shown = "\n".join(report.lines(found, {}))
    assert "f: unit: f/a.bin: uV and 1 more" in shown
    assert "| stated facts" in shown


def test_a_fact_that_differs_fails_unless_it_is_listed_with_a_reason(corpus):
    corpus.add("f/a.bin", {"raw": RAW}, extra=RATE)
    stand = Stand({"f/a.bin": [meaning(step=0.004)]})
    found, total, faults = verdict_of(corpus, stand)
    said = "f/a.bin: sfreq differs: the reader states 500, the map says 250 Hz"
    assert (total["equal"], faults) == (1, [said])
    assert said in "\n".join(report.lines(list(found.values()), {}))
    listed = {"f/a.bin": {"fact sfreq": "the reader is wrong"}}
    assert verdict_of(corpus, stand, listed)[2] == []
    assert f"{said}: the reader is wrong" in "\n".join(report.lines(list(found.values()), listed))
    assert report.stale(list(found.values()), listed) == []
    agreed = outcomes(corpus, Stand({"f/a.bin": [meaning()]}))
    assert report.stale(list(agreed.values()), listed) == ["f/a.bin: fact sfreq"]


def test_a_fact_that_differs_fails_the_command(corpus, monkeypatch):
    corpus.add("f/a.bin", {"raw": RAW}, extra=RATE)
    assert run_command(monkeypatch, Stand({"f/a.bin": [meaning()]}), corpus.write()) == 0
    assert run_command(monkeypatch, Stand({"f/a.bin": [meaning(step=0.004)]}), corpus.write()) == 1


def test_an_entry_that_was_not_mapped_says_nothing(corpus):
    corpus.add("f/a.bin", {"raw": RAW}, extra=RATE)
    assert outcomes(corpus, Stand(cards={"f/a.bin": []}))["f/a.bin"].facts == ()
