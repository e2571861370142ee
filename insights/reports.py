"""Numbers over time. Each function takes the rows that somebody may see and asks the database once."""

from collections import Counter
from datetime import date, timedelta
from typing import Any

from django.db.models import Avg, Count, DurationField, ExpressionWrapper, F, Q, QuerySet
from django.db.models.functions import TruncDate

from tracking.models import TrackingStatus


def by_day(rows: QuerySet, field: str, *, today: date, days: int) -> list[tuple[date, int]]:
    """How many rows have ``field`` on each of the last ``days`` days, with a zero where there is none."""
    first = today - timedelta(days=days - 1)
    found: Counter[date] = Counter()
    counted = rows.filter(**{f"{field}__date__gte": first}).annotate(day=TruncDate(field))
    for day, number in counted.order_by().values("day").annotate(number=Count("pk")).values_list("day", "number"):
        found[day] = number
    return [(first + timedelta(days=step), found[first + timedelta(days=step)]) for step in range(days)]


def by_carrier(shipments: QuerySet, *, since: date) -> list[dict[str, Any]]:
    """For each carrier: shipments since a day, how many arrived or have a problem, and the mean time under way."""
    took = ExpressionWrapper(F("delivered_at") - F("created_at"), output_field=DurationField())
    problem = Q(status__in=(TrackingStatus.EXCEPTION, TrackingStatus.ATTEMPT_FAILED))
    return list(
        shipments.filter(created_at__date__gte=since)
        .order_by()
        .values("carrier")
        .annotate(
            shipments=Count("pk"),
            delivered=Count("pk", filter=Q(status=TrackingStatus.DELIVERED)),
            problems=Count("pk", filter=problem),
            took=Avg(took, filter=Q(delivered_at__gt=F("created_at"))),
        )
        .order_by("-shipments", "carrier")
    )
