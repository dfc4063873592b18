"""What a browser sees: the maps, their arrays, and lines to read them with."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import quote

from vspec.layout import Json
from vspec.serving.handing import FORMATS
from vspec.serving.site import ShownArray, Site
from vspec.version import __version__

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }
table { border-collapse: collapse; margin: 1rem 0; }
th, td { text-align: left; padding: .2rem 1rem .2rem 0; border-bottom: 1px solid #8884; }
pre { background: #8881; padding: .6rem .8rem; overflow-x: auto; }
"""


@dataclass(frozen=True, slots=True)
class Listing:
    """A map under its name, with the URLs of its two stores."""

    name: str
    title: str
    v2: str
    v3: str
    arrays: tuple[ShownArray, ...]

    def to_json(self) -> dict[str, Json]:
        return {
            "name": self.name,
            "title": self.title,
            "v2": self.v2,
            "v3": self.v3,
            "arrays": [array.to_json() for array in self.arrays],
        }


def listings(site: Site, url: str) -> tuple[Listing, ...]:
    """Return what is told of the maps; ``url`` is that of the server, without a slash at the end."""
    found = []
    for shown in site.maps:
        v2, v3 = (f"{url}/{quote(shown.name, safe='')}/v{format}" for format in FORMATS)
        found.append(Listing(shown.name, shown.title, v2, v3, shown.arrays))
    return tuple(found)


def to_html(maps: Sequence[Listing]) -> str:
    """Return the page for people."""
    body = "".join(map(_map, maps))
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>vspec serve</title>'
        f"<style>{_STYLE}</style><h1>Maps</h1>"
        f"<p>Ordinary Zarr stores over the original files, by vspec {escape(__version__)}. "
        'The same as <a href="/index.json">JSON</a>.</p>'
        f"{body}</html>\n"
    )


def _map(shown: Listing) -> str:
    documents = (f"{shown.v3}/zarr.json", f"{shown.v2}/.zmetadata")
    links = " ".join(f'<a href="{escape(url)}">{escape(url)}</a>' for url in documents)
    rows = "".join(map(_row, shown.arrays))
    pieces = "".join(f"<h3>{title}</h3><pre>{escape(text)}</pre>" for title, text in _lines(shown).items())
    return (
        f"<h2>{escape(shown.name)}</h2><p>{escape(shown.title)}</p><p>{links}</p>"
        f"<table><tr><th>array<th>axes<th>type<th>chunks<th>decoded here</tr>{rows}</table>{pieces}"
    )


def _row(array: ShownArray) -> str:
    axes = " ".join(f"{name}={size}" for name, size in zip(array.dims, array.shape, strict=True))
    chunks = " x ".join(map(str, array.chunks))
    formats = ", ".join(f"v{format}" for format in array.decoded)
    cells = (array.path, axes, array.dtype, chunks, formats)
    return f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"


def _lines(shown: Listing) -> dict[str, str]:
    """Return lines that open the array with the most axes, by the name of the reader."""
    if not shown.arrays:
        return {}
    first = max(shown.arrays, key=lambda array: len(array.shape))
    below, path = quote(first.path), json.dumps(first.path)
    rows = ":10" if first.shape else "()"
    parts = ", ".join(["zarr.slice(10)", *["null"] * (len(first.shape) - 1)]) if first.shape else ""
    return {
        "Python: zarr": (
            "import zarr  # with aiohttp installed\n\n"
            f'group = zarr.open_group("{shown.v3}", mode="r")\nprint(group[{path}][{rows}])'
        ),
        "Python: xarray": f'import xarray\n\ntree = xarray.open_datatree("{shown.v3}", engine="zarr")',
        "Python: tensorstore": (
            "import tensorstore\n\n"
            f'store = {{"driver": "http", "base_url": "{shown.v3}/{below}/"}}\n'
            'array = tensorstore.open({"driver": "zarr3", "kvstore": store}).result()'
        ),
        "JavaScript: zarrita": (
            'import * as zarr from "zarrita";\n\n'
            f'const root = zarr.root(new zarr.FetchStore("{shown.v3}"));\n'
            f'const array = await zarr.open(root.resolve({path}), {{ kind: "array" }});\n'
            f"const {{ data, shape }} = await zarr.get(array, [{parts}]);"
        ),
        "GDAL": f"gdalinfo 'ZARR:\"/vsicurl/{shown.v2}/{below}\"'",
    }
