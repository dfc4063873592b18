"""NumPy's archives of arrays: stored members as they lie, deflated ones converted."""

from __future__ import annotations

import zlib
from dataclasses import replace
from functools import partial
from math import prod

from vspec.containers.derived import Converted
from vspec.containers.model import Container, ContainerFile, Lost
from vspec.containers.naming import fault
from vspec.containers.npy import Plain, read_header
from vspec.containers.npy_header import FIRST, LONGEST, MAGIC, BadHeader, NpyHeader, parse, text_place
from vspec.containers.npy_members import few_texts, members, stored_axes, texts
from vspec.containers.npz_checksums import Checksums, require_crc
from vspec.containers.npz_members import Packed, inflated, list_members
from vspec.containers.turned import turned
from vspec.errors import VspecError
from vspec.layout import Json

_STORED, _DEFLATED = 0, 8
_SUFFIX = ".npy"
_SMALL = 1 << 20


def open_npz(file: ContainerFile) -> Container:
    """Open an archive. Raises V0360 for another kind of file, V0361 for a damaged one."""
    found, sums = Plain(file), Checksums(file)
    last = {member.name: member for member in list_members(file)}
    for member in last.values():
        path = member.name.removesuffix(_SUFFIX)
        reason = _reason(member, path)
        if reason is not None:
            found.lost.append(Lost(path, reason))
        elif member.method == _STORED:
            _add_stored(sums, member, path, found)
        else:
            _add_deflated(file, member, path, found)
    return Container(found.entries, {"": found.texts}, tuple(found.lost), unread=sums.unread)


def _reason(member: Packed, path: str) -> str | None:
    """Return why a member is no array, None if it may be one."""
    if not member.name.endswith(_SUFFIX):
        return "a member that is no array"
    if member.encrypted:
        return "it is encrypted"
    if member.method not in (_STORED, _DEFLATED):
        return f"it is packed by method {member.method} of zip; deflate is known"
    return fault(path)


def _add_stored(sums: Checksums, member: Packed, path: str, found: Plain) -> None:
    file = sums.file
    end = member.begin + member.nbytes
    if file.reader.read(member.begin, min(6, member.nbytes)) != MAGIC:
        found.lost.append(Lost(path, "a member that does not begin as an array does"))
        return
    header = read_header(file, member.begin, end)
    used = header.begin + prod(header.shape) * header.dtype.itemsize
    if used > end and not header.dtype.hasobject:
        raise _short(file, member, used - member.begin)
    own = Plain(file, header)
    own.add(path, f"{path.rpartition('/')[2]}_")
    if own.texts:
        sums.check(member)
    found.texts |= own.texts
    found.lost += own.lost
    for name, entry in own.entries.items():
        found.entries[name] = replace(entry, layout=partial(sums.checked, member, entry.layout))


def _add_deflated(file: ContainerFile, member: Packed, path: str, found: Plain) -> None:
    try:
        header = _inflated_header(file, member)
    except BadHeader as error:
        problem = f"member '{member.name}': {error.message}"
        raise file.problem(
            "V0361", problem, member.begin, expected=error.expected, found=error.found
        ) from None
    if header is None:
        found.lost.append(Lost(path, "a member that does not begin as an array does"))
        return
    nbytes = prod(header.shape) * header.dtype.itemsize
    if header.begin + nbytes > member.size and not header.dtype.hasobject:
        raise _short(file, member, header.begin + nbytes)
    if few_texts(header):
        whole = inflated(file, member, member.size if member.size <= _SMALL else header.begin + nbytes)
        raw = whole[header.begin : header.begin + nbytes]
        if len(raw) < nbytes:
            raise _short(file, member, header.begin + nbytes)
        if len(whole) == member.size:
            require_crc(file, member, zlib.crc32(whole))
        found.texts[path] = texts(raw, header)
        return
    axes = stored_axes(header, f"{path.rpartition('/')[2]}_")
    for part in members(header.dtype, path):
        if part.item is None:
            found.lost.append(Lost(part.path, part.reason))
            continue
        attrs: dict[str, Json] = dict(part.attrs)
        reason = "it is one deflate stream, header and all"
        made = Converted(file, part.path, part.item, (*axes, *part.axes), "npz", reason, attrs)
        found.entries[part.path] = turned(made.entry(), len(axes) if header.fortran else 0)


def _inflated_header(file: ContainerFile, member: Packed) -> NpyHeader | None:
    """Return the header of a deflated member, None for one that is no array. Raises `BadHeader`, V0361."""
    raw = inflated(file, member, FIRST)
    if raw[: len(MAGIC)] != MAGIC:
        return None
    begin, length = text_place(raw)
    raw = inflated(file, member, begin + min(length, LONGEST))
    if len(raw) < begin + length:
        raise BadHeader("the header is cut off", f"{length} characters", f"{len(raw) - begin}")
    return parse(raw[begin:], begin + length)


def _short(file: ContainerFile, member: Packed, nbytes: int) -> VspecError:
    return file.problem(
        "V0361",
        f"member '{member.name}' is shorter than its array",
        member.begin,
        expected=f"{nbytes} bytes",
        found=f"{member.size} bytes",
        help="the archive was cut short or is damaged: fetch it again",
    )
