"""What programs write into the description of a TIFF file: axes of the stack, in their own words.

Sources: tifffile's documentation of its shaped format; ImageJ's TiffDecoder and its hyperstacks; ScanImage's
BigTIFF specification, versions 3 and 4.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import prod

import numpy as np

from vspec.containers.tiff_form import Form
from vspec.containers.tiff_series import (
    MOST_PAGES,
    Pages,
    Series,
    agree,
    alike,
    followed,
    listed_alike,
    page_bytes,
    plain,
    pyramids,
)
from vspec.containers.tiff_tags import Tags
from vspec.containers.tiff_words import damaged
from vspec.errors import VspecError
from vspec.layout import Affine, Int64, Json

_ORDERS = {"czt": "TZC", "ctz": "ZTC", "zct": "TCZ", "ztc": "CTZ", "tcz": "ZCT", "tzc": "CZT"}
_LONGEST_TEXT = 1 << 20
_SCANIMAGE = 0x07030301


def descriptions(tags: Tags) -> tuple[str, str]:
    """Return the two descriptions that a page may have; one in no encoding that is usual states nothing."""
    return _usual(tags, 0), _usual(tags, 1)


def _usual(tags: Tags, index: int) -> str:
    tag = tags.get(270, index)
    if tags.text(270, index) is None or tag is None:
        return ""
    for encoding in ("utf-8", "cp1252"):
        try:
            return tags.raw(tag).rstrip(b"\0").decode(encoding).strip()
        except UnicodeDecodeError:
            continue
    return ""


def shaped_text(tags: Tags) -> str | None:
    """Return the description that gives the shape of an array, or None."""
    for given in descriptions(tags):
        if '"mibi.' not in given and ((given[:1] == "{" and '"shape":' in given) or given[:6] == "shape="):
            return given
    return None


def imagej_text(tags: Tags) -> str | None:
    """Return the description that ImageJ or SCIFIO wrote, or None."""
    return next((given for given in descriptions(tags) if given.startswith(("ImageJ=", "SCIFIO="))), None)


# --- the array's own shape ------------------------------------------------------------------


def shaped(pages: Pages) -> list[Series] | None:
    """Return the arrays whose shapes the file states; None where it does not state all of them."""
    found = _stated(pages, np.arange(pages.count, dtype=np.int64))
    return None if found is None else pyramids(found, pages, reduced=True)


def _stated(pages: Pages, numbers: Int64) -> list[Series] | None:
    series: list[Series] = []
    at = 0
    while at < len(numbers):
        key = int(numbers[at])
        form, given = pages.form(key), shaped_text(pages.tags(key))
        stated = _shape(given) if given is not None else None
        if given is not None and stated is None:
            raise damaged(
                pages.file,
                f"page {key} states the shape of its array in a way that cannot be read",
                int(pages.directory.places[key]),
                expected='a description such as {"shape": [7, 5, 3]}',
                found=repr(given[:60]),
            )
        if form is None or stated is None:
            return None
        shape, axes, meta = stated
        size, page = prod(shape), prod(form.shape)
        if size % page or not size:
            return None
        count = size // page
        own = numbers[at : at + count] if count <= len(numbers) - at else numbers[at : at + 1]
        if meta.get("truncated"):
            own = own[:1]
        one = _one(pages, form, own, (shape, axes, count))
        name = meta.get("name")
        series.append(replace(one, name=name if isinstance(name, str) else "", attrs={"shaped": dict(meta)}))
        at += count
        for level in range(len(pages.parts(key))):
            parts = np.array([_part(pages, int(page), level) for page in own], np.int64)
            below = _stated(pages, parts) if (parts >= 0).all() else None
            if below is None:
                return None
            series += below
    return series


def _part(pages: Pages, page: int, level: int) -> int:
    parts = pages.parts(page)
    return int(parts[level]) if level < len(parts) else -1


def _shape(given: str) -> tuple[tuple[int, ...], str | None, Mapping[str, Json]] | None:
    """Return shape, axes and all else of a description; None where it cannot be read."""
    meta: Json
    try:
        if given.startswith("shape="):
            meta = {"shape": [int(part) for part in given[7:-1].split(",") if part.strip()]}
        else:
            meta = json.loads(given)
    except (ValueError, RecursionError):
        return None
    if not isinstance(meta, dict):
        return None
    shape = meta.get("shape")
    if not isinstance(shape, list) or not shape or len(shape) > 32:
        return None
    sizes = [n for n in shape if isinstance(n, int) and not isinstance(n, bool) and n >= 0]
    axes = meta.get("axes")
    if len(sizes) != len(shape) or prod(sizes) > 2**62:
        return None
    return tuple(sizes), axes if isinstance(axes, str) and len(axes) == len(sizes) else None, meta


def _one(pages: Pages, form: Form, own: Int64, stated: tuple[tuple[int, ...], str | None, int]) -> Series:
    """Return one stated array: its pages, or what lies behind its only page. Raises V0361."""
    shape, axes, count = stated
    if not fits(form.shape, shape):
        raise _unlike(pages, int(own[0]), form, f"an array of shape {list(shape)}")
    if axes is None:
        axes = _letters(
            ("I" if count > 1 else "") + form.axes, ((count,) if count > 1 else ()) + form.shape, shape
        )
    if len(own) == count:
        alike(pages, own, "an array whose shape is stated")
        _require_behind(pages, own, form)
        return replace(plain(pages, form, own, (shape, axes), "shaped"), keep=True)
    first = followed(pages, int(own[0]), form)
    if first is None or count > MOST_PAGES:
        raise _unlike(pages, int(own[0]), form, f"{count} pages of an array, and they are not there")
    return replace(plain(pages, form, own[:1], (shape, axes), "shaped"), keep=True, follow=True, count=count)


def _require_behind(pages: Pages, own: Int64, form: Form) -> None:
    """Raise V0361 where all pages fit in before the second one's IFD, and do not follow each other there.

    Who reads such an array looks at its first page alone.
    """
    key = int(own[0])
    first = followed(pages, key, form) if len(own) > 1 and not len(pages.parts(key)) else None
    if first is None:
        return
    step, places = page_bytes(form), pages.directory.places
    if int(places[key]) + step * len(own) < int(places[int(own[1])]) and not agree(pages, own, first, step):
        why = "pages do not lie behind each other, and their IFDs lie behind them all"
        raise damaged(pages.file, why, int(places[key]))


def _unlike(pages: Pages, page: int, form: Form, stated: str) -> VspecError:
    return damaged(
        pages.file,
        f"page {page} states {stated}",
        int(pages.directory.places[page]),
        expected="a description of this page and of those behind it",
        found=f"a page of shape {list(form.shape)}",
    )


def fits(page: Sequence[int], shape: Sequence[int]) -> bool:
    """Tell whether the last sizes of a shape are those of a page, but for sizes of 1."""
    wanted = [n for n in page if n != 1]
    found = [n for n in shape if n != 1]
    return not wanted or found[-len(wanted) :] == wanted


def _letters(axes: str, sizes: Sequence[int], shape: Sequence[int]) -> str:
    """Return a letter for each size of a shape: those of a page from the end on, Q for all others."""
    left = list(zip(axes, sizes, strict=True))
    found = []
    for n in reversed(shape):
        while left and left[-1][1] == 1 and n != 1:
            left.pop()
        if left and left[-1][1] == n:
            found.append(left.pop()[0])
        else:
            found.append("Q")
    return "".join(reversed(found))


# --- ImageJ ---------------------------------------------------------------------------------


def imagej_meta(given: str) -> dict[str, Json]:
    """Return what ImageJ says, line by line: numbers, truth values and texts."""
    found: dict[str, Json] = {}
    for line in given.splitlines():
        name, equals, value = line.partition("=")
        if equals:
            found[name.strip()] = _value(value.strip())
    return found


def _value(given: str) -> Json:
    for kind in (int, float):
        try:
            number = kind(given)
        except ValueError:
            continue
        return number if np.isfinite(number) else given
    return {"true": True, "false": False}.get(given.lower(), given)


def imagej(pages: Pages, given: str) -> list[Series] | None:
    """Return the stack that ImageJ describes; None where its numbers cannot be. Raises V0361."""
    meta, form = imagej_meta(given), pages.form(0)
    numbers = [meta.get(name, 1) for name in ("images", "frames", "slices", "channels")]
    if any(isinstance(n, str) for n in numbers):
        raise damaged(
            pages.file,
            "ImageJ's description has a text where a number of images is due",
            int(pages.directory.places[0]),
            found=", ".join(repr(n) for n in numbers if isinstance(n, str)),
        )
    if form is None or not all(isinstance(n, int) and 0 < n <= MOST_PAGES for n in numbers):
        return None
    images, frames, slices, channels = (int(n) for n in numbers if isinstance(n, int))
    if channels == 1 or (form.planes > 1 and form.planes == channels):
        images = frames * slices
    elif images == frames * slices and form.inside == channels:
        channels, images = 1, frames * slices
    else:
        images = frames * slices * channels
    images = pages.count if images == 1 else images
    order = str(meta.get("order", "czt")).lower()
    outer = _ORDERS.get(order, "TZC")
    if form.planes > 1 and outer[-1] != "C":
        return None
    sizes = {"T": frames, "Z": slices, "C": channels}
    shape, axes = tuple(sizes[axis] for axis in outer), outer
    if form.planes > 1:
        shape, axes, inner = shape[:-1], axes[:-1], "C" + form.axes[1:]
    else:
        inner = form.axes
    if (rest := images // max(1, frames * slices * channels)) > 1:
        shape, axes = (rest, *shape), "I" + axes
    shape, axes = (*shape, *form.shape), axes + inner
    if "S" not in axes:
        shape, axes = (*shape, 1), axes + "S"
    if prod(shape) != images * prod(form.shape):
        return None
    one = _stack(pages, form, images, (shape, axes))
    affine = _spacing(pages.tags(0), meta)
    return [replace(one, affine=affine, attrs={"imagej": meta})]


def _stack(pages: Pages, form: Form, images: int, shaped: tuple[tuple[int, ...], str]) -> Series:
    """Return ImageJ's pages, or the planes that lie behind its first page."""
    shape, axes = shaped
    first = followed(pages, 0, form)
    numbers = np.arange(pages.count, dtype=np.int64)
    step = page_bytes(form) if first is not None else 0
    inside = first is not None and first + images * step <= pages.file.reader.size
    if first is not None and images > 1 and inside:
        own = np.zeros(1, np.int64)
        before_next = pages.count == 1 or first + images * step <= int(pages.directory.places[1])
        if before_next:
            listed_alike(pages, numbers[:2], form, "ImageJ's stack")
            if pages.count == images:
                alike(pages, numbers, "ImageJ's stack")
                if not agree(pages, numbers, first, step):
                    why = "pages do not lie where ImageJ's planes do"
                    raise damaged(pages.file, why, int(pages.directory.places[0]))
            one = plain(pages, form, own, (shape, axes), "imagej")
            return replace(one, follow=True, count=images)
    if pages.count != images:
        raise damaged(
            pages.file,
            "ImageJ describes another number of images than there are",
            int(pages.directory.places[0]),
            expected=f"{images} images of {pages.form(0) and form.shape}",
            found=f"{pages.count} pages in a file of {pages.file.reader.size} bytes",
        )
    alike(pages, numbers, "ImageJ's stack")
    return plain(pages, form, numbers, (shape, axes), "imagej")


