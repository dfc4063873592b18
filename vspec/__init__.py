"""vspec: describe a file format once, in YAML; read the data everywhere, in place, byte-exact.

Every verb of the command line is a function here, and returns a report:

>>> import vspec
>>> vspec.explain("V0312").title
'The data are not a whole number of steps'
"""

from vspec.commands import (
    ApplyOptions,
    apply,
    check,
    explain,
    fake,
    identify,
    info,
    new,
    relocate,
    status,
    verify,
)
from vspec.errors import Problem, VspecError
from vspec.version import __version__

__all__ = [
    "ApplyOptions",
    "Problem",
    "VspecError",
    "__version__",
    "apply",
    "check",
    "explain",
    "fake",
    "identify",
    "info",
    "new",
    "relocate",
    "status",
    "verify",
]
