"""One entry's way through identify, apply and read, to a result."""

from __future__ import annotations

import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from math import prod
from multiprocessing import get_context
from pathlib import Path
from typing import Literal

from tests.corpus.driver import Candidate, Driver, RefusedError
from tests.corpus.entries import CorpusError, Entry, Facts, Kind
from tests.corpus.matching import Verdict, judge
from tests.corpus.parts import Part
from tests.corpus.semantics import Compared, compare
from tests.corpus.staging import staged
from tests.corpus.stated import read_stated

Result = Literal[
    "equal",
    "scaled",
    "partial",
    "explained",
    "differs",
    "refused",
    "no card",
    "crashed",
    "mapped",
    "ambiguous",
]
"""``mapped`` is said of an entry with nothing to compare: no reader described its arrays, or all are empty."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an entry. ``reason`` is the error, or the traceback of a crash.

    ``materialized`` are the arrays of its map whose values had to be copied.
    """

    id: str
    format: str
    kind: Kind
    result: Result
    card: str = ""
    verdicts: tuple[Verdict, ...] = ()
    facts: tuple[Compared, ...] = ()
    reason: str = ""
    seconds: float = 0.0
    materialized: tuple[str, ...] = ()


def run(entries: Sequence[Entry], corpus: Path, driver: Driver, jobs: int = 1) -> Iterator[Outcome]:
    """Give the outcome of every entry, in order; ``jobs`` processes share the work."""
    if jobs <= 1:
        for entry in entries:
            yield run_entry(entry, corpus, driver)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        futures = [pool.submit(run_entry, entry, corpus, driver) for entry in entries]
        for future in futures:
            yield future.result()


def run_entry(entry: Entry, corpus: Path, driver: Driver) -> Outcome:
    """Return what became of ``entry``; whatever vspec raises is an outcome, not an end."""
    began = time.perf_counter()
    outcome = Outcome(entry.id, entry.format, entry.kind, "crashed")
    try:
        with staged(entry, corpus) as folder, tempfile.TemporaryDirectory(prefix="vspec-maps-") as out:
            outcome = _mapped(entry, folder, Path(out), driver, outcome)
    except CorpusError:
        raise
    except RefusedError as error:
        outcome = replace(outcome, result="refused", reason=str(error))
    except Exception:  # noqa: BLE001  # a crash of any kind is what this entry is reported for
        outcome = replace(outcome, result="crashed", reason=traceback.format_exc())
    return replace(outcome, seconds=time.perf_counter() - began)


def _mapped(entry: Entry, folder: Path, out: Path, driver: Driver, outcome: Outcome) -> Outcome:
    """Return the outcome of an entry whose files lie in ``folder``; raises what vspec raises."""
    identified = driver.identify(folder)
    cards = chosen(identified.candidates, entry.main)
    if not cards:
        # A malformed file that a card knows by its name is refused by what that card expects inside.
        refused = entry.kind == "malformed" and identified.near
        result: Result = "refused" if refused else "no card"
        return replace(outcome, result=result, reason="; ".join(identified.near))
    if len(cards) > 1:
        return replace(outcome, result="ambiguous", reason="these cards fit: " + ", ".join(sorted(cards)))
    (candidate,) = cards.values()
    applied = driver.apply(candidate, folder, out)
    outcome = replace(outcome, card=candidate.id, materialized=applied.materialized)
    if not applied.maps:
        return replace(outcome, result="refused", reason="; ".join(applied.problems) or "no map was written")
    parts: list[Part] = []
    for path in applied.maps:
        prefix = f"{path.name.removesuffix('.vspec.json')}:" if len(applied.maps) > 1 else ""
        parts += [replace(part, path=prefix + part.path) for part in driver.read(path)]
    verdicts = tuple(judge(entry.facts, parts))
    facts = tuple(compare(read_stated(entry.extra), parts))
    reason = "; ".join(applied.problems)
    return replace(
        outcome, result=result_of(verdicts, entry.facts), verdicts=verdicts, facts=facts, reason=reason
    )


def chosen(candidates: Sequence[Candidate], main: str) -> dict[str, Candidate]:
    """Return the cards, by id, that describe a data set with the file ``main``; all, where none does.

    Beside the main file an entry may hold others that a card of their own describes well. What lies wholly
    in a larger data set of another card gives way to that one, as in `identify`.
    """
    holding = [candidate for candidate in candidates if main in candidate.files] or list(candidates)
    whole = [one for one in holding if not any(set(one.files) < set(other.files) for other in holding)]
    return {candidate.id: candidate for candidate in whole}


def result_of(verdicts: Sequence[Verdict], described: Sequence[Facts]) -> Result:
    """Return an entry's result: all equal, all served, some served, none.

    ``described`` are the arrays that the verdicts are about. Where none of them has an element, they are
    served by any empty array: that says nothing, and the entry is not scored. Texts are no numbers: those
    that nothing serves decide nothing beside arrays of numbers, and must be listed as all that is unserved.
    """
    texts = {facts.name for facts in described if facts.dtype.kind in "SU"}
    numbers = [verdict for verdict in verdicts if verdict.result != "unserved" or verdict.name not in texts]
    results = {verdict.result for verdict in numbers or verdicts}
    if "unserved" not in results and not any(prod(facts.shape) for facts in described):
        return "mapped"
    if results == {"equal"}:
        return "equal"
    if "unserved" not in results:
        return "scaled"
    return "differs" if results == {"unserved"} else "partial"
