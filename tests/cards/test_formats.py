"""Every card of the registry: its form, its made-up files read back, and the damage that it refuses."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

import vspec
from tests.cards.maps import read
from tests.conftest import ROOT
from vspec.authoring.faking import FakeOptions, fake
from vspec.card.load import load

FORMATS = ROOT / "formats"
PATHS = sorted(FORMATS.rglob("card.yaml"))
IDS = [path.parent.relative_to(FORMATS).as_posix() for path in PATHS]
CARDS = dict(zip(IDS, map(load, PATHS), strict=True))
EXAMPLES = [
    (id, str(entry["name"])) for id, card in CARDS.items() for entry in card.examples if "make" in entry
]
SEEDS = range(20)

SIZE = {"V0312"}  # not a whole number of steps
CHECK = {"V0604"}  # a check of the card
SPIKEGLX = {"truncated": SIZE, "extended": SIZE, "magic": CHECK, "count": CHECK, "missing": {"V0421"}}
EXACT = {"truncated": CHECK, "extended": CHECK, "magic": CHECK, "count": CHECK}
NIFTI = {
    "truncated": CHECK,
    "extended": CHECK,
    "magic": CHECK | {"V0230"},
    "count": CHECK | {"V0222", "V0230"},
    "pointer": {"V0230", "V0233"},  # an offset that is no whole number of 64 bits
    "byte-order": {"V0602"},
}
NOTICED = {
    "brain-products/brainvision": {**SPIKEGLX, "missing": {"V0450"}},
    "generic/raw": {"truncated": SIZE, "extended": SIZE},
    "iris/sac": {
        "truncated": CHECK,
        "extended": CHECK,
        "magic": {"V0602"},
        "count": CHECK,
        "byte-order": {"V0602"},
    },
    "nifti/nifti1": NIFTI,
    "nifti/nifti2": NIFTI,
    "open-ephys/binary": {"truncated": SIZE, "extended": SIZE, "magic": {"V0601"}, "count": {"V0301"}},
    "spikeglx/imec": SPIKEGLX,
    "spikeglx/nidq": SPIKEGLX,
    "spikeglx/obx": SPIKEGLX,
    "teem/nrrd": {"truncated": CHECK, "extended": CHECK, "magic": {"V0601"}},
    "nexstim/nxe": {"truncated": SIZE, "extended": SIZE},
    "nicolet/head-data": {"truncated": CHECK, "extended": CHECK, "count": CHECK, "missing": {"V0421"}},
    "sigmf/sigmf": {"truncated": SIZE, "extended": SIZE, "missing": {"V0450"}},
    "egi/simple-binary": {"truncated": CHECK, "extended": CHECK, "magic": CHECK | {"V0222"}, "count": CHECK},
    "neuroscan/cnt": {
        "truncated": {"V0301"},
        "magic": {"V0601"},
        "count": CHECK | {"V0302"},
        "pointer": {"V0302"},
    },
    "axon/abf1": {"truncated": {"V0301"}, "magic": {"V0601"}, "count": CHECK, "pointer": CHECK},
    "axon/abf2": {"truncated": CHECK, "magic": {"V0601"}, "count": CHECK, "pointer": CHECK},
    "microsoft/wav": {
        "truncated": {"V0302"},
        "extended": {"V0301"},
        "magic": {"V0601"},
        "count": {"V0222", "V0230"},
    },
    "isac/fcs": {"truncated": {"V0331"}, "magic": CHECK, "count": {"V0302"}, "pointer": {"V0302"}},
    "compumedics/curry7": {
        "truncated": CHECK,
        "extended": CHECK,
        "magic": CHECK,
        "count": CHECK,
        "missing": {"V0421"},
    },
    "rigol/bin": {
        "truncated": {"V0301"},
        "extended": CHECK,
        "magic": {"V0601"},
        "count": {"V0921"},
        "byte-order": {"V0601"},
    },
    "bti/pdf": {
        "truncated": CHECK | {"V0302", "V0308"},
        "extended": {"V0302"},
        "magic": CHECK | {"V0222"},
        "count": {"V0301", "V0302"},
        "pointer": {"V0302"},
        "missing": {"V0450"},
    },
    "3d-systems/stl": EXACT,
    "andor/spool": {"truncated": CHECK, "extended": CHECK},
    "bruker/nmr": {"truncated": CHECK, "extended": CHECK, "count": CHECK, "missing": {"V0421"}},
    "ccpem/mrc": {**EXACT, "magic": {"V0601"}, "pointer": CHECK, "byte-order": {"V0602"}},
    "css/wfdisc": {"truncated": {"V0315"}, "extended": {"V0502"}, "missing": {"V0450"}},
    "fortran/unformatted": {
        "truncated": {"V0301"},
        "extended": {"V0301"},
        "magic": {"V0602"},
        "count": {"V0602"},
        "byte-order": {"V0602"},
    },
    "itk/metaimage": {"truncated": CHECK, "magic": CHECK},
    "jeol/eds": {"truncated": {"V0302"}, "magic": {"V0601"}, "count": CHECK, "byte-order": {"V0601"}},
    "lispix/ripple": {**EXACT, "pointer": CHECK, "missing": {"V0450"}},
    "microsoft/bmp": {**EXACT, "magic": {"V0601"}, "pointer": CHECK},
    "netpbm/pnm": {"truncated": CHECK, "extended": CHECK, "magic": {"V0506"}},
    "numpy/npy": {**EXACT, "magic": {"V0601"}, "count": {"V0301"}},
    "philips/parrec": {"truncated": CHECK, "extended": CHECK, "missing": {"V0450"}},
    "princeton/spe": {**EXACT, "magic": {"V0601"}, "byte-order": {"V0601"}},
    "sgi/rgb": {**EXACT, "magic": {"V0601"}, "byte-order": {"V0601"}},
    "truevision/tga": {**EXACT, "pointer": CHECK},
    "norpix/seq": {**EXACT, "magic": {"V0601"}, "byte-order": {"V0601"}},
    "nanomegas/blockfile": {
        "truncated": {"V0301"},
        "extended": CHECK,
        "magic": {"V0601"},
        "count": {"V0301"},
        "pointer": {"V0302"},
        "byte-order": {"V0601"},
    },
    "mjpeg/y4m": {"truncated": {"V0309"}, "extended": {"V0309"}, "magic": {"V0601"}},
    "rigol/ds1000": {
        "truncated": CHECK,
        "extended": CHECK,
        "magic": {"V0601"},
        "count": CHECK,
        "pointer": CHECK,
        "byte-order": {"V0601"},
    },
    "rigol/ds1000b": {
        "truncated": CHECK,
        "extended": CHECK,
        "magic": {"V0601"},
        "count": CHECK,
        "byte-order": {"V0601"},
    },
    "rigol/ds1000z": {
        "truncated": CHECK,
        "extended": CHECK,
        "magic": {"V0601"},
        "count": CHECK,
        "pointer": {"V0302"},
        "byte-order": {"V0601"},
    },
    "rigol/ds2000": {
        "truncated": {"V0301"},
        "magic": {"V0601"},
        "count": CHECK,
        "pointer": CHECK,
        "byte-order": {"V0601"},
    },
    "sccn/eeglab": {
        "truncated": CHECK,
        "extended": CHECK,
        "magic": {"V0601"},
        "count": {"V0237"},
        "pointer": {"V0237"},
        "missing": {"V0450"},
        "byte-order": {"V0601"},
    },
    "apple/aiff": {
        "truncated": {"V0301"},
        "extended": {"V0301"},
        "magic": {"V0601"},
        "count": {"V0301"},
        "pointer": CHECK,
    },
}
"""The damage that each card refuses in the files of all of its examples, and the codes it does it with."""

DAMAGED = [(id, example, damage) for id, example in EXAMPLES for damage in NOTICED.get(id, {})]
PAIRS = (
    ("nifti/nifti1", "pair", "V0421"),
    ("nifti/nifti2", "pair", "V0421"),
    ("teem/nrrd", "detached", "V0450"),
    ("itk/metaimage", "detached", "V0450"),
)
"""Examples whose data lie in a file of their own, and the code for its absence."""


@pytest.mark.parametrize("id", IDS)
def test_the_registry_wants_more_than_a_private_card(id):
    card = CARDS[id]
    assert card.id == id
    assert card.title
    assert card.version
    assert card.license == "CC0-1.0"
    assert card.maintainers
    assert card.covers
    assert card.not_covered
    assert len(card.references) >= 2
    assert all(reference.startswith("https://") for reference in card.references)
    assert card.checks
    assert any("make" in entry for entry in card.examples)


@pytest.mark.parametrize("path", PATHS, ids=IDS)
def test_the_readme_names_software_references_and_verification(path):
    text = (path.parent / "README.md").read_text(encoding="utf-8")
    for heading in ("**Software**", "**Covered, not covered**", "**Verified**"):
        assert heading in text or heading.replace("Covered, not", "Not") in text, heading
    index = (FORMATS / "README.md").read_text(encoding="utf-8")
    assert f"[{path.parent.relative_to(FORMATS).as_posix()}]" in index


@pytest.mark.parametrize("path", PATHS, ids=IDS)
def test_cards_stay_readable(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    body = list(itertools.takewhile(lambda line: line != "examples:", lines))
    assert len(body) <= 130
    assert max(map(len, lines)) <= 160


def made(id, example, seed, folder, damage=None):
    return fake(CARDS[id], folder, FakeOptions(seed=seed, example=example, damage=damage))


def as_stored(values):
    """Complex numbers are pairs of floats in a portable map."""
    if values.dtype.kind != "c":
        return values
    return np.ascontiguousarray(values).view(values.real.dtype).reshape(*values.shape, 2)


@pytest.mark.parametrize(("id", "example"), EXAMPLES)
def test_made_up_files_are_read_back(id, example, tmp_path):
    seen = set()
    for seed in SEEDS:
        data, out = tmp_path / f"data{seed}", tmp_path / f"maps{seed}"
        known = made(id, example, seed, data)
        report = vspec.apply(CARDS[id], data, out, known.params)
        assert not report.problems, report.problems
        arrays = {name: array for entry in report.maps for name, array in read(Path(entry.map)).items()}
        assert known.arrays
        for name, values in known.arrays.items():
            found = arrays[name].values
            assert found.dtype == as_stored(values).dtype
            assert np.array_equal(found, as_stored(values), equal_nan=values.dtype.kind in "fc"), (name, seed)
            seen.add(values.tobytes())
        assert any(np.unique(values).size > 1 for values in known.arrays.values())
    assert len(seen) >= len(SEEDS), "every seed gives other contents"


@pytest.mark.parametrize(("id", "example", "damage"), DAMAGED)
def test_damaged_files_are_refused(id, example, damage, tmp_path):
    known = made(id, example, 1, tmp_path / "data", damage)
    assert known.refused
    assert set(known.refused) <= NOTICED[id][damage], known.refused


@pytest.mark.parametrize(("id", "example", "code"), PAIRS)
def test_a_missing_data_file_is_named(id, example, code, tmp_path):
    assert made(id, example, 1, tmp_path / "data", "missing").refused == (code,)


@pytest.mark.parametrize(("id", "example"), EXAMPLES)
def test_a_card_is_identified_by_its_own_files_alone(id, example, tmp_path):
    made(id, example, 3, tmp_path)
    matches = vspec.identify(tmp_path).matches
    wholes = [m for m in matches if not any(set(m.files) < set(other.files) for other in matches)]
    found = {match.card_id for match in wholes}  # a .npy of a recording is a .npy, too
    required = any(param.default is None for param in CARDS[id].params)
    assert found == (set() if required else {id})


def test_every_card_says_what_it_notices():
    assert set(NOTICED) == set(IDS)
