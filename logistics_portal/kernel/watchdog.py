"""Keeps the queue's workers moving.

A worker of django-q2 that is killed while idle can hold the queue's lock for ever, and the cluster's own guard sees
only living processes. So the watchdog asks the queue for a heartbeat; when none comes it kills the whole process group
and starts a new one. So it does when jobs are done but never struck off the queue, which is how it shows that the
cluster's bookkeeper was killed. It also rings for work whose time has come, each second.
"""

import logging
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path

from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections
from django.utils import timezone
from django_q.models import OrmQ, Schedule
from django_q.tasks import async_task

from . import tasks, work
from .models import Heartbeat

logger = logging.getLogger(__name__)

BEAT_EVERY = 5.0
STALLED_AFTER = float(getattr(settings, "WORKERS_STALLED_AFTER", 30))
# A job whose worker was killed comes back after ``retry``; one that is still there later is never struck off.
UNANSWERED_AFTER = float(str(settings.Q_CLUSTER["retry"])) + 2 * STALLED_AFTER
STOP_WITHIN = 10.0
LONGEST_PATIENCE = 600.0


class Cluster:
    """The workers of one lane of the queue, as the watchdog sees them."""

    def __init__(self, lane: str) -> None:
        self.lane = lane
        self.process: subprocess.Popen | None = None
        self.asked_at = 0.0
        self.beaten_at = 0.0
        self.patience = STALLED_AFTER
        self.oldest_job: int | None = None
        self.oldest_since = 0.0

    def start(self) -> None:
        # What the dead cluster had taken is free again.
        OrmQ.objects.filter(key=self.lane, lock__gt=timezone.now()).update(lock=timezone.now())
        self.be_patient()
        # Twice as long at each start without a beat: a busy machine must not have its workers killed while they start.
        self.patience = min(2 * self.patience, LONGEST_PATIENCE)
        self.process = subprocess.Popen(  # noqa: S603 - our own manage.py
            [sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), "qcluster"],
            start_new_session=True,
            env={**os.environ, "PORTAL_WATCHDOG_PID": str(os.getpid()), "Q_CLUSTER_NAME": self.lane},
        )
        self._ask()

    def ask_to_end(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()

    def end(self, *, within: float = 0.0) -> None:
        """End the cluster's whole group: children outlive a killed main process and would work on beside the next."""
        if self.process is None:
            return
        if within:
            try:
                self.process.wait(within)
            except subprocess.TimeoutExpired:
                logger.warning("the workers of lane %s did not end in time and are killed", self.lane)
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def be_patient(self) -> None:
        """Count from now on: what was missed so far is not the cluster's fault."""
        self.beaten_at = self.oldest_since = time.monotonic()

    def watch(self) -> None:
        """Start the cluster anew when it makes no progress."""
        self._look_for_beat()
        self._look_at_queue()
        if trouble := self._trouble():
            logger.error("the workers of lane %s %s; starting them anew", self.lane, trouble)
            self.end()
            self.start()

    def _trouble(self) -> str:
        now = time.monotonic()
        if self.process is None or self.process.poll() is not None:
            return "ended"
        if now - self.beaten_at > self.patience:
            return "make no progress"
        if self.oldest_job is not None and now - self.oldest_since > UNANSWERED_AFTER:
            return "strike nothing off the queue"
        return ""

    def _look_for_beat(self) -> None:
        beat = Heartbeat.objects.filter(name=tasks.heartbeat_name(self.lane)).first()
        waited = time.monotonic() - self.asked_at
        if beat and beat.beat_at > timezone.now() - timedelta(seconds=waited):
            self.beaten_at, self.patience = time.monotonic(), STALLED_AFTER
            if waited > BEAT_EVERY:
                self._ask()

    def _look_at_queue(self) -> None:
        oldest = OrmQ.objects.filter(key=self.lane).order_by("pk").values_list("pk", flat=True).first()
        if oldest != self.oldest_job:
            self.oldest_job, self.oldest_since = oldest, time.monotonic()

    def _ask(self) -> None:
        self.asked_at = time.monotonic()
        async_task(tasks.beat, self.lane, cluster=self.lane)


class Watchdog:
    """Holds one cluster for each lane of the queue."""

    def __init__(self, *, parent_pid: int | None = None) -> None:
        self.parent_pid = parent_pid
        self.clusters = [Cluster(lane) for lane in work.LANES]
        self.ends = False

    def run(self) -> None:
        """Start the clusters and watch them until SIGTERM, SIGINT, or the parent's end."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)
        ensure_schedules()
        try:
            for cluster in self.clusters:
                cluster.start()
            while not self.ends and self._parent_lives():
                self._watch_once()
                time.sleep(1)
        finally:
            self._stop()

    def _watch_once(self) -> None:
        close_old_connections()
        try:
            work.sweep()
            for cluster in self.clusters:
                cluster.watch()
        except (OperationalError, InterfaceError):
            logger.warning("the database does not answer; waiting")
            for cluster in self.clusters:
                cluster.be_patient()  # a cluster can't move without it

    def _stop(self) -> None:
        ends = time.monotonic() + STOP_WITHIN
        for cluster in self.clusters:
            cluster.ask_to_end()
        for cluster in self.clusters:
            cluster.end(within=max(0.1, ends - time.monotonic()))

    def _parent_lives(self) -> bool:
        return self.parent_pid is None or os.getppid() == self.parent_pid

    def _end(self, *_: object) -> None:
        self.ends = True


def ensure_schedules() -> None:
    """Have the queue do what ``PORTAL_SCHEDULES`` says: plans with a name, a function, minutes and a first time.

    A plan that the queue knows keeps its next time, so that a restart neither skips nor repeats it.
    """
    for plan in settings.PORTAL_SCHEDULES:
        given = {"func": plan.function, "schedule_type": Schedule.MINUTES, "minutes": plan.minutes, "repeats": -1}
        first = {"next_run": next_time(plan.first_at, timezone.now())} if plan.first_at else {}
        Schedule.objects.update_or_create(name=plan.name, defaults=given, create_defaults=given | first)


def next_time(at: time_of_day, now: datetime) -> datetime:
    """The next moment at which UTC clocks show ``at``."""
    today = datetime.combine(now.astimezone(UTC).date(), at, tzinfo=UTC)
    return today if today > now else today + timedelta(days=1)
