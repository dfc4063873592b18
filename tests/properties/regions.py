"""Files of encoded regions, made at random, with the card that describes them and what they hold."""

from __future__ import annotations

import bz2
import gzip
import lzma
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numcodecs
import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

Encode = Callable[[bytes], bytes]
TYPES = {
    "u1": "uint8",
    "i2": "int16",
    "u4": "uint32",
    "i8": "int64",
    "f4": "float32",
    "f8": "float64",
}
BYTES: dict[str, Encode] = {
    "zlib": zlib.compress,
    "gzip": gzip.compress,
    "bz2": bz2.compress,
    "lzma": lzma.compress,
    "zstd": lambda raw: bytes(numcodecs.Zstd().encode(raw)),
    "lz4": lambda raw: bytes(numcodecs.LZ4().encode(raw)),
    "crc32": lambda raw: zlib.crc32(raw).to_bytes(4, "little") + raw,
}
SOUND = ("zlib", "gzip", "bz2", "lzma", "crc32")
"""Codecs whose bytes end with, or begin with, a sum by which damage is found."""


def shuffled(raw: bytes, size: int) -> bytes:
    """Return bytes grouped by their place in an item."""
    return np.frombuffer(raw, np.uint8).reshape(-1, size).T.tobytes()


@dataclass(frozen=True, slots=True)
class Chain:
    """What stands behind ``codec:``, and the same in Python."""

    text: str
    encode: Encode
    is_sound: bool


@st.composite
def chains(draw: st.DrawFn, item: int, *, by_row: bool, whole: bool = True) -> list[Chain]:
    """Return one chain for all regions, or (``by_row``) two: of the even ones, and of the odd ones.

    ``whole`` tells that they are of whole items, which can be shuffled.
    """
    if by_row and draw(st.booleans()):
        name = draw(st.sampled_from(sorted(BYTES)))
        text = f"[{{id: {name}, if: k % 2 == 0}}]"
        return [Chain(text, BYTES[name], False), Chain(text, bytes, False)]
    name = draw(st.sampled_from([*sorted(BYTES), ""]))
    if not name:
        return [Chain("[{id: zlib, if: 1 > 2}]", bytes, False)]
    encode = BYTES[name]
    if whole and draw(st.booleans()):
        text = f"[{{id: shuffle, elementsize: {item}}}, {name}]"
        return [Chain(text, lambda raw: encode(shuffled(raw, item)), name in SOUND)]
    return [Chain(f"[{name}]", encode, name in SOUND)]


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """A card, a file that it describes, and its arrays as they have to be read."""

    card: str
    data: bytes
    arrays: dict[str, NDArray[np.generic]]
    regions: tuple[tuple[int, int], ...]
    is_sound: bool


CARD = """\
vspec: 1
title: tiles
files:
  t:
    match: "*.til"
    endian: {endian}
    layout:
      fields:
        n: uint32
        offset: uint32[k=n]
        size: uint32[k=n]
        tile:
          repeat: k in range(n)
          at: offset[k]
          nbytes: size[k]
          codec: {codec}
          fields:
            mark: uint16
            before: "uint8[b={before}]"
            px: "{kind}[y={rows}, x={tw}, sample={samples}]"
            after: "uint8[a={after}]"
arrays:
  image:
    from: t.tile.px
    dims: "tile=(plane:{planes} ty:{ny} tx:{nx}) y x sample -> {arrow}"
  marks/mark: {{from: t.tile.mark}}
"""
PLAIN = CARD.replace('            mark: uint16\n            before: "uint8[b={before}]"\n', "").replace(
    '            after: "uint8[a={after}]"\n', ""
)
PLAIN = PLAIN.replace("  marks/mark: {{from: t.tile.mark}}\n", "")
AXES = {"y": "y:{h}=(ty y)", "x": "x:{w}=(tx x)", "channel": "channel=(plane sample)"}


