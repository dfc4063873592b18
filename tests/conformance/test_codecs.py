"""The vectors of the codecs, run by this implementation and by a second one, written from the page alone."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.conformance import codecs_by_hand
from vspec.codecs import from_config
from vspec.errors import VspecError

FOLDER = Path(__file__).with_name("codecs")
VECTORS = [
    pytest.param(vector, id=f"{path.stem}: {vector['name']}")
    for path in sorted(FOLDER.glob("*.json"))
    for vector in json.loads(path.read_text(encoding="utf-8"))
]
SOUND = [vector for vector in VECTORS if "output" in vector.values[0]]
HOSTILE = [vector for vector in VECTORS if "error" in vector.values[0]]


def test_there_are_vectors_of_every_codec():
    assert {path.stem for path in FOLDER.glob("*.json")} == {"bits", "gather", "ibm32"}
    assert len(SOUND) > 60
    assert len(HOSTILE) > 50
    assert len(SOUND) + len(HOSTILE) == len(VECTORS)


@pytest.mark.parametrize("vector", SOUND)
def test_a_vector_decodes_to_its_output(vector):
    decoded = from_config(vector["config"]).decode(bytes.fromhex(vector["input"]))
    assert decoded.dtype == np.uint8
    assert decoded.ndim == 1
    assert decoded.tobytes().hex() == vector["output"]


@pytest.mark.parametrize("vector", SOUND)
def test_the_second_implementation_agrees(vector):
    assert codecs_by_hand.decode(vector["config"], bytes.fromhex(vector["input"])).hex() == vector["output"]


@pytest.mark.parametrize("vector", HOSTILE)
def test_what_cannot_be_is_refused_by_its_code(vector):
    with pytest.raises(VspecError) as raised:
        from_config(vector["config"]).decode(bytes.fromhex(vector.get("input", "")))
    assert {problem.code for problem in raised.value.problems} == {vector["error"]}
    # The input is only there where the configuration alone would pass.
    if vector["error"] == "V0712":
        from_config(vector["config"])


@pytest.mark.parametrize("vector", SOUND)
def test_a_configuration_survives_json(vector):
    codec = from_config(vector["config"])
    written = json.loads(json.dumps(codec.config()))
    assert written == ({"offset": 0} if "axes" in written else {}) | vector["config"]
    assert from_config(written) == codec
