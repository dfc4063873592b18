"""Data sets: which files belong together, in which order, and what is said when they do not."""

from __future__ import annotations

import os

import pytest

from vspec.card.model import Role
from vspec.errors import Place, Text, VspecError
from vspec.expressions import parse
from vspec.patterns import parse_path
from vspec.sources import beside, data_file, find
from vspec.sources import walk as walking
from vspec.sources.walk import walk


def place(text=""):
    return Place("card.yaml", 1, 1, max(1, len(text)), text)


def role(name, *patterns, **options):
    match = tuple(parse_path(Text(pattern, place(pattern))) for pattern in patterns)
    return Role(name, place(name), match=match, **options)


def grow(root, *paths):
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(path.encode())
    return root


def members(dataset):
    return {name: [member.file.path for member in held] for name, held in dataset.members.items()}


def codes(problems):
    return [problem.code for problem in problems]


class Order:
    """Stands for a parsed expression over the captures of a file."""

    names = frozenset()

    def __init__(self, compute):
        self.compute = compute

    def evaluate(self, scope):
        return self.compute(scope)


BIN_META = (
    role("bin", "{run}_g{gate:int}.{band:ap|lf}.bin"),
    role("meta", "{run}_g{gate:int}.{band:ap|lf}.meta"),
)


def test_every_anchor_is_a_data_set_with_its_siblings(tmp_path):
    grow(
        tmp_path,
        "a_g0.ap.bin",
        "a_g0.ap.meta",
        "a_g0.lf.bin",
        "a_g0.lf.meta",
        "b_g12.ap.bin",
        "b_g12.ap.meta",
        "x.txt",
    )
    found = find(BIN_META, [tmp_path])
    assert found.root == tmp_path
    assert found.problems == ()
    assert [d.name for d in found.datasets] == ["a_g0.ap", "a_g0.lf", "b_g12.ap"]
    assert [members(d)["meta"] for d in found.datasets] == [
        ["a_g0.ap.meta"],
        ["a_g0.lf.meta"],
        ["b_g12.ap.meta"],
    ]
    assert found.datasets[2].captures == {"run": "b", "gate": 12, "band": "ap"}
    file = found.datasets[2].members["bin"][0].file
    assert (file.path, file.absolute, file.size) == ("b_g12.ap.bin", tmp_path / "b_g12.ap.bin", 12)


def test_patterns_match_at_any_depth_and_folders_keep_sets_apart(tmp_path):
    grow(tmp_path, "s1/day/r_g0.ap.bin", "s1/day/r_g0.ap.meta", "s2/r_g0.ap.bin", "s2/r_g0.ap.meta")
    found = find(BIN_META, [tmp_path])
    assert [members(d) for d in found.datasets] == [
        {"bin": ["s1/day/r_g0.ap.bin"], "meta": ["s1/day/r_g0.ap.meta"]},
        {"bin": ["s2/r_g0.ap.bin"], "meta": ["s2/r_g0.ap.meta"]},
    ]
    assert [d.name for d in found.datasets] == ["r_g0.ap_s1_day", "r_g0.ap_s2"]


def test_a_sibling_is_not_borrowed_from_another_folders_data_set(tmp_path):
    grow(tmp_path, "s1/r_g0.ap.bin", "s1/r_g0.ap.meta", "s2/r_g0.ap.bin")
    good, bad = find(BIN_META, [tmp_path]).datasets
    assert good.problems == ()
    assert codes(bad.problems) == ["V0421"]
    assert members(bad) == {"bin": ["s2/r_g0.ap.bin"], "meta": []}


def test_equal_captures_tie_files_in_different_folders(tmp_path):
    grow(tmp_path, "raw/x1.bin", "raw/x2.bin", "notes/x1.meta", "notes/x2.meta")
    found = find((role("bin", "{run}.bin"), role("meta", "{run}.meta")), [tmp_path])
    assert [members(d)["meta"] for d in found.datasets] == [["notes/x1.meta"], ["notes/x2.meta"]]


