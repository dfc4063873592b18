"""Counting outcomes, printing them, and saying which of them must not be."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tests.corpus.entries import Json
from tests.corpus.running import Outcome, Result
from tests.corpus.semantics import Compared

FACTS = ("agree", "differs", "unsaid")
COLUMNS = ("equal", "scaled", "partial", "explained", "differs", "refused", "no card", "crashed")

Counts = dict[str, int]
Listed = Mapping[str, Mapping[str, str]]
"""Entry -> array -> why nothing serves it. A reason that begins with `MADE` is one for not counting it."""
MADE = "made by the reader: "
"""Of an array that the file has not: rounded, interpolated or otherwise computed."""


def settled(outcome: Outcome, listed: Mapping[str, str]) -> Outcome:
    """Return an outcome whose result leaves out what the reader made, as long as it has other arrays.

    An entry of which nothing is served is *explained* where a reason is listed for each of its arrays: the
    reader is wrong, or shows them in another way, and a test says so. Else it *differs*, which must not be.
    """
    left = [
        v for v in outcome.verdicts if v.result != "unserved" or not listed.get(v.name, "").startswith(MADE)
    ]
    if outcome.result == "differs" and all(v.name in listed for v in outcome.verdicts):
        return replace(outcome, result="explained")
    if len(left) == len(outcome.verdicts) or not left:
        return outcome
    results = {verdict.result for verdict in left}
    whole: Result = "equal" if results == {"equal"} else "scaled"
    partly: Result = "partial" if results - {"unserved"} else "differs"
    return replace(outcome, result=partly if "unserved" in results else whole)


def read_listed(path: Path) -> Listed:
    """Return the list of arrays that may stay unserved, each with its reason."""
    with path.open("rb") as file:
        listed = tomllib.load(file)
    for entry, arrays in listed.items():
        if not isinstance(arrays, dict) or not all(isinstance(r, str) and r.strip() for r in arrays.values()):
            raise ValueError(f"{path}: '{entry}' must name arrays, each with a reason")
    return listed


def column(outcome: Outcome) -> str | None:
    """Return the column that an outcome counts in; None where it is listed and not scored.

    A crash counts whatever the entry is, and so does a malformed entry that was refused. Where several
    cards fit, none was chosen.
    """
    if outcome.result == "crashed":
        return "crashed"
    if outcome.kind == "malformed" and outcome.result == "refused":
        return "refused"
    if outcome.kind != "readable" or outcome.result == "mapped":
        return None
    return "no card" if outcome.result == "ambiguous" else outcome.result


def count(outcomes: Sequence[Outcome]) -> tuple[Counts, dict[str, Counts]]:
    """Return the counts over all entries, and by format."""
    total = dict.fromkeys(COLUMNS, 0)
    formats: dict[str, Counts] = {}
    for outcome in outcomes:
        counts = formats.setdefault(outcome.format, dict.fromkeys(COLUMNS, 0))
        if (name := column(outcome)) is not None:
            counts[name] += 1
            total[name] += 1
    return total, formats


def count_facts(outcomes: Sequence[Outcome]) -> tuple[Counts, dict[str, Counts]]:
    """Return how many stated facts agree, differ and are unsaid: over all entries, and by format.

    Entries without samples count too: what they hold are facts.
    """
    total = dict.fromkeys(FACTS, 0)
    formats: dict[str, Counts] = {}
    for outcome in outcomes:
        counts = formats.setdefault(outcome.format, dict.fromkeys(FACTS, 0))
        for fact in _scored_facts(outcome):
            counts[fact.result] += 1
            total[fact.result] += 1
    return total, formats


def _scored_facts(outcome: Outcome) -> tuple[Compared, ...]:
    return outcome.facts if outcome.kind in ("readable", "header only") else ()


def faults(outcomes: Sequence[Outcome], listed: Listed) -> list[str]:
    """Return what makes the run fail, one line each."""
    return [fault for outcome in outcomes for fault in _faults(outcome, listed.get(outcome.id, {}))]


def _faults(outcome: Outcome, listed: Mapping[str, str]) -> Iterator[str]:
    for fact in _scored_facts(outcome):
        if fact.result == "differs" and f"fact {fact.name}" not in listed:
            yield f"{outcome.id}: {_difference(fact)}"
    if outcome.result == "crashed":
        yield f"{outcome.id}: crashed: {outcome.reason.strip().splitlines()[-1]}"
    elif outcome.result == "ambiguous":
        yield f"{outcome.id}: {outcome.reason}"
    elif outcome.kind == "malformed" and outcome.result not in {"refused", "no card"}:
        yield f"{outcome.id}: is malformed and was accepted by {outcome.card}"
    elif outcome.kind == "readable":
        what = "differs" if outcome.result == "differs" else "partial, and not listed"
        for verdict in outcome.verdicts:
            if verdict.result == "unserved" and verdict.name not in listed:
                yield f"{outcome.id}: {what}: {verdict.name}: {verdict.note}"


def _difference(fact: Compared) -> str:
    return f"{fact.name} differs: the reader states {fact.stated}, the map says {fact.said}"


def stale(outcomes: Sequence[Outcome], listed: Listed) -> list[str]:
    """Return listed arrays and facts that are served by now, or that the entry does not have."""
    lines = []
    for outcome in outcomes:
        unserved = {v.name for v in outcome.verdicts if v.result == "unserved"}
        unserved |= {f"fact {fact.name}" for fact in outcome.facts if fact.result == "differs"}
        if outcome.verdicts:
            lines += [f"{outcome.id}: {name}" for name in listed.get(outcome.id, {}) if name not in unserved]
    return lines


def as_json(outcomes: Sequence[Outcome]) -> Json:
    """Return the whole result as JSON."""
    total, formats = count(outcomes)
    entries: list[Json] = [
        {
            "id": o.id,
            "format": o.format,
            "set": o.kind,
            "result": o.result,
            "card": o.card or None,
            "reason": o.reason or None,
            "materialized": list(o.materialized),
            "seconds": round(o.seconds, 3),
            "arrays": [
                {"name": v.name, "result": v.result, "part": v.part or None, "note": v.note or None}
                for v in o.verdicts
            ],
            "facts": [
                {"name": f.name, "result": f.result, "stated": f.stated, "said": f.said or None}
                for f in o.facts
            ],
        }
        for o in outcomes
    ]
    by_format: dict[str, Json] = {name: dict(counts) for name, counts in formats.items()}
    facts, facts_by_format = count_facts(outcomes)
    stated: dict[str, Json] = {
        **facts,
        "formats": {name: dict(counts) for name, counts in facts_by_format.items() if any(counts.values())},
    }
    return {"total": dict(total), "formats": by_format, "facts": stated, "entries": entries}


def lines(outcomes: Sequence[Outcome], listed: Listed) -> Iterator[str]:
    """Give the report, line by line: the table, then what a reader must know beside it."""
    total, formats = count(outcomes)
    all_facts, facts = count_facts(outcomes)
    width = max(len(name) for name in [*formats, "format"])
    yield f"{'':{width + 9 * len(COLUMNS)}}   | stated facts"
    yield f"{'format':{width}}" + "".join(f"{name:>9}" for name in COLUMNS) + "   |" + _cells(FACTS)
    bare = []
    for name, counts in sorted(formats.items()):
        mapped = [n for column_name, n in counts.items() if column_name != "no card"]
        if not any(mapped) and not any(facts[name].values()):
            bare.append(f"{name} {counts['no card']}")
            continue
        yield _row(name, counts, facts[name], width)
    yield _row("total", total, all_facts, width)
    yield _share(outcomes)
    if bare:
        yield f"\nwithout a card: {', '.join(bare)}"
    near = [
        f"{o.id}: {o.reason}" for o in outcomes if o.kind == "readable" and o.result == "no card" and o.reason
    ]
    yield from _section("without a card, though one fits by name", near)
    for title, kind in (("refused", "readable"), ("malformed, and refused", "malformed")):
        refused = [o for o in outcomes if column(o) == "refused" and o.kind == kind]
        yield from _section(title, [f"{o.id}: {o.reason}" for o in refused])
    yield from _section(
        "unserved, for a reason",
        [
            f"{o.id}: {v.name}: {listed[o.id][v.name]}"
            for o in outcomes
            for v in o.verdicts
            if o.kind == "readable" and v.result == "unserved" and v.name in listed.get(o.id, {})
        ],
    )
    yield from _section("facts that the map does not say", _unsaid(outcomes))
    yield from _section(
        "facts that differ, for a reason",
        [
            f"{o.id}: {_difference(fact)}: {listed[o.id]['fact ' + fact.name]}"
            for o in outcomes
            for fact in _scored_facts(o)
            if fact.result == "differs" and f"fact {fact.name}" in listed.get(o.id, {})
        ],
    )
    yield from _section(
        "listed, not scored",
        [
            f"{o.id} ({o.kind}): {o.result}{': ' + o.reason if o.reason else ''}"
            for o in outcomes
            if column(o) is None
        ],
    )
    yield from _section("in the list of exceptions, but served by now", stale(outcomes, listed))
    for reason, crashed in _crashes(outcomes).items():
        also = f" and {len(crashed) - 1} more" if len(crashed) > 1 else ""
        yield from _section(f"{crashed[0]}{also} crashed", reason.rstrip().splitlines())
    yield from _section("these must not be", faults(outcomes, listed))


def _share(outcomes: Sequence[Outcome]) -> str:
    """Return how many of the readable entries are served whole, and how many of them by copied values."""
    scored = [o for o in outcomes if o.kind == "readable" and column(o) is not None]
    served = [o for o in scored if o.result in ("equal", "scaled")]
    copied = sum(bool(o.materialized) for o in served)
    percent = 100 * len(served) / max(1, len(scored))
    return (
        f"\nserved whole: {len(served)} of {len(scored)} readable entries ({percent:.1f} %),"
        f" {copied} of them with arrays that were materialised"
    )


def _crashes(outcomes: Sequence[Outcome]) -> dict[str, list[str]]:
    """Return the entries that crashed, by traceback: one fault of ours may stop many."""
    found: dict[str, list[str]] = {}
    for outcome in outcomes:
        if outcome.result == "crashed":
            found.setdefault(outcome.reason, []).append(outcome.id)
    return found


def _unsaid(outcomes: Sequence[Outcome]) -> list[str]:
    """Return the facts that maps do not say: by format and fact, with the entries that state it."""
    found: dict[tuple[str, str], list[str]] = {}
    for outcome in outcomes:
        for fact in _scored_facts(outcome):
            if fact.result == "unsaid":
                found.setdefault((outcome.format, fact.name), []).append(f"{outcome.id}: {fact.stated}")
    return [
        f"{format_name}: {name}: {entries[0]}" + (f" and {len(entries) - 1} more" if len(entries) > 1 else "")
        for (format_name, name), entries in sorted(found.items())
    ]


def _row(name: str, counts: Counts, facts: Counts, width: int) -> str:
    numbers = [counts[column_name] or "." for column_name in COLUMNS]
    stated = [facts[result] or "." for result in FACTS]
    return f"{name:{width}}" + _cells(numbers) + "   |" + _cells(stated)


def _cells(items: Iterable[object]) -> str:
    return "".join(f"{item:>9}" for item in items)


def _section(title: str, items: Sequence[str]) -> Iterator[str]:
    if items:
        yield f"\n{title}:"
        yield from (f"  {item}" for item in items)
