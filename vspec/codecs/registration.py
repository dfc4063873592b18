"""Makes the codecs known where no entry point does: in a checkout, or where vspec was put beside others."""

from __future__ import annotations

from collections.abc import Iterable
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
    if _has_zarr_3():
        from vspec.codecs import for_zarr

        for_zarr.register()


def lend(names: Iterable[str]) -> None:
    """Make codecs of imagecodecs known by their ids; one that is not there gets a stand-in (V0710).

    Imports that package only where a codec is not known yet.
    """
    from numcodecs.registry import codec_registry, register_codec

    from vspec.codecs.absent import stand_in

    wanted = {name for name in names if name not in codec_registry}
    if not wanted:
        return
    borrow()
    installed = find_spec("imagecodecs") is not None
    for name in wanted - set(codec_registry):
        register_codec(stand_in(name, "imagecodecs", installed=installed))


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
