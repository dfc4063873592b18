"""What all tests share: how hypothesis searches, where the real files are, and which codes were given."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.codes_seen import CodesSeen

# Before netCDF4, which lets HDF5 take filters from a folder of its own that suit another HDF5.
with contextlib.suppress(ImportError):
    import hdf5plugin  # noqa: F401 -- importing it registers its filters

ROOT = Path(__file__).resolve().parent.parent
IN_CI = bool(os.environ.get("CI"))

# The machine may be busy: a test fails for what it finds, never for how long that took.
SLOW_MACHINE = [HealthCheck.too_slow]
settings.register_profile("ci", derandomize=True, deadline=None, suppress_health_check=SLOW_MACHINE)
settings.register_profile("search", deadline=None, suppress_health_check=SLOW_MACHINE)
settings.register_profile("thorough", parent=settings.get_profile("search"), max_examples=2000)
settings.load_profile(os.environ.get("VSPEC_HYPOTHESIS", "ci" if IN_CI else "search"))


def pytest_configure(config: pytest.Config) -> None:
    """After a run of all tests, every code of the catalog must have been given."""
    config.pluginmanager.register(CodesSeen(config))


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real files: VSPEC_CORPUS, by default ../shared/data beside the checkout."""
    folder = (ROOT / os.environ.get("VSPEC_CORPUS", "../shared/data")).resolve()
    if not (folder / "INDEX.csv").is_file():
        reason = f"no real files in {folder}: set VSPEC_CORPUS to a folder with INDEX.csv and ORACLE.json"
        if IN_CI:
            pytest.fail(reason)
        pytest.skip(reason)
    return folder
