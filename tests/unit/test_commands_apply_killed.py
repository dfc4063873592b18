"""A killed apply leaves the old map with its sidecar, or the new one with its own: never half of one."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys

import pytest

from tests.unit.recordings import CARD, ROOT, samples, write_rig
from vspec.commands import ApplyOptions, apply

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="kills a forked process")

# Dies at the k-th call of whatever touches the disk, for k = 1, 2 ... until a run gets through.
PROGRAM = """\
import hashlib, json, os, pathlib, shutil, sys, tempfile
from vspec.commands import ApplyOptions, apply

rig, start = map(pathlib.Path, sys.argv[1:3])
left = 0

def counted(function):
    def call(*arguments, **more):
        global left
        left -= 1
        if left == 0:
            os._exit(9)
        return function(*arguments, **more)
    return call

def look(folder):
    found = {}
    for path in folder.glob("a.*"):
        found[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found

def run(k, out):
    global left
    left = k
    os.fsync, tempfile.mkstemp, os.fdopen = counted(os.fsync), counted(tempfile.mkstemp), counted(os.fdopen)
    for name in ("replace", "unlink", "chmod", "mkdir"):
        setattr(pathlib.Path, name, counted(getattr(pathlib.Path, name)))
    report = apply(rig / "rig.yaml", rig / "data", out, options=ApplyOptions(chunk_bytes=1600, inline=False))
    os._exit(0 if report.maps and not report.problems else 1)

seen = []
for k in range(1, 100):
    out = rig / "out"
    shutil.rmtree(out, ignore_errors=True)
    if start.exists():
        shutil.copytree(start, out)
    child = os.fork()
    if child == 0:
        try:
            run(k, out)
        finally:
            os._exit(2)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    seen.append([code, look(out)])
    if code != 9:
        break
print(json.dumps(seen))
"""


def digests(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("a.*")}


@pytest.mark.parametrize(
    "before", ("nothing", "another map", "another map without a sidecar", "the same map")
)
def test_a_killed_apply(tmp_path, before):
    card = write_rig(tmp_path)
    start = tmp_path / "start"
    beside = ApplyOptions(chunk_bytes=1600, inline=False)
    if before != "nothing":
        if before != "the same map":
            (tmp_path / "data" / "a.dat").write_bytes(samples(9, 907).tobytes())
        options = ApplyOptions() if before == "another map without a sidecar" else beside
        apply(card, tmp_path / "data", start, options=options)
        (tmp_path / "data" / "a.dat").write_bytes(samples(0).tobytes())
    old = digests(start)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path), str(start)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    code, last = seen[-1]
    assert code == 0
    assert len(seen) > 6  # points of death
    assert digests(tmp_path / "out") == last
    assert len(last) == 2
    for code, found in seen[:-1]:
        assert code == 9
        # A sidecar too many does no harm: no map leads to it. What a map leads to is always there.
        assert found.get("a.vspec.json") in (old.get("a.vspec.json"), last["a.vspec.json"])
        whole = last if found.get("a.vspec.json") == last["a.vspec.json"] else old
        assert whole.items() <= found.items()
        assert found.items() <= (old.items() | last.items())


def test_the_new_map_differs_from_the_old_one(tmp_path):
    """The measure above can see a mixture: maps and sidecars of the two recordings differ."""
    card = write_rig(tmp_path, CARD)
    options = ApplyOptions(chunk_bytes=1600, inline=False)
    apply(card, tmp_path / "data", tmp_path / "one", options=options)
    (tmp_path / "data" / "a.dat").write_bytes(samples(9, 907).tobytes())
    apply(card, tmp_path / "data", tmp_path / "two", options=options)
    one, two = digests(tmp_path / "one"), digests(tmp_path / "two")
    assert one["a.vspec.json"] != two["a.vspec.json"]
    assert len(one.keys() & two.keys()) == 1
