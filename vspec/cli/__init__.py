"""The command line: parses, calls one function of `vspec.commands` each, prints what it returns."""

from vspec.cli.main import main

__all__ = ["main"]