def _spacing(tags: Tags, meta: Mapping[str, Json]) -> dict[str, Affine]:
    """Return the coordinates that ImageJ states: pixels by the resolution in its unit, Z and T by a step."""
    unit = meta.get("unit")
    found: dict[str, Affine] = {}
    if isinstance(unit, str) and unit and unit != "pixel":
        unit = re.sub(r"\\u([0-9A-Fa-f]{4})", lambda match: chr(int(match[1], 16)), unit)
        for axis, id, own in (("X", 282, "unit"), ("Y", 283, "yunit")):
            given = meta.get(own, unit)
            ratio = tags.ratio(id)
            if ratio is not None:
                found[axis] = Affine(
                    0.0, 1 / ratio, given if own != "unit" and isinstance(given, str) else unit
                )
        if step := _positive(meta.get("spacing")):
            zunit = meta.get("zunit")
            found["Z"] = Affine(0.0, step, zunit if isinstance(zunit, str) else unit)
    if step := _positive(meta.get("finterval")):
        tunit = meta.get("tunit")
        found["T"] = Affine(0.0, step, tunit if isinstance(tunit, str) else "s")
    return found


def _positive(value: Json) -> float | None:
    """Return a number above 0; None for all else."""
    return float(value) if isinstance(value, (int, float)) and value is not True and value > 0 else None


