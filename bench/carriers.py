"""What the adapters make of recorded payloads: how many are read, and how far statuses and local times agree.

``--data FOLDER`` names a corpus (default: $PORTAL_CORPUS, else ../shared/data). A payload of a carrier without an
adapter is kept with the reason "no adapter", neither read nor guessed. Differences and refusals go to stderr.
"""

import argparse
import os
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from bench.corpus import CARRIERS, Agreement, Outcome, compare, read, recordings, unknown_scans
from bench.report import tell

ROOT = Path(__file__).parent.parent
_DEFAULT = os.environ.get("PORTAL_CORPUS") or ROOT.parent / "shared" / "data"


@dataclass
class Tally:
    """Counts over the recordings of one carrier, or of all."""

    payloads: int = 0
    read: int = 0
    crashes: int = 0
    others: int = 0  # holds no tracking by its kind: errors, labels, mails
    events: int = 0
    unknown: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    agreement: Agreement = field(default_factory=Agreement)
    notes: list[str] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        """Count what was made of one recording."""
        recording = outcome.recording
        if outcome.crash:
            self.crashes += 1
            self.notes.append(f"{recording.file}: crashed: {outcome.crash}")
        if not recording.holds_tracking:
            self.others += 1
            if outcome.observations:
                self.notes.append(f"{recording.file}: read although it is {recording.kind or 'no tracking'}")
            return
        self.payloads += 1
        self.read += bool(outcome.observations)
        if outcome.refusal:
            self.notes.append(f"{recording.file}: not read: {outcome.refusal}")
        self.events += sum(len(one.events) for one in outcome.observations)
        self.unknown += sum(map(unknown_scans, outcome.observations))
        self.codes.update(code for one in outcome.observations for code in one.unknown_codes)
        self.agreement.add(compare(outcome))


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench.carriers", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(_DEFAULT), help="the corpus")
    corpus: Path = parser.parse_args().data
    found = recordings(corpus)
    if not found:
        print(f"{corpus}/carrier_payloads/index.jsonl lists no recordings.", file=sys.stderr)
        return 2
    total, tallies, strangers = Tally(), {code: Tally() for code in sorted(CARRIERS)}, Counter[str]()
    for recording in found:
        outcome = read(recording)
        if not recording.code:
            strangers.update([recording.family] if recording.holds_tracking else [])
            continue
        tallies[recording.code].add(outcome)
        total.add(outcome)
    holds = _tell(total, strangers)
    for code, tally in tallies.items():
        if tally.payloads or tally.crashes:
            _tell_carrier(code, tally)
    for family, count in sorted(strangers.items()):
        print(f"kept, not read: {count} of {family}: no adapter", file=sys.stderr)
    return 0 if holds else 1


def _tell(total: Tally, strangers: Counter[str]) -> bool:
    found = [
        tell(
            "payloads_read",
            _share(total.read, total.payloads),
            "share",
            goal=1.0,
            of=total.payloads,
            no_adapter=strangers.total(),
            families_without_adapter=len(strangers),
        ),
        tell("crashes", total.crashes, "payloads", goal=0, at_most=True, of=total.payloads + total.others),
        _agreement("status_agreement", "", total, goal=0.99),
        _agreement("local_time_agreement", "", total, goal=0.99),
    ]
    tell("unknown_share", _share(total.unknown, total.events), "share", of=total.events)
    return all(found)


def _tell_carrier(code: str, tally: Tally) -> None:
    read_share = _share(tally.read, tally.payloads)
    tell(f"payloads_read.{code}", read_share, "share", of=tally.payloads, others=tally.others, events=tally.events)
    tell(f"crashes.{code}", tally.crashes, "payloads")
    if tally.agreement.statuses:
        _agreement("status_agreement", f".{code}", tally)
    if tally.agreement.times:
        _agreement("local_time_agreement", f".{code}", tally)
    unknown = _share(tally.unknown, tally.events) if tally.events else 0.0
    tell(f"unknown_share.{code}", unknown, "share", of=tally.events, codes=sorted(tally.codes))
    for note in tally.notes + tally.agreement.differences:
        print(f"{code}: {note}", file=sys.stderr)


def _agreement(figure: str, suffix: str, tally: Tally, goal: float | None = None) -> bool:
    found = tally.agreement
    if figure == "status_agreement":
        argued = dict(found.argued)
        share = _share(found.statuses_agreed, found.statuses)
        return tell(figure + suffix, share, "share", goal=goal, of=found.statuses, argued=argued)
    return tell(figure + suffix, _share(found.times_agreed, found.times), "share", goal=goal, of=found.times)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0


if __name__ == "__main__":
    sys.exit(main())
