"""`make demo` ends with a picture of, and numbers from, an array read through the map."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.docs.pages import ROOT


def test_the_demo(tmp_path):
    done = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "demo.py"), str(tmp_path)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "maps/session.vspec.json: equal" in done.stdout
    assert "every one of 4,800,112 samples read through the map is that of the file: True" in done.stdout
    assert "lowest -520.3 uV" in done.stdout
    assert done.stdout.count("|") > 100
    assert (tmp_path / "demo.png").read_bytes().startswith(b"\x89PNG")
