"""``vspec new``: a commented card to start from."""

from __future__ import annotations

from pathlib import Path

from vspec.errors import did_you_mean, fail


def new(name: str | Path, kind: str = "raw") -> Path:
    """Write a starter card to ``name`` and return its path.

    ``kind`` is raw (samples without a header), record (a header and records) or sibling (samples
    described by a text file beside them). Raises V0805 for another kind, V0806 where the file
    exists, V0807 where it cannot be written.
    """
    from vspec.authoring.scaffold import KINDS, scaffold

    path = Path(name)
    if path.suffix not in (".yaml", ".yml"):
        path = path.with_name(path.name + ".yaml")
    if kind not in KINDS:
        raise fail("V0805", f"there is no kind of card '{kind}'", help=did_you_mean(kind, KINDS, "kinds"))
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(scaffold(path.stem, kind))
    except FileExistsError:
        raise fail("V0806", f"{path} exists already", help="choose another name") from None
    except OSError as error:
        raise fail("V0807", f"cannot write {path}: {error.strerror}") from None
    return path
