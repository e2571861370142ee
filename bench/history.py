"""A portal with a past: older orders with their parcels, payloads and scans, made by the database itself."""

from typing import Any

from bench import portal

# isort: split
from django.db import connection, models

from orders.models import Order
from tracking.models import CarrierPayload, Parcel, Shipment, TrackingEvent, Trail, Watch

SCANS_A_PARCEL = 10
SLICE = 50_000  # parcels a statement

_BODY = """convert_to('{"msg": {"tracking_number": "OLD' || n || '", "checkpoints": []}}', 'UTF8')"""
_IDENTITY = "md5(n || 'a' || k) || md5(n || 'b' || k)"
_TIME = "now() - interval '200 days' + mod(n, 150) * interval '1 day' + k * interval '7 hours'"


def grow(parcels: list[Parcel], *, events: int) -> None:
    """Bring the portal to ``events`` scans, ten a parcel, each with its order, shipment, payload, trail and watch.

    ``parcels`` is one from which the others are copied. Keys are older than any that is made from now on.
    """
    missing = (events - TrackingEvent.objects.count()) // SCANS_A_PARCEL
    first = Parcel.objects.filter(tracking_number__startswith="OLD").count() + 1
    sample = parcels[0]
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # what is copied from one row needs no check a row
        for start in range(first, first + missing, SLICE):
            _copy_history(sample, start, min(start + SLICE, first + missing) - 1)
        cursor.execute("SET session_replication_role = DEFAULT")
    portal.vacuum()


def _copy_history(sample: Parcel, start: int, end: int) -> None:
    number, past = "'OLD' || lpad(n::text, 9, '0')", "now() - interval '100 days'"
    order, shipment, parcel, payload = (key(kind) for kind in (1, 2, 3, 4))
    spans = f"generate_series({start}, {end}) n"
    each = f"{spans}, generate_series(1, {SCANS_A_PARCEL}) k"
    insert(Order, spans, sample.shipment.order, id=order, number=number, status="'completed'")
    insert(Shipment, spans, sample.shipment, id=shipment, order_id=order, status="'delivered'", last_event_at=past)
    insert(Parcel, spans, sample, id=parcel, shipment_id=shipment, tracking_number=number, status="'delivered'")
    read = CarrierPayload(carrier="aftership", body=b"", outcome=CarrierPayload.Outcome.READ, due_at=None)
    insert(CarrierPayload, spans, read, id=payload, body=_BODY, tracking_numbers=f"ARRAY[{number}]", done_at=past)
    watch = Watch(shipment=sample.shipment, due_at=None)
    insert(Watch, spans, watch, id=key(6), shipment_id=shipment, done_at=past)
    trail: dict[str, str] = {"oldest_at": past, "newest_at": "now()", "identities": "ARRAY[md5(n::text)]"}
    insert(Trail, spans, Trail(parcel=sample, carrier="aftership"), id=key(7), parcel_id=parcel, **trail)
    scan = TrackingEvent(parcel=sample, told_by="aftership", status="in_transit", code="X", description="Older scan")
    ids: dict[str, str] = {"id": key(5, "n * 100 + k"), "parcel_id": parcel, "payload_id": payload}
    facts: dict[str, str] = {"identity": _IDENTITY, "occurred_at": _TIME, "recorded_at": _TIME}
    insert(TrackingEvent, each, scan, place="'Leipzig'", country="'DE'", utc_offset_min="60", **ids, **facts)


def key(kind: int, number: str = "n") -> str:
    """A key that is older than any UUIDv7 of today, and grows with the number."""
    return f"('{kind:08x}' || lpad(to_hex({number}), 24, '0'))::uuid"


def insert(model: type[models.Model], spans: str, sample: Any, **written: str) -> None:
    """Rows like ``sample`` but for what is ``written`` as SQL of ``n`` (and ``k``), for all of ``spans``."""
    fields: list[Any] = list(model._meta.concrete_fields)
    names = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    given = [
        field.get_db_prep_save(getattr(sample, field.attname), connection)
        for field in fields
        if field.attname not in written
    ]
    values = ", ".join(written.get(field.attname) or f"%s::{field.db_type(connection)}" for field in fields)
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {model._meta.db_table} ({names}) SELECT {values} FROM {spans}", given)
