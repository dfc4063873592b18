"""Paths: confinement, URLs, display and case, on both kinds of systems."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest

from vspec.errors import VspecError
from vspec.sources import data_file, paths


def code(error):
    (problem,) = error.value.problems
    return problem.code


def colliding(folder):
    """Tell whether the disk below ``folder`` takes 'a' and 'A' for one name."""
    (folder / "probe").touch()
    return (folder / "PROBE").exists()


URLS = [
    (PureWindowsPath(r"C:\data\a b.bin"), "file:///C:/data/a b.bin"),
    (PureWindowsPath(r"\\lab\share\x\a.bin"), "file://lab/share/x/a.bin"),
    (PurePosixPath("/data/a#1%20?.bin"), "file:///data/a#1%20?.bin"),
    (PurePosixPath("/µ.bin"), "file:///µ.bin"),
]


@pytest.mark.parametrize(("path", "url"), URLS)
def test_a_url_and_its_path_are_inverses(path, url):
    assert paths.file_url(path) == url
    assert paths.pure_path(url, windows=isinstance(path, PureWindowsPath)) == path


def test_the_extended_form_of_windows_paths_does_not_reach_a_url():
    assert paths.file_url(PureWindowsPath(r"\\?\C:\data\a.bin")) == "file:///C:/data/a.bin"
    assert paths.file_url(PureWindowsPath(r"\\?\UNC\lab\share\a.bin")) == "file://lab/share/a.bin"


@pytest.mark.parametrize(
    "path", (PurePosixPath("a.bin"), PureWindowsPath("a.bin"), PureWindowsPath(r"\a.bin"))
)
def test_a_path_that_is_not_absolute_has_no_url(path):
    with pytest.raises(VspecError) as error:
        paths.file_url(path)
    assert code(error) == "V0419"


@pytest.mark.parametrize(
    ("url", "windows"),
    (
        ("http://host/a.bin", False),
        ("s3://bucket/a.bin", False),
        ("/data/a.bin", False),
        ("file:a.bin", False),
        ("file:///C:/data/a.bin", False),
        ("file://lab/share/a.bin", False),
        ("file:///data/a.bin", True),
        ("file:///data/a\0.bin", False),
        ("file://", False),
    ),
)
def test_urls_that_are_no_file_of_this_system(url, windows):
    with pytest.raises(VspecError) as error:
        paths.pure_path(url, windows=windows)
    assert code(error) == "V0419"


def test_localhost_is_this_system():
    assert paths.pure_path("file://localhost/data/a.bin", windows=False) == PurePosixPath("/data/a.bin")
    assert paths.pure_path("file://localhost/C:/a.bin", windows=True) == PureWindowsPath("C:/a.bin")


def test_relative_paths_are_written_with_slashes():
    root = PureWindowsPath(r"D:\rig")
    assert paths.relative(PureWindowsPath(r"D:\rig\day 1\a.bin"), root) == "day 1/a.bin"
    assert paths.relative(PureWindowsPath(r"d:\RIG\a.bin"), root) == "a.bin"
    with pytest.raises(VspecError) as error:
        paths.relative(PureWindowsPath(r"C:\rig\a.bin"), root)
    assert code(error) == "V0417"


REFUSED = [
    ("", "V0410"),
    (".", "V0410"),
    ("./", "V0410"),
    ("x" * 5000, "V0410"),
    ("..", "V0411"),
    ("a/../../b", "V0411"),
    (r"a\..\..\b", "V0411"),
    ("a/..", "V0411"),
    ("/etc/passwd", "V0412"),
    (r"\data\a.bin", "V0412"),
    ("C:/data/a.bin", "V0413"),
    (r"c:\data\a.bin", "V0413"),
    ("C:a.bin", "V0413"),
    (r"\\server\share\a.bin", "V0413"),
    ("//server/share/a.bin", "V0413"),
    (r"\\?\C:\a.bin", "V0413"),
    ("http://host/a.bin", "V0414"),
    ("FILE:///etc/passwd", "V0414"),
    ("file:/etc/passwd", "V0414"),
    ("s3://bucket/a", "V0414"),
    ("a\0.bin", "V0415"),
    ("a\nb", "V0415"),
    ("a\x9bb", "V0415"),
]


@pytest.mark.parametrize("windows", (False, True))
@pytest.mark.parametrize(("name", "expected"), REFUSED)
def test_what_leads_out_is_refused_on_every_system(name, expected, windows):
    with pytest.raises(VspecError) as error:
        paths.segments(name, windows=windows)
    assert code(error) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    (
        ("NUL", "V0413"),
        ("com1.dat", "V0413"),
        ("a/aux .txt", "V0413"),
        ("rec.bin:hidden", "V0413"),
        ("a/.. /b", "V0411"),
        ("...", "V0411"),
    ),
)
def test_what_leads_out_only_on_windows(name, expected):
    with pytest.raises(VspecError) as error:
        paths.segments(name, windows=True)
    assert code(error) == expected
    assert paths.segments(name, windows=False)


@pytest.mark.parametrize(
    ("name", "parts"),
    (
        ("a.bin", ("a.bin",)),
        (r"sub\a.bin", ("sub", "a.bin")),
        ("./sub//a..b/", ("sub", "a..b")),
        ("computer.bin", ("computer.bin",)),
        ("µ V.bin", ("µ V.bin",)),
    ),
)
def test_what_lies_below_is_taken_apart(name, parts):
    assert paths.segments(name, windows=True) == parts
    assert paths.segments(name, windows=False) == parts


def test_confine_keeps_what_lies_below(tmp_path):
    assert paths.confine(tmp_path, "a/b.bin") == tmp_path / "a" / "b.bin"


def test_confine_refuses_links_that_leave(tmp_path):
    root, outside = tmp_path / "root", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    (outside / "secret").write_bytes(b"s")
    (root / "file").symlink_to(outside / "secret")
    (root / "folder").symlink_to(outside)
    (root / "climbing").symlink_to("../outside/secret")
    for name in ("file", "folder/secret", "folder/absent", "climbing"):
        with pytest.raises(VspecError) as error:
            paths.confine(root, name)
        assert code(error) == "V0416", name


def test_confine_follows_links_that_stay(tmp_path):
    (tmp_path / "real").write_bytes(b"r")
    (tmp_path / "link").symlink_to("real")
    assert paths.confine(tmp_path, "link").read_bytes() == b"r"


def test_links_in_a_circle_are_an_error(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(VspecError) as error:
        data_file("a", paths.confine(tmp_path, "a"))
    # Python 3.13 follows a circle to nowhere, 3.11 refuses it.
    assert code(error) in ("V0410", "V0431")


def test_a_root_that_is_a_link_is_a_root(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert paths.confine(tmp_path / "link", "a.bin") == tmp_path / "link" / "a.bin"


@pytest.mark.parametrize(
    ("encoding", "expected"),
    (
        ("utf-8", "µ 日 \\udc80"),
        ("cp1252", "µ \\u65e5 \\udc80"),
        ("ascii", "\\xb5 \\u65e5 \\udc80"),
        (None, "\\xb5 \\u65e5 \\udc80"),
        ("no-such-encoding", "\\xb5 \\u65e5 \\udc80"),
    ),
)
def test_every_console_can_show_every_name(encoding, expected):
    assert paths.printable("µ 日 \udc80", encoding) == expected


def test_a_name_cannot_move_the_cursor():
    assert paths.printable("a\x1b[2Jb\r\x9b\x7f", "utf-8") == "a\\x1b[2Jb\\x0d\\x9b\\x7f"
    assert paths.printable("two\n\tlines", "utf-8") == "two\n\tlines"
    assert paths.display(PurePosixPath("/r/a\nb"), PurePosixPath("/r")) == "a\\nb"


def test_paths_are_shown_from_where_one_stands():
    base = PureWindowsPath(r"C:\data")
    assert paths.display(PureWindowsPath(r"C:\data\x\a.bin"), base) == r"x\a.bin"
    assert paths.display(PureWindowsPath(r"D:\a.bin"), base) == r"D:\a.bin"


def test_a_name_is_found_in_any_case_and_the_exact_one_wins(tmp_path):
    (tmp_path / "Data.RAW").touch()
    assert paths.find_any_case(tmp_path, "data.raw").name.lower() == "data.raw"
    assert paths.find_any_case(tmp_path, "other.raw") is None
    assert paths.find_any_case(tmp_path / "absent", "x") is None
    if colliding(tmp_path):
        pytest.skip("this disk takes names that differ in case for one")
    (tmp_path / "data.raw").touch()
    assert paths.find_any_case(tmp_path, "data.raw") == tmp_path / "data.raw"
    assert paths.find_any_case(tmp_path, "Data.RAW") == tmp_path / "Data.RAW"
    with pytest.raises(VspecError) as error:
        paths.find_any_case(tmp_path, "DATA.raw")
    assert code(error) == "V0427"
    assert error.value.problems[0].found == "'Data.RAW' and 'data.raw'"


def test_case_includes_letters_of_other_alphabets(tmp_path):
    (tmp_path / "MÜLLER.dat").touch()
    assert paths.find_any_case(tmp_path, "mu\u0308ller.DAT") is not None


def test_a_folder_that_cannot_be_listed_is_an_error(tmp_path, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(tmp_path), "iterdir", refuse)
    with pytest.raises(VspecError) as error:
        paths.find_any_case(tmp_path, "x")
    assert code(error) == "V0402"


def test_a_name_that_is_no_text_is_refused():
    paths.require_text("µ.bin")
    with pytest.raises(VspecError) as error:
        paths.require_text(os.fsdecode(b"\xff.bin"))
    assert code(error) == "V0418"
    assert "\\udcff" in error.value.problems[0].message


def test_a_path_is_a_path_of_this_system(tmp_path):
    path = tmp_path / "a b#.bin"
    assert paths.local_path(paths.file_url(path)) == path
    assert isinstance(paths.local_path(paths.file_url(path)), Path)