@st.composite
def tiles(draw: st.DrawFn) -> Sample:
    """Return an image in tiles that are padded, or in strips of which the last is short."""
    th, tw, ny, nx = (draw(st.integers(1, most)) for most in (5, 5, 3, 3))
    is_strips = draw(st.booleans())
    nx = 1 if is_strips else nx
    h = draw(st.integers((ny - 1) * th + 1, ny * th))
    w = tw if is_strips else draw(st.integers((nx - 1) * tw + 1, nx * tw))
    planes, samples = draw(st.integers(1, 2)), draw(st.integers(1, 2))
    if is_strips and planes > 1:
        h = ny * th  # each plane would have a short strip of its own, in the middle of the file
    code, endian = draw(st.sampled_from(sorted(TYPES))), draw(st.sampled_from(["little", "big"]))
    dtype = np.dtype(("<" if endian == "little" else ">") + code)
    is_plain = draw(st.booleans())
    before, after = draw(
        st.sampled_from([("0", "0"), ("3", "0"), ("0", "5"), ("k % 2", "1"), ("mark % 3", "k")])
    )
    chain = draw(chains(dtype.itemsize, by_row=True, whole=is_plain))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    image = rng.integers(0, 200, (planes, h, w, samples)).astype(dtype)
    parts, marks = [], []
    for k, (plane, ty, tx) in enumerate(np.ndindex(planes, ny, nx)):
        piece = image[plane, ty * th : (ty + 1) * th, tx * tw : (tx + 1) * tw]
        if not is_strips:
            whole = np.full((th, tw, samples), 77, dtype)
            whole[: piece.shape[0], : piece.shape[1]] = piece
            piece = whole
        marks.append(int(rng.integers(0, 60000)))
        sizes = [eval(text, {}, {"k": k, "mark": marks[-1]}) for text in (before, after)]
        order = "<" if endian == "little" else ">"
        framed = struct.pack(f"{order}H", marks[-1]) + b"b" * sizes[0] + piece.tobytes() + b"a" * sizes[1]
        parts.append(chain[k % len(chain)].encode(piece.tobytes() if is_plain else framed))
    data, regions = _placed(draw, parts, endian)
    names = draw(st.permutations(["y", "x", "channel"]))
    flips = [draw(st.booleans()) for _ in names]
    arrow = " ".join(
        "-" * flip + AXES[name].format(h=h, w=w) for name, flip in zip(names, flips, strict=True)
    )
    rows = f"th if k % {ny} < {ny - 1} else {h - (ny - 1) * th}".replace("th ", f"{th} ") if is_strips else th
    card = (PLAIN if is_plain else CARD).format(
        endian=endian, codec=chain[0].text, before=before, after=after, kind=TYPES[code], rows=rows,
        tw=tw, samples=samples, planes=planes, ny=ny, nx=nx, arrow=arrow,
    )  # fmt: skip
    plain = image.transpose(1, 2, 0, 3).reshape(h, w, planes * samples)
    plain = plain.transpose([["y", "x", "channel"].index(name) for name in names])
    plain = np.flip(plain, [i for i, flip in enumerate(flips) if flip])
    arrays: dict[str, NDArray[np.generic]] = {"image": plain}
    if not is_plain:
        arrays["marks/mark"] = np.array(marks, np.uint16)
    return Sample(card, data, arrays, regions, all(one.is_sound for one in chain))


def _placed(draw: st.DrawFn, parts: list[bytes], endian: str) -> tuple[bytes, tuple[tuple[int, int], ...]]:
    """Return a file of a table and the parts, in any order and with gaps between, and where they are."""
    order = "<" if endian == "little" else ">"
    at, offsets, body = 4 + 8 * len(parts), [0] * len(parts), b""
    for k in draw(st.permutations(range(len(parts)))):
        gap = draw(st.integers(0, 3))
        offsets[k] = at + len(body) + gap
        body += b"?" * gap + parts[k]
    table = struct.pack(f"{order}I{2 * len(parts)}I", len(parts), *offsets, *map(len, parts))
    return table + body, tuple(zip(offsets, map(len, parts), strict=True))


