"""Starter cards: commented, valid, with an example that `fake` can make."""

from __future__ import annotations

import re
from pathlib import Path

KINDS = ("raw", "record", "sibling")
"""raw: samples without a header; record: a binary header and records; sibling: a text file beside samples."""

SCHEMA_FILE = "card.schema.json"
"""The schema beside a card, where an editor looks for it: `vspec schema > card.schema.json` writes it."""

_TEMPLATES = Path(__file__).with_name("templates")


def scaffold(name: str, kind: str = "raw") -> str:
    """Return the text of a starter card; raises `KeyError` for a kind that is none of `KINDS`.

    >>> print(scaffold("rig-3").splitlines()[0])
    # yaml-language-server: $schema=card.schema.json
    """
    if kind not in KINDS:
        raise KeyError(kind)
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701  # the result is YAML, not HTML
        variable_start_string="<<",
        variable_end_string=">>",
    )
    title = re.sub(r"[\x00-\x1f\"\\]", " ", name).strip() or "card"
    template = environment.get_template(f"{kind}.yaml.j2")
    return template.render(id=card_id(name), title=title, schema=SCHEMA_FILE)


def card_id(name: str) -> str:
    """Return a name as the id of a card: lower case, with hyphens.

    >>> card_id("Rig 3 (old)")
    'rig-3-old'
    """
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "card"
