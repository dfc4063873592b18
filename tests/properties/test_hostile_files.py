"""Files of every card, spoiled at random: a map that holds, or an error with a code; never a crash, a flood or a hang.

A few spoiled files for each example in a normal run; VSPEC_HOSTILE=300 makes that many. Round ``k`` of an
example is always the same file, so a long run finds again what it found.
"""

from __future__ import annotations

import os
import random
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import vspec
from tests.conftest import ROOT
from vspec import registry
from vspec.authoring.faking import FakeOptions, fake
from vspec.card.load import load
from vspec.card.model import Card
from vspec.errors import VspecError

FORMATS = ROOT / "formats"
EVERY = {
    path.parent.relative_to(FORMATS).as_posix(): load(path, registry=registry.find_id)
    for path in sorted(FORMATS.rglob("card.yaml"))
}
CARDS = [id for id, card in EVERY.items() if not any(role.container for role in card.roles)]
"""Not those of containers, which `fake` does not write: tests/cards/test_containers.py damages them."""
ROUNDS = int(os.environ.get("VSPEC_HOSTILE", "10"))
SECONDS = 5
MEMORY = 512 << 20
HEAD = 512

EXTREMES = ("00", "01", "ff", "7f", "80", "fe")
NUMBERS = (
    b"0", b"-1", b"1", b"2147483648", b"4294967295", b"9223372036854775807", b"18446744073709551616",
    b"1e308", b"nan", b"", b"-9223372036854775808", b"9" * 400, b"0x10", b"1 2", b"\xff", b"../../x",
)  # fmt: skip
NUMBER = re.compile(rb"-?\d+(?:\.\d+)?")
LINE = re.compile(rb"[^\n]*\n")


# --- ways to spoil bytes: each takes the chance and the content, and returns new content


def place(chance: random.Random, content: bytes) -> int:
    """Return a place, most often near the beginning, where headers are."""
    if not content:
        return 0
    reach = min(len(content), HEAD) if chance.random() < 0.75 else len(content)
    return chance.randrange(reach)


def overwritten(content: bytes, at: int, new: bytes) -> bytes:
    return content[:at] + new[: len(content) - at] + content[at + len(new) :]


def random_bytes(chance: random.Random, content: bytes) -> bytes:
    return overwritten(content, place(chance, content), chance.randbytes(chance.choice((1, 2, 4, 16))))


def one_bit(chance: random.Random, content: bytes) -> bytes:
    at = place(chance, content)
    return (
        content[:at] + bytes(b ^ (1 << chance.randrange(8)) for b in content[at : at + 1]) + content[at + 1 :]
    )


def run_of_one_byte(chance: random.Random, content: bytes) -> bytes:
    return overwritten(
        content, place(chance, content), bytes.fromhex(chance.choice(EXTREMES)) * chance.choice((1, 3, 8, 64))
    )


