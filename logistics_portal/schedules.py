"""What the workers do by the clock, not because something happened. `run_workers` sees to it that the queue knows."""

from datetime import time
from typing import NamedTuple

HOUR = 60
DAY = 24 * HOUR


class Plan(NamedTuple):
    """``function`` is a dotted name, called every so many minutes; the first time at ``first_at`` (UTC)."""

    name: str
    function: str
    minutes: int
    first_at: time | None = None


# The sweep is for installations that run ``qcluster`` without the watchdog, which sweeps each second.
PLANS = (
    Plan("sweep", "logistics_portal.kernel.tasks.sweep", 1),
    # Every carrier once a day; a run that was cut off is gone on with by the next.
    Plan("learn lanes", "tracking.services.learn_lanes", HOUR, time(2, 10)),
    Plan("tell what time brings", "notifications.services.tell_what_time_brings", 30),
    Plan("propose for late parcels", "aftersales.services.propose_for_late_parcels", HOUR),
    Plan("forget old answers", "merchants.services.forget_old_answers", DAY, time(3, 40)),
    Plan("forget old openings", "orders.services.forget_old_openings", DAY, time(3, 30)),
    Plan("forget ended push subscriptions", "notifications.subscriptions.browsers.forget_ended", DAY, time(3, 55)),
    Plan("forget old webhook calls", "notifications.hooks.endpoints.forget_old_calls", DAY, time(3, 50)),
)
