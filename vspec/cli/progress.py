"""Progress of long work, on stderr and only on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from vspec.commands.options import Step


@contextmanager
def progress(*, quiet: bool = False) -> Iterator[Callable[[Step], None]]:
    """Yield a function that shows a step: a bar on a terminal, nothing elsewhere."""
    if quiet or not sys.stderr.isatty():
        yield _ignore
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def show(step: Step) -> None:
            if step.what not in tasks:
                tasks[step.what] = bars.add_task(step.what, total=step.total)
            bars.update(tasks[step.what], completed=step.done, total=step.total)

        yield show


def _ignore(step: Step) -> None:
    """Show nothing."""
