"""What `codec:` says, run backwards: bytes as a chain encodes them, and the numbers that tell their size."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numcodecs
import numpy as np

from vspec.authoring.fakes import streams
from vspec.card.model import CodecStep
from vspec.card.model import Record as RecordSpec
from vspec.errors import fail
from vspec.expressions import Expression, Scope, Value


def encode(content: bytes, steps: Sequence[CodecStep], scope: Scope) -> bytes:
    """Return ``content`` as the steps that hold encode it, the first one first.

    Raises V0853 for a step that cannot encode it.
    """
    for step in steps:
        if step.condition is None or step.condition.truth(scope):
            content = _encode(content, step, scope)
    return content


def _encode(content: bytes, step: CodecStep, scope: Scope) -> bytes:
    name = str(step.id.render(scope))
    if name in streams.ENCODE and not step.arguments:
        return streams.packed(content, name)
    config: dict[str, object] = {"id": name}
    for key, argument in step.arguments.items():
        value = argument.evaluate(scope)
        config[key] = value.tolist() if isinstance(value, np.ndarray) else value
    try:
        if name.startswith("imagecodecs_"):
            import imagecodecs.numcodecs

            imagecodecs.numcodecs.register_codecs(verbose=False)
        return bytes(numcodecs.get_codec(config).encode(content))
    except (ValueError, TypeError, RuntimeError, ImportError) as error:
        message = f"the codec '{name}' does not encode what was made for it"
        raise fail("V0853", message, step.place, found=str(error)[:80]) from None


def said(spec: RecordSpec, name: str, sizes: Callable[[str], Sequence[int]], end: Callable[[], int]) -> Value:
    """Return what a field says of encoded records beside it: how long they are, or where; None for neither.

    ``sizes`` gives the encoded bytes of each row of a record. Rows that say by their number where they
    lie follow each other from ``end`` on.
    """
    for record in _encoded(spec):
        if _is(record.encoded, name, None):
            found = list(sizes(record.name))
            return found[0] if len(set(found)) == 1 else None
        variable = None if record.repeat is None else record.repeat.variable
        if variable is not None and _is(record.encoded, name, variable):
            return list(sizes(record.name))
        if variable is not None and _is(record.at, name, variable):
            before = np.cumsum([0, *sizes(record.name)])[:-1]
            return [end() + n for n in before.tolist()]
    return None


def _encoded(spec: RecordSpec) -> Iterator[RecordSpec]:
    yield from (one for one in spec.fields if isinstance(one, RecordSpec) and one.codec)


def _is(expression: Expression | None, name: str, variable: str | None) -> bool:
    """Tell whether an expression is a name, or the item of it that a loop is at."""
    text = "" if expression is None else "".join(expression.text.value.split())
    return text == (name if variable is None else f"{name}[{variable}]")
