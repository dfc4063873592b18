"""The verbs: each is one function that returns a report and prints nothing."""

from vspec.authoring.faking import FakeOptions
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
from vspec.commands.schema import schema
from vspec.commands.serve import serve
from vspec.commands.status import status
from vspec.commands.verify import verify

__all__ = [
    "ApplyOptions",
    "ExportOptions",
    "FakeOptions",
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
    "schema",
    "serve",
    "status",
    "verify",
]
