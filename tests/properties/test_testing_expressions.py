"""The public strategy of expressions: the engine agrees with plain Python on all of them."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings

from vspec.errors import Place, Text
from vspec.expressions import UnknownName, parse
from vspec.testing.expressions import ExpressionSample, expressions


class Names:
    def __init__(self, values):
        self.values = {k: np.array(v) if isinstance(v, list) else v for k, v in values.items()}

    def names(self):
        return list(self.values)

    def get(self, name):
        if name not in self.values:
            raise UnknownName(name)
        return self.values[name]


@settings(deadline=None)
@given(expressions())
def test_the_engine_agrees_with_python(sample: ExpressionSample):
    place = Place("card.yaml", 1, 1, len(sample.text), sample.text)
    found = parse(Text(sample.text, place)).evaluate(Names(sample.names))
    plain = found.tolist() if isinstance(found, np.ndarray) else found
    assert type(plain) is type(sample.expected)
    if isinstance(plain, float):
        assert math.isclose(plain, sample.expected, rel_tol=1e-12)
    else:
        assert plain == sample.expected
