"""When a call is tried again, and when an endpoint is left in peace; pure."""

from datetime import timedelta

# After the first try, the second, and so on: three days and a little in all.
WAITS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
JITTER = 0.2  # a wait is up to so much longer, so that what failed together does not come back together

RESTS_AFTER = 5  # failures in a row, of whichever calls
FIRST_REST, LONGEST_REST = timedelta(seconds=30), timedelta(minutes=10)
DISABLED_AFTER = timedelta(days=5)  # of nothing but failures; longer than any call is tried
LONGEST_WISH = timedelta(hours=1)  # how far a peer's Retry-After is honored


def wait_after(tries: int, *, spread: float) -> timedelta | None:
    """How long to wait after so many tries; None when they are used up. ``spread`` is from 0 to 1."""
    return WAITS[tries - 1] * (1 + JITTER * spread) if tries <= len(WAITS) else None


def rest_after(failures: int) -> timedelta | None:
    """How long an endpoint rests after so many failures in a row; then a single call shows whether it is well."""
    if failures < RESTS_AFTER:
        return None
    doubled = min(failures - RESTS_AFTER, 10)
    return min(FIRST_REST * 2**doubled, LONGEST_REST)


def wished(retry_after: str) -> timedelta:
    """The wait that a peer asks for by ``Retry-After`` in seconds; none when it asks for nothing that can be read."""
    text = retry_after.strip()
    if not (text.isascii() and text.isdecimal()):
        return timedelta()
    return min(timedelta(seconds=int(text[:9])), LONGEST_WISH)
