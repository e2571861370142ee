"""Everybody who has a part in an order does anything at any time, and the books stay right.

A walk is an order's life of random steps by the customer, staff, the warehouse, carriers, the bank and time. A step is
legal or it is refused; what is refused changes nothing. After every step the laws hold.

WALKS is the number of walks, WALK_STEPS their length, WALK_SEED leads elsewhere; WALK_SHORTEN leaves out of a walk that
broke a law what it does not need for it (``pytest -s`` tells how often each move was made).
"""

import os
from collections import Counter
from collections.abc import Iterator
from random import Random

import pytest
from django.db import transaction

import tests.aftersales.walk.customer
import tests.aftersales.walk.outside
import tests.aftersales.walk.staff  # noqa: F401 - registers its moves, as those above do
from logistics_portal.kernel.errors import DomainError
from tests.aftersales.walk.clock import running_clock
from tests.aftersales.walk.laws import LAWS, check_times, check_told
from tests.aftersales.walk.moves import MOVES, WEIGHTS
from tests.aftersales.walk.observed import Seen, fingerprint, watch_statuses
from tests.aftersales.walk.world import LATE, Nobody, World, catch_up, new_world

pytestmark = pytest.mark.django_db

WALKS = int(os.environ.get("WALKS", "8"))
STEPS = int(os.environ.get("WALK_STEPS", "40"))
SEED = int(os.environ.get("WALK_SEED", "1"))


class Broken(AssertionError):
    """A step broke a law, or failed in another way than by a refusal; the message tells the walk so far."""

    def __init__(self, message: str, told: list[str]) -> None:
        super().__init__("\n".join([message, *told]))
        self.steps = len(told) + 1


@pytest.fixture(scope="module")
def tally() -> Iterator[Counter[str]]:
    """How often each move was tried, done and refused in all walks."""
    counted: Counter[str] = Counter()
    yield counted
    tried, done = (sum(count for name, count in counted.items() if name.startswith(how)) for how in ("tried", "done"))
    print(f"\n{tried} steps, {done} done, {tried - done} refused")
    for name in MOVES:
        print(f"{name:22}{counted[f'tried {name}']:6}{counted[f'done {name}']:6}")


@pytest.fixture
def watched(db: None) -> None:
    watch_statuses()


def plan(number: int) -> list[int]:
    """The seeds of the steps."""
    dice = Random(f"{SEED} {number}")
    return [dice.randrange(10**9) for _step in range(STEPS)]


def play(number: int, steps: list[int], tally: Counter[str]) -> None:
    """Walk in a transaction that is rolled back."""
    told: list[str] = []
    with running_clock() as clock, transaction.atomic():
        world, seen = new_world(Random(f"{SEED} {number} world"), clock), Seen()
        seen.look()
        before = fingerprint()
        for seed in steps:
            try:
                name, refused = step(world, Random(seed), before)
                told.append(f"{seed}: {name} {refused}")
                tally.update([f"tried {name}", f"{'refused' if refused else 'done'} {name}"])
                if not refused:
                    after = fingerprint()
                    obey(world, seen, {table for table, mark in after.items() if mark != before[table]})
                    before = after
            except Exception as error:
                raise Broken(f"walk {number}, {seed}: {error!r}", told) from error
        transaction.set_rollback(True)


def step(world: World, dice: Random, before: dict[str, object]) -> tuple[str, str]:
    """Make a move, the first of which there is a row; its name, and why it was refused or ""."""
    world.dice = dice
    while True:
        name = dice.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        try:
            MOVES[name](world)
        except Nobody:
            continue
        except DomainError as refused:
            assert fingerprint() == before, f"{name} was refused and changed something"
            return name, f"{type(refused).__name__}: {refused.message}"
        except Exception as error:
            raise AssertionError(f"{name} failed: {error!r}") from error
        if not world.chance(LATE):
            catch_up()
        return name, ""


def obey(world: World, seen: Seen, changed: set[str]) -> None:
    """Check the laws of the tables that were changed."""
    if seen.look() or "kernel_event" in changed:
        check_told(seen)
    for law, tables in LAWS.items():
        if not changed.isdisjoint(tables):
            law(world)
    check_times(changed)


def shorten(number: int, steps: list[int], error: Broken) -> Broken:
    """The same failure with few steps: what follows it is cut off, then ever smaller pieces are left out."""
    steps = steps[: error.steps]
    size = len(steps) // 2
    while size:
        for start in range(0, len(steps), size):
            fewer = steps[:start] + steps[start + size :]
            try:
                play(number, fewer, Counter())
            except Broken as again:
                if str(again.__cause__)[:30] == str(error.__cause__)[:30]:
                    steps, error = fewer[: again.steps], again
                    break
        else:
            size //= 2
    return error


@pytest.mark.parametrize("number", range(WALKS))
def test_walk(number: int, watched: None, tally: Counter[str]) -> None:
    steps = plan(number)
    try:
        play(number, steps, tally)
    except Broken as error:
        raise (shorten(number, steps, error) if os.environ.get("WALK_SHORTEN") else error) from error.__cause__


def test_enough_was_done(tally: Counter[str]) -> None:
    """Runs last: the walks above were no idle ones, and what counts most was done in them."""
    done = {name for name in MOVES if tally[f"done {name}"]}
    assert sum(tally[f"done {name}"] for name in MOVES) >= WALKS * STEPS * 0.4
    assert len(done) >= len(MOVES) / 2
    assert done >= {"ask_return", "receive_return", "open_dispute", "scan", "time_passes"}
