"""MATLAB files of versions 4 and 5 to 7.2; those of version 7.3 are HDF5.

Source: "MAT-File Format", The MathWorks. Arrays are stored with their first index fastest, so an array of
shape (3, 5) has the stored axes ``x_axis_1`` of 5 and ``x_axis_0`` of 3. Layouts have them in MATLAB's order.
"""

from __future__ import annotations

from dataclasses import replace

from vspec.containers.mat4 import looks_like_4, read_4
from vspec.containers.mat5 import read_5
from vspec.containers.model import Container, ContainerFile
from vspec.containers.turned import turned

_HEADER = 128


def open_mat(file: ContainerFile) -> Container:
    """Open a file. Raises V0360 for another kind of file, V0361 for a damaged one."""
    head = file.reader.read(0, min(_HEADER, file.reader.size))
    order = {b"IM": "<", b"MI": ">"}.get(head[126:128])
    if order is not None and 0 not in head[:4]:
        version = head[125] if order == "<" else head[124]
        if version == 1:
            return _turned(read_5(file, order))
        raise file.problem(
            "V0360",
            f"{file.name} is a MATLAB file of another version",
            124,
            expected="version 4, or 5 to 7.2",
            found="version 7.3" if version == 2 else f"version byte {version}",
            help="files of version 7.3 are HDF5: say `format: hdf5`",
        )
    if looks_like_4(head):
        return _turned(read_4(file))
    raise file.problem(
        "V0360",
        f"{file.name} is no MATLAB file",
        0,
        expected="a header of version 4, or 'IM' or 'MI' at byte 126",
        found=repr(head[:8])[1:] if head else "an empty file",
        help="check the pattern",
    )


def _turned(container: Container) -> Container:
    """Return a container whose layouts have their axes in MATLAB's order, the fastest first."""
    entries = {path: turned(entry, len(entry.shape)) for path, entry in container.entries.items()}
    return replace(container, entries=entries)