def test_without_a_common_capture_only_folders_tie(tmp_path):
    roles = (
        role("header", "structure.oebin"),
        role("data", "continuous/{stream}/continuous.dat", over="stream"),
    )
    grow(tmp_path, "e1/structure.oebin", "e1/continuous/a/continuous.dat", "e1/continuous/b/continuous.dat")
    grow(tmp_path, "e2/structure.oebin", "e2/continuous/a/continuous.dat")
    found = find(roles, [tmp_path])
    assert [members(d)["data"] for d in found.datasets] == [
        ["e1/continuous/a/continuous.dat", "e1/continuous/b/continuous.dat"],
        ["e2/continuous/a/continuous.dat"],
    ]
    assert [d.name for d in found.datasets] == ["structure_e1", "structure_e2"]
    (tmp_path / "e2/continuous/a/continuous.dat").unlink()
    assert codes(find(roles, [tmp_path]).datasets[1].problems) == ["V0421"]


def test_one_file_may_serve_every_data_set_below_it(tmp_path):
    roles = (role("bin", "{run}.bin"), role("rig", "rig.json"))
    grow(tmp_path, "rig.json", "a/1.bin", "a/2.bin", "b/3.bin", "b/rig.json")
    found = find(roles, [tmp_path])
    assert [members(d)["rig"] for d in found.datasets] == [["rig.json"], ["rig.json"], ["b/rig.json"]]


def test_two_files_for_one_role_are_listed(tmp_path):
    grow(tmp_path, "a.bin", "x.meta", "y.meta")
    (dataset,) = find((role("bin", "{run}.bin"), role("meta", "{other}.meta")), [tmp_path]).datasets
    (problem,) = dataset.problems
    assert problem.code == "V0422"
    assert problem.found == "x.meta, y.meta"
    assert problem.place.text == "meta"


def test_two_anchors_of_equal_captures_are_listed(tmp_path):
    grow(tmp_path, "a.hdr", "a.nii", "b.nii")
    bad, good = find((role("hdr", "{name}.nii", "{name}.hdr"),), [tmp_path]).datasets
    assert bad.problems[0].found == "a.hdr, a.nii"
    assert good.problems == ()


def test_a_file_that_two_patterns_match_counts_once(tmp_path):
    grow(tmp_path, "a_1.bin")
    (dataset,) = find((role("bin", "{name}_{n:int}.bin", "{name}.bin"),), [tmp_path]).datasets
    assert members(dataset) == {"bin": ["a_1.bin"]}
    assert dataset.captures == {"name": "a", "n": 1}


def test_each_file_that_a_wildcard_matches_is_a_data_set(tmp_path):
    grow(tmp_path, "a.dat", "b.dat", "rig.json")
    found = find((role("dat", "*.dat"), role("rig", "rig.json")), [tmp_path])
    assert [(d.name, members(d)["rig"]) for d in found.datasets] == [("a", ["rig.json"]), ("b", ["rig.json"])]


def test_optional_files_may_be_absent(tmp_path):
    grow(tmp_path, "a.hdr", "b.hdr", "b.img")
    roles = (role("hdr", "{name}.hdr"), role("img", "{name}.img", optional=True))
    assert [members(d)["img"] for d in find(roles, [tmp_path]).datasets] == [[], ["b.img"]]


def test_a_missing_sibling_is_named_with_what_is_near(tmp_path):
    grow(tmp_path, "s/a_g3.ap.bin", "s/a_g2.ap.meta", "s/notes.txt")
    (dataset,) = find(BIN_META, [tmp_path]).datasets
    (problem,) = dataset.problems
    assert problem.code == "V0421"
    assert problem.message == "s/a_g3.ap.bin has no file of the role 'meta' with it"
    assert problem.expected == "s/a_g3.ap.meta  (pattern '{run}_g{gate:int}.{band:ap|lf}.meta')"
    assert problem.help == "did you mean 'a_g2.ap.meta'?"
    assert problem.data_file == "s/a_g3.ap.bin"


# --- many files of one data set -------------------------------------------------------------


def test_the_files_of_a_series_are_in_natural_order(tmp_path):
    grow(tmp_path, *(f"rec_{n}.dat" for n in (10, 9, 2, 1, 3, 4, 5, 6, 7, 8)))
    (dataset,) = find((role("dat", "{name}_{part:int}.dat", over="part"),), [tmp_path]).datasets
    assert [m.captures["part"] for m in dataset.members["dat"]] == list(range(1, 11))
    assert (dataset.name, dataset.captures) == ("rec", {"name": "rec"})


