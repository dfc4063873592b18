"""``vspec.gather``: the elements of an array, picked out of the records that hold them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from typing import ClassVar

from vspec.codecs.axes import Axis, Listed, Records, Step
from vspec.codecs.findings import (
    FARTHEST,
    LARGEST_CHUNK,
    Buffer,
    Bytes,
    Findings,
    Json,
    as_bytes,
    too_large,
)
from vspec.codecs.picking import Picking
from vspec.errors import fail

MOST_AXES = 24
MOST_OFFSETS = 1 << 16


@dataclass(frozen=True, slots=True)
class Gather:
    """Elements of ``item`` bytes along ``axes``, in the order of the array (slowest first).

    ``offset`` is the byte of element (0, ..., 0) in the chunk's first record. Just one axis is `Records`.
    Raises `VspecError`: V0711 for what cannot be, V0930 where the decoded chunk is too large.
    """

    id: ClassVar[str] = "vspec.gather"

    item: int
    axes: tuple[Axis, ...]
    offset: int = 0
    _picking: Picking = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        findings = Findings(self.id)
        _check(self, findings)
        findings.stop()
        if self.nbytes > LARGEST_CHUNK:
            raise too_large(self.id, self.nbytes)
        picking = Picking.of(self.offset, self.item, self.axes)
        _check_reach(picking, findings)
        findings.stop()
        object.__setattr__(self, "_picking", picking)

    @property
    def records(self) -> Records:
        """The axis of records."""
        return next(axis for axis in self.axes if isinstance(axis, Records))

    @property
    def nbytes(self) -> int:
        """Bytes of a decoded chunk, always the same: a short chunk is padded."""
        return self.item * prod(axis.size for axis in self.axes)

    @property
    def reach(self) -> int:
        """Bytes from the beginning of a record to the end of the last byte that is used of it."""
        return self._picking.high

    def span(self, records: int) -> int:
        """Return the least bytes that hold this many records (at least one)."""
        return (records - 1) * self.records.stride + self.reach

    @classmethod
    def from_config(cls, config: Mapping[str, Json]) -> Gather:
        """Return the codec of a configuration. Raises `VspecError` (V0711, V0930)."""
        findings = Findings(cls.id)
        found = findings.keys("configuration", config, {"id", "item", "axes"}, {"offset"})
        findings.stop()
        findings.word("id", found["id"], [cls.id])
        axes = findings.items("axes", found["axes"], MOST_AXES)
        parsed = tuple(_axis(findings, f"axes[{i}]", axis) for i, axis in enumerate(axes))
        item = findings.integer("item", found["item"])
        offset = findings.integer("offset", found.get("offset", 0))
        findings.stop()
        return cls(item, parsed, offset)

    def config(self) -> dict[str, Json]:
        """Return the configuration, with ``id``."""
        return {
            "id": self.id,
            "item": self.item,
            "offset": self.offset,
            "axes": [axis.config() for axis in self.axes],
        }

    def decode(self, buffer: Buffer) -> Bytes:
        """Return the chunk's elements, then zeros where a short chunk has no records.

        Raises `VspecError` V0712 unless the buffer holds just the records of a whole chunk or of the last.
        """
        data = as_bytes(self.id, buffer)
        return self._picking.pick(data, self.count(len(data)))

    def count(self, nbytes: int) -> int:
        """Return how many records a chunk of ``nbytes`` bytes holds.

        Raises `VspecError` V0712 unless they are just those of a whole chunk or of the last.
        """
        records, reach = self.records, self.reach
        count = (nbytes - reach) // records.stride + 1 if nbytes >= reach else 0
        if count == 0 or count not in (records.size, records.last):
            raise self._wrong_length(nbytes, count)
        return count

    @property
    def by_record(self) -> int:
        """Bytes that each record gives, where records come out one after the other; else 0."""
        first = self.axes[0]
        return self.nbytes // first.size if isinstance(first, Records) and not first.reverse else 0

    def decode_into(self, buffer: Buffer, count: int, out: Bytes) -> None:
        """Write the elements of ``count`` records into ``out``, where `by_record` is not 0.

        ``buffer`` has the records from one of a chunk's on, ``out`` the ``count * by_record`` bytes that
        they give. Raises `VspecError` V0712 where either has too few or too many.
        """
        data = as_bytes(self.id, buffer)
        if not 0 < count <= self.records.size or len(data) != self.span(count):
            raise self._wrong_length(len(data), count)
        if not self.by_record or len(out) != count * self.by_record:
            raise fail(
                "V0712",
                f"codec '{self.id}': {count} records do not fill {len(out)} bytes",
                expected=f"{count * self.by_record} bytes",
            )
        self._picking.pick_into(data, count, out)

    def _wrong_length(self, nbytes: int, count: int) -> Exception:
        counts = [self.records.size] if self.records.last is None else [self.records.size, self.records.last]
        return fail(
            "V0712",
            f"codec '{self.id}': a chunk of {nbytes} bytes holds {count} whole records",
            expected=" or ".join(f"{n} records ({self.span(n)} bytes)" for n in counts),
            found=f"{nbytes} bytes",
            help="was the recording cut off or replaced after the map was made? `vspec status` tells",
        )


def _axis(findings: Findings, key: str, value: Json) -> Axis:
    if isinstance(value, dict) and "offsets" in value:
        found = findings.keys(key, value, {"offsets"}, set())
        offsets = findings.items(f"{key}.offsets", found.get("offsets"), MOST_OFFSETS) if found else []
        return Listed(tuple(findings.integer(f"{key}.offsets[{i}]", n) for i, n in enumerate(offsets)))
    if isinstance(value, dict) and "records" in value:
        found = findings.keys(key, value, {"records", "stride"}, {"last", "reverse"})
        reverse = found.get("reverse", False)
        if not isinstance(reverse, bool):
            findings.add(f"{key}.reverse", "true or false", reverse)
        last = findings.integer(f"{key}.last", found["last"]) if "last" in found else None
        size, stride = (findings.integer(f"{key}.{n}", found.get(n, 0)) for n in ("records", "stride"))
        return Records(size, stride, last, reverse is True)
    found = findings.keys(key, value, {"size", "stride"}, set())
    return Step(*(findings.integer(f"{key}.{name}", found.get(name, 0)) for name in ("size", "stride")))


def _check(codec: Gather, findings: Findings) -> None:
    if not 1 <= codec.item <= LARGEST_CHUNK:
        findings.add("item", f"1 to {LARGEST_CHUNK} bytes", codec.item)
    if not 0 <= codec.offset <= FARTHEST:
        findings.add("offset", "0 or more", codec.offset)
    if not 1 <= len(codec.axes) <= MOST_AXES:
        findings.add("axes", f"1 to {MOST_AXES} axes", len(codec.axes))
    listed = prod(axis.size for axis in codec.axes if isinstance(axis, Listed))
    if listed > MOST_OFFSETS:
        findings.add("axes", f"lists of offsets with at most {MOST_OFFSETS} combinations", listed)
    count = sum(isinstance(axis, Records) for axis in codec.axes)
    if count != 1:
        findings.add("axes", "one axis with 'records'", f"{count} of them")
    for i, axis in enumerate(codec.axes):
        if not 1 <= axis.size <= LARGEST_CHUNK:
            findings.add(f"axes[{i}]", f"a size of 1 to {LARGEST_CHUNK}", axis.size)
        if isinstance(axis, Records) and not 1 <= axis.stride <= FARTHEST:
            findings.add(f"axes[{i}].stride", "1 or more", axis.stride)
        if isinstance(axis, Records) and axis.last is not None and not 1 <= axis.last < axis.size:
            findings.add(f"axes[{i}].last", f"1 to {axis.size - 1}", axis.last)


def _check_reach(picking: Picking, findings: Findings) -> None:
    if picking.low < 0:
        findings.add("offset", "elements inside the record", f"an element at byte {picking.low}")
    if picking.high > FARTHEST:
        findings.add("axes", "elements within 2^53 bytes", f"an element that ends at byte {picking.high}")
