"""The messages of an Arrow file or stream: its schema, and the buffers of each record batch.

Source: Arrow columnar format, "Serialization and interprocess communication"; Message.fbs, File.fbs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from vspec.containers.arrow_flat import Int64, Malformed, Table, root
from vspec.containers.arrow_schema import Schema
from vspec.containers.cursor import Cursor
from vspec.containers.model import ContainerFile, Lost

MAGIC = b"ARROW1"
_BLOCK = np.dtype([("offset", "<i8"), ("metadata", "<i4"), ("pad", "<i4"), ("body", "<i8")])
_PAIR = np.dtype([("first", "<i8"), ("second", "<i8")])
_COUNT = np.dtype([("count", "<i8")])
_VERSIONS = (3, 4)
_LENGTH = 8
_GOES_ON = 0xFFFFFFFF
_SCHEMA, _DICTIONARY, _BATCH = 1, 2, 3
_AGAIN = "the file is damaged, cut short, or still being written: fetch it again"


@dataclass(frozen=True, slots=True, eq=False)
class Batches:
    """Record batches as rows: ``length``; ``nodes`` and ``buffers`` with a pair for each of the schema's.

    Nodes are lengths and counts of nulls, buffers are places in the file and lengths. ``codec`` is -1
    for plain buffers, 0 for LZ4 frames, 1 for Zstandard.
    """

    schema: Schema
    length: Int64
    nodes: Int64
    buffers: Int64
    codec: Int64


@dataclass(frozen=True, slots=True, eq=False)
class _Message:
    kind: int
    header: Table
    version: int
    at: int
    body: int
    nbytes: int


def batches(file: ContainerFile, lost: list[Lost]) -> Batches:
    """Read the metadata of a file or of a stream. Raises V0361 for damaged ones."""
    is_file = file.reader.size >= 8 and file.reader.read(0, 6) == MAGIC
    try:
        messages = _of_file(file) if is_file else _of_stream(file)
        return _gathered(file, messages, lost)
    except Malformed as error:
        raise file.problem("V0361", "the metadata are damaged", 0, found=str(error), help=_AGAIN) from None


def _of_file(file: ContainerFile) -> Iterator[_Message]:
    """Yield the messages that the footer names; the schema in it comes first."""
    size = file.reader.size
    tail = file.reader.read(max(0, size - 10), min(10, size))
    length = int.from_bytes(tail[:4], "little")
    if tail[4:] != MAGIC or not 0 < length <= size - 18:
        raise file.problem(
            "V0361",
            "the file has no footer, which says where its batches are",
            max(0, size - 10),
            expected="the footer's length and ARROW1",
            found=repr(tail),
            help=_AGAIN,
        )
    footer = root(file.reader.read(size - 10 - length, length))
    schema = footer.table(1)
    if schema is None:
        raise Malformed(footer.at)
    yield _Message(_SCHEMA, schema, footer.number(0, "h"), size - 10 - length, 0, 0)
    for offset, metadata, _, body in footer.structs(3, _BLOCK).tolist():
        cursor = Cursor(file, offset)
        if offset < 8 or metadata < 0 or body < 0 or (offset | metadata | body) % 8:
            raise cursor.damaged("a block of the footer is none", max(0, offset))
        found = _message(cursor)
        if found is None or found.kind != _BATCH:
            raise cursor.damaged("a block of the footer leads to no record batch", offset)
        if (found.body - offset, found.nbytes) != (metadata, body):
            raise cursor.damaged("a block of the footer has other lengths than its record batch", offset)
        yield found


def _of_stream(file: ContainerFile) -> Iterator[_Message]:
    cursor = Cursor(file)
    while cursor.left:
        found = _message(cursor)
        if found is None:
            return
        if found.kind not in (_SCHEMA, _DICTIONARY, _BATCH):
            raise cursor.damaged("a message is neither a schema nor a dictionary or a record batch", found.at)
        yield found


def _message(cursor: Cursor) -> _Message | None:
    """Read one message and step over its body; None at the end of a stream."""
    start = cursor.at
    length = cursor.number("<u4", "a message's length")
    if length == _GOES_ON:
        length = cursor.number("<u4", "a message's length")
    if length == 0:
        return None
    table = root(cursor.take(length, "a message's metadata"))
    header, nbytes = table.table(2), table.number(3, "q")
    if header is None or nbytes < 0:
        raise cursor.damaged("a message has no header", start)
    body = cursor.at
    cursor.skip(nbytes, "a message's body")
    return _Message(table.number(1, "B"), header, table.number(0, "h"), start, body, nbytes)


def _gathered(file: ContainerFile, messages: Iterator[_Message], lost: list[Lost]) -> Batches:
    first = next(messages, None)
    if first is None or first.kind != _SCHEMA:
        raise file.problem("V0361", "the file does not begin with a schema", 0, help=_AGAIN)
    schema = Schema(">" if first.header.number(0, "h") == 1 else "<", first.version, lost)
    schema.take(first.header)
    _require_version(file, first)
    rows = [_batch(file, message, schema) for message in messages if message.kind == _BATCH]
    length = np.array([row[0] for row in rows], np.int64)
    codec = np.array([row[3] for row in rows], np.int64)
    nodes = np.array([row[1] for row in rows], np.int64).reshape(len(rows), schema.nodes, 2)
    buffers = np.array([row[2] for row in rows], np.int64).reshape(len(rows), schema.buffers, 2)
    return Batches(schema, length, nodes, buffers, codec)


def _batch(file: ContainerFile, message: _Message, schema: Schema) -> tuple[int, Int64, Int64, int]:
    """Return length, nodes, buffers and codec of a record batch, checked against its body."""
    header = message.header
    _require_version(file, message)
    nodes, buffers = _pairs(header, 1), _pairs(header, 2)
    if schema.views:
        buffers = _without_variadic(header, buffers, schema)
    compression = header.table(3)
    codec = -1 if compression is None else compression.number(0, "b")
    length = header.number(0, "q")
    if len(nodes) != schema.nodes or len(buffers) != schema.buffers:
        raise file.problem(
            "V0361",
            "a record batch has other parts than the schema says",
            message.at,
            expected=f"{schema.nodes} nodes and {schema.buffers} buffers",
            found=f"{len(nodes)} and {len(buffers)}",
            help=_AGAIN,
        )
    wrong = (
        (buffers < 0).any()
        or (buffers[:, 0] % _LENGTH).any()
        or (buffers[:, 0] > message.nbytes - buffers[:, 1]).any()
    )
    if length < 0 or wrong or (nodes < 0).any() or codec not in (-1, 0, 1):
        raise file.problem("V0361", "a record batch leads outside its own body", message.at, help=_AGAIN)
    buffers = buffers + np.array([message.body, 0])
    if (nodes[:, 1] > nodes[:, 0]).any() or (nodes[schema.tops, 0] != length).any():
        raise file.problem(
            "V0361", "a record batch has columns of other lengths, or of more nulls", message.at, help=_AGAIN
        )
    for node, buffer in schema.nulls:
        count, nulls = nodes[node].tolist()
        if nulls and 8 * _unpacked(file, buffers[buffer], codec) < count:
            why = "a record batch has too few bits to tell its nulls"
            raise file.problem("V0361", why, message.at, help=_AGAIN)
    return length, nodes, buffers, codec


def _unpacked(file: ContainerFile, buffer: Int64, codec: int) -> int:
    """Return the bytes of a buffer when it is decompressed, by what it says."""
    at, n = buffer.tolist()
    if codec < 0 or n < _LENGTH:
        return n if codec < 0 else 0
    stated = int.from_bytes(file.reader.read(at, _LENGTH), "little", signed=True)
    return n - _LENGTH if stated == -1 else max(0, stated)


def _require_version(file: ContainerFile, message: _Message) -> None:
    if message.version not in _VERSIONS:
        raise file.problem(
            "V0361",
            "the metadata are of a version that is not known",
            message.at,
            expected="version 4 or 5, counted as 3 or 4",
            found=str(message.version),
            help="write the file again with a library of today, or fetch it again",
        )


def _pairs(header: Table, slot: int) -> Int64:
    found = header.structs(slot, _PAIR)
    return np.stack([found["first"], found["second"]], axis=-1).astype(np.int64)


def _without_variadic(header: Table, buffers: Int64, schema: Schema) -> Int64:
    """Leave out the buffers that only some batches have, behind those of texts seen through views."""
    counts = header.structs(4, _COUNT)["count"].tolist()
    kept: list[Int64] = []
    at = 0
    for stop, count in zip([*schema.views, schema.buffers], [*counts, 0], strict=False):
        taken = len(np.concatenate(kept)) if kept else 0
        kept.append(buffers[at : at + stop - taken])
        at += stop - taken + max(0, count)
    return np.concatenate(kept)
