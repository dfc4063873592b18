"""Everything about paths: confinement, file URLs, case, and how paths are shown.

The functions that need no disk take pure paths, so that Windows is the same code everywhere.
"""

from __future__ import annotations

import os
import re
import unicodedata
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath

from vspec.errors import fail

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[/\\]{2}|(?:file|data|http|https|s3|gs|ftp):", re.IGNORECASE)
_DRIVE = re.compile(r"[A-Za-z]:")
DEVICE = re.compile(r"(?:CON|PRN|AUX|NUL|COM[0-9¹²³]|LPT[0-9¹²³])(?= *(?:$|\.))", re.IGNORECASE)
"""Begins the names that Windows gives to devices, whatever their folder and extension."""
_SEPARATORS = re.compile(r"[/\\]")
_LONGEST = 4096
_EXTENDED = "//?/"

_BESIDE = "vspec opens only files below the data root; name the file relative to it"


# --- confinement ----------------------------------------------------------------------------


def segments(relative: str, *, windows: bool = os.name == "nt") -> tuple[str, ...]:
    r"""Return the components of a relative path, or refuse it.

    ``/`` and ``\`` both separate, on every system, so that a path that would climb out on one
    system is refused on all. Single dots and doubled separators disappear. Raises V0410 (empty
    or too long), V0411 (``..``), V0412 (absolute), V0413 (drive or network share; on Windows also
    devices and streams), V0414 (URL), V0415 (NUL or control characters).
    """
    if _SCHEME.match(relative):
        raise fail("V0414", f"{_quote(relative)} is a URL, not a path below the data root", help=_BESIDE)
    if any(unicodedata.category(c) == "Cc" for c in relative):
        raise fail("V0415", f"{_quote(relative)} holds a control character", help="is the header damaged?")
    if relative.startswith(("//", "\\\\")) or _DRIVE.match(relative):
        raise fail("V0413", f"{_quote(relative)} names a drive or a network share", help=_BESIDE)
    if relative.startswith(("/", "\\")):
        raise fail("V0412", f"{_quote(relative)} is an absolute path", help=_BESIDE)
    parts = tuple(part for part in _SEPARATORS.split(relative) if part not in ("", "."))
    # Windows takes no notice of dots and blanks at the end of a component.
    if any(part == ".." or (windows and not part.rstrip(". ")) for part in parts):
        raise fail("V0411", f"{_quote(relative)} climbs out of its folder with '..'", help=_BESIDE)
    if windows and any(":" in part or DEVICE.match(part) for part in parts):
        raise fail("V0413", f"{_quote(relative)} names a device or a stream of a file", help=_BESIDE)
    if not parts or len(relative) > _LONGEST:
        raise fail("V0410", f"{_quote(relative)} does not name a file", help=_BESIDE)
    return parts


def confine(root: Path, relative: str) -> Path:
    """Return ``root / relative`` if that is certain to lie below ``root``.

    The path need not exist. Raises V0410 to V0415 as `segments` does, and V0416 when a symbolic
    link on the way leaves the root.
    """
    segments(relative)
    path = root / relative
    require_inside(root, path)
    return path


def require_inside(root: Path, path: Path) -> None:
    """Raise V0416 unless ``path``, every link followed, lies below ``root`` (or is it)."""
    try:
        real = path.resolve()
        inside = real.is_relative_to(root.resolve())
    except (OSError, RuntimeError, ValueError) as error:
        raise fail("V0410", f"{_quote(str(path))} is not a usable path", found=str(error)) from None
    if not inside:
        raise fail(
            "V0416",
            f"{_quote(path.name)} is a link that leaves the data root",
            expected=f"a file below {display(root)}",
            found=display(real),
            help="give a folder that holds both the link and its target, or copy the file",
        )


def relative(path: PurePath, root: PurePath) -> str:
    """Return ``path`` below ``root`` with ``/`` between its components; V0417 if it is not below."""
    try:
        return path.relative_to(root).as_posix()
    except ValueError:
        message = f"{_quote(str(path))} does not lie below {_quote(str(root))}"
        raise fail("V0417", message, help="give a folder that holds all the files") from None


def require_text(path: str) -> None:
    """Raise V0418 for a file name whose bytes are no UTF-8: neither JSON nor a URL can hold it."""
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        message = f"the file name {_quote(path)} is not valid UTF-8"
        raise fail("V0418", message, help="rename the file: a map cannot hold its name") from None


# --- URLs -----------------------------------------------------------------------------------


