"""What an editor writes for the author: YAML of examples, and snippets with places to fill in.

A snippet's text follows the Language Server Protocol: ``${1:text}`` is a place, number 1, that holds
``text``. Editors write the scalars of a snippet as they stand here, so a scalar that needs quotes
brings them.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator

from vspec.layout import Json

_PLAIN = re.compile(r"(?:[A-Za-z(/]|[0-9]+ [-+*/])(?:[^:#\n]|:(?! )|(?<! )#)*")
_MEANS_SOMETHING = {"true", "false", "null"}

Offer = tuple[str, str]
"""A value that an editor offers, and what it means."""

_ORDERS: tuple[Offer, ...] = (
    ("little", "The low byte comes first, as PCs write."),
    ("big", "The high byte comes first."),
)
_TYPES: tuple[Offer, ...] = (
    ("int8", "1 byte, signed."),
    ("uint8", "1 byte, unsigned."),
    ("int16", "2 bytes, signed."),
    ("uint16", "2 bytes, unsigned."),
    ("int32", "4 bytes, signed."),
    ("uint32", "4 bytes, unsigned."),
    ("int64", "8 bytes, signed."),
    ("float32", "4 bytes, IEEE 754."),
    ("float64", "8 bytes, IEEE 754."),
)

OFFERS: dict[str, tuple[Offer, ...]] = {
    "dtype": _TYPES,
    "encoding": (
        ("utf-8", "Unicode, as most text is now."),
        ("cp1252", "Windows, Western Europe."),
        ("latin-1", "ISO 8859-1: one byte, one character."),
        ("utf-16", "Unicode in two bytes, with a byte order mark."),
    ),
    "endian": _ORDERS,
    "license": (("CC0-1.0", "Public domain, as the cards of the registry."), ("CC-BY-4.0", "With credit.")),
    "order": (("C", "The last axis varies fastest."), ("F", "The first axis varies fastest.")),
    "repeat": (
        ("rest", "As many as there are up to the end of the file."),
        ("i in range(n)", "A count; i is the number of the record."),
    ),
    "units": (("s", "seconds"), ("uV", "microvolts"), ("mm", "millimetres"), ("Hz", "1 / s")),
}
"""Values that are worth offering, by the name of the key; its example is among them."""

SHAPE_SNIPPETS: dict[str, list[tuple[str, str, Json]]] = {
    "card": [
        (
            "raw file",
            "A file without a header: one array from the first byte to the last.",
            {
                "vspec": 1,
                "title": "${1:Rig 3, NI-DAQ dump}",
                "files": "{name}.${2:dat}",
                "arrays": {
                    "${3:raw}": {
                        "dtype": "${4:int16}",
                        "shape": {"time": "auto", "channel": "${5:64}"},
                        "time": {"step": "1 / ${6:30000}", "units": "s"},
                    }
                },
            },
        ),
        (
            "record file",
            "A header, then records to the end of the file.",
            {
                "vspec": 1,
                "title": "${1:Rig 3, blocks}",
                "files": {
                    "file": {
                        "match": "{name}.${2:dat}",
                        "endian": "little",
                        "layout": {
                            "fields": {
                                "magic": "ascii(4) = '${3:MAGI}'",
                                "n": "uint32",
                                "block": {
                                    "repeat": "rest",
                                    "fields": {"samples": "int16[channel=n, sample=${4:128}]"},
                                },
                            }
                        },
                    }
                },
                "arrays": {
                    "${5:samples}": {
                        "from": "file.block.samples",
                        "dims": "block channel sample -> time=(block sample) channel",
                    }
                },
            },
        ),
        (
            "header + sibling",
            "A text header beside a raw file.",
            {
                "vspec": 1,
                "title": "${1:Rig 3, with a header}",
                "files": {
                    "data": "{name}.${2:bin}",
                    "header": {
                        "match": "{name}.${3:txt}",
                        "format": "pairs",
                        "fields": {"${4:channels}": "int", "${5:rate}": "float"},
                    },
                },
                "arrays": {
                    "${6:raw}": {
                        "dtype": "int16",
                        "shape": {"time": "auto", "channel": "header.${4:channels}"},
                        "time": {"step": "1 / header.${5:rate}", "units": "s"},
                    }
                },
            },
        ),
    ],
    "role": [
        (
            "text header",
            "A file of keys and values.",
            {"match": "{name}.${1:txt}", "format": "pairs", "fields": {"${2:rate}": "${3:float}"}},
        ),
        (
            "binary file",
            "A file with fields at known places.",
            {
                "match": "{name}.${1:dat}",
                "endian": "little",
                "layout": {"fields": {"${2:magic}": "ascii(4) = '${3:MAGI}'", "${4:n}": "uint32"}},
            },
        ),
    ],
    "field": [
        (
            "records to the end",
            "Records of equal fields, as many as there are.",
            {"repeat": "rest", "fields": {"${1:t}": "uint64", "${2:samples}": "int16[channel=${3:4}]"}},
        ),
    ],
    "array": [
        (
            "bytes of a file",
            "A file without a layout: dtype and shape.",
            {"dtype": "${1:int16}", "shape": {"time": "auto", "channel": "${2:64}"}},
        ),
        (
            "located field",
            "A field of a layout, its axes in the order asked for.",
            {"from": "${1:file.block.samples}", "dims": "${2:block channel -> block channel}"},
        ),
    ],
    "axis": [
        (
            "regular",
            "start and step: two numbers, whatever the length.",
            {"step": "1 / ${1:30000}", "units": "s"},
        ),
        (
            "channels",
            "A name and a gain for each channel.",
            {"labels": "${1:header.names}", "gain": "${2:header.gains}", "units": "${3:uV}"},
        ),
    ],
}
"""Snippets that an editor offers inside a mapping: label, description, body."""


def yaml_lines(value: object, indent: str = "") -> Iterator[str]:
    """Give plain data as lines of YAML in block style; a scalar or an empty tree is one line."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _under(f"{indent}{_scalar(key)}:", inner, indent)
    elif isinstance(value, list) and value:
        for inner in value:
            first, *others = yaml_lines(inner, indent + "  ")
            yield f"{indent}- {first.strip()}"
            yield from others
    else:
        yield indent + _scalar(value)


