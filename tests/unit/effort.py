"""How much work something is, counted and not timed: the same on every machine, however busy it is."""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Callable
from types import FrameType


def steps(run: Callable[[], object]) -> int:
    """Return how many instructions of Python a call takes: work on whole columns counts as one each."""
    count = 0

    def trace(frame: FrameType, event: str, _: object) -> Callable[[FrameType, str, object], object]:
        nonlocal count
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        count += event == "opcode"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        run()
    finally:
        sys.settrace(before)
    assert count, "another tracer is at work"
    return count


def peak(run: Callable[[], object]) -> int:
    """Return how many bytes a call holds at most at one time."""
    tracemalloc.start()
    try:
        run()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
