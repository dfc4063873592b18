"""What the tags of a page say beside its samples, as attributes; what differs by page is named as lost."""

from __future__ import annotations

import numpy as np

from vspec.containers.attributes import Attributes
from vspec.containers.model import Lost
from vspec.containers.tiff_directory import SHAPING, SUBPAGES
from vspec.containers.tiff_series import Series
from vspec.containers.tiff_tags import Tag, Tags
from vspec.containers.tiff_words import TYPE_CODES
from vspec.errors import VspecError
from vspec.layout import Affine, Json

_PLACES = frozenset({273, 279, 324, 325, 288, 289, SUBPAGES, 320, 513, 514})
_TEXTS = {
    269: "document_name", 270: "description", 271: "make", 272: "model", 285: "page_name", 305: "software",
    306: "date_time", 315: "artist", 316: "host_computer", 33432: "copyright",
}  # fmt: skip
_UNITS = {2: "inch", 3: "cm"}
_MOST_NUMBERS = 1024
_MOST_TEXT = 1 << 16


def attributes(path: str, series: Series, lost: list[Lost]) -> dict[str, Json]:
    """Return the attributes of a series: what its first page says, and what its structure says."""
    home, page = series.key
    tags = home.tags(page)
    made = Attributes(path, lost)
    if series.name:
        made.put("name", series.name)
    seen: set[str] = set()
    others: dict[str, Json] = {}
    for tag in tags.every:
        if tag.id in _PLACES or (tag.id in SHAPING and tag.id not in (254, 262, 338)):
            continue
        name = _TEXTS.get(tag.id)
        if name is None:
            value = _value(tags, tag, made)
            if value is not None:
                others[str(tag.id)] = value
        elif TYPE_CODES[tag.kind] == "S":
            name = f"{name}_2" if name in seen else name
            seen.add(name)
            _text(tags, tag, name, made)
    made.put("tiff_tags", others)
    for name, value in series.attrs.items():
        made.put(name, value)
    _note_differing(path, series, lost)
    return made.found


def _text(tags: Tags, tag: Tag, name: str, made: Attributes) -> None:
    if tag.nbytes > _MOST_TEXT:
        made.lose(name, f"a text of {tag.nbytes} bytes")
        return
    raw = tags.raw(tag).rstrip(b"\0")
    made.put(name, raw.replace(b"\0", b"\n"))


def _value(tags: Tags, tag: Tag, made: Attributes) -> Json:
    """Return the value of a tag that is no text of its own; None, with a word why, where it is not kept."""
    code = TYPE_CODES[tag.kind]
    most = _MOST_TEXT if code == "S" else _MOST_NUMBERS * 8
    if tag.nbytes > most or (code == "V" and tag.nbytes > 64):
        made.lose(
            f"tag {tag.id}",
            f"{tag.count} values of type {tag.kind}, {tags.place(tag) or 0} bytes into the file",
        )
        return None
    try:
        raw = tags.raw(tag)
    except VspecError as error:
        made.lose(f"tag {tag.id}", error.problems[0].message)
        return None
    if code == "S":
        return raw.rstrip(b"\0").decode("utf-8", "replace")
    if code == "V":
        return raw.hex()
    found = np.frombuffer(raw, np.dtype(tags.words.order + code))
    numbers = [n for n in found.tolist() if np.isfinite(n)]
    if len(numbers) != len(found):
        made.lose(f"tag {tag.id}", "JSON has no infinite numbers, and none that are not numbers")
        return None
    return numbers[0] if len(numbers) == 1 else numbers


def _note_differing(path: str, series: Series, lost: list[Lost]) -> None:
    """Name the tags that later pages may have in another way than the first."""
    if len(series.pages) < 2:
        return
    ids: set[int] = set()
    for number, home in enumerate(series.homes):
        pages = series.pages[(series.home == number) & (series.pages >= 0)]
        own = np.unique(home.directory.template_of[pages])
        for template in (home.directory.templates[n] for n in own.tolist()):
            tags = range(len(template.ids)) if len(own) > 1 else template.values
            ids |= {int(template.ids[tag]) for tag in tags}
    left = sorted(ids - _PLACES - SHAPING)
    if left:
        numbers = ", ".join(str(id) for id in left[:20]) + (" ..." if len(left) > 20 else "")
        lost.append(
            Lost(
                f"{path}@pages 1 to {len(series.pages) - 1}",
                f"tags {numbers} may differ by page; those of the first page are kept",
            )
        )


def resolution(tags: Tags) -> dict[str, Affine]:
    """Return the coordinates of pixels where a page says how many there are to an inch or a centimetre."""
    unit = _UNITS.get(tags.number(296, 2))
    found: dict[str, Affine] = {}
    for axis, id in (("X", 282), ("Y", 283)):
        ratio = tags.ratio(id)
        if unit is not None and ratio is not None:
            found[axis] = Affine(0.0, 1 / ratio, unit)
    return found
