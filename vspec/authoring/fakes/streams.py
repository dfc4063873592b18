"""Compression by the standard library: what `compression:` of a role says, run backwards."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable, Mapping

ENCODE: Mapping[str, Callable[[bytes], bytes]] = {
    "gzip": lambda content: gzip.compress(content, 6, mtime=0),
    "zlib": zlib.compress,
    "bz2": bz2.compress,
    "lzma": lzma.compress,
}
_DECODE: Mapping[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.decompress,
    "zlib": zlib.decompress,
    "bz2": bz2.decompress,
    "lzma": lzma.decompress,
}


def packed(content: bytes, word: str | None) -> bytes:
    """Return a file's bytes as the role's ``compression`` writes them; as they are without one."""
    return content if word is None else ENCODE[word](content)


def unpacked(content: bytes, word: str | None) -> bytes:
    """Return what is inside of a file that `packed` made."""
    return content if word is None else _DECODE[word](content)
