"""FITS files: hand-made ones card by card, and real ones as astropy reads them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from tests.unit.real_arrays import CORPUS, agrees, arrays, real
from vspec.errors import VspecError
from vspec.layout import Affine, Chunked, Derived, Strided
from vspec.peers.fits import read_fits
from vspec.testing.delegates import Opened, opened

REAL = real("fits_image", "fits_table", "fits_tilecomp")


def card(key: str, value: object) -> str:
    shown = {True: "T", False: "F"}[value] if isinstance(value, bool) else repr(value)
    if isinstance(value, str):
        shown = "'" + value.replace("'", "''") + "'"
    return f"{key:8}= {shown:>20}".ljust(80)


def header(*cards: str | tuple[str, object]) -> bytes:
    lines = [one.ljust(80) if isinstance(one, str) else card(*one) for one in cards] + ["END".ljust(80)]
    raw = "".join(lines).encode("latin-1")
    return raw + b" " * (-len(raw) % 2880)


def padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 2880)


def image(
    bits: int, sizes: list[int], *more: str | tuple[str, object], first: tuple = ("SIMPLE", True)
) -> bytes:
    axes = [(f"NAXIS{k + 1}", size) for k, size in enumerate(sizes)]
    return header(first, ("BITPIX", bits), ("NAXIS", len(sizes)), *axes, *more)


def table(rows: int, row_bytes: int, forms: list[tuple[str, str]], *more, heap: int = 0) -> bytes:
    columns = [
        pair
        for k, (name, form) in enumerate(forms)
        for pair in ((f"TTYPE{k + 1}", name), (f"TFORM{k + 1}", form))
    ]
    return header(
        ("XTENSION", "BINTABLE"),
        ("BITPIX", 8),
        ("NAXIS", 2),
        ("NAXIS1", row_bytes),
        ("NAXIS2", rows),
        ("PCOUNT", heap),
        ("GCOUNT", 1),
        ("TFIELDS", len(forms)),
        *columns,
        *more,
    )


def written(folder: Path, data: bytes) -> Opened:
    (folder / "x.fits").write_bytes(data)
    return opened("fits", folder, "x.fits")


def test_an_image_its_scaling_and_its_coordinates(tmp_path: Path):
    linear = [("CRPIX1", 1.0), ("CRVAL1", 10.0), ("CDELT1", 0.5), ("CUNIT1", "mm"), ("CTYPE1", "X")]
    bent = [("CRPIX2", 1.0), ("CRVAL2", 3.0), ("CDELT2", 2.0), ("CTYPE2", "DEC--TAN")]
    scaled = [("BZERO", 32768.0), ("BLANK", -1)]
    values = np.arange(15, dtype=">i2")
    store = written(tmp_path, image(16, [5, 3], *scaled, *linear, *bent) + padded(values.tobytes()))
    layout = store.layout("hdu0")
    assert layout.shape == (3, 5)
    assert [axis.affine for axis in layout.axes] == [None, Affine(10.0, 0.5, "mm")]
    assert layout.attrs["scale_factor"] == 1
    assert type(layout.attrs["add_offset"]) is int
    assert layout.attrs["add_offset"] == 32768
    assert layout.attrs["_FillValue"] == -1
    assert "BZERO" not in layout.attrs
    assert layout.attrs["CTYPE2"] == "DEC--TAN"
    assert store.mapped(tmp_path, ["hdu0"])["hdu0"].tolist() == values.reshape(3, 5).tolist()


def test_cards_of_every_kind(tmp_path: Path):
    long = ["LONG    = 'one & two &'", "CONTINUE  'and ''three&'", "CONTINUE  ' end'"]
    more = [
        "HIERARCH ESO DET NAME = 'ccd'",
        "COMMENT a",
        "COMMENT b",
        "HISTORY c",
        "UNDEF   =",
        "C       = (1.5, 2)",
    ]
    store = written(
        tmp_path, image(8, [], *long, *more, ("OK", True), "F       = 1.5D2 / words", "OK      =  F")
    )
    root = store.container.groups[""]
    assert root == {
        "LONG": "one & two and 'three end",
        "ESO DET NAME": "ccd",
        "UNDEF": None,
        "C": [1.5, 2.0],
        "OK": True,
        "F": 150.0,
        "COMMENT": ["a", "b"],
        "HISTORY": ["c"],
    }
    assert [(item.path, item.reason) for item in store.container.lost] == [
        ("@OK", "given a second time: the first counts")
    ]


FORMS = [("n", "J"), ("flag", "L"), ("bits", "11X"), ("xy", "4E"), ("name", "3A"), ("v", "PI(3)"), ("z", "C")]


def test_a_table_by_column(tmp_path: Path):
    kind = np.dtype(
        [
            ("n", ">i4"),
            ("flag", "u1"),
            ("bits", "u1", 2),
            ("xy", ">f4", (2, 2)),
            ("name", "S3"),
            ("v", ">i4", 2),
            ("z", ">c8"),
        ]
    )
    rows = np.zeros(3, kind)
    rows["n"], rows["flag"], rows["name"] = [5, 6, 7], [ord("T"), ord("F"), 0], [b"ab", b"c", b"def"]
    rows["bits"] = [[1, 32], [2, 64], [255, 224]]
    rows["xy"] = np.arange(12).reshape(3, 2, 2)
    rows["v"], rows["z"] = [[2, 4], [0, 0], [3, 8]], [1 + 2j, 3j, 4]
    heap = b"\xff\xff\xff\xff" + np.array([1, 2, 3, 4, 5], ">i2").tobytes()
    more = [("TDIM4", "(2,2)"), ("TUNIT1", "s"), ("TNULL1", -5), ("TSCAL6", 2.0), ("TZERO6", 0.5)]
    head = table(3, kind.itemsize, FORMS, *more, heap=len(heap))
    store = written(tmp_path, image(8, []) + head + padded(rows.tobytes() + heap))
    assert store.container.lost == ()
    assert store.container.groups["hdu1"] == {"name": ["ab", "c", "def"]}
    paths = [
        f"hdu1/{name}"
        for name in ("n", "flag", "bits", "xy", "v/row_sizes", "v/row_offsets", "v/values", "z")
    ]
    assert list(store.container.entries) == paths
    found = store.mapped(tmp_path, paths)
    assert found["hdu1/n"].tolist() == [5, 6, 7]
    assert found["hdu1/flag"].tolist() == [84, 70, 0]
    assert found["hdu1/bits"].tolist() == [[1, 32], [2, 64], [255, 224]]
    assert found["hdu1/xy"].ravel().tolist() == list(range(12))
    assert found["hdu1/xy"].shape == (3, 2, 2)
    assert found["hdu1/v/values"].tolist() == [1, 2, 3, 4, 5]
    assert found["hdu1/v/row_sizes"].tolist() == [2, 0, 3]
    assert found["hdu1/z"].tolist() == [[1, 2], [0, 3], [4, 0]]
    assert store.layout("hdu1/n").attrs == {"units": "s", "TTYPE": "n", "TFORM": "J", "_FillValue": -5}
    assert store.layout("hdu1/v/values").attrs["scale_factor"] == 2
    assert store.layout("hdu1/bits").attrs["bits"] == 11
    assert {store.container.entries[path].axes[0] for path in paths if "values" not in path} == {"hdu1_row"}
    for path in paths:
        read = read_fits(tmp_path / "x.fits", path, (slice(None),) * len(store.container.entries[path].shape))
        assert np.array_equal(read.view(">f4").reshape(3, 2) if path.endswith("z") else read, found[path]), (
            path
        )


def test_a_table_of_text_is_converted(tmp_path: Path):
    columns = [
        ("TTYPE1", "n"),
        ("TFORM1", "I4"),
        ("TBCOL1", 1),
        ("TTYPE2", "x"),
        ("TFORM2", "E8.3"),
        ("TBCOL2", 6),
    ]
    head = header(
        ("XTENSION", "TABLE"),
        ("BITPIX", 8),
        ("NAXIS", 2),
        ("NAXIS1", 13),
        ("NAXIS2", 2),
        ("PCOUNT", 0),
        ("GCOUNT", 1),
        ("TFIELDS", 2),
        *columns,
    )
    store = written(tmp_path, image(8, []) + head + b"  12 1.50E+01" + b" -34 -2.5E+00" + b" " * (2880 - 26))
    source = store.layout("hdu1/n").source
    assert isinstance(source, Derived)
    assert source.reason == "the numbers are written as text"
    assert read_fits(tmp_path / "x.fits", "hdu1/n", (slice(None),)).tolist() == [12, -34]
    assert read_fits(tmp_path / "x.fits", "hdu1/x", (slice(1, 2),)).tolist() == [-2.5]


def test_what_is_lost_is_named(tmp_path: Path):
    other = header(("XTENSION", "FOREIGN"), ("BITPIX", 8), ("NAXIS", 0))
    texts = table(1, 16, [("t", "PA(5)"), ("e", "0J"), ("w", "8B")], heap=0)
    store = written(tmp_path, image(8, []) + other + texts + padded(bytes(16)) + b"junk at the end")
    reasons = {item.path: item.reason for item in store.container.lost}
    assert set(reasons) == {"hdu1", "hdu2/t", "hdu2/e", ""}
    assert "FOREIGN" in reasons["hdu1"]
    assert reasons["hdu2/e"] == "a column without elements"
    assert "no extension" in reasons[""]
    assert list(store.container.entries) == ["hdu2/w"]


def asked(folder: Path, data: bytes, array: str | None) -> None:
    store = written(folder, data)
    if array is not None:
        store.layout(array)


def problem_of(folder: Path, data: bytes, array: str | None = None):
    with pytest.raises(VspecError) as caught:
        asked(folder, data, array)
    (problem,) = caught.value.problems
    assert problem.data_file == "x.fits"
    return problem


@pytest.mark.parametrize("data", (b"", b"SIMPLE", b"XTENSION= 'IMAGE   '" + b" " * 2860))
def test_other_files(tmp_path: Path, data: bytes):
    assert problem_of(tmp_path, data).code == "V0360"


GOOD = image(16, [5, 3])
HEAPED = image(8, []) + table(1, 8, [("v", "PJ(3)")], heap=12)


@pytest.mark.parametrize(
    ("data", "words"),
    (
        (GOOD[:2000], "no END"),
        (GOOD.replace(b"END ", b"DNE ") + bytes(2880), "END is missing"),
        (image(7, [1]), "BITPIX is not what it must be"),
        (
            header(("SIMPLE", True), ("BITPIX", 8), ("NAXIS", 2), ("NAXIS1", 3)),
            "NAXIS2 is not what it must be",
        ),
        (image(8, [-3]), "NAXIS1 is not what it must be"),
        (image(8, []) + table(2, 9, [("a", "J")]) + bytes(2880), "do not fill a row"),
        (image(8, []) + table(2, 4, [("a", "4Y")]) + bytes(2880), "TFORM1 is not what it must be"),
        (HEAPED + padded(b"\0\0\0\x04\0\0\0\0" + bytes(12)), "lies outside the heap"),
        (HEAPED + padded(b"\0\0\0\x03\xff\xff\xff\xff" + bytes(12)), "lies outside the heap"),
        (HEAPED + b"\0\0", "beyond the end of the file"),
    ),
)
def test_damage(tmp_path: Path, data: bytes, words: str):
    problem = problem_of(tmp_path, data)
    assert problem.code == "V0361"
    assert words in problem.message


@pytest.mark.parametrize("method", ("RICE_1", "GZIP_1", "HCOMPRESS_1"))
def test_a_tile_that_ends_too_early(tmp_path: Path, method: str):
    """Each codec has its own way of failing: an error of the C library, `EOFError`, others."""
    values = np.arange(77, dtype=">i4").reshape(7, 11) ** 2
    units = fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(values, compression_type=method)])
    units.writeto(tmp_path / "x.fits")
    box = (slice(0, 7), slice(0, 11))
    assert read_fits(tmp_path / "x.fits", "hdu1", box).tolist() == values.tolist()
    with fits.open(tmp_path / "x.fits", disable_image_compression=True) as plain:
        place = plain.fileinfo(1)["datLoc"]
    raw = bytearray((tmp_path / "x.fits").read_bytes())
    # The descriptor of the first tile gives its length: now 2 bytes, or for gzip its header and a byte.
    short = 11 if method == "GZIP_1" else 2
    assert int.from_bytes(raw[place : place + 4], "big") > short
    raw[place : place + 4] = short.to_bytes(4, "big")
    (tmp_path / "x.fits").write_bytes(raw)
    with pytest.raises(VspecError) as caught:
        read_fits(tmp_path / "x.fits", "hdu1", box)
    (problem,) = caught.value.problems
    assert (problem.code, problem.message) == ("V0361", "astropy cannot read 'hdu1' of x.fits")


def test_an_image_that_is_cut_short(tmp_path: Path):
    problem = problem_of(tmp_path, GOOD + bytes(29), "hdu0")
    assert (problem.code, problem.offset) == ("V0361", 2880)


def records(fact: dict, path: Path, number: int, found: dict[str, np.ndarray]) -> list[str]:
    """Return the columns of a table that are mapped, and equal to astropy's."""
    equal = []
    for name, *_ in fact["dtype"]:
        key = f"hdu{number}/{name}"
        if key in found:
            values = read_fits(path, key, (slice(None),) * found[key].ndim)
            assert np.array_equal(values, found[key], equal_nan=True), key
            equal.append(name)
    return equal


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.skipif(not REAL, reason="the real files are not here")
@pytest.mark.parametrize(("entry", "file"), REAL)
def test_real_files_are_equal_through_a_map(entry: str, file: str, tmp_path: Path):
    store = opened("fits", CORPUS, file)
    kept = [path for path in store.container.entries if not isinstance(store.layout(path).source, Derived)]
    found = store.mapped(tmp_path, kept)
    for key, fact in arrays(entry).items():
        number = int(key[3])
        if isinstance(fact["dtype"], list):
            columns = records(fact, CORPUS / file, number, found)
            texts = [name for name, kind, *_ in fact["dtype"] if isinstance(kind, str) and "S" in kind]
            heaped = [name for name, *_ in fact["dtype"] if f"hdu{number}/{name}/values" in found]
            assert len(columns) + len(texts) + len(heaped) == len(fact["dtype"])
            assert set(texts) <= set(store.container.groups[f"hdu{number}"])
        elif key in found:
            assert agrees(fact, found[key])
        else:
            assert "HCOMPRESS" in store.layout(key).source.reason
            shape = store.container.entries[key].shape
            assert agrees(fact, read_fits(CORPUS / file, key, (slice(None),) * len(shape)))


@pytest.mark.skipif(not REAL, reason="the real files are not here")
def test_tiles_of_real_files_are_referenced():
    source = opened("fits", CORPUS, "fits_tilecomp/m13_gzip.fits").layout("hdu1").source
    assert isinstance(source, Chunked)
    assert [codec["id"] for codec in source.chains[0]] == ["gzip"]
    assert isinstance(opened("fits", CORPUS, "fits_tilecomp/m13.fits").layout("hdu0").source, Strided)
