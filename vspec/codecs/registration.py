"""Makes the codecs known where no entry point does: in a checkout, or where vspec was put beside others."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec


def register() -> None:
    """Register every codec with numcodecs, and with zarr where it is version 3 or later.

    May be called any number of times. Imports numcodecs, and zarr where it is installed.
    """
    from numcodecs.registry import register_codec

    from vspec.codecs import for_numcodecs

    for codec in for_numcodecs.CODECS:
        register_codec(codec)
    if _has_zarr_3():
        from vspec.codecs import for_zarr

        for_zarr.register()


def _has_zarr_3() -> bool:
    try:
        return find_spec("zarr") is not None and int(version("zarr").partition(".")[0]) >= 3
    except PackageNotFoundError:
        return False
