"""Functions that look at where something lies, or at whether it is there: compiled, not run."""

from __future__ import annotations

from vspec.expressions.functions.registry import Function, table

FUNCTIONS = table(
    Function("at", "at(field)", None),
    Function("end", "end(field)", None),
    Function("nbytes", "nbytes(field)", None),
    Function("size", "size(role)", None),
    Function("files", "files(role)", None),
    Function(
        "find", "find('text')  or  find('text', from_byte)  or  find('text', from_byte, default)", None, 1, 3
    ),
    Function("align", "align(bytes)", None),
    Function("get", "get(path, default)  or  get(table, key, default)", None, 2, 3),
)
