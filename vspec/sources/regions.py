"""Regions of encoded bytes: decoded when their inside is asked for, and never when it is only located."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vspec.errors import Problem, VspecError
from vspec.layout import Codecs, Int64
from vspec.sources.decoding import FAULTS, Flow, TooLargeError, is_stream, looks_like, undone
from vspec.sources.files import FIND_LIMIT, PastEnd, Reader

FIRST_REGION = 1 << 40
"""Indices from here on are regions, below it are files."""
MOST_COUNTED = 1 << 34
"""Bytes that one region may decode to."""
_KEPT = 1 << 28
"""Decoded bytes from the first on that are kept; what lies behind them is decoded again when asked for."""
_COUNTED = 1 << 24
"""Of these, those that are kept when they are only counted."""
_LOOKED_AT = 16


@dataclass(frozen=True, slots=True)
class Region:
    """``nbytes`` from ``offset`` of file ``file``, which ``chain`` has encoded (in encoding order)."""

    file: int
    offset: int
    nbytes: int
    chain: Codecs


@dataclass(slots=True)
class RegionTable:
    """The regions of a data set as columns; row k has the index ``FIRST_REGION + k``."""

    file: list[Int64]
    offset: list[Int64]
    nbytes: list[Int64]
    chain: list[Int64]
    chains: list[Codecs]
    count: int = 0

    @classmethod
    def empty(cls) -> RegionTable:
        """Return a table without rows."""
        return cls([], [], [], [], [])

    def add(self, file: Int64, offset: Int64, nbytes: Int64, chain: Codecs) -> Int64:
        """Add regions that one chain has encoded; return their indices."""
        if chain not in self.chains:
            self.chains.append(chain)
        first = self.count
        self.count += len(offset)
        self.file.append(np.asarray(file, np.int64))
        self.offset.append(np.asarray(offset, np.int64))
        self.nbytes.append(np.asarray(nbytes, np.int64))
        self.chain.append(np.full(len(offset), self.chains.index(chain), np.int64))
        return np.arange(first, self.count, dtype=np.int64) + FIRST_REGION

    def columns(self) -> tuple[Int64, Int64, Int64, Int64]:
        """Return file, offset, nbytes and chain of all regions, each as one column."""
        columns = (self.file, self.offset, self.nbytes, self.chain)
        for parts in columns:
            parts[:] = [np.concatenate(parts)] if len(parts) > 1 else parts
        file, offset, nbytes, chain = (parts[0] if parts else np.zeros(0, np.int64) for parts in columns)
        return file, offset, nbytes, chain

    def between(self, first: int, stop: int) -> tuple[Int64, Int64, Int64, Int64]:
        """Return the columns of the regions with the indices ``first`` to ``stop`` - 1."""
        rows = slice(first - FIRST_REGION, stop - FIRST_REGION)
        file, offset, nbytes, chain = self.columns()
        return file[rows], offset[rows], nbytes[rows], chain[rows]

    def region(self, index: int) -> Region:
        """Return one region."""
        k = index - FIRST_REGION
        file, offset, nbytes, chain = self.columns()
        return Region(int(file[k]), int(offset[k]), int(nbytes[k]), self.chains[int(chain[k])])


class DecodedReader:
    """The inside of a region, with the methods of `vspec.sources.files.Reader`.

    A region of one stream is decoded as far as it is read, any other as a whole. Raises `VspecError` V0346
    where it cannot be, V0923 where it is larger than allowed.
    """

    def __init__(self, region: Region, reader: Reader | DecodedReader) -> None:
        self._region = region
        self._reader = reader
        self._kept: NDArray[np.uint8] = np.zeros(0, np.uint8)
        self._flow: Flow | None = None
        self._far: Flow | None = None
        self._far_bytes: NDArray[np.uint8] = self._kept
        self._size: int | None = None

    @property
    def path(self) -> str:
        """Path of the file, relative to the data root, and where the region is in it."""
        return f"{self._reader.path} (decoded from byte {self._region.offset})"

    @property
    def is_stream(self) -> bool:
        """Whether it is decoded a piece at a time, so that its size is found in little memory."""
        return is_stream(self._region.chain)

    @property
    def size(self) -> int:
        """Decoded bytes."""
        if self._size is None:
            self._keep(_COUNTED)
        if self._size is None:
            flow, self._flow = self._flow or self._begun(len(self._kept)), None
            while self._next(flow):
                if flow.position > MOST_COUNTED:
                    raise self._too_large(MOST_COUNTED)
            self._size = flow.position
        return self._size

    def read(self, offset: int, n: int) -> bytes:
        """Return ``n`` decoded bytes from ``offset`` on; raises `PastEnd`."""
        return self.view(offset, n).tobytes()

    def view(self, offset: int, n: int) -> NDArray[np.uint8]:
        """Return ``n`` decoded bytes from ``offset`` on; raises `PastEnd`."""
        if offset < 0 or n < 0:
            raise PastEnd(offset, n, self.size)
        stop = offset + n
        if self._size is None and stop > len(self._kept):
            self._keep(min(stop, _KEPT))
        if stop <= len(self._kept):
            return self._kept[offset:stop]
        if stop > self.size:
            raise PastEnd(offset, n, self.size)
        self._keep(min(stop, _KEPT))
        return self._kept[offset:stop] if stop <= len(self._kept) else self._behind(offset, n)

    def lend(self, offset: int, n: int) -> NDArray[np.uint8] | None:
        """Return the same; nothing is copied."""
        return self.view(offset, n)

    def pieces(self, offsets: Sequence[int], n: int) -> NDArray[np.uint8]:
        """Return ``n`` bytes from each offset on, one row each; raises `PastEnd`."""
        rows = [self.view(int(offset), n) for offset in offsets]
        return np.stack(rows) if rows else np.zeros((0, n), np.uint8)

    def find(self, needle: bytes, start: int, limit: int = FIND_LIMIT) -> int | None:
        """Return the offset of the first ``needle`` that begins within ``limit`` bytes of ``start``."""
        stop = min(self.size, start + limit + len(needle) - 1)
        found = self.view(start, max(0, stop - start)).tobytes().find(needle)
        return None if found < 0 else start + found

    def close(self) -> None:
        """Let go of the decoded bytes."""
        self._kept, self._flow, self._far, self._size = np.zeros(0, np.uint8), None, None, None

    # --- how it is done

    def _keep(self, stop: int) -> None:
        """Decode so far that ``stop`` bytes are kept, or all there are."""
        if not is_stream(self._region.chain):
            self._keep_whole()
            return
        have = len(self._kept)
        if stop <= have or have == self._size:
            return
        flow = self._flow or self._begun(have)
        parts, goal = [self._kept], max(stop, 2 * have)
        while flow.position < goal and (piece := self._next(flow)):
            parts.append(np.frombuffer(piece, np.uint8))
        self._flow = flow
        kept = np.concatenate(parts)
        kept.flags.writeable = False
        self._kept = kept
        if flow.position < goal:
            self._size = flow.position

    def _keep_whole(self) -> None:
        if self._size is not None:
            return
        encoded = self._reader.view(self._region.offset, self._region.nbytes).tobytes()
        try:
            self._kept = np.frombuffer(undone(self._region.chain, encoded), np.uint8)
        except TooLargeError as error:
            raise self._too_large(error.limit) from None
        except FAULTS as error:
            raise self._no_data(error) from None
        self._size = len(self._kept)

    def _behind(self, offset: int, n: int) -> NDArray[np.uint8]:
        """Return bytes that are not kept: decoded on from where such were asked for last, or all again."""
        flow, begin = self._far, 0
        if flow is not None and offset >= flow.position - len(self._far_bytes):
            begin = flow.position - len(self._far_bytes)
        else:
            flow, self._far_bytes = self._begun(0), np.zeros(0, np.uint8)
        parts = [self._far_bytes]
        while flow.position < offset + n:
            piece = self._next(flow)
            if not piece:
                raise PastEnd(offset, n, flow.position)
            parts.append(np.frombuffer(piece, np.uint8))
            while parts and begin + len(parts[0]) <= offset:
                begin += len(parts.pop(0))
        self._far, self._far_bytes = flow, np.concatenate(parts)
        return self._far_bytes[offset - begin : offset - begin + n]

    def _begun(self, position: int) -> Flow:
        """Return a flow that gives the bytes from a position on where a piece of it ended before."""
        region = self._region
        flow = Flow(region.chain[0], lambda at, n: self._reader.read(region.offset + at, n), region.nbytes)
        while flow.position < position:
            self._next(flow)
        return flow

    def _next(self, flow: Flow) -> bytes:
        try:
            return flow.piece()
        except FAULTS as error:
            raise self._no_data(error) from None

    def _too_large(self, limit: int) -> VspecError:
        message = f"{self._reader.path}: a region decodes to more than {limit} bytes"
        return self._failed("V0923", message, None)

    def _no_data(self, error: BaseException) -> VspecError:
        region = self._region
        names = " and ".join(str(config["id"]) for config in region.chain)
        is_whole = region.offset == 0 and region.nbytes == self._reader.size
        what = "it" if is_whole else f"a region of {region.nbytes} bytes"
        said = str(error) or type(error).__name__
        head = self._reader.read(region.offset, min(_LOOKED_AT, region.nbytes))
        other = looks_like(head)
        if other is not None and other in names:
            help = "the file is damaged, cut short or still being written"
        elif other is not None:
            help = f"it begins as {other} does"
        elif is_whole:
            help = "is it compressed at all? for files that are not, leave 'compression' out"
        else:
            help = "is the region where the card says it is, and the codec the right one?"
        return self._failed("V0346", f"{self._reader.path}: {what} is no {names} data: {said}", help)

    def _failed(self, code: str, message: str, help: str | None) -> VspecError:
        path, offset = self._reader.path, self._region.offset
        return VspecError([Problem(code, message, data_file=path, offset=offset, help=help)])
