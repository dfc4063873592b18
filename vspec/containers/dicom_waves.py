"""Waveforms of a DICOM file: one array a multiplex group, samples by channels.

Source: DICOM PS3.3, C.10.9 (waveform module).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from vspec.containers.dicom_tags import inside, items
from vspec.containers.dicom_values import Values
from vspec.containers.model import ContainerFile, Entry, Lost
from vspec.containers.verbatim import Block, Verbatim
from vspec.layout import Affine, Axis, Json

_SEQUENCE, _CHANNELS, _SOURCE, _UNITS = 0x54000100, 0x003A0200, 0x003A0208, 0x003A0211
_KINDS = {"SB": "i1", "UB": "u1", "SS": "i2", "US": "u2", "SL": "i4", "UL": "u4", "SV": "i8", "UV": "u8"}
_MOST_CHANNELS = 4096


def waveforms(file: ContainerFile, values: Values, lost: list[Lost]) -> Iterator[Entry]:
    """Yield the arrays ``waveform_0`` ...; V0361 where their numbers cannot be."""
    sequence = values.found.get(_SEQUENCE)
    if sequence is None:
        return
    for number, item in enumerate(items(values.data, sequence)):
        path = f"waveform_{number}"
        one = Values(values.data, inside(values.data, item))
        kind = _KINDS.get(one.words(0x54001006))
        samples, channels = one.count(0x003A0010, b"UL") or 0, one.count(0x003A0005) or 0
        data = one.found.get(0x54001010)
        if kind is None or data is None:
            lost.append(Lost(path, "its samples are no whole numbers"))
            continue
        dtype = np.dtype(data.syntax.order + kind)
        if min(samples, channels) < 1 or samples * channels * dtype.itemsize > data.length:
            raise file.problem(
                "V0361",
                f"{path} is described in a way that cannot be",
                data.at,
                expected=f"at most {data.length} bytes",
                found=f"{samples} samples of {channels} channels",
            )
        block = Block(file, data.at, dtype, (_time(one, path, samples), _channel_axis(one, path, channels)))
        yield Verbatim(path, block, _attributes(one)).entry()


def _time(one: Values, path: str, samples: int) -> Axis:
    rate = one.number(0x003A001A, b"DS")
    affine = Affine(0.0, 1 / rate, "s") if rate is not None and rate > 0 else None
    return Axis(f"{path}_time", samples, (f"{path}_time",), affine=affine)


def _channel_axis(one: Values, path: str, channels: int) -> Axis:
    """Return the axis of channels, named by where their signals come from if each name is another."""
    names = [_meaning(channel, _SOURCE) for channel in _definitions(one)]
    unlike = len(names) == channels and len(set(names)) == channels and all(names)
    return Axis(f"{path}_channel", channels, (f"{path}_channel",), labels=tuple(names) if unlike else None)


def _definitions(one: Values) -> list[Values]:
    sequence = one.found.get(_CHANNELS)
    if sequence is None:
        return []
    found = []
    for item in items(one.data, sequence, 1):
        found.append(Values(one.data, inside(one.data, item, 2)))
        if len(found) == _MOST_CHANNELS:
            break
    return found


def _meaning(values: Values, tag: int, code: int = 0x00080104) -> str:
    """Return what the first code of a sequence means, or the code itself."""
    sequence = values.found.get(tag)
    if sequence is None:
        return ""
    first = next(items(values.data, sequence, 2), None)
    return Values(values.data, inside(values.data, first, 3)).words(code) if first is not None else ""


def _attributes(one: Values) -> dict[str, Json]:
    """Return how counts of each channel become values: ``(count + baseline) * sensitivity``."""
    found: dict[str, Json] = {}
    channels = _definitions(one)
    columns: dict[str, list[Json]] = {
        "ChannelSensitivity": [c.number(0x003A0210, b"DS") for c in channels],
        "ChannelSensitivityCorrectionFactor": [c.number(0x003A0212, b"DS") for c in channels],
        "ChannelBaseline": [c.number(0x003A0213, b"DS") for c in channels],
        "ChannelSensitivityUnits": [_meaning(c, _UNITS, 0x00080100) or None for c in channels],
    }
    stated = {name: column for name, column in columns.items() if column.count(None) < len(column)}
    found |= stated
    rate = one.number(0x003A001A, b"DS")
    if rate is not None:
        found["SamplingFrequency"] = rate
    return found
