"""The watch over shipments: rules look at the facts when these change, and when time alone may tell."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from logistics_portal.kernel.bulk import insert_rows, update_rows
from logistics_portal.kernel.discover import discover
from logistics_portal.kernel.events import EventType, make_event, publish_all
from logistics_portal.kernel.models import Event

from ..events import INCIDENT_CLOSED, INCIDENT_OPENED
from ..incidents.base import Facts, Finding, Rule
from ..models import Incident, Parcel, Shipment, TrackingEvent, Watch
from .lanes import Lane, usual_silences
from .scans import COLUMNS, Scan
from .trails import struck_events

RULES: dict[str, Rule] = discover("tracking.incidents", "Rule")


@transaction.atomic
def watch(watches: Sequence[Watch]) -> None:
    """Judge the shipments of a batch: open what is found, close what healed, promise the next word."""
    now = timezone.now()
    shipments = Shipment.objects.select_related("order", "merchant").in_bulk([row.shipment_id for row in watches])
    facts = _facts(list(shipments.values()), now)
    open_ones = _open_incidents(shipments)
    opened: list[Incident] = []
    healed: list[Incident] = []
    for row in watches:
        case = facts[row.shipment_id]
        found = {rule.code: finding for rule in RULES.values() if (finding := rule.judge(case))}
        standing = {(code, finding.occasion) for code, finding in found.items()}
        healed += [one for one in open_ones[row.shipment_id] if (one.rule, one.occasion) not in standing]
        opened += [_incident(shipments[row.shipment_id], code, finding, now) for code, finding in found.items()]
        row.word_by = None if case.has_ended else case.last_at + case.silence
        row.due_at = _next_look(case)
    update_rows(Watch, watches, ("word_by",))
    publish_all(_open(opened) + _close(healed, now))


def _next_look(case: Facts) -> datetime | None:
    moments = [rule.wakes_at(case) for rule in RULES.values()]
    return min((moment for moment in moments if moment and moment > case.now), default=None)


def _facts(shipments: Sequence[Shipment], now: datetime) -> dict[UUID, Facts]:
    scans = _scans([shipment.pk for shipment in shipments])
    lanes = {shipment.pk: _lane(shipment) for shipment in shipments}
    silences = usual_silences(lanes.values())
    return {
        shipment.pk: Facts(
            now=now,
            created_at=shipment.created_at,
            direction=shipment.direction,
            status=shipment.status,
            reason=shipment.reason,
            scans=scans[shipment.pk],
            silence=silences[lanes[shipment.pk]],
            destination_name=shipment.order.city,
            destination_country=shipment.order.country,
        )
        for shipment in shipments
    }


def _lane(shipment: Shipment) -> Lane:
    home, away = shipment.merchant.country, shipment.order.country
    way = (home, away) if shipment.direction == Shipment.Direction.OUTBOUND else (away, home)
    return shipment.carrier, *way, shipment.status


def _scans(shipment_ids: Sequence[UUID]) -> dict[UUID, list[Scan]]:
    """The standing, timed scans of each shipment, oldest first."""
    owner = dict(Parcel.objects.filter(shipment__in=shipment_ids).values_list("pk", "shipment_id"))
    struck = struck_events(list(owner))
    found: dict[UUID, list[Scan]] = defaultdict(list)
    rows = TrackingEvent.objects.filter(parcel__in=list(owner), occurred_at__isnull=False)
    for row in rows.order_by("occurred_at", "id").values_list(*COLUMNS):
        if row[0] not in struck:
            found[owner[row[1]]].append(Scan(*row))
    return found


def _open_incidents(shipments: dict[UUID, Shipment]) -> dict[UUID, list[Incident]]:
    found: dict[UUID, list[Incident]] = defaultdict(list)
    for incident in Incident.objects.open().filter(shipment__in=shipments):
        incident.shipment = shipments[incident.shipment_id]
        found[incident.shipment_id].append(incident)
    return found


def _incident(shipment: Shipment, code: str, finding: Finding, now: datetime) -> Incident:
    return Incident(
        merchant_id=shipment.merchant_id,
        shipment=shipment,
        rule=code,
        rule_version=RULES[code].version,
        occasion=finding.occasion[:80],
        blame=finding.blame,
        evidence=finding.evidence,
        opened_at=now,
        due_at=now + finding.due_within,
    )


def _open(found: list[Incident]) -> list[Event]:
    """Write the incidents that are new; an occasion that had one gets no second."""
    insert_rows(Incident, found, ignore_conflicts=True)
    written = set(Incident.objects.filter(pk__in=[one.pk for one in found]).values_list("pk", flat=True))
    return [_event(INCIDENT_OPENED, one) for one in found if one.pk in written]


def _close(healed: list[Incident], now: datetime) -> list[Event]:
    for one in healed:
        one.closed_at, one.ending = now, Incident.Ending.HEALED
    update_rows(Incident, healed, ("closed_at", "ending"))
    return [_event(INCIDENT_CLOSED, one) for one in healed]


def _event(kind: EventType, incident: Incident) -> Event:
    shipment = incident.shipment
    return make_event(
        kind,
        merchant_id=incident.merchant_id,
        subject_id=incident.pk,
        order_id=shipment.order_id,
        shipment_id=shipment.pk,
        rule=incident.rule,
    )
