"""Cards around a few fields of one binary file, for the tests of byte layouts."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from textwrap import indent

CARD = """
vspec: 1
{top}
files:
  f:
    match: "{{recording}}.bin"
    endian: {endian}
    layout:
      fields:
{fields}
arrays:
  a:
    from: {source}
    {dims}
"""


def card(fields: str, *, source: str = "f.r.x", dims: str = "", top: str = "", endian: str = "little") -> str:
    """Return a card whose one file has these fields, and whose one array is ``source``."""
    body = indent(fields.strip("\n"), " " * 8)
    arrow = f'dims: "{dims}"' if dims else ""
    return CARD.format(fields=body, endian=endian, source=source, dims=arrow, top=top)


@contextmanager
def bounded(seconds: float = 1.0, mib: int = 256) -> Iterator[None]:
    """Fail where what is inside takes more time or memory than a hostile file may cost."""
    tracemalloc.start()
    began = time.process_time()
    try:
        yield
        took, (_, peak) = time.process_time() - began, tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert took < seconds
    assert peak < mib * 2**20
