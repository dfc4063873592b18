"""What the user may choose when a map is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from vspec.chunks import Profile


@dataclass(frozen=True, slots=True)
class Step:
    """How far long work has come: ``done`` of ``total`` of ``what``."""

    what: str
    done: int
    total: int


def ignore(step: Step) -> None:
    """Take no notice of a step."""


@dataclass(frozen=True, slots=True)
class ApplyOptions:
    """Choices of `apply`.

    ``chunk_bytes`` is the target size of a chunk in the source. ``base_url`` replaces the data
    root in the references (a local path otherwise). ``inline`` off puts small arrays and padded
    tails into the sidecar. ``seal`` "full" keeps a digest of every MiB of the sources. ``overlay``
    is a file that corrects metadata. ``materialize`` copies what no reference can serve.
    ``dry_run`` writes nothing. Without a ``profile`` the cheaper one is
    chosen for each array.
    """

    chunk_bytes: int = 4 << 20
    base_url: str | None = None
    inline: bool = True
    seal: Literal["sampled", "full"] = "sampled"
    overlay: Path | None = None
    dry_run: bool = False
    profile: Profile | None = None
    materialize: bool = False
    on_step: Callable[[Step], None] = ignore
