"""The checks of ``codec:`` and ``nbytes:``: what is wrong with them whatever the file holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vspec.card.check_layout import all_records, check_size
from vspec.card.container_words import CODECS, MORE_CODECS, codec_meant, is_codec
from vspec.card.model import Card, CodecStep
from vspec.errors import Problem, did_you_mean
from vspec.expressions import Expression


def check_codecs(card: Card) -> Iterator[Problem]:
    """Yield the problems of codecs that there are not (V0105), and of negative sizes (V0186)."""
    for record in all_records(card):
        yield from _check_coded(record.codec, record.encoded)
    for array in card.arrays:
        yield from _check_coded(array.codec, array.encoded)


def _check_coded(steps: Sequence[CodecStep], nbytes: Expression | None) -> Iterator[Problem]:
    yield from check_size(nbytes, "'nbytes'")
    for step in steps:
        name = step.id.text.value
        if step.id.is_plain and not is_codec(name):
            yield Problem("V0105", f"'{name}' is no codec", step.place, help=codec_help(name))


def codec_help(name: str) -> str:
    """Return what to write in the place of an id that is no codec's."""
    meant = codec_meant(name)
    near = f"did you mean '{meant}'?" if meant is not None else did_you_mean(name, CODECS, "")
    if near is not None and near.startswith("did"):
        return near
    return f"one of {', '.join(sorted(CODECS))}, or {MORE_CODECS}..."
