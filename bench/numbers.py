"""How many published tracking numbers are recognized, and how many wrong ones are told apart.

``--data FOLDER`` holds ``tracking_number_data/couriers/*.json``, specifications with valid and invalid numbers. A valid
number counts when its carrier ranks first or shares that rank with a check digit that doesn't fail. An invalid one is
flagged when the form that lists it as invalid doesn't take it: it is no candidate, or one whose check digit fails.
``unclaimed_invalid`` asks more, and can't be whole: that no carrier's check digit holds. A tenth of all numbers has the
check digit of any other carrier, and the specifications themselves list numbers as invalid that are another's.
"""

import argparse
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.report import seconds, tell
from tracking.numbers import Candidate, Check, recognize
from tracking.numbers.convert import CODES

DATA = Path(os.environ.get("PORTAL_CORPUS") or Path(__file__).parents[2] / "shared" / "data")
POSTAL = "s10"  # the specifications' code of all postal services; ours is that of the country's own


@dataclass(frozen=True, slots=True)
class Listed:
    carrier: str
    format: str
    number: str
    is_valid: bool

    def is_named_by(self, candidate: Candidate) -> bool:
        return candidate.carrier == self.carrier or (self.carrier == POSTAL and candidate.format == self.format)


def listed(folder: Path) -> Iterator[Listed]:
    for path in sorted(folder.glob("tracking_number_data/couriers/*.json")):
        courier = json.loads(path.read_text("utf-8"))
        carrier = CODES.get(courier["courier_code"], courier["courier_code"])
        for form in courier["tracking_numbers"]:
            for kind, numbers in form.get("test_numbers", {}).items():
                for number in numbers:
                    yield Listed(carrier, form["name"], number, kind == "valid")


def is_recognized(one: Listed) -> bool:
    best = [candidate for candidate in recognize(one.number) if candidate.rank == 1]
    return any(one.is_named_by(candidate) and candidate.check is not Check.FAILED for candidate in best)


def is_flagged(one: Listed) -> bool:
    same = [candidate for candidate in recognize(one.number) if candidate.format == one.format]
    return not any(one.is_named_by(candidate) and candidate.check is not Check.FAILED for candidate in same)


def is_unclaimed(one: Listed) -> bool:
    return not any(candidate.check is Check.PASSED for candidate in recognize(one.number))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--data", type=Path, default=DATA)
    numbers = list(listed(arguments.parse_args().data))
    valid = [one for one in numbers if one.is_valid]
    invalid = [one for one in numbers if not one.is_valid]
    if not valid or not invalid:
        raise SystemExit("The folder has no tracking_number_data/couriers/*.json with test numbers.")
    missed = [one.number for one in valid if not is_recognized(one)]
    taken = [one.number for one in invalid if not is_flagged(one)]
    claimed = [one.number for one in invalid if not is_unclaimed(one)]
    tell("valid_recognized", len(valid) - len(missed), "numbers", reference=len(valid), goal=1.0, missed=missed)
    tell("invalid_flagged", len(invalid) - len(taken), "numbers", reference=len(invalid), goal=1.0, missed=taken)
    tell("unclaimed_invalid", len(invalid) - len(claimed), "numbers", reference=len(invalid), claimed=claimed)
    tell("recognitions", speed([one.number for one in numbers]), "numbers/s")


def speed(numbers: list[str], *, rounds: int = 20) -> float:
    """The best of some rounds: the others were disturbed."""

    def recognize_all() -> None:
        for number in numbers:
            recognize(number)

    return len(numbers) / min(seconds(recognize_all) for _ in range(rounds))


if __name__ == "__main__":
    main()
