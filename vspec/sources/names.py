"""What data sets are called: names that every file system takes, and that tell them apart."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath

from vspec.sources.matches import Captures
from vspec.sources.paths import DEVICE, fold

_FORBIDDEN = re.compile(r'[<>:"/\\|?*]')
_LONGEST = 200
"""Bytes: with the suffix of a map or its sidecar a name stays below the 255 that file systems allow."""


def sanitise(name: str) -> str:
    """Return ``name`` as a file name that Windows, macOS and Linux take; never empty.

    >>> sanitise('rec: 12/3?')
    'rec_ 12_3_'
    >>> sanitise('aux.1')
    'aux_.1'
    """
    clean = "".join("_" if unicodedata.category(c) in ("Cc", "Cs") else c for c in _FORBIDDEN.sub("_", name))
    clean = _off_devices(clean.strip().rstrip("."))
    while len(clean.encode()) > _LONGEST:
        clean = clean[:-1]
    return clean.strip().rstrip(".") or "data"


def _off_devices(name: str) -> str:
    device = DEVICE.match(name)
    return f"{device.group()}_{name[device.end() :]}" if device else name


class Anchor:
    """What a name can be made from: the anchor's first file and the captures that its files share.

    ``single`` tells whether the file's own name is a name of the data set.
    """

    def __init__(self, path: str, captures: Captures, *, single: bool) -> None:
        self.path = PurePosixPath(path)
        self.captures = captures
        self.single = single


def choose(anchors: Sequence[Anchor], root: str) -> list[str]:
    """Return a name for each data set; equal names mean that nothing tells the two apart.

    A data set with one anchor file is called by that file's stem; several with the same stem get
    the captures, else the folders, that differ among them. Where the anchor is many files, or one that is
    called the same in each folder, the name is what they have in common: their captures, else the
    folder's name.
    """
    names = [_plain(anchor, root) for anchor in anchors]
    counts = Counter(fold(name) for name in names)
    alike: dict[str, list[int]] = {}
    for k, name in enumerate(names):
        if counts[fold(name)] > 1:
            alike.setdefault(fold(name), []).append(k)
    for group in alike.values():
        extras = _differences([anchors[k] for k in group])
        for k, extra in zip(group, extras, strict=True):
            names[k] = sanitise("_".join(part for part in (names[k], extra) if part))
    return names


def _plain(anchor: Anchor, root: str) -> str:
    if anchor.single:
        return sanitise(anchor.path.stem)
    common = "_".join(str(value) for value in anchor.captures.values() if value not in (None, ""))
    return sanitise(common or anchor.path.parent.name or root)


def _differences(anchors: Sequence[Anchor]) -> list[str]:
    """Return for each of some anchors of one name what tells it from the others."""
    captured = list(dict.fromkeys(name for anchor in anchors for name in anchor.captures))
    telling = [name for name in captured if len({str(a.captures.get(name, "")) for a in anchors}) > 1]
    captures = ["_".join(str(anchor.captures.get(name, "")) for name in telling) for anchor in anchors]
    folders = ["_".join(parts) for parts in _unshared([anchor.path.parent.parts for anchor in anchors])]
    both = ["_".join(filter(None, pair)) for pair in zip(folders, captures, strict=True)]
    choices = (captures, folders, both)
    return next((found for found in choices if len({fold(one) for one in found}) == len(anchors)), both)


def _unshared(folders: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Return folders without the components that all of them begin with."""
    shared = 0
    while len({folder[shared : shared + 1] or None for folder in folders}) == 1 and len(folders[0]) > shared:
        shared += 1
    return [folder[shared:] for folder in folders]
