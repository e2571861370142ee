"""Lengths of time as a person says them."""

_HOUR, _DAY = 60, 24 * 60  # in minutes


def spoken(minutes: int) -> str:
    """Minutes below an hour, hours below a day and a half, days from there on: "1 minute", "3 hours", "2 days"."""
    if minutes < _HOUR:
        return _counted(max(minutes, 1), "minute")
    if minutes < _DAY + _DAY // 2:
        return _counted((minutes + _HOUR // 2) // _HOUR, "hour")
    return _counted((minutes + _DAY // 2) // _DAY, "day")


def _counted(count: int, unit: str) -> str:
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