def test_text_is_ordered_by_the_numbers_in_it(tmp_path):
    names = ["b1", "a10", "a9", "a", "a2b"]
    grow(tmp_path, *(f"{n}.dat" for n in names))
    (dataset,) = find((role("dat", "{part}.dat", over="part"),), [tmp_path]).datasets
    assert [m.captures["part"] for m in dataset.members["dat"]] == ["a", "a2b", "a9", "a10", "b1"]
    assert dataset.name == tmp_path.name


def test_an_expression_decides_the_order(tmp_path):
    grow(tmp_path, *(f"{i % 10}{i // 10}spool.dat" for i in range(13)))
    order = Order(lambda scope: int(scope.get("n")[::-1]))
    (dataset,) = find((role("dat", "{n}spool.dat", over="n", order=order),), [tmp_path]).datasets
    assert [m.file.path[:2] for m in dataset.members["dat"]][8:] == ["80", "90", "01", "11", "21"]


def test_the_order_is_an_expression_of_the_card(tmp_path):
    grow(tmp_path, *(f"{i % 10}{i // 10}spool.dat" for i in range(13)))
    order = parse(Text("int(n[1]) * 10 + int(n[0])", place()))
    (dataset,) = find((role("dat", "{n}spool.dat", over="n", order=order),), [tmp_path]).datasets
    assert dataset.problems == ()
    assert [m.captures["n"] for m in dataset.members["dat"]][-4:] == ["90", "01", "11", "21"]
    order = parse(Text("int(m[1])", place()))  # no capture: a field of the header, of files not open yet
    (dataset,) = find((role("dat", "{n}spool.dat", over="n", order=order),), [tmp_path]).datasets
    assert dataset.problems == ()
    assert [m.captures["n"] for m in dataset.members["dat"]][:3] == ["00", "01", "10"]


def test_an_order_that_decides_nothing_is_an_error(tmp_path):
    grow(tmp_path, "1.dat", "2.dat", "3.dat")

    def problem(compute):
        (dataset,) = find((role("dat", "{n:int}.dat", over="n", order=Order(compute)),), [tmp_path]).datasets
        return dataset.problems[0]

    tied = problem(lambda scope: scope.get("n") % 2)
    assert (tied.code, tied.message) == ("V0426", "'order' of the role 'dat' does not tell 1.dat from 3.dat")
    assert problem(lambda scope: "first" if scope.get("n") == 2 else 1).code == "V0425"
    assert problem(lambda _: [1]).code == "V0425"
    assert problem(lambda _: float("nan")).code == "V0425"


def test_a_hole_in_a_series_is_an_error_unless_the_card_says_otherwise(tmp_path):
    grow(tmp_path, "r_001.dat", "r_002.dat", "r_004.dat", "r_007.dat")

    def found(**options):
        return find((role("dat", "{name}_{part:int}.dat", over="part", **options),), [tmp_path]).datasets[0]

    (problem,) = found().problems
    assert problem.code == "V0423"
    assert problem.message == "files of the role 'dat' are missing: r_003.dat, r_005.dat, r_006.dat"
    assert problem.expected == "every 'part' from 1 to 7"
    skipped = found(missing="skip")
    assert (len(skipped.members["dat"]), skipped.problems, skipped.missing) == (4, (), {})
    filled = found(missing="fill")
    assert (len(filled.members["dat"]), filled.missing) == (4, {"dat": (3, 5, 6)})


def test_a_series_of_times_does_not_fill_the_memory(tmp_path):
    grow(tmp_path, "1.dat", "9000000000000000000.dat")
    for missing, code in (("error", "V0423"), ("fill", "V0912")):
        (dataset,) = find((role("dat", "{t:int}.dat", over="t", missing=missing),), [tmp_path]).datasets
        assert codes(dataset.problems) == [code]


