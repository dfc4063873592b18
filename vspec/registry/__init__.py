"""The cards that come with vspec: found by id."""

from vspec.registry.shelf import Entry, entries, find, find_id, formats_folder

__all__ = ["Entry", "entries", "find", "find_id", "formats_folder"]
