"""Capture patterns for file names and text lines. They know nothing of expressions or files."""

from vspec.patterns.nodes import Capture, Captured, WrittenFloat, WrittenInt, WrittenText, written
from vspec.patterns.pattern import Pattern, parse_path, parse_text

__all__ = [
    "Capture",
    "Captured",
    "Pattern",
    "WrittenFloat",
    "WrittenInt",
    "WrittenText",
    "parse_path",
    "parse_text",
    "written",
]
