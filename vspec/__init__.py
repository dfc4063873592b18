"""vspec: describe a file format once, in YAML; read the data everywhere, in place, byte-exact.

Every verb of the command line is a function here, and returns a report:

>>> import vspec
>>> vspec.explain("V0312").title
'The data are not a whole number of steps'
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from vspec.errors import Problem, VspecError
from vspec.version import __version__

if TYPE_CHECKING:
    from vspec.commands.apply import apply
    from vspec.commands.check import check
    from vspec.commands.explain import explain
    from vspec.commands.export import ExportOptions, export
    from vspec.commands.fake import fake
    from vspec.commands.identify import identify
    from vspec.commands.info import info
    from vspec.commands.new import new
    from vspec.commands.open import open, open_arrays  # noqa: A004 -- the name that everybody tries
    from vspec.commands.options import ApplyOptions
    from vspec.commands.relocate import relocate
    from vspec.commands.status import status
    from vspec.commands.verify import verify

__all__ = [
    "ApplyOptions",
    "ExportOptions",
    "Problem",
    "VspecError",
    "__version__",
    "apply",
    "check",
    "explain",
    "export",
    "fake",
    "identify",
    "info",
    "new",
    "open",
    "open_arrays",
    "relocate",
    "status",
    "verify",
]


if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Import the verbs when one is asked for: who reads a packed map needs the codecs alone."""
        if name not in __all__:
            raise AttributeError(f"module 'vspec' has no attribute {name!r}")
        return getattr(import_module("vspec.commands"), name)

    def __dir__() -> list[str]:
        return sorted(__all__)