def test_a_pattern_without_a_capture_has_the_default_of_another(tmp_path):
    grow(tmp_path, "a.bin", "a_2.bin", "a_1.bin")
    (one,) = find([role("bin", "{run}_{part:int=0}.bin", "{run}.bin", over="part")], [tmp_path]).datasets
    assert members(one) == {"bin": ["a.bin", "a_1.bin", "a_2.bin"]}
    assert [member.captures["part"] for member in one.members["bin"]] == [0, 1, 2]


def test_two_files_of_one_number_are_an_error(tmp_path):
    grow(tmp_path, "1.dat", "01.dat")
    (dataset,) = find((role("dat", "{n:int}.dat", over="n"),), [tmp_path]).datasets
    assert codes(dataset.problems) == ["V0422"]


def test_the_anchor_and_a_sibling_may_both_be_series(tmp_path):
    grow(tmp_path, "a_1.bin", "a_2.bin", "a_1.meta", "a_2.meta", "b_1.bin", "b_1.meta")
    roles = (role("bin", "{run}_{n:int}.bin", over="n"), role("meta", "{run}_{n:int}.meta", over="n"))
    assert [members(d) for d in find(roles, [tmp_path]).datasets] == [
        {"bin": ["a_1.bin", "a_2.bin"], "meta": ["a_1.meta", "a_2.meta"]},
        {"bin": ["b_1.bin"], "meta": ["b_1.meta"]},
    ]


# --- what was given -------------------------------------------------------------------------


def test_only_data_sets_of_given_files_count_but_siblings_are_found(tmp_path):
    grow(tmp_path, "a_g0.ap.bin", "meta/a_g0.ap.meta", "b_g0.ap.bin", "b_g0.ap.meta")
    found = find(BIN_META, [tmp_path / "a_g0.ap.bin"])
    assert [members(d) for d in found.datasets] == [{"bin": ["a_g0.ap.bin"], "meta": ["meta/a_g0.ap.meta"]}]
    assert found.root == tmp_path


def test_the_root_of_several_files_holds_them_all(tmp_path):
    grow(tmp_path, "x/1.bin", "y/z/2.bin", "y/3.bin")
    found = find((role("bin", "{n:int}.bin"),), [tmp_path / "y/z/2.bin", tmp_path / "x/1.bin"])
    assert found.root == tmp_path
    assert sorted(members(d)["bin"][0] for d in found.datasets) == ["x/1.bin", "y/z/2.bin"]
    found = find((role("bin", "{n:int}.bin"),), [tmp_path / "y", tmp_path / "x"])
    assert len(found.datasets) == 3


def test_a_file_alone_needs_no_search(tmp_path, monkeypatch):
    grow(tmp_path, "1.bin", "2.bin")
    monkeypatch.setattr(walking.os, "scandir", None)
    (dataset,) = find((role("bin", "{n:int}.bin"),), [tmp_path / "2.bin"]).datasets
    assert members(dataset) == {"bin": ["2.bin"]}


def test_a_given_sibling_is_no_anchor(tmp_path):
    grow(tmp_path, "a_g0.ap.bin", "a_g0.ap.meta", "notes.txt")
    found = find(BIN_META, [tmp_path / "a_g0.ap.meta"])
    assert found.datasets == ()
    (problem,) = found.problems
    assert (problem.code, problem.level) == ("V0424", "error")
    assert "role 'meta'" in problem.help
    found = find(BIN_META, sorted(tmp_path.iterdir()))
    assert len(found.datasets) == 1
    assert [(p.code, p.level, p.data_file) for p in found.problems] == [("V0424", "warn", "notes.txt")]


def test_paths_that_are_not_there_are_all_named(tmp_path):
    grow(tmp_path, "a.bin")
    with pytest.raises(VspecError) as error:
        find((role("bin", "{n}.bin"),), [tmp_path / "b.bin", tmp_path / "c.bin"])
    assert codes(error.value.problems) == ["V0401", "V0401"]
    assert error.value.problems[0].help.endswith("holds a.bin")
    with pytest.raises(VspecError) as error:
        find((role("bin", "{n}.bin"),), [])
    assert codes(error.value.problems) == ["V0401"]