VOLUME = """\
vspec: 1
title: volume
files:
  v:
    match: "*.vol"
    compression: {word}
    endian: {endian}
    layout:
      fields:
        magic: ascii(4) = 'VOLX'
        nz: uint16
        nx: uint16
        skip: uint8
        px: {kind}[z=nz, x=nx] @ 9 + skip
        behind: uint8[b=rest] @ 9 + skip + {item} * nz * nx
arrays:
  px: {{from: v.px}}
  behind: {{from: v.behind}}
"""


@st.composite
def volumes(draw: st.DrawFn) -> Sample:
    """Return a compressed file with a header, an array and what is behind it."""
    word = draw(st.sampled_from(["zlib", "gzip", "bz2", "lzma"]))
    code, endian = draw(st.sampled_from(sorted(TYPES))), draw(st.sampled_from(["little", "big"]))
    order = "<" if endian == "little" else ">"
    shape = (draw(st.integers(0, 7)), draw(st.integers(1, 7)))
    values = np.random.default_rng(draw(st.integers(0, 2**32))).integers(0, 99, shape).astype(order + code)
    skip, behind = draw(st.integers(0, 9)), draw(st.binary(max_size=5))
    head = b"VOLX" + struct.pack(f"{order}HHB", *shape, skip) + b"s" * skip
    raw = head + values.tobytes() + behind
    cut = draw(st.integers(0, len(raw)))
    members = [raw] if word == "zlib" else [raw[:cut], raw[cut:]]
    data = b"".join(BYTES[word](member) for member in members)
    card = VOLUME.format(word=word, endian=endian, kind=TYPES[code], item=values.itemsize)
    arrays: dict[str, NDArray[np.generic]] = {"px": values, "behind": np.frombuffer(behind, np.uint8)}
    return Sample(card, data, arrays, ((0, len(data)),), True)


RAW = """\
vspec: 1
title: raw
files: {{t: "*.til"}}
arrays:
  a:
    dtype: {kind}
    endian: {endian}
    shape: {{z: {first}, x: {nx}}}
    order: {order}
    offset: {offset}
    codec: {codec}
    {nbytes}
    dims: "{arrow}"
"""


@st.composite
def raws(draw: st.DrawFn) -> Sample:
    """Return a file without a layout, part of which is encoded."""
    code, endian = draw(st.sampled_from(sorted(TYPES))), draw(st.sampled_from(["little", "big"]))
    shape = (draw(st.integers(1, 7)), draw(st.integers(1, 7)))
    dtype = np.dtype(("<" if endian == "little" else ">") + code)
    values = np.random.default_rng(draw(st.integers(0, 2**32))).integers(0, 99, shape).astype(dtype)
    (chain,) = draw(chains(dtype.itemsize, by_row=False))
    order, arrow = draw(
        st.sampled_from(
            [("C", "z x -> x -z"), ("C", "z x -> zx=(z x)"), ("F", "x z -> z x"), ("F", "x z -> -x z")]
        )
    )
    encoded = chain.encode(values.tobytes(order))  # type: ignore[arg-type]  # a letter
    before, behind = draw(st.binary(max_size=4)), draw(st.binary(max_size=4))
    card = RAW.format(
        kind=TYPES[code], endian=endian, first=draw(st.sampled_from(["auto", shape[0]])), nx=shape[1], order=order,
        offset=len(before), codec=chain.text, nbytes=f"nbytes: {len(encoded)}" if behind else "", arrow=arrow,
    )  # fmt: skip
    expected = {
        "z x -> x -z": values[::-1].T,
        "z x -> zx=(z x)": values.reshape(-1),
        "x z -> z x": values,
        "x z -> -x z": values[:, ::-1].T,
    }
    place = ((len(before), len(encoded)),)
    return Sample(card, before + encoded + behind, {"a": expected[arrow]}, place, chain.is_sound)
