"""The JSON Schema (draft-07) of cards, for editors; generated from the table of the grammar.

Flat: no ``anyOf`` or ``oneOf``, so that an editor completes every key. A value that may be a
scalar or a mapping lists both under ``type``. ``markdownDescription``, ``enumDescriptions`` and
``defaultSnippets`` are what editors show and write; a validator passes over them.
"""

from __future__ import annotations

import json
from pathlib import Path

from vspec.card.grammar import Key, Kind, Shape, Value
from vspec.card.keys import SHAPES
from vspec.card.snippets import OFFERS, SHAPE_SNIPPETS, snippet, with_places, yaml_lines
from vspec.layout import Json

COMMITTED = Path(__file__).with_name("card.schema.json")

_ANY: list[Json] = ["string", "number", "boolean", "null"]
_SCALARS: dict[Kind, list[Json]] = {
    "expression": ["string", "number"],
    "repeat": ["string", "number"],
    "endian": ["string"],
    "integer": ["integer"],
    "number as text": ["string", "number"],
    "boolean": ["boolean"],
    "constant": _ANY,
    "anything": _ANY,
}
_NAME = "^[A-Za-z_][A-Za-z0-9_]*$"


def schema() -> dict[str, Json]:
    """Return the JSON Schema of a card."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "vspec card",
        "description": SHAPES["card"].doc,
        **_mapping("card"),
        "definitions": {_slug(name): _mapping(name) for name in SHAPES if name != "card"},
    }


def schema_text() -> str:
    """Return the schema as it is committed and as ``vspec schema`` prints it."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def _slug(name: str) -> str:
    return name.replace(" ", "_")


def _mapping(name: str) -> dict[str, Json]:
    """Return the schema of a mapping. What it is, is said where it stands: see `_value` and `_key`."""
    shape = SHAPES[name]
    forms: list[Json] = [*(_SCALARS.get(shape.short, ["string"]) if shape.short else []), "object"]
    mandatory: list[Json] = [key.name for key in shape.keys if key.mandatory]
    result: dict[str, Json] = {
        "type": _one_or_many(forms),
        "properties": {key.name: _key(shape, key) for key in shape.keys},
        "additionalProperties": _value(shape.free) if shape.free else False,
    }
    if mandatory:
        result["required"] = mandatory
    if name in SHAPE_SNIPPETS:
        result["defaultSnippets"] = [snippet(*given) for given in SHAPE_SNIPPETS[name]]
    return result


def _key(shape: Shape, key: Key) -> Json:
    """Return a property.

    A mapping of the grammar, or a list, stands in ``allOf`` where the example has another form:
    else an editor would write the beginning of that mapping or list, and not the example.
    """
    example = "\n".join(yaml_lines({key.name: key.example}))
    about = " ".join([key.doc, *_rules(shape, key)])
    described: dict[str, Json] = {
        "description": key.doc,
        "markdownDescription": f"{about}\n\n```yaml\n{example}\n```",
    }
    value = _value(key.value, described=True)
    if key.name == "vspec":
        return {**described, **value, "const": 1}
    if key.value.words:
        return {**described, **value}
    if isinstance(key.example, list):
        return {**described, **value}
    described["defaultSnippets"] = _offers(key)
    if "$ref" in value or key.value.items is not None:
        return {**described, "allOf": [value]}
    return {**described, **value}


def _rules(shape: Shape, key: Key) -> list[str]:
    """Return what a flat schema cannot check, in words: keys that exclude or need one another."""
    others = [name for name in shape.one_of if name != key.name] if key.name in shape.one_of else []
    others += [b if a == key.name else a for a, b in shape.apart if key.name in (a, b)]
    wanted = [other for name, other in shape.needs if name == key.name]
    found = ["Mandatory."] if key.mandatory else []
    found += [f"Only with `{name}`." for name in wanted]
    if others:
        found.append("Not with " + ", ".join(f"`{name}`" for name in dict.fromkeys(others)) + ".")
    return found


def _offers(key: Key) -> list[Json]:
    """Return what an editor offers for the value: the example, then other values of note."""
    offers = OFFERS.get(key.name, ())
    if any(word == key.example for word, _ in offers):
        return [snippet(word, meaning, word) for word, meaning in offers]
    label = " ".join(line.strip() for line in yaml_lines(key.example))
    body = key.example if isinstance(key.example, bool) else with_places(key.example)
    return [{"label": label, "description": key.doc, "body": body}]


def _value(value: Value, *, described: bool = False) -> dict[str, Json]:
    """Return the schema of a value; ``described``: its key says what it is."""
    if value.shape is not None and value.items is None:
        reference: dict[str, Json] = {"$ref": f"#/definitions/{_slug(value.shape)}"}
        shape = SHAPES[value.shape]
        about: dict[str, Json] = {"title": shape.noun, "description": shape.doc}
        return reference if described else {**about, "allOf": [reference]}
    forms: list[Json] = list(_SCALARS.get(value.kind, ["string"])) if value.kind else []
    if value.truth:
        forms.append("boolean")
    if value.kind in ("constant", "anything"):
        return {}
    result: dict[str, Json] = {}
    if value.shape is not None:
        forms.append("object")
        one = _mapping(value.shape)
        result = {
            name: one[name] for name in ("properties", "additionalProperties", "required") if name in one
        }
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
        result["enumDescriptions"] = list(value.meanings)
    return {"type": _one_or_many(forms), **result}


def _one_or_many(forms: list[Json]) -> Json:
    return forms[0] if len(forms) == 1 else forms
