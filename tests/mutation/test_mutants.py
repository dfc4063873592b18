"""Each planted fault is noticed by the test that is named for it.

A fault is a change of one exact piece of source text in a copy of the package; where the text is
gone the test says so, so that the list cannot rot. The named test runs against the copy in a
process of its own, about a second each; `make test` runs as many at a time as there are cores.
"""

from __future__ import annotations

import compileall
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.mutation.mutants import MUTANTS, Mutant

ROOT = Path(__file__).resolve().parents[2]
INI = "[pytest]\npythonpath = .\naddopts = --import-mode=importlib -p no:cacheprovider -q -x --no-header\n"
FAILED, PASSED = 1, 0


def copy_package(folder: Path, package: Path = ROOT / "vspec") -> None:
    """Make a tree in which ``vspec`` is a copy and the tests are the checkout's."""
    shutil.copytree(package, folder / "vspec")
    (folder / "tests").symlink_to(ROOT / "tests", target_is_directory=True)
    (folder / "formats").symlink_to(ROOT / "formats", target_is_directory=True)
    (folder / "pytest.ini").write_text(INI)
    (folder / "place.py").write_text("import vspec, pathlib\nprint(pathlib.Path(vspec.__file__).parent)\n")


def run_tests(folder: Path, *tests: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-c", "pytest.ini", *tests],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def run_mutant(folder: Path, package: Path, mutant: Mutant) -> subprocess.CompletedProcess[str] | str:
    """Run the test of a mutant; return what came of it, or why the fault cannot be planted."""
    copy_package(folder, package)
    path = folder / "vspec" / mutant.module
    text = path.read_text(encoding="utf-8")
    if text.count(mutant.old) != 1:
        return f"{mutant.module} holds the text {text.count(mutant.old)} times, not once: {mutant.old!r}"
    path.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")
    try:
        return run_tests(folder, mutant.test)
    finally:
        shutil.rmtree(folder / "vspec")


@pytest.fixture(scope="session")
def package(tmp_path_factory):
    """The package as it is when the first fault is planted."""
    folder = tmp_path_factory.mktemp("package")
    copy_package(folder)
    # Compiled once: the copies keep times and byte code, so that only the changed module is compiled again.
    compileall.compile_dir(folder / "vspec", quiet=2)
    return folder / "vspec"


def test_there_are_enough_faults_of_every_kind():
    assert len(MUTANTS) >= 20
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)
    rooms = {mutant.module.split("/")[0] for mutant in MUTANTS}
    assert {"planning", "chunks", "manifest.py"} <= rooms


def test_the_named_tests_pass_without_a_fault(tmp_path):
    copy_package(tmp_path)
    where = subprocess.run(
        [sys.executable, "place.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(where.stdout.strip()) == tmp_path / "vspec"
    done = run_tests(tmp_path, *sorted({mutant.test for mutant in MUTANTS}))
    assert done.returncode == PASSED, done.stdout


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_planted_fault_is_noticed(tmp_path, package, mutant):
    done = run_mutant(tmp_path, package, mutant)
    assert not isinstance(done, str), done
    assert done.returncode == FAILED, f"{mutant.test} did not notice, or could not run:\n{done.stdout}"
    assert " error" not in done.stdout.splitlines()[-1], done.stdout
