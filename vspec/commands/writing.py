"""What the commands say when a map cannot be written."""

from __future__ import annotations

from pathlib import Path

from vspec.errors import VspecError, fail


def unwritable(target: Path, error: OSError) -> VspecError:
    """Return V0822 for a map that the system refuses to write."""
    why = error.strerror or str(error)
    return fail("V0822", f"cannot write {target}: {why}", help="is the disk full or read-only?")
