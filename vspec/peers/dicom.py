"""DICOM files as pydicom reads them; frames of lossless JPEG and JPEG-LS by imagecodecs, which it lacks."""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vspec.errors import fail

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_FAILURES = (
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    NotImplementedError,
    OSError,
    EOFError,
    RuntimeError,
    StopIteration,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)
_RUNS = "1.2.840.10008.1.2.5"
_BARE = {
    "1.2.840.10008.1.2.4.57": "ljpeg_decode",
    "1.2.840.10008.1.2.4.70": "ljpeg_decode",
    "1.2.840.10008.1.2.4.80": "jpegls_decode",
    "1.2.840.10008.1.2.4.81": "jpegls_decode",
}


def read_dicom(path: Path, array: str, selection: tuple[slice, ...]) -> NDArray[np.generic]:
    """Return a box of ``pixels``, without any change of colours, or of ``waveform_0`` ..., as counts.

    Axes are in stored order. Raises V0363 without the library, V0361 where it fails.
    """
    try:
        import pydicom
        from pydicom.errors import BytesLengthException, InvalidDicomError
    except ImportError:
        raise fail("V0363", "pydicom is not installed", help="pip install pydicom") from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset = pydicom.dcmread(path, force=True)
            whole = _waveform(dataset, array) if array.startswith("waveform_") else _pixels(dataset)
    except (*_FAILURES, BytesLengthException, InvalidDicomError) as error:
        why = str(error) or type(error).__name__
        raise fail("V0361", f"pydicom cannot read '{array}'", found=why) from None
    return np.asarray(whole[selection])


def _waveform(dataset: Dataset, array: str) -> NDArray[np.generic]:
    from pydicom.waveforms.numpy_handler import multiplex_array

    return np.asarray(multiplex_array(dataset, int(array.removeprefix("waveform_")), as_raw=True))


def _pixels(dataset: Dataset) -> NDArray[np.generic]:
    from pydicom.pixels.decoders.base import get_decoder

    syntax = dataset.file_meta.get("TransferSyntaxUID", None) if hasattr(dataset, "file_meta") else None
    if syntax is None:
        from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

        syntax = ImplicitVRLittleEndian if dataset.original_encoding[0] else ExplicitVRLittleEndian
        dataset.file_meta.TransferSyntaxUID = syntax
    if str(syntax) in _BARE:
        return _bare(dataset, str(syntax))
    found, _ = get_decoder(syntax).as_array(dataset, raw=True)
    apart = str(syntax) == _RUNS or (
        dataset.get("PlanarConfiguration", 0) == 1 and not syntax.is_encapsulated
    )
    samples = int(dataset.get("SamplesPerPixel", 1))
    return np.moveaxis(found, -1, -3) if apart and samples > 1 else np.asarray(found)


def _bare(dataset: Dataset, syntax: str) -> NDArray[np.generic]:
    """Decode each frame by its codec alone."""
    try:
        import imagecodecs
    except ImportError:
        raise fail("V0363", "imagecodecs is not installed", help="pip install imagecodecs") from None
    from pydicom.encaps import generate_frames

    decode: Callable[[bytes], NDArray[np.generic]] = getattr(imagecodecs, _BARE[syntax])
    count = int(dataset.get("NumberOfFrames", 1) or 1)
    frames = [decode(frame) for frame in generate_frames(dataset.PixelData, number_of_frames=count)]
    whole = np.stack(frames) if count > 1 else frames[0]
    return whole.view(whole.dtype.str.replace("u", "i")) if dataset.PixelRepresentation == 1 else whole
