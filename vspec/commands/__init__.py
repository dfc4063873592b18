"""The verbs: each is one function that returns a report and prints nothing."""

from vspec.commands.apply import apply
from vspec.commands.check import check
from vspec.commands.explain import explain
from vspec.commands.identify import identify
from vspec.commands.info import info
from vspec.commands.relocate import relocate
from vspec.commands.status import status
from vspec.commands.verify import verify

__all__ = ["apply", "check", "explain", "identify", "info", "relocate", "status", "verify"]