def _under(head: str, inner: object, indent: str) -> Iterator[str]:
    if isinstance(inner, dict | list) and inner:
        yield head
        yield from yaml_lines(inner, indent + "  ")
    else:
        yield f"{head} {_scalar(inner)}"


def snippet(label: str, description: str, body: Json) -> Json:
    """Return a snippet as the schema holds it."""
    return {"label": label, "description": description, "body": _quoted(body)}


def with_places(value: object) -> Json:
    """Return plain data as the body of a snippet, with a place for each scalar."""
    numbers = itertools.count(1)

    def placed(inner: object) -> Json:
        if isinstance(inner, dict):
            return {_escaped(key): placed(item) for key, item in inner.items()}
        if isinstance(inner, list):
            return [placed(item) for item in inner]
        return f"${{{next(numbers)}:{_escaped(inner)}}}"

    return placed(value)


def _escaped(value: object) -> str:
    """Return a scalar as a snippet holds it: what means something there is escaped."""
    return re.sub(r"[\\$}]", r"\\\g<0>", _scalar(value))


def _quoted(body: Json) -> Json:
    """Return the body of a snippet with quotes around the scalars that need them."""
    if isinstance(body, dict):
        return {key: _quoted(inner) for key, inner in body.items()}
    if isinstance(body, str) and not body.startswith("$"):
        return _scalar(body)
    return body


def _scalar(value: object) -> str:
    """Return a scalar, or an empty list or mapping, as YAML writes it."""
    if not isinstance(value, str):
        return json.dumps(value)
    plain = _PLAIN.fullmatch(value) and value == value.strip() and not value.endswith(":")
    if plain and value.lower() not in _MEANS_SOMETHING:
        return value
    return json.dumps(value, ensure_ascii=False)
