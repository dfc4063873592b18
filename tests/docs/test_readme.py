"""The README keeps its promises: one screen, ten lines of card, numbers that are those of the file."""

from __future__ import annotations

import numpy as np

from tests.docs.pages import page
from tests.docs.session import Session, install

README = page("README.md")


def test_it_fits_on_one_screen():
    assert len(README.text.splitlines()) <= 80


def test_the_card_has_ten_lines():
    (card,) = [block for block in README.blocks() if block.language == "yaml"]
    assert len(card.text.splitlines()) <= 10


def test_what_it_reads_is_what_the_file_holds(tmp_path):
    install(tmp_path / "programs")
    session = Session(tmp_path, tmp_path / "programs")
    session.run(README.blocks())
    samples = np.fromfile(tmp_path / "data" / "session.dat", "<i2").reshape(-1, 64)
    assert samples.shape == (5000, 64)
    assert np.array_equal(session.namespace["integers"], samples[:, 3])
    assert np.allclose(session.namespace["microvolts"], samples[:, 3] * 0.195)


def test_nobody_is_told_to_install_another_project():
    assert "pip install vspec" not in README.text
