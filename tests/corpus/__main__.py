"""`python -m tests.corpus DIR [--json FILE]`: every real file in DIR against its independent reader."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from tests.corpus import baseline, report
from tests.corpus.driver import Vspec
from tests.corpus.entries import CorpusError, read_corpus
from tests.corpus.running import Outcome, run
from tests.corpus.unserved import LIST, read_unserved, served, unnamed

HERE = Path(__file__).parent


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m tests.corpus", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="DIR", help="holds INDEX.csv, ORACLE.json and the files")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the whole result there")
    parser.add_argument("--format", action="append", metavar="NAME", help="only entries of this format")
    parser.add_argument(
        "--jobs", type=int, default=min(4, os.cpu_count() or 1), help="processes (default: cores)"
    )
    parser.add_argument("--baseline", type=Path, metavar="FILE", help="fail when a number in FILE went down")
    parser.add_argument("--update", action="store_true", help="write the numbers reached to --baseline")
    parser.add_argument(
        "--unserved", type=Path, metavar="FILE", default=LIST, help="why formats are refused or have no card"
    )
    parser.add_argument(
        "--partial",
        type=Path,
        metavar="FILE",
        default=HERE / "partial.toml",
        help="arrays that may stay unserved and facts that may differ, each with its reason",
    )
    return parser.parse_args(argv)


def _outcomes(chosen: argparse.Namespace) -> list[Outcome]:
    entries = read_corpus(chosen.folder)
    if chosen.format:
        entries = [entry for entry in entries if entry.format in chosen.format]
    if not entries:
        raise CorpusError(f"{chosen.folder} has no entry of format {', '.join(chosen.format)}")
    outcomes = []
    for outcome in run(entries, chosen.folder, Vspec(), chosen.jobs):
        outcomes.append(outcome)
        if sys.stderr.isatty():
            print(f"\r{len(outcomes)} of {len(entries)}", end="", file=sys.stderr)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    return outcomes


def main(argv: list[str]) -> int:
    """Run the harness; return 0 when all is well, 1 for findings, 2 when it cannot run."""
    chosen = _arguments(argv)
    try:
        listed = report.read_listed(chosen.partial)
        reasons = read_unserved(chosen.unserved)
        outcomes = [report.settled(one, listed.get(one.id, {})) for one in _outcomes(chosen)]
    except (CorpusError, OSError, ValueError) as error:
        print(f"corpus: {error}", file=sys.stderr)
        return 2
    print("\n".join(report.lines(outcomes, listed)))
    if chosen.json:
        chosen.json.write_text(json.dumps(report.as_json(outcomes), indent=1) + "\n", encoding="utf-8")
    wrong = [
        *unnamed(outcomes, reasons),
        *(f"{name} is listed, but served" for name in served(outcomes, reasons)),
    ]
    print("\n".join(f"{chosen.unserved.name}: {line}" for line in wrong))
    failed = bool(report.faults(outcomes, listed) or wrong)
    _, formats = report.count(outcomes)
    _, facts = report.count_facts(outcomes)
    if chosen.baseline and chosen.update:
        refused = baseline.refusals(outcomes, whole=not chosen.format)
        for line in refused:
            failed = True
            print(f"{chosen.baseline} stays as it is: {line}")
        if not refused:
            baseline.save(chosen.baseline, formats, facts)
    elif chosen.baseline and not chosen.format:
        for line in baseline.lost(chosen.baseline, formats, facts):
            failed = True
            print(f"less than before: {line}")
    print("\nfailed" if failed else "\nall is well")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
