"""What the portal showed at a moment, from what is only ever added: scans by when we learned of them, and strikes."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from logistics_portal.kernel.errors import NotFound
from logistics_portal.kernel.models import Event

from ..carriers.base import Status
from ..events import ETA_CHANGED, INCIDENT_CLOSED, INCIDENT_OPENED
from ..models import Incident, Parcel, Retraction, Shipment, TrackingEvent
from ..projection import combine, project

# Columns that are overwritten, and of which no row says what stood there before.
NOT_KEPT = ("eta_from", "eta_to", "word_by", "carrier")
_ONE_STEP = timedelta(seconds=2)  # what one payload changes is written within moments, not in one


class NotThereYet(NotFound):
    """The shipment came to be after the moment that was asked for."""

    code = "not_there_yet"


@dataclass(frozen=True, slots=True)
class ParcelSeen:
    """A parcel as it was known at a moment; ``events`` are newest first, each with ``is_struck`` as it was then."""

    parcel: Parcel
    events: tuple[TrackingEvent, ...]


@dataclass(frozen=True, slots=True)
class ShipmentSeen:
    """A shipment as it was known at a moment.

    ``shipment`` and the parcels are copies whose computed columns hold what was computed then, so that whatever shows
    a shipment can show it; they are never saved. What is in `NOT_KEPT` is empty there, the carrier is today's.
    ``is_eta_kept`` is False where the carrier's day is known, but not since when: then it is left out.
    """

    shipment: Shipment
    parcels: tuple[ParcelSeen, ...]
    incidents: tuple[Incident, ...]  # that were open
    is_eta_kept: bool


@dataclass(frozen=True, slots=True)
class History:
    """All that is kept of some shipments; any moment is computed from it without asking the database again."""

    shipments: Sequence[Shipment]
    parcels: Mapping[UUID, Sequence[Parcel]]  # by shipment
    events: Mapping[UUID, Sequence[TrackingEvent]]  # by parcel, newest first
    strikes: Mapping[UUID, Sequence[Retraction]]  # by event, in the order in which they were told
    incidents: Mapping[UUID, Sequence[Incident]]  # by shipment
    published: Mapping[UUID, Sequence[Event]]  # by shipment or incident, in their order

    def at(self, moment: datetime) -> list[ShipmentSeen]:
        """The shipments that were there at ``moment``, as they were known then."""
        return [self._shipment(row, moment) for row in self.shipments if row.created_at <= moment]

    def changes(self) -> list[datetime]:
        """The moments at which something changed, oldest first; each at the end of what changed together."""
        told: list[datetime] = [row.created_at for row in self.shipments]
        told += [event.recorded_at for events in self.events.values() for event in events]
        told += [strike.recorded_at for strikes in self.strikes.values() for strike in strikes]
        told += [event.published_at for events in self.published.values() for event in events]
        return in_steps(told)

    def _shipment(self, row: Shipment, moment: datetime) -> ShipmentSeen:
        parcels = [self._parcel(parcel, moment) for parcel in self.parcels[row.pk]]
        seen = combine([_projection(parcel) for parcel in parcels])
        shipment = copy(row)
        shipment.status, shipment.reason = seen.status.value, seen.reason
        shipment.last_event_at, shipment.last_place = seen.last_event_at, seen.last_place[:200]
        shipment.out_for_delivery_at = seen.milestones.get(Status.OUT_FOR_DELIVERY)
        shipment.delivered_at, shipment.signed_by = seen.delivered_at, seen.signed_by[:120]
        shipment.carrier_eta, is_eta_kept = self._eta(row, moment)
        shipment.eta_from = shipment.eta_to = None
        incidents = tuple(one for one in self.incidents[row.pk] if self._was_open(one, moment))
        return ShipmentSeen(shipment, tuple(parcels), incidents, is_eta_kept)

    def _parcel(self, row: Parcel, moment: datetime) -> ParcelSeen:
        events = []
        for told in self.events[row.pk]:
            if told.recorded_at <= moment:
                event = copy(told)
                event.is_struck = self._was_struck(told, moment)  # type: ignore[attr-defined]
                events.append(event)
        parcel = copy(row)
        found = ParcelSeen(parcel, tuple(events))
        seen = _projection(found)
        parcel.status, parcel.reason, parcel.delivered_at = seen.status.value, seen.reason, seen.delivered_at
        return found

    def _was_struck(self, event: TrackingEvent, moment: datetime) -> bool:
        told = [strike.is_struck for strike in self.strikes[event.pk] if strike.recorded_at <= moment]
        return told[-1] if told else False

    def _eta(self, row: Shipment, moment: datetime) -> tuple[date | None, bool]:
        changes = [event for event in self.published[row.pk] if event.name == ETA_CHANGED.name]
        if not changes:
            return None, row.carrier_eta is None
        until = [event for event in changes if event.published_at <= moment]
        day = until[-1].payload["eta"] if until else changes[0].payload["before"]
        return date.fromisoformat(day) if day else None, True

    def _was_open(self, incident: Incident, moment: datetime) -> bool:
        if incident.opened_at > moment:
            return False
        until = [event.name for event in self.published[incident.pk] if event.published_at <= moment]
        return not until or until[-1] == INCIDENT_OPENED.name


def _projection(seen: ParcelSeen) -> Any:
    return project(event for event in seen.events if not event.is_struck)  # type: ignore[attr-defined]


def in_steps(moments: Iterable[datetime]) -> list[datetime]:
    """Moments in their order, of those that lie together the last."""
    steps: list[datetime] = []
    for moment in sorted(moments):
        if steps and moment - steps[-1] <= _ONE_STEP:
            steps[-1] = moment
        else:
            steps.append(moment)
    return steps


def history_of(shipments: QuerySet[Shipment]) -> History:
    """Read all that is kept of ``shipments``, in six queries whatever their number."""
    rows = list(shipments.select_related("order__merchant").order_by("pk"))
    ids = [row.pk for row in rows]
    parcels = list(Parcel.objects.filter(shipment__in=ids).order_by("pk"))
    events = list(TrackingEvent.objects.filter(parcel__in=parcels).latest_first())
    strikes = Retraction.objects.filter(event__parcel__shipment__in=ids).order_by("recorded_at", "pk")
    incidents = list(Incident.objects.filter(shipment__in=ids).order_by("opened_at", "pk"))
    names = (ETA_CHANGED.name, INCIDENT_OPENED.name, INCIDENT_CLOSED.name)
    published = Event.objects.filter(subject_id__in=[*ids, *(one.pk for one in incidents)], name__in=names)
    return History(
        shipments=rows,
        parcels=_by(parcels, lambda parcel: parcel.shipment_id),
        events=_by(events, lambda event: event.parcel_id),
        strikes=_by(strikes, lambda strike: strike.event_id),
        incidents=_by(incidents, lambda incident: incident.shipment_id),
        published=_by(published.order_by("published_at", "pk"), lambda event: event.subject_id),
    )


def _by[Row](rows: Iterable[Row], owner: Callable[[Row], UUID]) -> Mapping[UUID, Sequence[Row]]:
    found: dict[UUID, list[Row]] = defaultdict(list)
    for row in rows:
        found[owner(row)].append(row)
    return found


def shipment_as_of(*, shipment: Shipment, moment: datetime) -> ShipmentSeen:
    """A shipment as the portal showed it at ``moment``; a moment to come shows it as it is.

    Statuses are computed by today's rules from what was known then.

    Raises:
        NotThereYet: the shipment came to be later.
    """
    found = history_of(Shipment.objects.filter(pk=shipment.pk)).at(moment)
    if not found:
        raise NotThereYet(_("This shipment was not there yet at this moment."))
    return found[0]
