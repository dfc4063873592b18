"""Makes the codecs known where no entry point does: in a checkout, or where vspec was put beside others."""

from __future__ import annotations

from functools import cache
from importlib import import_module
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
    borrow()
    if _has_zarr_3():
        from vspec.codecs import for_zarr

        for_zarr.register()


@cache
def borrow() -> None:
    """Make the codecs of imagecodecs known to numcodecs where that package is installed."""
    from numcodecs.registry import register_codec

    if find_spec("imagecodecs") is None:
        return
    lent = import_module("imagecodecs.numcodecs")
    for name in lent.__all__:
        codec = getattr(lent, name)
        if str(getattr(codec, "codec_id", None)).startswith("imagecodecs_"):
            register_codec(codec)


def _has_zarr_3() -> bool:
    try:
        return find_spec("zarr") is not None and int(version("zarr").partition(".")[0]) >= 3
    except PackageNotFoundError:
        return False
