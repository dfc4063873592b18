"""The containers and codecs that a card may name.

Containers are the words of ``format:`` for files that say themselves what they hold. This is the one place of
the language where formats have names; who reads them stands in `vspec.containers`.
"""

from __future__ import annotations

CONTAINERS: dict[str, str] = {
    "arrow": "Arrow IPC files and streams: the columns of their batches.",
    "dicom": "A DICOM file: its frames.",
    "fits": "FITS: images, columns of tables, compressed images.",
    "grib": "GRIB: the fields of its messages.",
    "hdf5": "HDF5 and what is made of it: NWB, NetCDF-4, MATLAB 7.3, NeXus, SNIRF.",
    "mat": "MATLAB 4 and 5: its variables.",
    "netcdf3": "Classic NetCDF: its variables.",
    "npy": "One NumPy array.",
    "npz": "NumPy arrays in a zip file.",
    "tiff": "TIFF and BigTIFF: series of pages.",
    "zarr": "A Zarr store of either version, named by the metadata file at its root.",
}

STREAMS: dict[str, str] = {
    "gzip": "As gzip writes it.",
    "zlib": "As zlib writes it.",
    "bz2": "As bzip2 writes it.",
    "lzma": "As xz writes it.",
}

CODECS = frozenset(
    {"zlib", "gzip", "bz2", "lzma", "blosc", "lz4", "zstd", "shuffle", "delta"}
    | {"crc32", "crc32c", "adler32", "fletcher32"}
)
"""The ids behind ``codec:``; further ones begin with `MORE_CODECS`."""

MORE_CODECS = "imagecodecs_"

_CALLED_OTHERWISE = {
    "deflate": "zlib",
    "zip": "zlib",
    "xz": "lzma",
    "gz": "gzip",
    "bzip2": "bz2",
    "zstandard": "zstd",
    **{name: MORE_CODECS + name for name in ("packbits", "lzw", "jpeg", "jpeg2k", "lzf", "png")},
}


def codec_meant(name: str) -> str | None:
    """Return the id of the codec that other programs call ``name``, or None."""
    return _CALLED_OTHERWISE.get(name.lower())


def is_codec(name: str) -> bool:
    """Tell whether an id may stand behind ``codec:``."""
    return name in CODECS or (name.startswith(MORE_CODECS) and name != MORE_CODECS)