# --- ScanImage ------------------------------------------------------------------------------


def is_scanimage(tags: Tags) -> bool:
    """Tell whether ScanImage wrote a page."""
    given = descriptions(tags)[0]
    return (tags.text(305) or "")[:3] == "SI." or given[:6] == "state." or "scanimage.SI" in given[-256:]


def scanimage(pages: Pages) -> list[Series] | None:
    """Return the frames that ScanImage wrote, by channels and slices where its header says how many."""
    form = pages.form(0)
    if form is None:
        return None
    numbers = np.arange(pages.count, dtype=np.int64)
    alike(pages, numbers, "ScanImage's frames")
    header = scanimage_header(pages)
    channels = _channels(header.get("SI.hChannels.channelSave"))
    outer: tuple[int, ...] = (pages.count,)
    axes = "I"
    if channels:
        per_slice = header.get("SI.hStackManager.framesPerSlice", "")
        frames = int(per_slice) if per_slice.isdigit() else 0
        slices = max(pages.count // (frames * channels), 1) if frames else 1
        frames = frames or pages.count // channels
        if slices * frames * channels == pages.count:
            outer, axes = (slices, frames, channels), "ZTC"
    one = plain(pages, form, numbers, ((*outer, *form.shape), axes + form.axes), "scanimage")
    rate = header.get("SI.hRoiManager.scanFrameRate", "")
    affine: dict[str, Affine] = {}
    if axes == "ZTC" and outer[0] == 1 and re.fullmatch(r"\d+(\.\d+)?(e[+-]?\d+)?", rate) and float(rate) > 0:
        affine["T"] = Affine(0.0, 1 / float(rate), "s")
    return [replace(one, affine=affine, attrs={"scanimage": dict(header)} if header else {})]


def scanimage_header(pages: Pages) -> dict[str, str]:
    """Return the settings that stand behind the header of a BigTIFF file of ScanImage."""
    reader, words = pages.file.reader, pages.directory.words
    if not words.big or reader.size < 32:
        return {}
    magic, version, nbytes, _ = (int(n) for n in np.frombuffer(reader.read(16, 16), "<u4"))
    if magic != _SCANIMAGE or version not in (3, 4) or nbytes > min(_LONGEST_TEXT, reader.size - 32):
        return {}
    given = reader.read(32, nbytes).partition(b"\0")[0].decode("utf-8", "replace")
    pairs = (line.partition(" = ") for line in given.splitlines())
    return {name.strip(): value.strip() for name, equals, value in pairs if equals}


def _channels(given: str | None) -> int:
    """Return how many channels a list such as ``[1;2]`` names."""
    return len(re.findall(r"\d+", given)) if given else 0
