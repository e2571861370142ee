"""Rows of the kernel: the work that is due, the events that apps publish, the bells and the allowances."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone
from uuid_utils.compat import uuid7

# Seconds, by the attempts made before. A test that kills workers sets shorter ones than a person would wait for.
LEASES = getattr(settings, "WORK_LEASES", (60, 60, 120, 300, 900, 3600, 3 * 3600, 6 * 3600, 12 * 3600))
MAX_ATTEMPTS = len(LEASES)


class Row(models.Model):
    """A row with a time-ordered key."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)

    class Meta:
        abstract = True


class WorkQuerySet(models.QuerySet):
    def open(self):
        return self.filter(done_at__isnull=True)

    def due(self):
        return self.open().filter(due_at__lte=timezone.now())

    def stuck(self):
        """Given up after the last attempt, or failed at least three times."""
        return self.open().filter(models.Q(due_at__isnull=True) | models.Q(attempts__gte=3))


class Work(Row):
    """A row that says what must happen, and when.

    Claiming it moves ``due_at`` behind a lease, so a worker that dies gives the row back by itself and a failure is
    tried again when the lease ends. After the last attempt ``due_at`` is empty: the row waits for a person.
    """

    due_at = models.DateTimeField(null=True, blank=True, default=timezone.now)
    done_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.TextField(blank=True, default="")

    was_due_at: datetime  # of a row that was claimed: its place in the line before

    objects = WorkQuerySet.as_manager()

    class Meta:
        abstract = True
        indexes = [
            models.Index(
                fields=["due_at"], name="%(app_label)s_%(class)s_due", condition=models.Q(done_at__isnull=True)
            ),
        ]

    @property
    def is_given_up(self) -> bool:
        return self.done_at is None and self.due_at is None


class Event(Work):
    """A fact that an app published, committed together with the change it tells of."""

    name = models.CharField(max_length=60)
    merchant_id = models.UUIDField(null=True)
    subject_id = models.UUIDField()
    payload = models.JSONField(default=dict)
    published_at = models.DateTimeField(default=timezone.now)

    class Meta(Work.Meta):
        indexes = [
            *Work.Meta.indexes,
            models.Index(fields=["merchant_id", "id"], name="kernel_event_by_merchant"),
            models.Index(fields=["subject_id", "id"], name="kernel_event_by_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.subject_id}"


class Bell(models.Model):
    """Whether a ring for a kind of work is waiting in the queue; one row a kind."""

    kind = models.CharField(max_length=60, primary_key=True)
    rung_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.kind


class Allowance(models.Model):
    """How often something was done in a window of time (see `limits`)."""

    key = models.CharField(max_length=100, primary_key=True)
    window_ends_at = models.DateTimeField()
    used = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["window_ends_at"], name="kernel_allowance_old")]

    def __str__(self) -> str:
        return self.key


class Heartbeat(models.Model):
    """When the workers last showed that they do work; readiness looks at it."""

    name = models.CharField(max_length=30, primary_key=True)
    beat_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


def lease(attempts_before: int) -> timedelta:
    """How long a claim holds, which is how long a failure waits for its next try."""
    return timedelta(seconds=LEASES[min(attempts_before, MAX_ATTEMPTS - 1)])