def other_number(chance: random.Random, content: bytes) -> bytes:
    """Put an extreme or a slightly wrong whole number at an aligned place, in one of the byte orders."""
    width = chance.choice((1, 2, 4, 8))
    at = place(chance, content) // width * width
    order = chance.choice(("little", "big"))
    old = int.from_bytes(content[at : at + width], order)
    top = 1 << (8 * width)
    new = chance.choice(
        (old + 1, old - 1, old * 2, -old, 0, 1, top - 1, top // 2, top // 2 - 1, top // 4, 1 << 20)
    )
    return overwritten(content, at, (new % top).to_bytes(width, order))


def other_text_number(chance: random.Random, content: bytes) -> bytes:
    found = list(NUMBER.finditer(content[: 16 * HEAD]))
    if not found:
        return other_number(chance, content)
    number = chance.choice(found)
    return content[: number.start()] + chance.choice(NUMBERS) + content[number.end() :]


def other_lines(chance: random.Random, content: bytes) -> bytes:
    """Double, drop or move a line."""
    found = list(LINE.finditer(content[: 16 * HEAD]))
    if not found:
        return random_bytes(chance, content)
    line, target = chance.choice(found), chance.choice(found).start()
    kept = chance.choice((content, content[: line.start()] + content[line.end() :]))
    return chance.choice((kept, kept[:target] + line.group() * chance.choice((1, 2)) + kept[target:]))


def moved(chance: random.Random, content: bytes) -> bytes:
    """Put something between, or take something out."""
    at = place(chance, content)
    if chance.random() < 0.5:
        return content[:at] + chance.randbytes(chance.choice((1, 2, 7))) + content[at:]
    return content[:at] + content[at + chance.choice((1, 2, 7)) :]


def truncated(chance: random.Random, content: bytes) -> bytes:
    return content[: place(chance, content)] if chance.random() < 0.7 else content[: -chance.randrange(1, 9)]


def extended(chance: random.Random, content: bytes) -> bytes:
    more = chance.choice((b"\0", b"\xff", b"\n", content[-1:], chance.randbytes(1)))
    return content + more * chance.choice((1, 2, 3, 64, 4096)) + content[: chance.choice((0, 0, 128))]


WAYS = (
    random_bytes, one_bit, run_of_one_byte, other_number, other_number, other_number,
    other_text_number, other_text_number, other_lines, moved, truncated, extended,
)  # fmt: skip


def spoil(chance: random.Random, files: list[Path]) -> list[str]:
    """Spoil a file or two of a data set; return what was done."""
    done = []
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        file, way = chance.choice(files), chance.choice(WAYS)
        file.write_bytes(way(chance, file.read_bytes()))
        done.append(f"{file.name}: {way.__name__}")
    return done


# --- what must hold


@contextmanager
def little_memory() -> Iterator[None]:
    """Let an allocation fail that goes far beyond what this process has now."""
    pages = Path("/proc/self/statm")
    if not pages.exists():
        yield
        return
    import resource

    before = resource.getrlimit(resource.RLIMIT_AS)
    now = int(pages.read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + MEMORY, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def mapped(card: Card, data: Path, out: Path, params: dict) -> list[str]:
    """Return the maps of spoiled files; none where the card refuses them."""
    try:
        report = vspec.apply(card, data, out, params)
    except VspecError:
        return []
    assert report.maps or report.problems
    return [made.map for made in report.maps]


@pytest.mark.parametrize("id", CARDS)
def test_spoiled_files_are_mapped_as_they_are_or_refused_with_a_code(id, tmp_path):
    card = EVERY[id]
    examples = [str(entry["name"]) for entry in card.examples if "make" in entry]
    refused = 0
    for example in examples:
        whole = tmp_path / example.replace("/", " ")
        known = fake(card, whole, FakeOptions(seed=5, example=example))
        contents = {file: file.read_bytes() for file in known.files}
        for k in range(ROUNDS):
            done = spoil(random.Random(f"{id} {example} {k}"), list(known.files))
            note = f"{id}, example '{example}', round {k}: {'; '.join(done)}"
            began = time.process_time()
            out = tmp_path / "maps" / f"{example} {k}".replace("/", " ")
            try:
                with little_memory():
                    maps = mapped(card, whole, out, dict(known.params))
                wrong = [
                    p
                    for path in maps
                    for m in vspec.verify(path).maps
                    for p in m.problems
                    if p.level == "error"
                ]
            except Exception as error:
                error.add_note(note)
                raise
            assert not wrong, (note, wrong)
            assert time.process_time() - began < SECONDS, note
            refused += not maps
            for file, content in contents.items():
                file.write_bytes(content)
    assert refused or ROUNDS * len(examples) < 10, "something must have been noticed"


@pytest.mark.parametrize("way", sorted(set(WAYS), key=lambda way: way.__name__), ids=lambda way: way.__name__)
@pytest.mark.parametrize("content", (b"", b"\0", b"n: 12\nm: 7\n" * 40), ids=("empty", "one byte", "a text"))
def test_each_way_spoils_and_takes_any_content(way, content):
    spoiled = {way(random.Random(k), content) for k in range(50)}
    assert not content or spoiled - {content}


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the limit needs /proc")
def test_a_flood_is_noticed():
    with little_memory(), pytest.raises(MemoryError):
        bytearray(2 * MEMORY)
