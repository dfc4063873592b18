"""The shapes in reference/json.md are those that the commands print."""

from __future__ import annotations

import contextlib
import io
import json
import re
import sys

import pytest
from click.testing import CliRunner

from tests.docs.pages import page
from vspec.cli import main
from vspec.cli.main import cli
from vspec.serving.http import Server

TEXT = page("docs/reference/json.md").text
SECTIONS = {part.partition("\n")[0]: part for part in TEXT.split("\n## ")[1:]}
VERBS = ("apply", "check", "verify", "status", "info", "identify", "serve", "export", "fake", "explain")
CARD = """\
vspec: 1
files: "{name}.dat"
checks:
  - {that: "size(file) < 100", else: "long", level: warn}
arrays:
  raw: {dtype: int16, shape: {time: auto, channel: 4}}
  more/bytes: {dtype: uint8, shape: {byte: auto}}
  more/packed: {dtype: uint24, shape: {sample: 33}}
"""


def documented(section):
    """Return the keys of a section's table; an array of `info` is one of `apply`."""
    keys = set(re.findall(r"^\| `([^`]+)` \|", SECTIONS[section], re.MULTILINE))
    if "arrays[]" in keys:
        keys.remove("arrays[]")
        keys |= {key.partition(".")[2] for key in documented("apply") if key.startswith("maps[].arrays[]")}
    return keys


def keys_of(value, path=""):
    """Yield the path of every leaf; problems are leaves."""
    name = path.rpartition(".")[2]
    if name in ("problems[]", "warnings[]", "params"):
        assert name == "params" or set(value) == documented("A problem")
        yield path
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from keys_of(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for inner in value:
            yield from keys_of(inner, f"{path}[]")
    else:
        yield path


@pytest.fixture
def rig(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rig.yaml").write_text(CARD)
    (tmp_path / "tight.yaml").write_text(CARD.replace(", level: warn", ""))
    for folder, size in (("good", 400), ("bad", 401)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.dat").write_bytes(bytes(size))
    (tmp_path / "strange.nii").write_bytes(bytes(400))
    run("apply", "rig.yaml", "good", "-o", "maps")
    return tmp_path


def run(*arguments):
    """Return the document of a command, and its exit code."""
    done = CliRunner().invoke(cli, [*arguments, "--json"], catch_exceptions=False)
    return json.loads(done.stdout), done.exit_code


def printed(rig, monkeypatch):
    """Return, for each verb, documents that together have every key."""
    made = [run("apply", "rig.yaml", "good", "-o", "maps"), run("apply", "rig.yaml", "bad", "-o", "maps")]
    checked = [
        run("check", "rig.yaml", "good"),
        run("check", "rig.yaml", "bad"),
        run("check", "tight.yaml", "good"),
    ]
    shown = [run("info", "maps/a.vspec.json")]
    identified = [run("identify", "good"), run("identify", "strange.nii")]
    faked = [
        run("fake", "nifti/nifti1", "-o", "sample"),
        run("fake", "rig.yaml", "-o", "broken", "--damage", "truncated"),
    ]
    run("fake", "open-ephys/binary", "-o", "recording")
    identified += [run("identify", "sample"), run("identify", "recording")]
    before = run("status", "maps/a.vspec.json"), run("verify", "maps/a.vspec.json")
    (rig / "flags.yaml").write_text(CARD.replace("int16", "bool"))
    run("apply", "flags.yaml", "good", "-o", "flags")
    exported = [
        run("export", "maps/a.vspec.json", "--to", "hdf5", "--only", "raw"),
        run("export", "flags/a.vspec.json", "--to", "hdf5", "-o", "flags.h5", "--copy"),
    ]
    (rig / "good" / "a.dat").write_bytes(b"other")
    monkeypatch.setattr(Server, "wait", lambda _self: None)
    served = [run("serve", "maps", "--port", "0")]
    after = run("status", "maps/a.vspec.json"), run("verify", "maps/a.vspec.json")
    return {
        "apply": made,
        "check": checked,
        "verify": [before[1], after[1]],
        "status": [before[0], after[0]],
        "info": shown,
        "identify": identified,
        "serve": served,
        "export": exported,
        "fake": faked,
        "explain": [run("explain", "V0312")],
    }


def test_every_key_is_documented_and_every_documented_key_is_printed(rig, monkeypatch):
    for verb, documents in printed(rig, monkeypatch).items():
        found = {key for document, _ in documents for key in keys_of(document)}
        assert found == documented(verb), verb


def test_the_page_has_every_verb_that_prints_json():
    with_json = {name for name, verb in cli.commands.items() if any(p.name == "as_json" for p in verb.params)}
    assert with_json == {*VERBS, "relocate"}
    assert set(VERBS) <= set(SECTIONS)


def test_relocate_prints_what_status_prints(rig):
    moved, _ = run("relocate", "maps/a.vspec.json", "good")
    assert set(keys_of(moved)) <= documented("status")


def test_exit_codes_are_those_without_json(rig):
    for arguments in (
        ["check", "rig.yaml", "bad"],
        ["check", "tight.yaml", "good"],
        ["check", "rig.yaml", "good"],
    ):
        plain = CliRunner().invoke(cli, arguments)
        assert run(*arguments)[1] == plain.exit_code


def test_a_command_that_fails_prints_its_problems(rig):
    document = run_main("apply", "rig.yaml", "nowhere", "--json")
    assert list(document) == ["problems"]
    assert set(document["problems"][0]) == documented("A problem")


def run_main(*arguments):
    """Run the program itself: what stops a command is printed there."""
    out = io.StringIO()
    argv, sys.argv = sys.argv, ["vspec", *arguments]
    try:
        with contextlib.redirect_stdout(out), pytest.raises(SystemExit):
            main()
    finally:
        sys.argv = argv
    return json.loads(out.getvalue())
