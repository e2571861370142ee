"""An order's parcels and messages as they were seen at a moment, beside what is known now."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from unfold.views import UnfoldSiteViewMixin

import tracking.services
from logistics_portal.kernel.admin import TIME_FORMAT
from logistics_portal.kernel.parts import may_see, seen_by
from notifications import kinds
from notifications.models import Message
from notifications.services import CHANNELS
from orders.models import Order
from tracking.arrival import arrival
from tracking.models import Incident, Retraction, Shipment, TrackingEvent
from tracking.reasons import REASON_LABELS
from tracking.sentences import sentence
from tracking.services.as_of import History, ShipmentSeen, history_of, in_steps

NOTHING = "–"


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is known of a shipment, then and now."""

    label: str | Promise
    then: str
    now: str

    @property
    def differs(self) -> bool:
        return self.then != self.now


@dataclass(frozen=True, slots=True)
class Told:
    """An event of today's timeline, and what of it was known then."""

    event: TrackingEvent
    was_known: bool
    was_struck: bool
    is_struck: bool
    struck_at: datetime | None  # when it was last taken back

    @property
    def differs(self) -> bool:
        return not self.was_known or self.was_struck != self.is_struck


@dataclass(frozen=True, slots=True)
class Sent:
    """A message, with its status then."""

    message: Message
    was_queued: bool
    status: str
    label: str

    @property
    def what(self) -> str:
        kind = kinds.KINDS.get(self.message.kind)
        return str(kind.label) if kind else self.message.kind

    @property
    def over(self) -> str:
        channel = CHANNELS.get(self.message.channel)
        return _(channel.label) if channel and channel.label else self.message.channel

    @property
    def differs(self) -> bool:
        return not self.was_queued or self.status != self.message.status


@dataclass(frozen=True, slots=True)
class Side:
    """A shipment then and now; ``then`` is None before it was there."""

    shipment: Shipment
    carrier: str
    facts: list[Fact]
    parcels: list[tuple[Any, list[Told]]]
    was_there: bool


class AsOfView(UnfoldSiteViewMixin, TemplateView):
    """What customers and staff saw of an order at a moment; reached from the order and from a dispute's evidence."""

    title = gettext_lazy("As it was seen at a moment")
    permission_required = ()
    template_name = "admin/as_of.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        if not (may_see(self.request, Order) and may_see(self.request, Shipment)):
            raise PermissionDenied
        order = get_object_or_404(seen_by(self.request, Order), pk=kwargs["order_id"])
        history = history_of(Shipment.objects.filter(order=order))
        messages: list[Message] = []
        if may_see(self.request, Message):
            messages = list(seen_by(self.request, Message).filter(order=order).order_by("pk"))
        now = timezone.now()
        steps = in_steps([*history.changes(), *(moment for message in messages for moment in _moments(message))])
        asked = self.request.GET.get("at", "")
        moment = read_moment(asked) if asked else now
        at = moment or now
        return super().get_context_data(**kwargs) | {
            "order": order,
            "at": at,
            "at_local": _whole_second_after(at),
            "zone": timezone.get_current_timezone_name(),
            "is_unreadable": moment is None,
            "before": max((step for step in steps if step < at), default=None),
            "after": min((step for step in steps if step > at), default=None),
            "steps": len(steps),
            "step": sum(step <= at for step in steps),
            "sides": sides(order, history, at, now),
            "sent": [_sent(message, at) for message in messages],
        }


def read_moment(text: str) -> datetime | None:
    """A moment as the page's own links write it (with offset) or its field (on the staff's clock); None: neither."""
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        return None
    if not 1970 < moment.year < 2200:
        return None
    return moment if moment.tzinfo else timezone.make_aware(moment)


def _whole_second_after(moment: datetime) -> str:
    """For the field, which knows no parts of a second: so it doesn't fall behind the change that is shown."""
    local = timezone.localtime(moment).replace(tzinfo=None)
    return (local + timedelta(microseconds=-local.microsecond % 1_000_000)).isoformat()


def sides(order: Order, history: History, at: datetime, now: datetime) -> list[Side]:
    """Every shipment that there is now, with what was known of it then."""
    then = {seen.shipment.pk: seen for seen in history.at(at)}
    return [_side(order, history, then.get(seen.shipment.pk), seen, at, now) for seen in history.at(now)]


def _side(
    order: Order, history: History, then: ShipmentSeen | None, now: ShipmentSeen, at: datetime, today: datetime
) -> Side:
    before = dict(_facts(order, then, at)) if then else {}
    facts = [Fact(label, before.get(label, NOTHING), said) for label, said in _facts(order, now, today)]
    known = {event.pk: event for parcel in then.parcels for event in parcel.events} if then else {}
    return Side(
        shipment=now.shipment,
        carrier=tracking.services.carrier_label(now.shipment.carrier),
        facts=[fact for fact in facts if (fact.then, fact.now) != (NOTHING, NOTHING)],
        parcels=[
            (one.parcel, [_told(event, known, history.strikes.get(event.pk, ())) for event in one.events])
            for one in now.parcels
        ],
        was_there=then is not None,
    )


def _facts(order: Order, seen: ShipmentSeen, at: datetime) -> Iterator[tuple[str, str]]:
    shipment = seen.shipment
    promise = arrival(order, shipment, now=at)
    yield _("Status"), shipment.get_status_display()
    yield _("Reason"), str(REASON_LABELS.get(shipment.reason, shipment.reason)) or NOTHING
    yield _("What the customer read"), sentence(shipment)
    yield _("Expected"), _day(promise.on) if promise else NOTHING
    yield _("Carrier's day"), _day(shipment.carrier_eta) if seen.is_eta_kept else _("not kept since when")
    yield _("Last news"), _time(shipment.last_event_at)
    yield _("Last place"), shipment.last_place or NOTHING
    yield _("Out for delivery"), _time(shipment.out_for_delivery_at)
    yield _("Delivered"), _time(shipment.delivered_at)
    yield _("Signed by"), shipment.signed_by or NOTHING
    yield _("Open incidents"), ", ".join(_incident(one) for one in seen.incidents) or NOTHING


def _incident(incident: Incident) -> str:
    return _(tracking.services.incident_rule(incident.rule).label)


def _told(event: TrackingEvent, known: dict[UUID, TrackingEvent], strikes: Sequence[Retraction]) -> Told:
    before = known.get(event.pk)
    struck = [strike.recorded_at for strike in strikes if strike.is_struck]
    return Told(
        event=event,
        was_known=before is not None,
        was_struck=getattr(before, "is_struck", False),
        is_struck=getattr(event, "is_struck", False),
        struck_at=struck[-1] if struck else None,
    )


def _moments(message: Message) -> Iterable[datetime]:
    return filter(None, (message.queued_at, message.sent_at, message.delivered_at, message.failed_at))


def _sent(message: Message, at: datetime) -> Sent:
    status = message.status_at(at)
    label = str(Message.Status(status).label) if status else _("not written yet")
    return Sent(message, was_queued=bool(status), status=status, label=label)


def _day(on: date | None) -> str:
    return on.isoformat() if on else NOTHING


def _time(at: datetime | None) -> str:
    return date_format(timezone.localtime(at), TIME_FORMAT) if at else NOTHING