def file_url(path: PurePath) -> str:
    r"""Return the URL of an absolute local path, as readers want it: raw, without ``%`` escapes.

    >>> file_url(PureWindowsPath(r"C:\data\a b.bin"))
    'file:///C:/data/a b.bin'
    >>> file_url(PureWindowsPath(r"\\lab\share\a.bin"))
    'file://lab/share/a.bin'
    >>> file_url(PurePosixPath("/data/a#1.bin"))
    'file:///data/a#1.bin'
    """
    text = path.as_posix()
    if isinstance(path, PureWindowsPath):
        text = _without_extended(text)
        if text.startswith("//"):
            return f"file:{text}"
    if not path.is_absolute():
        raise fail("V0419", f"{_quote(text)} is not an absolute path, so it has no URL")
    return f"file://{text}" if text.startswith("/") else f"file:///{text}"


def _without_extended(text: str) -> str:
    """Drop the ``//?/`` that Windows puts before paths of over 260 characters."""
    if text.upper().startswith(f"{_EXTENDED}UNC/"):
        return f"//{text[len(_EXTENDED) + 4 :]}"
    return text.removeprefix(_EXTENDED)


def local_path(url: str) -> Path:
    """Return the path of this system for a ``file:`` URL made by `file_url`; V0419 for any other URL."""
    return Path(pure_path(url, windows=os.name == "nt"))


def pure_path(url: str, *, windows: bool) -> PurePath:
    """Return `local_path` for either kind of system."""
    rest = url.removeprefix("file://").removeprefix("localhost/")
    if not url.startswith("file://") or "\0" in rest:
        raise fail("V0419", f"{_quote(url)} is not the URL of a local file", expected="file:///...")
    rest = f"/{rest}" if url.startswith("file://localhost/") else rest
    drive = _DRIVE.match(rest.removeprefix("/")) is not None
    if windows and (drive or not rest.startswith("/")):
        path: PurePath = PureWindowsPath(rest.removeprefix("/") if drive else f"//{rest}")
    else:
        path = PureWindowsPath() if windows or drive else PurePosixPath(rest)
    if not path.is_absolute():
        message = f"{_quote(url)} is not a local file of this system"
        raise fail("V0419", message, help="was the map made on another computer? use 'vspec relocate'")
    return path


# --- display --------------------------------------------------------------------------------


def printable(text: str, encoding: str | None) -> str:
    """Return ``text`` so that a console of ``encoding`` can show it; never raises.

    What the console lacks becomes a backslash escape, and so do control characters other than
    line ends and tabs: a file name must not move the cursor.
    """
    safe = "".join(c if c in "\n\t" or unicodedata.category(c) != "Cc" else _escape(c) for c in text)
    try:
        return safe.encode(encoding or "ascii", "backslashreplace").decode(encoding or "ascii")
    except (LookupError, UnicodeError):
        return safe.encode("ascii", "backslashreplace").decode("ascii")


def _escape(character: str) -> str:
    return f"\\x{ord(character):02x}"


def display(path: PurePath, base: PurePath | None = None) -> str:
    """Return how a path is shown: relative to ``base`` where below it, on one line."""
    shown = path.relative_to(base) if base is not None and path.is_relative_to(base) else path
    return printable(str(shown).replace("\n", "\\n").replace("\t", "\\t"), "utf-8")


def _quote(text: str) -> str:
    shown = printable(text.replace("\n", "\\n").replace("\t", "\\t"), "utf-8")
    return f"'{shown[:200]}...'" if len(shown) > 200 else f"'{shown}'"


# --- case -----------------------------------------------------------------------------------


def fold(name: str) -> str:
    """Return the form in which two names are equal that a Mac or Windows would not tell apart."""
    return unicodedata.normalize("NFC", name).casefold()


def find_any_case(folder: Path, name: str) -> Path | None:
    """Return the entry of ``folder`` called ``name`` in any case; the exact name wins.

    Raises V0427 when there are two others that differ from it only in case, and V0402 when the
    folder cannot be listed; returns None when there is none.
    """
    exact = folder / name
    if os.path.lexists(exact):
        return exact
    try:
        found = sorted(entry.name for entry in folder.iterdir() if fold(entry.name) == fold(name))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        message = f"the folder {_quote(str(folder))} cannot be listed"
        raise fail("V0402", message, found=error.strerror) from None
    if len(found) > 1:
        raise fail(
            "V0427",
            f"{_quote(name)} fits two names that differ only in case",
            found=" and ".join(_quote(entry) for entry in found),
            help="rename one of them",
        )
    return folder / found[0] if found else None
