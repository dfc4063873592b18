"""What is taken from the reader's words as a fact that can be compared, and what is not."""

from __future__ import annotations

import pytest

from tests.corpus.stated import Stated, read_stated


@pytest.mark.parametrize(
    ("extra", "stated"),
    (
        ({"sfreq": 2000.0}, Stated("sfreq", "rate", (2000.0,))),
        ({"rate": 44100}, Stated("rate", "rate", (44100.0,))),
        ({"global": {"core:sample_rate": 48000}}, Stated("global.core:sample_rate", "rate", (48000.0,))),
        ({"fs": [500.0, 487.5]}, Stated("fs", "rate", (500.0, 487.5))),
        ({"Sampling Rate": "250"}, Stated("Sampling Rate", "rate", (250.0,))),
        ({"ch_names": ["Fp1", "Fp2"]}, Stated("ch_names", "names", ("Fp1", "Fp2"))),
        ({"channels": [{"name": "EKG", "n": 1}]}, Stated("channels.name", "names", ("EKG",))),
        ({"stats": [{"npts": 4}, {"npts": 5}]}, Stated("stats.npts", "length", (4.0, 5.0))),
        ({"ids": ["XA.S12..LPX"]}, Stated("ids", "ids", ("XA.S12..LPX",))),
        ({"slope": 0.5}, Stated("slope", "gain", (0.5,))),
        ({"gain": 0.5, "units": "uV"}, Stated("gain", "gain", (0.5,), "uV")),
        ({"inter": -3}, Stated("inter", "offset", (-3.0,))),
        (
            {"head": ["NDims = 2", "ElementSpacing = 1 2.5"]},
            Stated("head.ElementSpacing", "spacing", (1.0, 2.5)),
        ),
        ({"starttime": "2024-05-01T12:00:00"}, Stated("starttime", "start", ("2024-05-01T12:00:00",))),
        ({"t_start": 1.5}, Stated("t_start", "start", (1.5,))),
    ),
)
def test_a_fact_is_recognised_by_its_name_wherever_it_stands(extra, stated):
    assert stated in read_stated(extra)


def test_of_an_affine_the_lengths_of_its_columns_are_the_pixel_sizes():
    affine = [[-3.0, 0.0, 1.0, 9.0], [0.0, 2.0, 0.0, 9.0], [4.0, 0.0, 2.0, 9.0], [0.0, 0.0, 0.0, 1.0]]
    (fact,) = read_stated({"affine": affine})
    assert fact.values == pytest.approx((5.0, 2.0, 5**0.5), rel=1e-15)


@pytest.mark.parametrize(
    "extra",
    (
        None,
        7,
        [],
        {},
        {"affine": None},
        {"affine": [[1.0, 0.0], ["x", 1.0]]},
        {"affine": [[1.0], [2.0]]},
        {"sfreq": "fast"},
        {"sfreq": True},
        {"sfreq": float("nan")},
        {"fs": [500.0, None]},
        {"ch_names": ["Fp1", 2]},
        {"units": ""},
        {"ids": ["..."]},
        {"name": "no channel's"},
        {"datasets": {"units/sampling_rate": {"offset": 16896, "chunks": None}}},
        {"labels": {"a": 1}},
        {"header": ["ply", "format binary_little_endian 1.0"]},
        {"a": {"b": {"c": {"d": {"sfreq": 1.0}}}}},
    ),
    ids=str,
)
def test_what_has_another_name_or_form_states_nothing(extra):
    assert read_stated(extra) == []
