"""The containers that a card may name: the words of ``format:`` for files that say themselves what they hold.

The one place of the language where formats have names; who reads them stands in `vspec.containers`.
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
