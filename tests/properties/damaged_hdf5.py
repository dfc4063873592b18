"""``python -m tests.properties.damaged_hdf5 FOLDER BASE FIRST COUNT ROLE``: read damaged files, say what is wrong.

Prints ``begin N`` before each file, and a line for each finding. The role ``library`` reads with h5py alone.
"""

from __future__ import annotations

import random
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np

from vspec.containers.hdf5_library import FAULTS
from vspec.errors import VspecError
from vspec.layout import Derived
from vspec.peers.hdf5 import read_hdf5
from vspec.testing.delegates import Opened, opened


def _contents(file: h5py.File) -> None:
    data = np.arange(77, dtype="<i4").reshape(7, 11)
    file["plain"] = data
    file.create_dataset("g/chunked", data=data, chunks=(3, 4))
    file.create_dataset(
        "g/packed", data=data, chunks=(3, 4), compression="gzip", shuffle=True, fletcher32=True
    )
    file.create_dataset("g/sparse", (50, 4), ">f8", chunks=(7, 4), fillvalue=2.5)[10:20] = 1
    file.create_dataset("lists", data=["a", "bc", "def"], dtype=h5py.string_dtype())
    file["record"] = np.zeros(3, [("a", "<i2"), ("b", "<f8", (2,)), ("c", "S2")])
    file["g"].attrs["to"] = file["plain"].ref
    file["plain"].attrs["units"] = "V"
    file["plain"].attrs["many"] = np.arange(20.0)
    file["soft"] = h5py.SoftLink("/plain")
    file["hard"] = file["g"]
    file["g/scale"] = np.arange(7.0)
    file["g/scale"].make_scale("scale")
    file["plain"].dims[0].attach_scale(file["g/scale"])


def _old(path: Path) -> None:
    with h5py.File(path, "w", libver="earliest") as file:
        _contents(file)


def _new(path: Path) -> None:
    with h5py.File(path, "w", libver="latest") as file:
        _contents(file)
        layout = h5py.VirtualLayout((14, 11), "<i4")
        layout[:7] = h5py.VirtualSource(file["plain"])
        layout[7:] = h5py.VirtualSource(file["g/chunked"])
        file.create_virtual_dataset("virtual", layout)


BASES: dict[str, Callable[[Path], None]] = {"old": _old, "new": _new}


def damage(data: bytes, seed: int) -> bytes:
    """Return bytes of which a few are flipped, set, cut off or moved."""
    luck, raw = random.Random(seed), bytearray(data)
    # What the headers say lies in the first few kilobytes, and at the end.
    reach = luck.choice([100, 1000, 4000, len(raw)])
    kind = luck.choice(["flip", "flip", "flip", "set", "set", "cut", "move"])
    at = luck.randrange(min(reach, len(raw)))
    if kind == "flip":
        for _ in range(luck.choice([1, 1, 3, 10])):
            raw[luck.randrange(min(reach, len(raw)))] ^= 1 << luck.randrange(8)
    elif kind == "set":
        width = luck.choice([1, 2, 4, 8])
        raw[at : at + width] = luck.choice([b"\xff" * width, bytes(width), luck.randbytes(width)])
    elif kind == "cut":
        del raw[at:]
    else:
        raw[at:at] = raw[max(0, at - 8) : at]
    return bytes(raw)


def by_the_library(path: Path, store: Opened | None) -> dict[str, np.ndarray | None]:
    """Return what h5py reads of a file; None where it cannot."""
    found: dict[str, np.ndarray | None] = {}
    if store is None:
        try:
            with h5py.File(path) as file:
                file.visititems(
                    lambda name, held: found.update(
                        {name: held[()] if isinstance(held, h5py.Dataset) else None}
                    )
                )
        except FAULTS:  # whatever it says is no fault of ours
            return found
        return found
    for name, entry in store.container.entries.items():
        try:
            found[name] = read_hdf5(path, name, tuple(slice(0, n) for n in entry.shape))
        except VspecError:
            found[name] = None
    return found


def by_a_map(folder: Path, store: Opened, name: str) -> np.ndarray | None:
    """Return an array as it is read through a map; None where that is an error."""
    if (
        isinstance(store.layout(name).source, Derived)
        or np.prod(store.container.entries[name].shape, dtype=object) > 10**6
    ):
        return None
    try:
        return store.mapped(folder, [name])[name]
    except FAULTS:  # a codec says that its chunk is damaged, or a reader of maps that there is too much
        return None


def same(left: np.ndarray, right: np.ndarray) -> bool:
    if right.dtype.kind == "c":
        right = np.stack([right.real, right.imag], axis=-1)
    order = right.dtype.newbyteorder("<")
    return left.shape == right.shape and left.astype(order).tobytes() == right.astype(order).tobytes()


def judge(folder: Path) -> list[str]:
    """Return what is wrong with our reading of a file; an error with a code is right."""
    try:
        store = opened("hdf5", folder, "x.h5")
    except VspecError:
        return []
    expected, findings = by_the_library(folder / "x.h5", store), []
    out = folder / "out"
    out.mkdir(exist_ok=True)
    for name, right in expected.items():
        try:
            found = by_a_map(out, store, name)
        except VspecError:
            continue
        if found is not None and right is None:
            findings.append(f"{name}: read, and the library cannot")
        elif found is not None and not same(found, right):
            findings.append(f"{name}: differs from what the library reads")
    store.files.close()
    return findings


def tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> int:
    """Read damaged files one after the other."""
    folder, base, role = Path(sys.argv[1]), sys.argv[2], sys.argv[5]
    first, count = int(sys.argv[3]), int(sys.argv[4])
    BASES[base](folder / "whole.h5")
    whole = (folder / "whole.h5").read_bytes()
    for number in range(first, first + count):
        tell(f"begin {number}")
        (folder / "x.h5").write_bytes(damage(whole, number))
        if role == "library":
            by_the_library(folder / "x.h5", None)
            continue
        try:
            for finding in judge(folder):
                tell(finding)
        except Exception:  # noqa: BLE001 -- whatever it is, it is a finding
            tell("traceback " + " | ".join(traceback.format_exc().split("\n")[-6:]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
