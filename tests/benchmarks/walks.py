"""``python -m tests.benchmarks.walks``: walking a million rows, against a loop with `struct`.

The rows of varying size are laid out by a size field, a tag whose size stands in a table, a pointer to
the next row, and up to a sentinel; their sizes are all the same, the same for a thousand rows, one of
two, or random. The loop keeps where each row begins, as the walk does. Then columns of
walked rows are read, and a million fixed headers, each of which holds a constant, are verified: in
records of 52 and of 1044 bytes. There the loop, as that of any reader, keeps the time stamps on its way;
so both are shown: verifying alone, and verifying and reading the time stamps, which takes vspec a second pass
over records that lie too far apart for any cache. Ends with exit code 1 where a bound is broken.
"""

from __future__ import annotations

import argparse
import mmap
import struct
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.unit.layouts import card
from vspec.card.load import loads
from vspec.header.constants import check_constants
from vspec.header.dataset import Header, open_dataset
from vspec.sources import Files, find

ROWS = 1_000_000
ON_RUNS, ON_RANDOM, ON_FIXED, ON_COLUMNS = 5.0, 0.9, 8.0, 5.0
ON_TWO_PASSES = 4.0
"""Of 1044 bytes each: that the system maps all pages twice takes longer than to look at the headers."""
TABLE = "tables:\n  SIZES: {1: 24, 2: 120, 3: 64, 7: 8}"


@dataclass(frozen=True)
class Form:
    """How rows are laid out: the card's fields, the bytes in front of a payload, and a loop over them."""

    name: str
    fields: str
    loop: Callable[[bytes | mmap.mmap, int], list[int]]
    head: int = 8


def by_size(data: bytes | mmap.mmap, n: int) -> list[int]:
    """Walk ``tag u16, flags u16, length u32``."""
    unpack = struct.Struct("<HHI").unpack_from
    rows: list[int] = []
    add, at, end = rows.append, 0, len(data)
    while at < end:
        _, _, length = unpack(data, at)
        add(at)
        at += 8 + length
    return rows


def by_tag(data: bytes | mmap.mmap, n: int) -> list[int]:
    """Walk ``tag u16, flags u16, serial u32``, the payload by a table."""
    sizes = {1: 24, 2: 120, 3: 64, 7: 8}
    unpack = struct.Struct("<HHI").unpack_from
    rows: list[int] = []
    add, at, end = rows.append, 0, len(data)
    while at < end:
        tag, _, _ = unpack(data, at)
        add(at)
        at += 8 + sizes[tag]
    return rows


def by_link(data: bytes | mmap.mmap, n: int) -> list[int]:
    """Walk ``tag u16, flags u16, next u32``, and notice a place that was visited."""
    unpack = struct.Struct("<HHI").unpack_from
    rows: list[int] = []
    seen: set[int] = set()
    add, note, at = rows.append, seen.add, 0
    while True:
        add(at)
        note(at)
        _, _, at = unpack(data, at)
        if at == 0:
            return rows
        if at in seen:
            raise ValueError(at)


def by_sentinel(data: bytes | mmap.mmap, n: int) -> list[int]:
    """Walk ``tag u16, flags u16, length u32`` up to tag 9."""
    unpack = struct.Struct("<HHI").unpack_from
    rows: list[int] = []
    add, at = rows.append, 0
    while True:
        tag, _, length = unpack(data, at)
        add(at)
        at += 8 + length
        if tag == 9:
            return rows


FORMS = (
    Form(
        "size field", "r: {repeat: rest, fields: {t: uint16, g: uint16, n: uint32, x: 'uint8[k=n]'}}", by_size
    ),
    Form(
        "size:",
        "r: {repeat: rest, size: h.n + 8, fields: {h: {fields: {t: uint16, g: uint16, n: uint32}}, y: uint8}}",
        by_size,
    ),
    Form(
        "tag, table",
        "r: {repeat: rest, fields: {t: uint16, g: uint16, s: uint32, x: 'uint8[k=SIZES[t]]'}}",
        by_tag,
    ),
    Form(
        "next pointer",
        "r: {at: 0, repeat: {next: link if link > 0 else none}, fields: {t: uint16, g: uint16, link: uint32}}",
        by_link,
    ),
    Form(
        "sentinel",
        "r: {repeat: {until: t == 9}, fields: {t: uint16, g: uint16, n: uint32, x: 'uint8[k=n]'}}",
        by_sentinel,
    ),
)
KINDS = ("equal", "runs", "two sizes", "random")


