"""The JSON Schema (draft-07) of cards, for editors; generated from the table of the grammar.

Flat: no ``anyOf`` or ``oneOf``, so that an editor completes every key. A value that may be a
scalar or a mapping lists both under ``type``.
"""

from __future__ import annotations

import json
from pathlib import Path

from vspec.card.grammar import Key, Kind, Shape, Value
from vspec.card.keys import SHAPES
from vspec.layout import Json

COMMITTED = Path(__file__).with_name("card.schema.json")

_ANY: list[Json] = ["string", "number", "boolean", "null"]
_SCALARS: dict[Kind, list[Json]] = {
    "expression": ["string", "number", "boolean"],
    "repeat": ["string", "number"],
    "endian": ["string"],
    "integer": ["integer"],
    "boolean": ["boolean"],
    "constant": _ANY,
    "anything": _ANY,
}
_NAME = "^[A-Za-z_][A-Za-z0-9_]*$"


def schema() -> dict[str, Json]:
    """Return the JSON Schema of a card."""
    card = _mapping(SHAPES["card"])
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": "https://vspec.dev/card.schema.json",
        "title": "vspec card",
        **card,
        "defaultSnippets": _SNIPPETS,
        "definitions": {_slug(name): _mapping(shape) for name, shape in SHAPES.items() if name != "card"},
    }


def schema_text() -> str:
    """Return the schema as it is committed and as ``vspec schema`` prints it."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def _slug(name: str) -> str:
    return name.replace(" ", "_")


def _mapping(shape: Shape) -> dict[str, Json]:
    forms: list[Json] = [*(_SCALARS.get(shape.short, ["string"]) if shape.short else []), "object"]
    mandatory: list[Json] = [key.name for key in shape.keys if key.mandatory]
    result: dict[str, Json] = {
        "description": shape.doc,
        "type": _one_or_many(forms),
        "properties": {key.name: _key(key) for key in shape.keys},
        "additionalProperties": _value(shape.free) if shape.free else False,
    }
    if mandatory:
        result["required"] = mandatory
    return result


def _key(key: Key) -> Json:
    """Return a property; a reference has its texts beside it in ``allOf`` (draft-07 ignores siblings)."""
    described: dict[str, Json] = {
        "description": key.doc,
        "markdownDescription": f"{key.doc}\n\n```yaml\n{_yaml(key)}\n```",
        "examples": [_json(key.example)],
    }
    value = _value(key.value)
    if "$ref" in value:
        return {**described, "allOf": [value]}
    if key.name == "vspec":
        value = {**value, "const": 1}
    return {**described, **value}


def _value(value: Value) -> dict[str, Json]:
    if value.shape is not None and value.kind is None and value.items is None:
        return {"$ref": f"#/definitions/{_slug(value.shape)}"}
    forms: list[Json] = list(_SCALARS.get(value.kind, ["string"])) if value.kind else []
    if value.kind in ("constant", "anything"):
        return {}
    result: dict[str, Json] = {}
    if value.items is not None:
        forms.append("array")
        result["items"] = _value(value.items)
        if value.least:
            result["minItems"] = value.least
        if value.most is not None:
            result["maxItems"] = value.most
    if value.entries is not None:
        forms.append("object")
        result["additionalProperties"] = _value(value.entries)
        if value.names != "any":
            result["propertyNames"] = {"pattern": _NAME}
        if value.least:
            result["minProperties"] = value.least
    if value.words:
        result["enum"] = list(value.words)
    return {"type": _one_or_many(forms), **result}


def _one_or_many(forms: list[Json]) -> Json:
    return forms[0] if len(forms) == 1 else forms


def _json(value: object) -> Json:
    """Return an example with text keys, as JSON has them."""
    decoded: Json = json.loads(json.dumps(value))
    return decoded


def _yaml(key: Key) -> str:
    """Return ``key: example`` in flow style, which is JSON where a text needs quotes."""
    return f"{key.name}: {json.dumps(key.example, ensure_ascii=False)}"


_SNIPPETS: list[Json] = [
    {
        "label": "raw file",
        "description": "A file without a header: one array from the first byte to the last.",
        "body": {
            "vspec": 1,
            "title": "$1",
            "files": "{name}.dat",
            "arrays": {"raw": {"dtype": "int16", "shape": {"time": "auto", "channel": 64}}},
        },
    },
    {
        "label": "record file",
        "description": "A header, then records to the end of the file.",
        "body": {
            "vspec": 1,
            "title": "$1",
            "files": {
                "file": {
                    "match": "{name}.dat",
                    "endian": "little",
                    "layout": {
                        "fields": {
                            "magic": "ascii(4) = 'MAGI'",
                            "n": "uint32",
                            "block": {
                                "repeat": "rest",
                                "fields": {"samples": "int16[channel=n, sample=128]"},
                            },
                        }
                    },
                }
            },
            "arrays": {
                "samples": {
                    "from": "file.block.samples",
                    "dims": "block channel sample -> time=(block sample) channel",
                }
            },
        },
    },
    {
        "label": "header + sibling",
        "description": "A text header beside a raw file.",
        "body": {
            "vspec": 1,
            "title": "$1",
            "files": {
                "data": "{name}.bin",
                "header": {
                    "match": "{name}.txt",
                    "format": "pairs",
                    "fields": {"channels": "int", "rate": "float"},
                },
            },
            "arrays": {
                "raw": {
                    "dtype": "int16",
                    "shape": {"time": "auto", "channel": "header.channels"},
                    "time": {"step": "1 / header.rate", "units": "s"},
                }
            },
        },
    },
]
