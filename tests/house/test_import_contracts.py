"""The rooms' one-way dependencies, as `.importlinter` states them."""

from __future__ import annotations

import configparser
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-c",
        "import sys; from importlinter.cli import lint_imports_command as run; run()",
    ]
    return subprocess.run(
        [*command, "--no-cache", "--config", str(ROOT / ".importlinter")],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_every_contract_is_kept():
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def test_every_room_has_its_place():
    contracts = configparser.ConfigParser()
    contracts.read(ROOT / ".importlinter")
    placed = {
        room.strip("() ")
        for line in contracts["importlinter:contract:flow"]["layers"].splitlines()
        for room in line.replace("|", ":").split(":")
    } - {""}
    found = {
        path.stem
        for path in (ROOT / "vspec").iterdir()
        if (path.suffix == ".py" or (path / "__init__.py").is_file()) and not path.stem.startswith("__")
    }
    assert found == placed