def lengths(kind: str, n: int) -> np.ndarray:
    """Return the bytes of the payloads."""
    rng = np.random.default_rng(5)
    if kind == "equal":
        return np.full(n, 120)
    if kind == "runs":
        return np.repeat(rng.integers(10, 120, -(-n // 1000)), 1000)[:n]
    if kind == "two sizes":
        return np.where(rng.random(n) < 0.9, 120, 24)
    return rng.integers(8, 240, n)


def tags(kind: str, n: int) -> np.ndarray:
    """Return tags in the same manner."""
    rng = np.random.default_rng(5)
    if kind == "equal":
        return np.full(n, 2)
    if kind == "runs":
        return np.repeat(rng.choice([1, 2, 3, 7], -(-n // 1000)), 1000)[:n]
    if kind == "two sizes":
        return np.where(rng.random(n) < 0.9, 2, 1)
    return rng.choice([1, 2, 3, 7], n)


def rows_file(form: Form, kind: str, n: int) -> tuple[bytes, np.ndarray]:
    """Return a file of rows with random payloads, and where they begin."""
    if form.name == "tag, table":
        tag = tags(kind, n)
        sizes = np.array([0, 24, 120, 64, 0, 0, 0, 8])[tag]
    else:
        tag, sizes = np.full(n, 7), lengths(kind, n)
    if form.name == "sentinel":
        tag[-1] = 9
    ends = np.cumsum(sizes + 8)
    starts = ends - sizes - 8
    data = np.random.default_rng(6).integers(0, 255, ends[-1], np.uint8)
    third = sizes
    if form.name == "next pointer":
        third = np.append(starts[1:], 0)
    head = np.zeros(n, np.dtype([("t", "<u2"), ("f", "<u2"), ("n", "<u4")]))
    head["t"], head["n"] = tag, third
    raw = head.view(np.uint8).reshape(n, 8)
    for k in range(8):
        data[starts + k] = raw[:, k]
    return data.tobytes(), starts


def opened(text: str, folder: Path) -> Header:
    """Return the header of the one file in a folder."""
    made = loads(text, "card.yaml")
    found = find(made.roles, [folder])
    return open_dataset(made, found.datasets[0], Files(found.root), {})


def measured(work: Callable[[], object]) -> float:
    """Return the seconds that the process worked: others at work beside it count less."""
    began = time.process_time()
    work()
    return time.process_time() - began


def mapped(path: Path, work: Callable[[mmap.mmap], object]) -> None:
    """Do something with the bytes of a file, as a loop would see them."""
    with path.open("rb") as handle, mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ) as held:
        work(held)


def walk_ratio(form: Form, kind: str, n: int, rounds: int) -> tuple[float, float, float]:
    """Return seconds of the loop and of the walk, and how many times faster the walk is: the median round."""
    data, starts = rows_file(form, kind, n)
    text = card(form.fields, source="f.r" if form.name == "size:" else "f.r.t", top=TABLE)
    found: list[tuple[float, float, float]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "x.bin").write_bytes(data)
        assert form.loop(data, n) == starts.tolist()
        for _ in range(rounds):
            header = opened(text, folder)
            loop = measured(lambda: mapped(folder / "x.bin", lambda held: form.loop(held, n)))
            walk = measured(lambda: header.get("f").get("r"))  # noqa: B023  # called at once
            rows = header.get("f").get("r")
            assert len(rows) == n
            assert np.array_equal(rows._rows.starts, starts)
            found.append((loop / walk, loop, walk))
    ratio, loop, walk = sorted(found)[len(found) // 2]
    return loop, walk, ratio


def column_ratio(form: Form, kind: str, n: int, rounds: int) -> tuple[float, float, float]:
    """Return the same for two columns of rows that were walked, and for where their payloads lie."""
    data, starts = rows_file(form, kind, n)
    unpack = struct.Struct("<HHI").unpack_from

    def loop(data: mmap.mmap) -> None:
        found = [unpack(data, at) for at in starts.tolist()]
        columns = [np.array([row[k] for row in found]) for k in (0, 2)]
        assert len(columns) == 2

    found: list[tuple[float, float, float]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "x.bin").write_bytes(data)
        rows = opened(card(form.fields, source="f.r.t", top=TABLE), folder).get("f").get("r")
        for _ in range(rounds):
            slow = measured(lambda: mapped(folder / "x.bin", loop))
            quick = measured(lambda: (rows.column("t"), rows.column("n"), rows.locate("x")))
            assert np.array_equal(8 + rows.column("n"), np.diff(starts, append=len(data)))
            assert np.array_equal(rows.locate("x").first, starts + 8)
            found.append((slow / quick, slow, quick))
    ratio, slow, quick = sorted(found)[len(found) // 2]
    return slow, quick, ratio


def fixed_ratio(n: int, rounds: int, samples: int, *, times: bool) -> tuple[float, float, float]:
    """Return the same for the constants of fixed records of ``20 + 2 * samples`` bytes, with their ``times``."""
    fields = f"t: uint64, c: uint32, g: uint32, n: 'uint32 = 512', x: 'int16[s={samples}]'"
    text = card(f"r: {{repeat: rest, fields: {{{fields}}}}}")
    kind = np.dtype([("t", "<u8"), ("c", "<u4"), ("f", "<u4"), ("n", "<u4"), ("x", "<i2", samples)])
    unpack = struct.Struct("<QIII").unpack_from

    def loop(data: mmap.mmap) -> None:
        kept, right = [], True
        for at in range(0, len(data), kind.itemsize):
            stamp, _, _, held = unpack(data, at)
            kept.append(stamp)
            right &= held == 512
        assert right
        assert len(kept) == n

    found: list[tuple[float, float, float]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table = np.memmap(folder / "x.bin", kind, "w+", shape=n)
        table["n"], table["t"] = 512, np.arange(n)
        table.flush()
        del table
        for _ in range(rounds):
            header = opened(text, folder)
            slow = measured(lambda: mapped(folder / "x.bin", loop))
            quick = measured(lambda: verified(header, times=times))  # noqa: B023  # called at once
            found.append((slow / quick, slow, quick))
    ratio, slow, quick = sorted(found)[len(found) // 2]
    return slow, quick, ratio


def verified(header: Header, *, times: bool) -> None:
    """Verify the constant of every record, and read all time stamps."""
    assert check_constants(header, every_row=True) == []
    if times:
        assert header.get("f").get("r").column("t")[-1] > 0


def bound(kind: str) -> float:
    """Return how many times as fast as the loop a walk must be."""
    return ON_RUNS if kind in ("equal", "runs") else ON_RANDOM


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a table of times and ratios; return 1 where a bound is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--form", help="only rows of this layout")
    options = parser.parse_args(arguments)
    print(f"{'layout':<14}{'sizes':<11}{'loop ns/row':>12}{'vspec ns/row':>13}{'ratio':>7}{'bound':>7}")
    kept = True
    for form in FORMS:
        for kind in KINDS if options.form in (None, form.name) else ():
            least = bound(kind)
            kept &= shown(
                form.name, kind, walk_ratio(form, kind, options.rows, options.rounds), least, options.rows
            )
    n, rounds = options.rows, options.rounds
    if options.form in (None, "columns"):
        kept &= shown("columns", "random", column_ratio(FORMS[0], "random", n, rounds), ON_COLUMNS, n)
    if options.form in (None, "fixed"):
        for size, samples, both in (("52 bytes", 16, ON_FIXED), ("1044 bytes", 512, ON_TWO_PASSES)):
            kept &= shown("fixed", size, fixed_ratio(n, rounds, samples, times=False), ON_FIXED, n)
            kept &= shown("with times", size, fixed_ratio(n, rounds, samples, times=True), both, n)
    return 0 if kept else 1


def shown(form: str, kind: str, times: tuple[float, float, float], least: float, n: int) -> bool:
    """Print a line of the table and return whether the bound is kept."""
    loop, walk, ratio = times
    print(
        f"{form:<14}{kind:<11}{loop / n * 1e9:>12.0f}{walk / n * 1e9:>13.0f}{ratio:>7.2f}{least:>7.1f}"
        f"{'' if ratio >= least else '  broken'}",
        flush=True,
    )
    return ratio >= least


if __name__ == "__main__":
    sys.exit(main())
