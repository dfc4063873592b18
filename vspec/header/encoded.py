"""A coded record, as a record of the file and as a record of what its bytes decode to."""

from __future__ import annotations

from dataclasses import replace

from vspec.card.model import Field, FieldAxis, Record, TypeRef

HIDDEN = "(encoded)"
"""The name of the field that the encoded bytes are: none that a card can write."""


def outside(spec: Record) -> Record:
    """Return a coded record as it stands in the file: one run of bytes."""
    assert spec.encoded is not None, "the structure was checked"
    axis = FieldAxis("byte", spec.encoded, spec.place)
    hidden = Field(HIDDEN, TypeRef(spec.place, "uint8"), spec.place, axes=(axis,))
    return replace(spec, fields=(hidden,), codec=(), encoded=None, lets=(), endian=None)


def inside(spec: Record) -> Record:
    """Return a coded record as it stands in the decoded bytes: its fields alone."""
    return replace(spec, repeat=None, condition=None, at=None, to=None, codec=(), encoded=None)
