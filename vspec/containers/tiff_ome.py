"""OME-TIFF: which page is which plane of which image, and what the axes are, by the XML in the first page.

Source: the OME-TIFF specification and the OME data model, 2016-06. Files that the XML names are read, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from math import prod
from xml.etree import ElementTree as ET

import numpy as np

from vspec.containers.model import ContainerFile
from vspec.containers.tiff_form import Form
from vspec.containers.tiff_series import MOST_PAGES, Pages, Series, listed_alike
from vspec.containers.tiff_words import damaged
from vspec.layout import Affine, Int64, Json

_LARGEST_XML = 64 << 20
_DEFAULT_UNITS = {"X": "µm", "Y": "µm", "Z": "µm", "T": "s"}


def is_ome(description: str) -> bool:
    """Tell whether a description is OME's XML."""
    return description[-10:].strip().endswith("OME>")


@dataclass(slots=True)
class _Files:
    """The files of a data set of OME-TIFF, by the names in its XML."""

    first: Pages
    by_uuid: dict[str | None, Pages] = field(default_factory=dict)

    def home(self, uuid: str | None, name: str) -> Pages:
        """Return the pages of a file. Raises V0430 where there is none, V0410 to V0418 as `beside`."""
        if uuid in self.by_uuid:
            return self.by_uuid[uuid]
        own = self.first.file
        if not name or name.lower() == own.name.rpartition("/")[2].lower():
            found = self.first
        else:
            beside: ContainerFile = own.beside(name)
            found = Pages(beside)
        self.by_uuid[uuid] = found
        return found


def ome(pages: Pages, description: str) -> list[Series] | None:
    """Return the images of OME's XML; None where it cannot be read, or tells nothing of pages.

    Raises V0361 where it contradicts the pages.
    """
    if len(description) > _LARGEST_XML or "<!ENTITY" in description:
        return None
    try:
        root = ET.fromstring(description)  # noqa: S314 -- without entities, and of bounded length
    except ET.ParseError:
        return None
    if any(_name(element) == "BinaryOnly" for element in root):
        return None
    files = _Files(pages, {root.get("UUID"): pages})
    found: list[Series] = []
    for image in root:
        if _name(image) != "Image":
            continue
        for pixels in (part for part in image if _name(part) == "Pixels"):
            series = _image(files, pixels, image.get("Name") or "")
            if series is not None:
                found.append(series)
    return found


