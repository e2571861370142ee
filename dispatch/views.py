"""Pages for the people who pack, and the people who hand over. Everybody sees the rows of their merchants alone."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.contrib import messages
from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.auth.models import User
from django.db.models import CharField, Prefetch, Q, QuerySet
from django.db.models.functions import Right
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

import orders.services
import tracking.services
from logistics_portal.kernel.errors import DomainError, NotFound
from logistics_portal.kernel.parts import gather_panels
from merchants.models import Merchant
from orders.models import Delegate, Order, OrderLine, OrderQuerySet
from tracking.barcode import code128
from tracking.models import Shipment, TrackingStatus

from .forms import PickForm, ReceiverForm, SearchForm, ShipForm

SHOWN = 50
PAGE = "warehouse"  # by which other apps give parts to the page of an order


class Waits(DomainError):
    """Something about the order must be settled before it is packed here."""

    code = "waits"


def _worker(request: HttpRequest) -> User:
    """Who is signed in: the pages let nobody else in."""
    assert isinstance(request.user, User)
    return request.user


def _asked(request: HttpRequest) -> tuple[SearchForm, str]:
    form = SearchForm(request.GET)
    return form, form.cleaned_data["q"].strip() if form.is_valid() else ""


def _matching(rows: QuerySet, asked: str, *, order: str = "", parcels: str) -> QuerySet:
    """Four digits are the end of a phone or a short order number; anything else a number or a part of a name."""
    found = Q(**{f"{parcels}__tracking_number": "".join(asked.split()).upper()})
    if len(asked) == 4 and asked.isdecimal():
        rows = rows.alias(last_four=Right(f"{order}phone", 4, output_field=CharField()))
        found |= Q(last_four=asked) | Q(**{f"{order}number": asked})
    else:
        found |= Q(**{f"{order}number__icontains": asked}) | Q(**{f"{order}consignee__icontains": asked})
    return rows.filter(found).distinct()


@dataclass(frozen=True, slots=True)
class Wish:
    """The day that the customer would like; ``days`` from today on the clock of the delivery address."""

    day: date
    days: int


def _with_wishes(found: Iterable[Order]) -> list[Order]:
    """The orders, each with its ``wish`` where a day is still ahead; their wishes and merchants must be loaded."""
    rows, now = list(found), timezone.now()
    for order in rows:
        order.wish = _wish(order, now)  # type: ignore[attr-defined]
    return rows


def _wish(order: Order, now: datetime) -> Wish | None:
    last = max(order.day_wishes.all(), key=lambda wish: wish.pk, default=None)
    if last is None or last.day is None:
        return None
    today = now.astimezone(tracking.services.place_zone(order)).date()
    return Wish(last.day, (last.day - today).days) if last.day >= today else None


# --- the warehouse


def _orders(request: HttpRequest) -> OrderQuerySet:
    return Order.objects.filter(merchant__in=Merchant.objects.for_staff(_worker(request)))


@never_cache
@require_safe
@staff_member_required
def warehouse(request: HttpRequest) -> HttpResponse:
    """What is to be packed, oldest first; a search looks through everything."""
    form, asked = _asked(request)
    if asked:
        found = _matching(_orders(request), asked, parcels="shipments__parcels").order_by("-id")
    else:
        found = _orders(request).to_pack().order_by("placed_at")
    # A label that was scanned, or digits that only one order has, lead straight to it.
    if asked and len(hits := list(found.values_list("pk", flat=True)[:2])) == 1:
        return redirect("warehouse_order", hits[0])
    rows = _with_wishes(found.select_related("merchant").prefetch_related("lines", "day_wishes")[: SHOWN + 1])
    context = {"form": form, "asked": asked, "orders": rows[:SHOWN], "has_more": len(rows) > SHOWN}
    return render(request, "dispatch/warehouse.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@staff_member_required
def warehouse_order(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """One order to pick, pack and give to a carrier."""
    order = _order(request, order_id)
    pick, ship = PickForm(lines=order.lines.all()), ShipForm(lines=order.lines.all())
    panels = gather_panels(request, PAGE, order)
    status = 200
    if request.method == "POST":
        status, error = 422, None
        action = request.POST.get("action")
        if action == "ship":
            ship = ShipForm(request.POST, lines=order.lines.all())
        else:
            pick = PickForm(request.POST, lines=order.lines.all())
        try:
            if action in ("pack", "ship") and any(panel["given"].get("waits") for panel in panels):
                raise Waits(_("Something is open about this order. Settle it above first."))
            if done := _act(order, action, pick, ship):
                messages.success(request, done)
                return redirect("warehouse_order", order.pk)
        except DomainError as refused:
            status, error = refused.status, refused
        if error:
            (ship if action == "ship" else pick).add_error(None, error.message)
    carriers = tracking.services.carrier_labels()
    context = {"order": order, "pick": pick, "ship": ship, "carriers": carriers, "panels": panels}
    return render(request, "dispatch/warehouse_order.html", context, status=status)


def _act(order: Order, action: str | None, pick: PickForm, ship: ShipForm) -> str:
    """Do what the pressed button says; the answer tells what was done, and is empty where the input was wrong."""
    if action == "ship":
        if not ship.is_valid():
            return ""
        parcel = tracking.services.ParcelDraft(ship.cleaned_data["tracking_number"], contents=ship.contents)
        tracking.services.create_shipment(order=order, carrier=ship.cleaned_data["carrier"], parcels=[parcel])
        return _("Given to the carrier. The customer is told.")
    if not pick.is_valid():
        return ""
    if action == "pack":
        if not pick.is_complete:
            pick.add_error(None, _("Tick every line first: a line without a tick is not in the box."))
            return ""
        orders.services.pack_order(order=order)
        return _("Packed.")
    orders.services.pick_lines(order=order, quantities=pick.quantities)
    return _("Saved.")


@never_cache
@require_safe
@staff_member_required
def label(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """A label to print: the tracking number of the latest parcel as a barcode, or the order's number before that."""
    order = _order(request, order_id)
    parcels = [parcel for shipment in order.shipments.all() for parcel in shipment.parcels.all()]
    texts = [parcel.tracking_number for parcel in parcels] or [order.number]
    context = {"order": order, "labels": [(text, code128(text)) for text in texts], "has_parcel": bool(parcels)}
    return render(request, "dispatch/label.html", context)


