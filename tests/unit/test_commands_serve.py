"""``vspec serve``: what it says at the start, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request

import pytest
from click.testing import CliRunner

from tests.unit.recordings import ROOT, samples, write_rig
from vspec import commands
from vspec.cli import main as cli_main
from vspec.cli.main import cli
from vspec.commands.serve import report
from vspec.errors import VspecError
from vspec.serving.http import Server


@pytest.fixture
def rig(tmp_path, monkeypatch):
    card = write_rig(tmp_path, names=("a", "b"))
    commands.apply(card, tmp_path / "data", tmp_path / "maps")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def at_once(monkeypatch):
    """The command does not wait for its end."""
    monkeypatch.setattr(Server, "wait", lambda _self: None)


def codes(run):
    with pytest.raises(VspecError) as error:
        run()
    return [problem.code for problem in error.value.problems]


def test_a_folder_of_maps_is_served(rig):
    with commands.serve("maps", port=0) as server:
        found = report(server)
        assert [shown.name for shown in found.maps] == ["a", "b"]
        assert found.problems == ()
        assert found.url.startswith("http://127.0.0.1:")
        array = found.maps[0].arrays[0]
        about = json.loads(
            urllib.request.urlopen(f"{found.maps[0].v3}/{array.path}/zarr.json", timeout=20).read()
        )
        assert tuple(about["shape"]) == array.shape == samples(1).shape
        json.dumps(found.to_json())


def test_what_is_wrong_with_the_sources_is_told_and_the_rest_is_served(rig):
    next((rig / "data").glob("a*")).unlink()
    with commands.serve("maps", port=0) as server:
        assert [problem.code for problem in report(server).problems] == ["V0741"]


def test_other_machines_are_let_in_with_a_warning_only(rig):
    with commands.serve("maps", port=0) as server:
        for host in ("127.0.0.1", "127.0.0.2", "::1", "localhost"):
            assert report(server, host).problems == ()
        for host in ("0.0.0.0", "::", "192.0.2.7", "lab.example", ""):
            (problem,) = report(server, host).problems
            assert (problem.code, problem.level) == ("V0830", "warn")


def test_maps_that_cannot_be_served(rig):
    assert codes(lambda: commands.serve(["maps/none.vspec.json", "maps/nor.vspec.json"])) == [
        "V0701",
        "V0701",
    ]
    assert codes(lambda: commands.serve(rig / "data")) == ["V0701"]
    options = commands.ApplyOptions(base_url="https://example.org/x")
    commands.apply(next(rig.glob("*.yaml")), rig / "data", rig / "remote", options=options)
    assert codes(lambda: commands.serve("remote", port=0)) == ["V0740"] * 2


def test_the_command_says_where_the_maps_are(rig, at_once):
    done = CliRunner().invoke(cli, ["serve", "maps", "--port", "0"], catch_exceptions=False)
    assert done.exit_code == 0
    assert done.stderr == ""
    first, a, b = done.stdout.splitlines()
    assert first.startswith("http://127.0.0.1:")
    for line, name in ((a, "a"), (b, "b")):
        assert line.split()[0] == name
        assert line.split()[-2:] == [f"{first.split()[0]}{name}/v2", f"{first.split()[0]}{name}/v3"]


def test_the_command_warns_and_serves(rig, at_once):
    next((rig / "data").glob("a*")).unlink()
    arguments = ["serve", "maps", "--port", "0", "--host", "0.0.0.0"]
    done = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert done.exit_code == 0
    assert [word for word in ("warning[V0830]", "warning[V0741]") if word not in done.stderr] == []
    document = json.loads(CliRunner().invoke(cli, [*arguments, "--json"], catch_exceptions=False).stdout)
    assert {problem["code"] for problem in document["problems"]} == {"V0830", "V0741"}


def test_a_port_that_is_taken(rig, monkeypatch, capsys):
    with commands.serve("maps", port=0) as server:
        monkeypatch.setattr(sys, "argv", ["vspec", "serve", "maps", "--port", server.url.rpartition(":")[2]])
        with pytest.raises(SystemExit) as done:
            cli_main()
    assert done.value.code == 5
    assert "error[V0829]" in capsys.readouterr().err


@pytest.mark.parametrize("sent", (signal.SIGINT, signal.SIGTERM))
def test_it_serves_until_it_is_stopped(rig, sent):
    process = subprocess.Popen(
        [sys.executable, "-m", "vspec", "serve", "maps/a.vspec.json", "--port", "0"],
        cwd=rig,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        url = process.stdout.readline().split()[0]
        assert b"zarr" in urllib.request.urlopen(url, timeout=20).read()
        next((rig / "data").glob("a*")).unlink()
        with pytest.raises(urllib.error.HTTPError) as error:
            urllib.request.urlopen(f"{url}a/v2/raw/0.0", timeout=20)
        assert error.value.code == 500
        error.value.close()
        process.send_signal(sent)
        _, said = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0
    assert said.count("error[V0741]") == 1
    assert "Traceback" not in said
