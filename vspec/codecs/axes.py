"""The axes along which elements are gathered."""

from __future__ import annotations

from dataclasses import dataclass

from vspec.codecs.findings import Json


@dataclass(frozen=True, slots=True)
class Step:
    """``size`` elements, each ``stride`` bytes (of either sign, or 0) after the one before."""

    size: int
    stride: int

    def config(self) -> dict[str, Json]:
        """Return the axis as it stands in a configuration."""
        return {"size": self.size, "stride": self.stride}


@dataclass(frozen=True, slots=True)
class Listed:
    """Elements at these bytes, of either sign, from the offset."""

    offsets: tuple[int, ...]

    @property
    def size(self) -> int:
        """Elements along the axis."""
        return len(self.offsets)

    def config(self) -> dict[str, Json]:
        """Return the axis as it stands in a configuration."""
        return {"offsets": list(self.offsets)}


@dataclass(frozen=True, slots=True)
class Records:
    """``size`` records, ``stride`` bytes from one to the next; the array's last chunk has ``last`` of them.

    With ``reverse`` the last record of the chunk comes first.
    """

    size: int
    stride: int
    last: int | None = None
    reverse: bool = False

    def config(self) -> dict[str, Json]:
        """Return the axis as it stands in a configuration."""
        found: dict[str, Json] = {"records": self.size, "stride": self.stride}
        if self.last is not None:
            found["last"] = self.last
        if self.reverse:
            found["reverse"] = True
        return found


Axis = Step | Listed | Records
