"""What somebody may do in a walk: a function of the world. How often each is chosen stands beside it."""

from collections.abc import Callable

from .world import World

Move = Callable[[World], None]

MOVES: dict[str, Move] = {}
WEIGHTS: dict[str, int] = {}


def move(weight: int = 2) -> Callable[[Move], Move]:
    """Register a move by its name."""

    def register(act: Move) -> Move:
        name = act.__name__
        if name in MOVES:
            raise ValueError(f"{name} is registered twice")
        MOVES[name], WEIGHTS[name] = act, weight
        return act

    return register
