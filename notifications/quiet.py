"""Quiet hours: when a message that can wait must not ring; pure."""

from datetime import datetime, time, timedelta, tzinfo


def quiet_until(now: datetime, *, zone: tzinfo, begins: time, ends: time) -> datetime | None:
    """When the quiet hours that ``now`` lies in are over, on the clock of ``zone``; None outside of them.

    They may reach over midnight. The same time twice means that it is never quiet.
    """
    local = now.astimezone(zone)
    at = local.time()
    is_quiet = begins <= at < ends if begins <= ends else at >= begins or at < ends
    if not is_quiet:
        return None
    day = local.date() + timedelta(days=1) if begins > ends and at >= begins else local.date()
    over = datetime.combine(day, ends, tzinfo=zone)
    return over if over > now else now + timedelta(hours=1)  # a clock that is set back repeats an hour