def _name(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


@dataclass(slots=True)
class _Planes:
    """The pages of an image, in the order of its planes: their file (an index into ``homes``) and number."""

    homes: list[Pages]
    home: list[int]
    page: list[int]

    def put(self, at: int, pages: Pages, first: int, count: int) -> None:
        """Say that planes from ``at`` on are pages from ``first`` on."""
        if pages not in self.homes:
            self.homes.append(pages)
        missing = at + count - len(self.page)
        self.page += [-1] * missing
        self.home += [0] * missing
        stop = min(count, max(0, pages.count - first))
        self.page[at : at + stop] = range(first, first + stop)
        self.home[at : at + stop] = [self.homes.index(pages)] * stop


def _image(files: _Files, pixels: ET.Element, name: str) -> Series | None:
    """Return one image, or None for one without pages. Raises V0361."""
    axes = (pixels.get("DimensionOrder") or "")[::-1]
    if sorted(axes) != sorted("TCZYX") or axes[-2:] != "YX":
        raise _wrong(files.first, f"an image has dimensions in the order '{axes[::-1]}'")
    sizes = {axis: _number(files.first, pixels, f"Size{axis}", None) for axis in axes}
    channels = [part for part in pixels if _name(part) == "Channel"]
    samples = {_number(files.first, channel, "SamplesPerPixel", 1) for channel in channels} or {1}
    if len(samples) > 1:
        raise _wrong(files.first, "channels of an image have different numbers of samples")
    (per_pixel,) = samples
    sizes["C"] //= per_pixel
    outer = [sizes[axis] for axis in axes[:-2]]
    if prod(outer) > MOST_PAGES or min(sizes.values()) < 1:
        raise _wrong(files.first, f"an image has sizes {sizes}")
    planes = _Planes([], [], [])
    for data in (part for part in pixels if _name(part) == "TiffData"):
        _place(files, planes, data, (axes[:-2], outer))
    if all(page < 0 for page in planes.page):
        return None
    shape, letters = [*outer, sizes["Y"], sizes["X"]], axes
    numbers, home = np.array(planes.page, np.int64), np.array(planes.home, np.int64)
    form = _form(planes, numbers, home)
    if per_pixel > 1 and form.planar:
        shape, letters = [*outer, per_pixel, *shape[-2:]], axes[:-2] + "S" + axes[-2:]
    elif per_pixel > 1:
        shape, letters = [*shape, per_pixel], axes + "S"
    if "S" not in letters:
        shape, letters = [*shape, 1], letters + "S"
    count = max(prod(shape) // prod(form.shape), 1)
    if count < len(numbers):
        raise _wrong(files.first, f"an image of {count} planes names {len(numbers)} pages")
    numbers = np.concatenate([numbers, np.full(count - len(numbers), -1, np.int64)])
    home = np.concatenate([home, np.zeros(count - len(home), np.int64)])
    made = Series(
        form, tuple(planes.homes), numbers, home, tuple(shape), letters, "ome", count=count, name=name,
        affine=_steps(pixels), labels=_channels(channels, sizes["C"]), attrs={"ome": _said(pixels)},
    )  # fmt: skip
    return replace(made, levels=tuple(_levels(made)))


def _place(files: _Files, planes: _Planes, data: ET.Element, outer: tuple[str, list[int]]) -> None:
    """Read one element that says where planes are."""
    axes, sizes = outer
    first = files.first
    ifd = _number(first, data, "IFD", 0)
    count = _number(first, data, "PlaneCount", _number(first, data, "NumPlanes", 1 if data.get("IFD") else 0))
    corner = [_number(first, data, f"First{axis}", 0) for axis in axes]
    if any(at >= size for at, size in zip(corner, sizes, strict=True)):
        raise _wrong(first, f"a plane is at {dict(zip(axes, corner, strict=True))}, outside of its image")
    at = int(np.ravel_multi_index(corner, sizes))
    home = first
    for uuid in data:
        if _name(uuid) == "UUID":
            home = files.home(uuid.text, uuid.get("FileName") or "")
            break
    count = count or home.count
    if at + count > prod(sizes):
        raise _wrong(first, f"{count} planes from {at} on are more than the {prod(sizes)} of their image")
    planes.put(at, home, ifd, count)


def _form(planes: _Planes, numbers: Int64, home: Int64) -> Form:
    """Return the form of all pages of an image. Raises V0361 where one differs."""
    found: Form | None = None
    for number, pages in enumerate(planes.homes):
        own = numbers[(home == number) & (numbers >= 0)]
        for form in pages.forms(own).values():
            found = found or form
            if form is None or form != found:
                raise _wrong(pages, "pages of one image are not alike")
        if found is not None and len(own):
            listed_alike(pages, own, found, "one image")
    assert found is not None
    return found


def _levels(series: Series) -> Iterator[Series]:
    """Yield the smaller versions of an image: the parts that all of its pages name."""
    home, key = series.key
    for level in range(len(home.parts(key))):
        numbers = np.full(len(series.pages), -1, np.int64)
        for at in np.flatnonzero(series.pages >= 0).tolist():
            parts = series.homes[int(series.home[at])].parts(int(series.pages[at]))
            if level < len(parts):
                numbers[at] = parts[level]
        if (numbers < 0).all():
            return
        form = _form(_Planes(list(series.homes), [], []), numbers, series.home)
        sizes = {"X": form.width, "Y": form.height}
        shape = tuple(sizes.get(axis, n) for axis, n in zip(series.axes, series.shape, strict=True))
        name = f"level {level + 1}"
        yield replace(
            series, form=form, pages=numbers, shape=shape, name=name, affine={}, attrs={}, levels=()
        )


def _steps(pixels: ET.Element) -> dict[str, Affine]:
    """Return the coordinates that an image has: sizes of pixels, and the time from frame to frame."""
    found: dict[str, Affine] = {}
    names = {axis: f"PhysicalSize{axis}" for axis in "XYZ"} | {"T": "TimeIncrement"}
    for axis, name in names.items():
        try:
            step = float(pixels.get(name) or 0)
        except ValueError:
            continue
        if 0 < step < float("inf"):
            found[axis] = Affine(0.0, step, pixels.get(f"{name}Unit") or _DEFAULT_UNITS[axis])
    return found


def _channels(channels: list[ET.Element], count: int) -> dict[str, tuple[str, ...]]:
    names = [channel.get("Name") or "" for channel in channels]
    whole = len(names) == count and all(names) and len(set(names)) == count
    return {"C": tuple(names)} if whole else {}


def _said(element: ET.Element) -> Json:
    """Return what an element of the XML says, without the lists of planes and pages."""
    found: dict[str, Json] = dict(element.attrib.items())
    for part in element:
        if _name(part) in ("TiffData", "Plane", "BinData"):
            continue
        inner = found.setdefault(_name(part), [])
        if isinstance(inner, list):
            inner.append(_said(part))
    if element.text and element.text.strip():
        found["text"] = element.text.strip()
    return found


def _number(pages: Pages, element: ET.Element, name: str, default: int | None) -> int:
    given = element.get(name)
    if given is None and default is not None:
        return default
    if given is None or not given.strip().isdecimal() or len(given) > 18:
        raise _wrong(pages, f"'{name}' is '{given}' and no number")
    return int(given)


def _wrong(pages: Pages, message: str) -> Exception:
    return damaged(
        pages.file,
        f"OME's XML and the pages contradict each other: {message}",
        int(pages.directory.places[0]),
        help="the file was changed by a program that knows no OME-TIFF, or is damaged",
    )
