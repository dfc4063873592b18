"""A small file for each card of a container, written by that container's own library.

`WRITERS` holds, by the id of the card, functions that write into a folder and return the arrays that must be
found, by path, in the order of their axes. A library that is missing raises `ImportError`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

Arrays = Mapping[str, NDArray[np.generic]]
Writer = Callable[[Path], Arrays]

RANDOM = np.random.default_rng(1009)
SMALL = RANDOM.integers(-30000, 30000, (7, 11)).astype("<i2")
CUBE = RANDOM.normal(size=(5, 13, 3)).astype("<f4")
LONG = RANDOM.integers(0, 200, 9973).astype("u1")
SMOOTH = (np.arange(61 * 67).reshape(61, 67) // 5).astype("<u2")


def hdf5(folder: Path) -> Arrays:
    import h5py

    with h5py.File(folder / "x.h5", "w") as file:
        file["whole"] = SMALL
        file["group/big_endian"] = CUBE.astype(">f4")
        file.create_dataset("chunked", data=SMOOTH, chunks=(16, 67), compression="gzip", shuffle=True)
        file.create_dataset("lzf", data=LONG, chunks=(1000,), compression="lzf")
    return {"whole": SMALL, "group/big_endian": CUBE, "chunked": SMOOTH, "lzf": LONG}


def netcdf4(folder: Path) -> Arrays:
    import h5py

    with h5py.File(folder / "x.nc", "w") as file:
        file["time"] = np.arange(7) / 2
        file["time"].make_scale("time")
        file.create_dataset("signal", data=SMALL, chunks=(3, 11), fletcher32=True).dims[0].attach_scale(
            file["time"]
        )
    return {"time": np.arange(7) / 2, "signal": SMALL}


def netcdf3(folder: Path) -> Arrays:
    from scipy.io import netcdf_file

    with netcdf_file(folder / "x.nc", "w", version=2) as file:
        file.createDimension("time", None)
        file.createDimension("channel", 11)
        file.createDimension("row", 3)
        file.createVariable("signal", "i2", ("time", "channel"))[:] = SMALL
        file.createVariable("clock", "f8", ("time",))[:] = np.arange(7) * 0.25
        file.createVariable("fixed", "f4", ("row",))[:] = CUBE[0, 0]
    return {"signal": SMALL, "clock": np.arange(7) * 0.25, "fixed": CUBE[0, 0]}


def fits(folder: Path) -> Arrays:
    from astropy.io import fits

    column = fits.Column("n", "J", array=np.arange(17) * 1009)
    units = [
        fits.PrimaryHDU(SMALL.astype(">i2")),
        fits.ImageHDU(CUBE.astype(">f4"), name="CUBE"),
        fits.BinTableHDU.from_columns([column], name="TABLE"),
        fits.CompImageHDU(SMOOTH.astype("i4"), name="TILES", compression_type="RICE_1"),
    ]
    fits.HDUList(units).writeto(folder / "x.fits")
    return {
        "hdu0": SMALL,
        "hdu1": CUBE,
        "hdu2/n": np.arange(17) * 1009,
        "hdu3": SMOOTH,
    }


def tiff(folder: Path) -> Arrays:
    import tifffile

    with tifffile.TiffWriter(folder / "x.tif") as file:
        file.write(SMOOTH, tile=(16, 32), compression="zlib", predictor=True)
        file.write(SMALL.astype("<i2"), rowsperstrip=3)
    return {"series_0": SMOOTH, "series_1": SMALL}


def stack(folder: Path) -> Arrays:
    import tifffile

    tifffile.imwrite(folder / "x.tif", SMOOTH.reshape(1, 61, 67).repeat(5, 0), photometric="minisblack")
    return {"series_0": SMOOTH.reshape(1, 61, 67).repeat(5, 0)}


def dicom(folder: Path) -> Arrays:
    _image("x", SMOOTH).save_as(folder / "x.dcm", enforce_file_format=True)
    return {"pixels": SMOOTH}


def series(folder: Path) -> Arrays:
    """Write slices whose names are in another order than their positions."""
    slices = [SMOOTH + at for at in range(5)]
    for at, name in enumerate("cabed"):
        image = _image(name, slices[at])
        image.SeriesInstanceUID = "1.2.3"
        image.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        image.ImagePositionPatient = [0, 0, 2.5 * at - 7]
        image.save_as(folder / f"{name}.dcm", enforce_file_format=True)
    return {"volume": np.array(slices)}


def _image(name: str, values: NDArray[np.uint16]) -> Dataset:
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage, generate_uid

    image = Dataset()
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    image.file_meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
    image.file_meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=[name])
    image.SOPClassUID = SecondaryCaptureImageStorage
    image.SOPInstanceUID = image.file_meta.MediaStorageSOPInstanceUID
    image.Rows, image.Columns = values.shape
    image.SamplesPerPixel, image.PhotometricInterpretation = 1, "MONOCHROME2"
    image.BitsAllocated = image.BitsStored = 16
    image.HighBit, image.PixelRepresentation = 15, 0
    image.PixelData = values.tobytes()
    return image


def mat(version: str, packed: bool) -> Writer:
    def write(folder: Path) -> Arrays:
        from scipy.io import savemat

        made: dict[str, object] = {"signal": SMALL.astype("<f8"), "row": np.arange(31.0)[None]}
        found = {"signal": SMALL.astype("<f8"), "row": np.arange(31.0)[None]}
        if version == "5":
            made["s"] = {"inner": CUBE}
            found["s/inner"] = CUBE
        savemat(folder / "x.mat", made, format=version, do_compression=packed)
        return found

    return write


def npz(packed: bool) -> Writer:
    def write(folder: Path) -> Arrays:
        save = np.savez_compressed if packed else np.savez
        save(folder / "x.npz", signal=SMALL, turned=np.asfortranarray(SMOOTH), long=LONG)
        return {"signal": SMALL, "turned": SMOOTH, "long": LONG}

    return write


def arrow(compression: str | None) -> Writer:
    def write(folder: Path) -> Arrays:
        import pyarrow as pa

        table = pa.table({"n": LONG, "x": np.sqrt(np.arange(9973.0))})
        options = pa.ipc.IpcWriteOptions(compression=compression)
        with pa.ipc.new_file(folder / "x.arrow", table.schema, options=options) as file:
            file.write_table(table, max_chunksize=4000)
        return {"n": LONG, "x": np.sqrt(np.arange(9973.0))}

    return write


def store(version: int) -> Writer:
    def write(folder: Path) -> Arrays:
        import zarr

        root = zarr.create_group(folder / "x.zarr", zarr_format=version)
        for name, values, chunks in (("whole", SMALL, (7, 11)), ("inner/cut", SMOOTH, (16, 20))):
            root.create_array(name, shape=values.shape, chunks=chunks, dtype=values.dtype)[...] = values
        return {"whole": SMALL, "inner/cut": SMOOTH}

    return write


WRITERS: Mapping[str, Mapping[str, Writer]] = {
    "adobe/tiff": {"tiles and strips": tiff, "stack": stack},
    "apache/arrow": {"plain": arrow(None), "zstd": arrow("zstd")},
    "hdf-group/hdf5": {"hdf5": hdf5, "netcdf": netcdf4},
    "iau/fits": {"all kinds": fits},
    "mathworks/mat": {"4": mat("4", False), "5": mat("5", False), "5 compressed": mat("5", True)},
    "nema/dicom": {"raw": dicom},
    "nema/dicom-series": {"five slices": series},
    "numpy/npz": {"stored": npz(False), "deflated": npz(True)},
    "unidata/netcdf3": {"records": netcdf3},
    "zarr-developers/zarr": {"version 2": store(2), "version 3": store(3)},
}
NO_WRITER: Mapping[str, str] = {
    "wmo/grib": "no package of the tests writes GRIB; tests/unit/test_containers_grib.py makes its messages by hand"
}
