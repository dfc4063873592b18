"""Zeiss LSM: pictures and thumbnails in turns, with axes and steps in a tag of their own.

Source: Zeiss, LSM 5/7 Image File Format Description (CZ_LSMINFO, release 6.0).
"""

from __future__ import annotations

from dataclasses import replace
from math import prod

import numpy as np

from vspec.containers.tiff_series import Pages, Series, alike, plain
from vspec.containers.tiff_words import damaged
from vspec.layout import Affine

TAG = 34412
_SCANS = {0: "ZCYX", 1: "CZX", 2: "CTX", 3: "TCYX", 4: "TCZX", 5: "CTX", 6: "TZCYX", 7: "TZCYX", 8: "CZX"}
_SCANS |= {9: "TCZX", 10: "CTX"}
_LEAST = 96
_POSITIONS = 264
_WRAPS = 1 << 32


def lsm(pages: Pages) -> list[Series] | None:
    """Return the pictures of a file, and its thumbnails. None where the tag cannot be read. Raises V0361."""
    tags = pages.tags(0)
    tag, form = tags.get(TAG), pages.form(0)
    if tag is None or form is None or tag.nbytes < _LEAST:
        return None
    raw, order = tags.raw(tag), tags.words.order
    sizes = dict(zip("XYZCT", np.frombuffer(raw, order + "i4", 5, 8).tolist(), strict=True))
    steps = np.frombuffer(raw, order + "f8", 3, 40).tolist()
    scan = int(np.frombuffer(raw, order + "u2", 1, 88)[0])
    if len(raw) >= _POSITIONS + 8:
        sizes |= dict(zip("PM", np.frombuffer(raw, order + "i4", 2, _POSITIONS).tolist(), strict=True))
    if scan not in _SCANS or pages.file.reader.size >= _WRAPS or form.compression != 1:
        return None
    axes = _SCANS[scan]
    if not form.planar:
        axes = axes.replace("C", "").replace("X", "XC")
    axes = ("M" if sizes.get("M", 0) > 0 else "") + ("P" if sizes.get("P", 0) > 0 else "") + axes
    shape = tuple(sizes[axis] for axis in axes)
    numbers = np.arange(0, pages.count, 2, dtype=np.int64)
    alike(pages, numbers, "the pictures of a scan")
    if min(shape) < 1 or prod(shape) != len(numbers) * prod(form.shape):
        raise damaged(
            pages.file,
            "the axes of a scan do not fit its pages",
            int(pages.directory.places[0]),
            expected=f"{axes} of {shape}",
            found=f"{len(numbers)} pages of {form.shape}",
        )
    affine = {
        axis: Affine(0.0, step * 1e6, "µm") for axis, step in zip("XYZ", steps, strict=True) if 0 < step < 1
    }
    found = [replace(plain(pages, form, numbers, (shape, axes), "lsm"), affine=affine)]
    small = pages.form(1) if pages.count > 1 else None
    if small is not None and small.reduced:
        others = np.arange(1, pages.count, 2, dtype=np.int64)
        alike(pages, others, "the thumbnails of a scan")
        shaped = (len(others), *small.shape), "I" + small.axes
        found.append(plain(pages, small, others, shaped, "lsm"))
    return found
