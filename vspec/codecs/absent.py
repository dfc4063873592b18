"""What stands for a codec that no installed package has, so that other arrays of its map can be read."""

from __future__ import annotations

from numcodecs.abc import Codec

from vspec.codecs.findings import Buffer, Json
from vspec.errors import Problem, VspecError


def stand_in(name: str, package: str, *, installed: bool) -> type[Codec]:
    """Return a codec that decodes nothing: whoever reads an array that needs it gets V0710."""

    class Absent(Codec):  # type: ignore[misc]  # numcodecs has no types
        codec_id = name

        def __init__(self, **config: Json) -> None:
            self.config = config

        def get_config(self) -> dict[str, Json]:
            return {"id": name, **self.config}

        def decode(self, _buf: Buffer, _out: Buffer | None = None) -> Buffer:
            raise VspecError([missing(name, package, installed=installed)])

        encode = decode

    return Absent


def missing(name: str, package: str, *, installed: bool) -> Problem:
    """Return V0710 for a codec: its package is not installed, or is too old for it."""
    why = f"which the installed {package} does not have" if installed else f"of the package {package}"
    return Problem(
        "V0710",
        f"the array needs the codec '{name}', {why}",
        expected=f"the package {package}" + (" in a newer version" if installed else ""),
        help=f"pip install {'-U ' * installed}{package}",
    )
