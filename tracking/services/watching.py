"""The watch over shipments: rules look at the facts when these change, and when time alone may tell."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from uuid_utils.compat import uuid7

import customers.services
from logistics_portal.kernel.bulk import any_of, insert_rows, update_rows
from logistics_portal.kernel.discover import discover
from logistics_portal.kernel.events import EventType, NewEvent, make_event, publish_all
from logistics_portal.kernel.live import tell_viewers
from logistics_portal.kernel.work import ring
from orders.models import Order

from ..arrival import zone_at
from ..events import INCIDENT_CLOSED, INCIDENT_OPENED, INCIDENT_OVERDUE
from ..gazetteer import locate
from ..incidents.base import Facts, Finding, Rule
from ..models import Incident, Parcel, Shipment, TrackingEvent, Watch
from ..projection import order_of
from .lanes import Lane, known_lanes
from .scans import COLUMNS, Scan
from .trails import struck_events

RULES: dict[str, Rule] = discover("tracking.incidents", "Rule")

# What was last heard of so long ago is history, as imports bring it: nothing new is opened for it.
HISTORY = timedelta(days=45)

_CHANGING = ("closed_at", "ending", "escalated_at", "due_at", "blame", "evidence")

Occasion = tuple[UUID, str, str]  # shipment, rule, occasion


@dataclass(slots=True)
class Changes:
    """What a look at a batch of shipments changes."""

    opened: list[Incident] = field(default_factory=list)
    reopened: list[Incident] = field(default_factory=list)
    blamed_anew: list[Incident] = field(default_factory=list)
    healed: list[Incident] = field(default_factory=list)
    overdue: list[Incident] = field(default_factory=list)


@dataclass(slots=True)
class NewWatch:
    """A row of `Watch` that is not yet written."""

    shipment_id: UUID
    due_at: datetime
    id: UUID = field(default_factory=uuid7)
    done_at: datetime | None = None
    attempts: int = 0
    last_error: str = ""
    word_by: datetime | None = None


def incident_rule(code: str) -> Rule:
    """The rule of an incident; one that is gone keeps its code as its label and tells customers nothing."""
    if code in RULES:
        return RULES[code]
    gone = Rule()
    gone.code = gone.label = code
    return gone


def look_at(shipment_ids: Iterable[UUID]) -> None:
    """Have the rules look at shipments whose facts changed; call it in the transaction of the change."""
    ids = list(shipment_ids)
    if not ids:
        return
    now = timezone.now()
    watched = Watch.objects.filter(any_of("shipment_id", ids))
    locked = watched.order_by("pk").select_for_update(no_key=True)  # as workers do, so that none waits
    known = set(locked.values_list("shipment_id", flat=True))
    new = [NewWatch(shipment_id, now) for shipment_id in ids if shipment_id not in known]
    if insert_rows(Watch, new, ignore_conflicts=True) < len(new):  # made by somebody else meanwhile
        known.update(locked.values_list("shipment_id", flat=True))
    if known:
        watched.update(due_at=now, done_at=None, attempts=0)
    ring(Watch)


@transaction.atomic
def watch(watches: Sequence[Watch]) -> None:
    """Judge the shipments of a batch: open what is found, close what healed, promise the next word.

    Sets when each watch comes back: when time alone may change a verdict, or an incident becomes overdue.
    """
    now = timezone.now()
    shipments = Shipment.objects.select_related("order", "merchant").in_bulk([row.shipment_id for row in watches])
    cases = _facts(list(shipments.values()), now)
    known = _known_incidents(shipments)
    changes = Changes()
    words_before = {row.pk: row.word_by for row in watches}
    for row in watches:
        case, mine = cases[row.shipment_id], known[row.shipment_id]
        _compare(shipments[row.shipment_id], _judge(case), mine, now, changes)
        row.word_by = _next_word(case)
        row.due_at = min(filter(None, (_next_look(case), *(_overdue_from(one, now) for one in mine))), default=None)
    update_rows(Watch, watches, ("word_by",))
    publish_all(_write(changes, now))
    changed = (row.shipment_id for row in watches if row.word_by != words_before[row.pk])
    tell_viewers(shipments[shipment_id].order_id for shipment_id in changed)


def _judge(case: Facts) -> dict[str, Finding]:
    return {rule.code: finding for rule in RULES.values() if (finding := rule.judge(case))}


def _compare(
    shipment: Shipment, found: dict[str, Finding], mine: list[Incident], now: datetime, changes: Changes
) -> None:
    """Hold what is found against the incidents that are known; new ones join ``mine``."""
    known = {(one.rule, one.occasion): one for one in mine}
    standing = {(code, finding.occasion[:80]) for code, finding in found.items()}
    is_history = now - (shipment.last_event_at or shipment.created_at) > HISTORY
    for code, finding in found.items():
        one = known.get((code, finding.occasion[:80]))
        if one is None and not is_history:
            mine.append(_incident(shipment, code, finding, now))
            changes.opened.append(mine[-1])
        elif one is not None and one.ending == Incident.Ending.HEALED:  # what staff closed stays closed
            one.closed_at, one.ending, one.escalated_at = None, "", None
            one.due_at = now + finding.due_within
            one.blame, one.evidence = finding.blame, finding.evidence
            changes.reopened.append(one)
        elif one is not None and one.closed_at is None and one.blame != finding.blame:
            one.blame, one.evidence = finding.blame, finding.evidence
            changes.blamed_anew.append(one)
    for one in mine:
        if one.closed_at is None and (one.rule, one.occasion) not in standing:
            one.closed_at, one.ending = now, Incident.Ending.HEALED
            changes.healed.append(one)
        elif one.closed_at is None and one.escalated_at is None and one.due_at <= now:
            one.escalated_at = now
            changes.overdue.append(one)


def _next_look(case: Facts) -> datetime | None:
    return min(
        (moment for rule in RULES.values() if (moment := rule.wakes_at(case)) and moment > case.now), default=None
    )


def _next_word(case: Facts) -> datetime | None:
    """By when the customer hears of the parcel if nothing changes: when a rule that has words for it will speak."""
    if case.has_ended or case.direction != Shipment.Direction.OUTBOUND:
        return None
    moments = [rule.wakes_at(case) for rule in RULES.values() if rule.words]
    return min((moment for moment in moments if moment and moment > case.now), default=None)


def _overdue_from(one: Incident, now: datetime) -> datetime | None:
    return one.due_at if one.closed_at is None and one.escalated_at is None and one.due_at > now else None


def _facts(shipments: Sequence[Shipment], now: datetime) -> dict[UUID, Facts]:
    scans = _scans([shipment.pk for shipment in shipments])
    ways = {shipment.pk: _lane(shipment) for shipment in shipments}
    lanes = known_lanes(ways.values())
    asked = _asked_back(shipments)
    changed = customers.services.changed_since({shipment.order.customer_id for shipment in shipments})
    return {
        shipment.pk: Facts(
            now=now,
            created_at=shipment.created_at,
            direction=shipment.direction,
            status=shipment.status,
            reason=shipment.reason,
            scans=scans[shipment.pk],
            silence=lanes.silences[ways[shipment.pk]],
            consignee=shipment.order.consignee,
            destination=_city_of(shipment.order),
            destination_name=shipment.order.city,
            destination_country=shipment.order.country,
            arrives_by=_arrives_by(shipment),
            phone_expires_at=shipment.order.phone_expires_at,
            phone_changed_at=changed.get(shipment.order.customer_id),
            is_return_asked=shipment.order_id in asked,
            tells_rounds=shipment.carrier in lanes.tell_rounds,
        )
        for shipment in shipments
    }


def _lane(shipment: Shipment) -> Lane:
    home, away = shipment.merchant.country, shipment.order.country
    way = (home, away) if shipment.direction == Shipment.Direction.OUTBOUND else (away, home)
    return shipment.carrier, *way, shipment.status


def _arrives_by(shipment: Shipment) -> datetime | None:
    """The end of the expected window or of the promised day, whichever is later."""
    order, promised = shipment.order, None
    if order.promised_on:
        zone = zone_at(order.country, order.region, shipment.merchant.time_zone)
        promised = datetime.combine(order.promised_on, time.max, zone)
    return max(filter(None, (shipment.eta_to, promised)), default=None)


def _city_of(order: Order) -> tuple[float, float] | None:
    spot = locate(f"{order.city}, {order.region}" if order.region else order.city, order.country)
    return (spot.latitude, spot.longitude) if spot else None


def _asked_back(shipments: Sequence[Shipment]) -> set[UUID]:
    """Orders whose goods are wanted back: canceled ones, and those that have a parcel on its way back by a return."""
    canceled = {row.order_id for row in shipments if row.order.status == Order.Status.CANCELED}
    back = Shipment.objects.filter(order__in={row.order_id for row in shipments}, direction=Shipment.Direction.RETURN)
    return canceled | set(back.values_list("order_id", flat=True))


def _scans(shipment_ids: Sequence[UUID]) -> dict[UUID, list[Scan]]:
    """The standing, timed scans of each shipment, oldest first, with coordinates where their place is known."""
    owner = dict(Parcel.objects.filter(shipment__in=shipment_ids).values_list("pk", "shipment_id"))
    struck = struck_events(list(owner))
    found: dict[UUID, list[Scan]] = defaultdict(list)
    for row in TrackingEvent.objects.filter(parcel__in=list(owner), occurred_at__isnull=False).values_list(*COLUMNS):
        if row[0] not in struck:
            scan = Scan(*row)
            if scan.latitude is None and scan.place and (spot := locate(scan.place, scan.country)):
                scan.latitude, scan.longitude = spot.latitude, spot.longitude
            found[owner[scan.parcel_id]].append(scan)
    for scans in found.values():  # parcels and doubles of one instant, too, have an order that arrival can't change
        scans.sort(key=lambda scan: (*order_of(scan), scan.identity, scan.parcel_id))
    return found


def _known_incidents(shipments: dict[UUID, Shipment]) -> dict[UUID, list[Incident]]:
    """All incidents of shipments, open and closed; locked, since staff may be closing one."""
    found: dict[UUID, list[Incident]] = defaultdict(list)
    for incident in Incident.objects.filter(shipment__in=shipments).order_by("pk").select_for_update(no_key=True):
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


def _write(changes: Changes, now: datetime) -> list[NewEvent]:
    """Write the changes; an occasion that another worker opened meanwhile gets no second incident."""
    insert_rows(Incident, changes.opened, ignore_conflicts=True)
    ids = [one.pk for one in changes.opened]
    written = set(Incident.objects.filter(pk__in=ids).values_list("pk", flat=True)) if ids else set()
    changed = {one.pk: one for one in (*changes.reopened, *changes.healed, *changes.overdue, *changes.blamed_anew)}
    update_rows(Incident, list(changed.values()), _CHANGING)
    opened = [one for one in changes.opened if one.pk in written] + changes.reopened
    return [
        *(incident_event(INCIDENT_OPENED, one) for one in opened),
        *(incident_event(INCIDENT_CLOSED, one) for one in changes.healed),
        *(incident_event(INCIDENT_OVERDUE, one) for one in changes.overdue),
    ]


def incident_event(kind: EventType, incident: Incident) -> NewEvent:
    """An event about an incident, not yet published."""
    return make_event(
        kind,
        merchant_id=incident.merchant_id,
        subject_id=incident.pk,
        order_id=incident.shipment.order_id,
        shipment_id=incident.shipment_id,
        rule=incident.rule,
    )