def test_nothing_matches_says_what_is_there(tmp_path):
    grow(tmp_path, "x/a.data", "notes.txt")
    found = find((role("dat", "*.dat", "{run}.raw"),), [tmp_path])
    (problem,) = found.problems
    assert problem.code == "V0420"
    assert problem.message.endswith("matches '*.dat' or '{run}.raw'")
    assert problem.found == "notes.txt, x/a.data"
    assert problem.place.text == "*.dat"
    (tmp_path / "empty").mkdir()
    assert find((role("dat", "*.dat"),), [tmp_path / "empty"]).problems[0].found == "no files at all"


def test_nothing_matches_but_would(tmp_path):
    grow(tmp_path, "s.ds/S.RES4")
    problem = find((role("res", "s.res4"),), [tmp_path]).problems[0]
    assert problem.help == "s.ds/S.RES4 would match in another case: rename it, or write 'any_case: true'"
    grow(tmp_path, "below/t.ds/T.res4")
    (tmp_path / "l.ds").symlink_to(tmp_path / "below" / "t.ds")
    problem = find((role("res", "{ds}.ds/{name}.res4"),), [tmp_path / "l.ds"]).problems[0]
    assert problem.help == f"the pattern names the folder, too: give {tmp_path}"
    assert len(find((role("res", "s.res4", any_case=True),), [tmp_path]).datasets) == 1


def test_a_folder_that_a_pattern_names_is_given_itself(tmp_path):
    grow(tmp_path, "s.ds/a.res4", "s.ds/a.meg4", "t.ds/b.res4", "t.ds/b.meg4", "s.meg4")
    roles = (role("res", "{ds}.ds/{name}.res4"), role("meg", "{ds}.ds/{name}.meg4"))
    found = find(roles, [tmp_path / "s.ds"])
    assert (found.root, found.problems) == (tmp_path, ())
    (dataset,) = found.datasets
    assert (dataset.name, members(dataset)) == ("a", {"res": ["s.ds/a.res4"], "meg": ["s.ds/a.meg4"]})


def test_what_matches_inside_a_folder_that_was_given_keeps_it_the_root(tmp_path):
    grow(tmp_path, "s.ds/s.ds/a.res4", "s.ds/b.res4")
    found = find((role("res", "{ds}.ds/{name}.res4"),), [tmp_path / "s.ds"])
    assert found.root == tmp_path / "s.ds"
    assert [members(one) for one in found.datasets] == [{"res": ["s.ds/a.res4"]}]


def test_a_data_set_of_a_file_of_fixed_name_is_called_by_what_its_folder_captures(tmp_path):
    grow(tmp_path, "x.store/.index", "y.store/.index", "deep/x.store/.index", "z.store/other")
    roles = (role("index", "{name}.store/.index"),)
    assert [one.name for one in find(roles, [tmp_path]).datasets] == ["x_deep_x.store", "x_x.store", "y"]
    assert [one.name for one in find(roles, [tmp_path / "y.store"]).datasets] == ["y"]
    assert [one.name for one in find((role("index", ".index"),), [tmp_path / "x.store"]).datasets] == [
        ".index"
    ]
    (one, two) = find(
        (role("index", "{name}.store/{part}"),), [tmp_path / "y.store", tmp_path / "z.store"]
    ).datasets
    assert (one.name, two.name) == (".index", "other")


def test_in_any_case_files_tie_although_their_letters_differ(tmp_path):
    grow(tmp_path, "REC1.HDR", "rec1.img")
    roles = (role("hdr", "{name}.hdr"), role("img", "{name}.img"))
    assert codes(find(roles, [tmp_path]).datasets[0].problems) == ["V0421"]
    roles = (role("hdr", "{name}.hdr"), role("img", "{name}.img", any_case=True))
    (dataset,) = find(roles, [tmp_path]).datasets
    assert members(dataset) == {"hdr": ["REC1.HDR"], "img": ["rec1.img"]}


# --- the tree -------------------------------------------------------------------------------


def test_names_with_a_leading_dot_are_files_like_others(tmp_path):
    grow(tmp_path, "a/.zarray", "b/.zarray")
    assert len(find((role("meta", ".zarray"),), [tmp_path]).datasets) == 2


