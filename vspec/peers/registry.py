"""Which independent reader reads which container, by the word of a card. Imported when first needed."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vspec.card.container_words import CONTAINERS

PeerReader = Callable[[Path, str, tuple[slice, ...]], NDArray[np.generic]]
"""Returns a box of one array of a file, its axes in stored order."""


WORDS = ("csv", *CONTAINERS)


def reader(word: str) -> PeerReader:
    """Return the independent reader of a kind of container."""
    module = import_module(f"vspec.peers.{word}")
    found: PeerReader = getattr(module, f"read_{word}")
    return found
