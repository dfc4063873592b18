"""The command line: every verb and option, its exit code, and what goes to which stream."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner

from tests.cards import maps
from tests.unit.recordings import CARD, ROOT, edit, origin, refs, run, samples, write_rig
from vspec import commands
from vspec.cli import main as cli_main
from vspec.cli.main import cli
from vspec.errors import CODES

VERBS = (
    "apply",
    "check",
    "verify",
    "status",
    "relocate",
    "info",
    "identify",
    "serve",
    "fake",
    "new",
    "schema",
    "explain",
)


@pytest.fixture
def rig(tmp_path, monkeypatch):
    write_rig(tmp_path, names=("a", "b"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*arguments, monkeypatch=None):
    """Run ``vspec`` in this process through its entry point; return exit code, stdout, stderr."""
    out, err = io.StringIO(), io.StringIO()
    saved = sys.argv, sys.stdout, sys.stderr
    sys.argv, sys.stdout, sys.stderr = ["vspec", *map(str, arguments)], out, err
    try:
        cli_main()
        code = 0
    except SystemExit as done:
        code = done.code or 0
    finally:
        sys.argv, sys.stdout, sys.stderr = saved
    return code, out.getvalue(), err.getvalue()


def test_every_verb_has_help_with_an_example():
    done = CliRunner().invoke(cli, ["--help"])
    assert done.exit_code == 0
    assert [verb for verb in VERBS if f"  {verb} " not in done.output] == []
    for verb in VERBS:
        done = CliRunner().invoke(cli, [verb, "--help"])
        assert done.exit_code == 0
        assert f"vspec {verb}" in done.output


def test_the_version():
    assert CliRunner().invoke(cli, ["--version"]).output.startswith("vspec, version ")


@pytest.mark.parametrize(
    "arguments",
    (
        (),
        ("aply",),
        ("apply",),
        ("apply", "rig.yaml"),
        ("apply", "rig.yaml", "data", "--seal", "half"),
        ("apply", "rig.yaml", "data", "--chunk-bytes", "many"),
        ("apply", "rig.yaml", "data", "--chunk-bytes", "5"),
        ("apply", "rig.yaml", "data", "--set", "channels"),
        ("apply", "rig.yaml", "data", "--set", "=5"),
        ("apply", "rig.yaml", "data", "--set", "chanels=5"),
        ("apply", "rig.yaml", "data", "--base-url", "here"),
        ("apply", "rig.yaml", "data", "--nonsense"),
        ("apply", "rig.yaml", "nowhere"),
        ("apply", "rug.yaml", "data"),
        ("apply", "rig.yaml", "data", "-o", "one.vspec.json"),
        ("apply", "generic/raw", "data"),
        ("apply", "generic/raw", "data", "--set", "dtype=int16", "--set", "channels=x", "--set", "rate=1"),
        ("check",),
        ("check", "rug.yaml"),
        ("verify",),
        ("status",),
        ("relocate", "a.vspec.json"),
        ("relocate", "made.vspec.json", "rig.yaml"),
        ("info",),
        ("identify",),
        ("fake", "rig.yaml"),
        ("fake", "rig.yaml", "-o", "out", "--size", "time=many"),
        ("fake", "rig.yaml", "-o", "out", "--size", "time=-5"),
        ("fake", "rig.yaml", "-o", "out", "--size", "time=" + "9" * 30),
        ("fake", "rig.yaml", "-o", "out", "--seed", "x"),
        ("fake", "rig.yaml", "-o", "out", "--damage", "nonsense"),
        ("fake", "rig.yaml", "-o", "out", "--example", "nonsense"),
        ("identify", "nowhere"),
        ("new", "rig.yaml"),
        ("new", "x.yaml", "--kind", "y"),
        ("explain",),
        ("explain", "nonsense"),
    ),
    ids=" ".join,
)
def test_a_wrong_call_is_exit_2_with_a_message(rig, arguments):
    call("apply", "rig.yaml", "data/a.dat", "-o", "made.vspec.json")
    code, out, err = call(*arguments)
    assert code == 2, out + err
    assert (out + err).strip()
    assert "Traceback" not in out + err


def test_sizes_of_made_up_files_are_bounded(rig):
    assert "error[V0826]" in call("fake", "rig.yaml", "-o", "out", "--size", "time=-5")[2]
    assert "error[V0862]" in call("fake", "rig.yaml", "-o", "out", "--size", "tiem=5")[2]
    assert "error[V0826]" in call("fake", "rig.yaml", "-o", "out", "--seed", "-5")[2]
    assert not (rig / "out").exists()


def test_ok_is_exit_0(rig):
    code, out, err = call("apply", "rig.yaml", "data", "-o", "maps")
    assert (code, err) == (0, "")
    assert "maps/a.vspec.json" in out
    assert "time=1009 channel=8" in out
    assert sorted(p.name for p in (rig / "maps").iterdir()) == ["a.vspec.json", "b.vspec.json"]


def test_findings_in_a_card_are_exit_1(rig):
    (rig / "rig.yaml").write_text(CARD.replace("dtype", "dtpe"))
    code, _, err = call("check", "rig.yaml")
    assert code == 1
    assert "rig.yaml:8:5: error[V0102]" in err
    assert "did you mean 'dtype'?" in err
    assert call("apply", "rig.yaml", "data")[0] == 1


def test_damaged_data_are_exit_3_and_the_others_are_written(rig):
    with (rig / "data" / "a.dat").open("ab") as file:
        file.write(b"x")
    code, out, err = call("apply", "rig.yaml", "data")
    assert code == 3
    assert "error[V0312]: a.dat holds 16145 data bytes" in err
    assert "wrote b.vspec.json" in out
    assert not (rig / "a.vspec.json").exists()
    assert (rig / "b.vspec.json").exists()


def test_drift_is_exit_4(rig):
    call("apply", "rig.yaml", "data")
    assert call("status", "a.vspec.json", "b.vspec.json")[0] == 0
    (rig / "data" / "b.dat").unlink()
    for verb in ("status", "verify"):
        code, out, err = call(verb, "a.vspec.json", "b.vspec.json")
        assert code == 4
        assert "error[V0741]: b.dat is missing" in err
        assert "a.vspec.json" in out


def test_the_environment_is_exit_5(rig):
    (rig / "file").write_text("")
    for folder in ("file/maps", "x" * 300):
        code, _, err = call("apply", "rig.yaml", "data", "-o", folder)
        assert code == 5
        assert "error[V0821]" in err
    code, _, err = call("fake", "rig.yaml", "-o", "file")
    assert code == 5
    assert "error[V0827]" in err


def test_a_wrong_map_is_exit_3(rig):
    call("apply", "rig.yaml", "data")
    edit(rig / "a.vspec.json", "raw/.zattrs", lambda attrs: attrs.update(scale_factor=1))
    code, out, err = call("verify", "a.vspec.json")
    assert code == 3
    assert "error[V0721]: 'scale_factor' of raw" in err
    assert "a.vspec.json: 1 problem" in out


def test_apply_takes_every_option(rig):
    (rig / "fix.yaml").write_text("arrays: {raw: {attrs: {scale_factor: 0.2}}}\n")
    arguments = ["apply", "rig.yaml", "data/a.dat", "-o", "maps/x.vspec.json", "--with", "fix.yaml"]
    arguments += ["--chunk-bytes", "1600", "--base-url", "https://x.org/d", "--no-inline", "--seal", "full"]
    code, out, err = call(*arguments)
    assert (code, err) == (0, ""), err
    made = origin(rig / "maps" / "x.vspec.json")
    assert made["options"] == {
        "chunk_bytes": 1600,
        "inline": False,
        "seal": "full",
        "base_url": "https://x.org/d",
    }
    assert made["sources"][0]["seal"]["kind"] == "full"
    assert json.loads(refs(rig / "maps" / "x.vspec.json")["raw/.zattrs"])["scale_factor"] == 0.2
    assert "tail: padded-sidecar" in out


def test_set_gives_values_to_params(rig):
    code, _, err = call(
        "apply",
        "generic/raw",
        "data/a.dat",
        "--set",
        "dtype=int16",
        "--set",
        "channels=8",
        "--set",
        "rate=3e4",
    )
    assert (code, err) == (0, "")
    read = maps.read(rig / "a.vspec.json")["samples"]
    np.testing.assert_array_equal(read.values, samples(0))
    assert read.axes["time"]["step"] == 1 / 30000


def test_a_value_may_hold_an_equals_sign(rig):
    (rig / "rig.yaml").write_text(
        CARD.replace("arrays:", "params: {note: {type: str}}\nattrs: {note: '{{ note }}'}\narrays:")
    )
    assert call("apply", "rig.yaml", "data/a.dat", "--set", "note=a=b")[0] == 0
    assert maps.attributes(rig / "a.vspec.json")["note"] == "a=b"


def test_a_dry_run_writes_nothing(rig):
    code, out, _ = call("apply", "rig.yaml", "data", "-o", "maps", "--dry-run")
    assert code == 0
    assert "would write maps/a.vspec.json" in out
    assert not (rig / "maps").exists()


def test_json_is_the_report_and_nothing_else(rig):
    with (rig / "data" / "b.dat").open("ab") as file:
        file.write(b"x")
    code, out, err = call("apply", "rig.yaml", "data", "--json")
    assert (code, err) == (3, "")
    document = json.loads(out)
    assert [m["dataset"] for m in document["maps"]] == ["a"]
    assert [p["code"] for p in document["problems"]] == ["V0312"]


@pytest.mark.parametrize(
    ("arguments", "keys"),
    (
        (("apply", "rig.yaml", "data"), {"maps", "problems"}),
        (("check", "rig.yaml"), {"card", "datasets", "problems"}),
        (("check", "rig.yaml", "data"), {"card", "datasets", "problems"}),
        (("verify", "made.vspec.json"), {"maps"}),
        (("status", "made.vspec.json"), {"maps"}),
        (("relocate", "made.vspec.json", "data"), {"maps"}),
        (
            ("info", "made.vspec.json"),
            {"map", "title", "card", "card_version", "vspec_version", "profile", "root", "sources", "arrays"}
            | {"groups", "params"},
        ),
        (("identify", "data"), {"matches", "near_misses", "problems"}),
        (("fake", "rig.yaml", "-o", "faked"), {"files", "arrays", "params", "damage"}),
        (("explain", "V0312"), {"code", "kind", "title", "explanation", "wrong", "right"}),
        (("apply", "rug.yaml", "data"), {"problems"}),
        (("info", "rig.yaml"), {"problems"}),
    ),
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_json_of_every_verb(rig, arguments, keys):
    call("apply", "rig.yaml", "data/a.dat", "-o", "made.vspec.json")
    _, out, err = call(*arguments, "--json")
    assert err == ""
    assert set(json.loads(out)) == keys


def test_info_tells_what_a_map_holds(rig):
    call("apply", "rig.yaml", "data")
    code, out, _ = call("info", "a.vspec.json")
    assert code == 0
    for piece in (
        "Rig 3, NI-DAQ dump",
        "made-up/rig3",
        "1.2.0",
        f"file://{rig}/data",
        "time=1009 channel=8",
        "<i2",
    ):
        assert piece in out


def test_check_tells_whether_a_card_fits(rig):
    code, out, err = call("check", "rig.yaml", "data")
    assert (code, err) == (0, "")
    assert "a, b" in out
    assert not list(rig.glob("*.vspec.json"))
    with (rig / "data" / "b.dat").open("ab") as file:
        file.write(b"x")
    assert call("check", "rig.yaml", "data")[0] == 3


def test_new_writes_a_card_that_checks(rig):
    for kind in ("raw", "record", "sibling"):
        assert call("new", f"{kind}.yaml", "--kind", kind)[0] == 0
        assert call("check", f"{kind}.yaml")[0] == 0


def test_schema_is_json(rig):
    code, out, _ = call("schema")
    assert code == 0
    assert json.loads(out)["$schema"].startswith("http://json-schema.org/draft-07")


def test_explain_takes_any_case(rig):
    code, out, _ = call("explain", "v0312")
    assert code == 0
    assert CODES["V0312"].title in out
    assert "wrong:" in out


def test_fake_apply_verify(rig):
    assert call("fake", "rig.yaml", "-o", "faked", "--size", "time=103", "--seed", "7")[0] == 0
    code, out, _ = call("apply", "rig.yaml", "faked", "-o", "maps")
    assert code == 0
    assert "time=103" in out
    assert call("verify", *(rig / "maps").glob("*.vspec.json"))[0] == 0


def test_identify_names_card_and_reasons(rig):
    assert call("fake", "nifti/nifti1", "-o", "faked")[0] == 0
    code, out, _ = call("identify", "faked")
    assert code == 0
    assert "nifti/nifti1" in out
    assert "name fits" in out
    code, out, err = call("identify", "data")
    assert code == 1
    assert all(" not " in line for line in out.splitlines()), (
        "only cards whose name fits, and why they do not"
    )
    assert "error[V0803]" in err


def test_problems_go_to_stderr_and_results_to_stdout(rig):
    (rig / "data" / "a.dat").write_bytes(b"x")
    _, out, err = call("apply", "rig.yaml", "data")
    assert "error" not in out
    assert "wrote" not in err


# --- the process itself -----------------------------------------------------------------------


def test_a_console_of_one_byte_a_letter(rig):
    (rig / "data" / "日本 ü.dat").write_bytes(samples(5).tobytes())
    done = run("apply", "rig.yaml", "data", cwd=rig, PYTHONIOENCODING="cp1252", PYTHONUTF8="0")
    assert done.returncode == 0, done.stderr
    assert "ü.vspec.json" in done.stdout
    assert (rig / "日本 ü.vspec.json").exists()
    (rig / "data" / "日本 ü.dat").write_bytes(b"x")
    done = run("apply", "rig.yaml", "data", cwd=rig, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.returncode == 3, done.stderr
    assert "error[V0312]" in done.stderr


def test_a_pipe_that_closes_is_no_traceback(rig):
    command = f"{sys.executable} -m vspec schema | head -c 10"
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=rig,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr


def test_progress_is_for_terminals_only(rig):
    done = run("apply", "rig.yaml", "data", cwd=rig)
    assert done.stderr == ""


@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")
def test_a_terminal_sees_progress(rig):
    import pty

    leader, follower = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "vspec", "apply", "rig.yaml", "data", "--seal", "full"],
        cwd=rig,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm"},
        stdout=subprocess.PIPE,
        stderr=follower,
        text=True,
        check=False,
        timeout=60,
    )
    os.close(follower)
    shown = os.read(leader, 100_000).decode()
    os.close(leader)
    assert done.returncode == 0
    assert "data sets" in shown
    assert "data sets" not in done.stdout


def test_the_module_is_the_command(rig):
    done = run("--version", cwd=rig)
    assert (done.returncode, done.stdout.split(",")[0]) == (0, "vspec")


@pytest.mark.parametrize("as_json", (False, True))
@pytest.mark.parametrize(
    "verb", ("check", "identify", "verify", "status", "info", "relocate", "apply", "fake")
)
def test_what_the_system_refuses_is_told_with_a_code(rig, monkeypatch, verb, as_json):
    """No command ends in a traceback, whatever the disk says."""

    def refuse(*arguments, **more):
        raise PermissionError(13, "Permission denied", "some/file")

    monkeypatch.setattr(commands, verb, refuse)
    arguments = {"relocate": ["a", "b"], "apply": ["a", "b"], "fake": ["a", "-o", "b"]}.get(verb, ["a"])
    code, out, err = call(verb, *arguments, *(["--json"] if as_json else []))
    assert code == 5
    assert "V0828" in (out if as_json else err)
    assert "some/file: Permission denied" in (out if as_json else err)
    assert "Traceback" not in out + err


@pytest.mark.parametrize("as_json", (False, True))
def test_data_that_end_too_early_are_no_abort(rig, monkeypatch, as_json):
    def cut_short(*arguments, **more):
        raise EOFError("ended before the end-of-stream marker")

    monkeypatch.setattr(commands, "identify", cut_short)
    code, out, err = call("identify", "a", *(["--json"] if as_json else []))
    assert code == 3
    assert "V0361" in (out if as_json else err)
    assert "ended before the end-of-stream marker" in (out if as_json else err)
    assert "Abort" not in out + err


def test_a_map_is_portable_or_packed_but_not_both(rig):
    code, out, err = call("apply", CARD, ".", "--packed", "--portable")
    assert (code, out) == (2, "")
    assert "--portable and --packed exclude each other" in err
    assert not list(rig.glob("*.vspec.json"))