def test_linked_folders_are_not_entered(tmp_path):
    grow(tmp_path / "outside", "x.bin")
    grow(tmp_path / "root", "sub/y.bin")
    (tmp_path / "root" / "out").symlink_to(tmp_path / "outside")
    (tmp_path / "root" / "latest").symlink_to("sub")
    (tmp_path / "root" / "sub" / "loop").symlink_to("..")
    found = find((role("bin", "{n}.bin"),), [tmp_path / "root"])
    assert [members(d)["bin"] for d in found.datasets] == [["sub/y.bin"]]
    problem = find((role("bin", "{n}.none"),), [tmp_path / "root"]).problems[0]
    assert problem.help == "linked folders are not entered (latest): give the folder itself"


def test_a_linked_file_must_stay_below_the_root(tmp_path):
    grow(tmp_path, "outside/x.bin", "root/a.bin")
    (tmp_path / "root" / "b.bin").symlink_to("../outside/x.bin")
    (tmp_path / "root" / "c.bin").symlink_to("a.bin")
    (tmp_path / "root" / "d.bin").symlink_to("gone")
    datasets = find((role("bin", "{n}.bin"),), [tmp_path / "root"]).datasets
    assert [codes(d.problems) for d in datasets] == [[], ["V0416"], [], ["V0430"]]
    assert datasets[2].members["bin"][0].file.size == len("root/a.bin")
    (alone,) = find((role("bin", "{n}.bin"),), [tmp_path / "root" / "b.bin"]).datasets
    assert codes(alone.problems) == ["V0416"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_pipes_are_no_files(tmp_path):
    os.mkfifo(tmp_path / "a.bin")
    assert codes(find((role("bin", "{n}.bin"),), [tmp_path]).problems) == ["V0420"]


def test_a_name_that_is_no_text_is_an_error_of_its_data_set(tmp_path):
    try:
        (tmp_path / os.fsdecode(b"\xff1.bin")).touch()
    except OSError:
        pytest.skip("this disk takes only names that are text")
    grow(tmp_path, "a.bin")
    assert sorted(codes(d.problems) for d in find((role("bin", "{n}.bin"),), [tmp_path]).datasets) == [
        [],
        ["V0418"],
    ]


def test_a_folder_that_cannot_be_listed_is_a_warning(tmp_path, monkeypatch):
    grow(tmp_path, "a.bin", "locked/b.bin")
    real = os.scandir

    def scandir(path):
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(walking.os, "scandir", scandir)
    found = find((role("bin", "{n}.bin"),), [tmp_path])
    assert len(found.datasets) == 1
    assert [(p.code, p.level, p.data_file) for p in found.problems] == [("V0402", "warn", "locked")]
    with pytest.raises(VspecError) as error:
        find((role("bin", "{n}.bin"),), [tmp_path / "locked"])
    assert codes(error.value.problems) == ["V0402"]


def test_the_search_is_bounded(tmp_path, monkeypatch):
    grow(tmp_path, *(f"{i}.bin" for i in range(11)))
    monkeypatch.setattr(walking, "_MOST_ENTRIES", 10)
    with pytest.raises(VspecError) as error:
        find((role("bin", "{n}.bin"),), [tmp_path])
    assert codes(error.value.problems) == ["V0910"]


def test_folders_too_deep_are_a_warning(tmp_path):
    grow(tmp_path, "/".join("d" * 65) + "/a.bin", "/".join("e" * 64) + "/b.bin")
    found = find((role("bin", "{n}.bin"),), [tmp_path])
    assert [members(d)["bin"][0][-5:] for d in found.datasets] == ["b.bin"]
    assert [(p.code, p.level) for p in found.problems] == [("V0911", "warn")]


def test_ten_thousand_files_are_sorted_out_at_once(tmp_path):
    for i in range(5000):
        (tmp_path / f"r{i}.bin").touch()
        (tmp_path / f"r{i}.meta").touch()
    found = find((role("bin", "{run}.bin"), role("meta", "{run}.meta")), [tmp_path])
    assert len(found.datasets) == 5000
    assert all(d.members["meta"][0].captures["run"] == d.captures["run"] == d.name for d in found.datasets)


# --- names ----------------------------------------------------------------------------------


def names_of(tmp_path, *patterns, **options):
    return [d.name for d in find((role("f", *patterns, **options),), [tmp_path]).datasets]


def test_a_stem_that_stands_twice_gets_what_differs(tmp_path):
    grow(tmp_path, "sub-1/rec.bin", "sub-2/rec.bin", "sub-2/other.bin")
    assert names_of(tmp_path, "sub-{sub}/{name}.bin") == ["rec_1", "other", "rec_2"]


def test_stems_that_differ_only_in_case_are_told_apart(tmp_path):
    grow(tmp_path, "a/REC.bin", "b/rec.bin")
    assert names_of(tmp_path, "{name}.bin") == ["REC_a", "rec_b"]


def test_names_are_fit_for_every_file_system(tmp_path):
    long = "x" * 240
    grow(tmp_path, "con.bin", "a: b?.bin", "dot..bin", f"{long}.bin")
    assert names_of(tmp_path, "{name}.bin") == ["a_ b_", "con_", "dot", "x" * 200]


def test_names_that_nothing_tells_apart_collide(tmp_path):
    grow(tmp_path, "a?.bin", "a*.bin", "b.bin")
    found = find((role("bin", "a*.bin", "b.bin"),), [tmp_path])
    assert [codes(d.problems) for d in found.datasets] == [["V0440"], ["V0440"], []]
    assert found.datasets[0].problems[0].found == "a*.bin and a?.bin"


# --- files named by a header ----------------------------------------------------------------


def anchor(tmp_path):
    grow(tmp_path, "s/rec.vhdr")
    return data_file("s/rec.vhdr", tmp_path / "s/rec.vhdr")


def test_a_header_names_a_file_beside_or_below_it(tmp_path):
    grow(tmp_path, "s/rec.eeg", "s/raw/1.dat", "rec.eeg")
    for name, path in (
        ("rec.eeg", "s/rec.eeg"),
        (r"raw\1.dat", "s/raw/1.dat"),
        ("./raw//1.dat", "s/raw/1.dat"),
    ):
        file = beside(anchor(tmp_path), tmp_path, name, False)
        assert (file.path, file.absolute, file.size) == (path, tmp_path / path, len(path))
    assert beside(anchor(tmp_path), tmp_path, "absent.eeg", False) is None
    assert beside(anchor(tmp_path), tmp_path, "absent/rec.eeg", True) is None


def test_a_header_names_a_file_in_another_case(tmp_path):
    grow(tmp_path, "s/Raw/Rec.EEG")
    if (tmp_path / "s/raw").exists():
        pytest.skip("this disk takes names that differ in case for one")
    assert beside(anchor(tmp_path), tmp_path, "raw/rec.eeg", False) is None
    assert beside(anchor(tmp_path), tmp_path, "raw/rec.eeg", True).path == "s/Raw/Rec.EEG"


@pytest.mark.parametrize(
    ("name", "code"),
    (
        ("../rec.eeg", "V0411"),
        (r"..\rec.eeg", "V0411"),
        ("/etc/passwd", "V0412"),
        (r"D:\data\rec.eeg", "V0413"),
        ("http://host/rec.eeg", "V0414"),
        ("rec.eeg\0", "V0415"),
        ("", "V0410"),
        ("out", "V0416"),
        ("folder", "V0433"),
    ),
)
def test_a_header_cannot_lead_out(tmp_path, name, code):
    root = tmp_path / "root"
    first = anchor(root)
    (root / "s/out").symlink_to("../../secret")
    (root / "s/folder").mkdir()
    (tmp_path / "secret").touch()
    with pytest.raises(VspecError) as error:
        beside(first, root, name, False)
    (problem,) = error.value.problems
    assert problem.code == code
    assert problem.data_file in ("s/rec.vhdr", f"s/{name}")


def test_folders_that_begin_with_a_dot_are_not_looked_into(tmp_path):
    for name in (".git/annex/a.dat", "a.dat", ".b.dat", "x/.hidden/c.dat"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"1")
    assert walk(tmp_path).paths == (".b.dat", "a.dat")


def test_a_link_that_leads_to_itself_does_not_hide_the_others(tmp_path):
    (tmp_path / "a.dat").write_bytes(b"1")
    (tmp_path / "loop.dat").symlink_to(tmp_path / "loop.dat")
    tree = walking.walk(tmp_path)
    assert "a.dat" in tree.paths