def _order(request: HttpRequest, order_id: UUID) -> Order:
    lines = Prefetch("lines", OrderLine.objects.select_related("item").order_by("pk"))
    shipments = Prefetch("shipments", Shipment.objects.outbound().order_by("pk").prefetch_related("parcels"))
    rows = _orders(request).select_related("merchant").prefetch_related(lines, shipments, "day_wishes")
    found = _with_wishes(rows.filter(pk=order_id))
    if not found:
        raise NotFound(_("There is no such order."))
    return found[0]


# --- the courier


def _shipments(request: HttpRequest) -> QuerySet[Shipment]:
    mine = Shipment.objects.outbound().filter(merchant__in=Merchant.objects.for_staff(_worker(request)))
    takers = Delegate.objects.following(timezone.now()).filter(gets_code=True).order_by("-pk")
    return mine.select_related("order__merchant", "merchant").prefetch_related(
        "parcels", "order__day_wishes", Prefetch("order__delegates", takers, to_attr="takers")
    )


@never_cache
@require_safe
@staff_member_required
def courier(request: HttpRequest) -> HttpResponse:
    """What is out for delivery, and what was handed over today."""
    form, asked = _asked(request)
    found = _shipments(request)
    if asked:
        found = _matching(found, asked, order="order__", parcels="parcels")
    out = list(
        found.filter(status=TrackingStatus.OUT_FOR_DELIVERY).order_by("order__postal_code", "pk")[: SHOWN * 4 + 1]
    )
    _with_wishes(shipment.order for shipment in out)
    today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    done = found.filter(proofs__courier=_worker(request), proofs__proved_at__gte=today).order_by("-delivered_at")
    context = {"form": form, "asked": asked, "shipments": out[: SHOWN * 4], "done": done.distinct()[:SHOWN]}
    return render(request, "dispatch/courier.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@staff_member_required
def handover(request: HttpRequest, shipment_id: UUID) -> HttpResponse:
    """Hand a parcel over: with the customer's code, or with a name and a signature."""
    shipment = _shipments(request).prefetch_related("proofs").filter(pk=shipment_id).first()
    if shipment is None:
        raise NotFound(_("There is no such parcel."))
    _with_wishes([shipment.order])
    form, code_error, status = ReceiverForm(), "", 200
    if request.method == "POST":
        is_code = request.POST.get("action") == "code"
        proof = {"code": _digits(request.POST.get("code", ""))}
        if not is_code:
            form = ReceiverForm(request.POST)
            proof = form.cleaned_data if form.is_valid() else {}
        elif not proof["code"]:
            proof, code_error = {}, _("Enter the four digits.")
        status = 422
        try:
            if proof:
                tracking.services.prove_delivery(shipment=shipment, courier=_worker(request), **proof)
                messages.success(request, _("Handed over: %s") % shipment.order.number)
                return redirect("courier")
        except DomainError as error:
            status = error.status
            if is_code:
                code_error = error.message
            else:
                form.add_error(None, error.message)
    context = {"shipment": shipment, "order": shipment.order, "form": form, "code_error": code_error}
    return render(request, "dispatch/handover.html", context, status=status)


def _digits(text: str) -> str:
    return "".join(filter(str.isdecimal, unicodedata.normalize("NFKC", text[:40])))
