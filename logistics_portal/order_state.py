"""What the page of an order depends on, in one query: the page is made anew exactly when this has changed.

Rows are marked by PostgreSQL's `xmin`, the transaction that wrote them last, and `ctid`, which tells several writes of
one transaction apart; so no column can be forgotten. Where only some columns of a row show, or time alone changes what
is said of them, these stand here by themselves.
"""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID
from weakref import WeakSet

from django.apps import apps
from django.conf import settings
from django.db import OperationalError, connection

import orders.services
from logistics_portal.kernel import tokens
from tracking.arrival import zone_at

# A shipment is written anew with each change of its parcels and their scans (see tracking's fold).
_PREPARE = """
PREPARE order_state (uuid) AS
SELECT o.link_version, o.merchant_link_version,
       COALESCE((SELECT array_agg(p.number) FROM customers_phonenumber p
                 WHERE p.customer_id = o.customer_id AND p.until IS NULL), ARRAY[o.phone]),
       o.language, o.country, o.region, m.time_zone, statement_timestamp(),
       concat_ws(' ', o.xmin, o.ctid, m.xmin, m.ctid,
                 (SELECT concat_ws(' ', b.xmin, b.ctid) FROM merchants_brand b WHERE b.merchant_id = m.id)),
       (SELECT string_agg(concat_ws(' ', s.id, s.xmin, s.ctid, s.eta_to < statement_timestamp(), h.xmin, h.ctid,
                                    w.word_by, w.word_by <= statement_timestamp()), ',' ORDER BY s.id)
        FROM tracking_shipment s LEFT JOIN tracking_handover h ON h.shipment_id = s.id
             LEFT JOIN tracking_watch w ON w.shipment_id = s.id WHERE s.order_id = o.id),
       (SELECT string_agg(concat_ws(' ', r.id, r.xmin, r.ctid, f.xmin, f.ctid, x.xmin, x.ctid, n.status), ','
                          ORDER BY r.id)
        FROM aftersales_return r LEFT JOIN aftersales_refund f ON f.return_case_id = r.id
             LEFT JOIN aftersales_exchange x ON x.return_case_id = r.id LEFT JOIN orders_order n ON n.id = x.order_id
        WHERE r.order_id = o.id),
       (SELECT string_agg(concat_ws(' ', d.id, d.xmin, d.ctid, f.xmin, f.ctid, n.status), ',' ORDER BY d.id)
        FROM aftersales_dispute d LEFT JOIN aftersales_refund f ON f.dispute_id = d.id
             LEFT JOIN orders_order n ON n.id = d.replacement_id WHERE d.order_id = o.id),
       (SELECT string_agg(concat_ws(' ', i.id, i.xmin, i.ctid), ',' ORDER BY i.id)
        FROM tracking_shipment s JOIN tracking_incident i ON i.shipment_id = s.id AND i.closed_at IS NULL
        WHERE s.order_id = o.id)
FROM orders_order o JOIN merchants_merchant m ON m.id = o.merchant_id WHERE o.id = $1
"""
_EXECUTE = "EXECUTE order_state (%s)"
_prepared: WeakSet[Any] = WeakSet()  # connections that know the statement: to plan it costs eight times its execution


@dataclass(frozen=True, slots=True)
class OrderState:
    """What must be known of an order before its page: whose it is, in which language, and as of which change."""

    order_id: UUID
    phones: list[str]  # who proved one of them may see all of it
    language: str
    link: str  # by which it was opened; the page leads on by the same one
    marks: str
    has_returns: bool
    has_disputes: bool
    has_incidents: bool

    def name_in(self, language: str | None) -> str:
        """A name for the page in ``language`` as strangers see it, which no other content ever has."""
        return hashlib.blake2b(f"{_release()} {language} {self.marks}".encode(), digest_size=16).hexdigest()


def order_state(token: str) -> OrderState | None:
    """The state of the order that a tracking link names; None where the link is not good."""
    order_id = tokens.read_token(token)
    if order_id is None:
        return None
    row = _read(order_id)
    if row is None:
        return None
    link = orders.services.link_name(token, order_id, versions={"customer": row[0], "merchant": row[1]})
    if not link:
        return None
    _, _, phones, language, country, region, time_zone, now, *marks = row
    today = now.astimezone(zone_at(country, region, time_zone)).date()
    return OrderState(
        order_id=order_id,
        phones=phones,
        language=language,
        link=link,
        marks=f"{order_id} {link} {today} {marks}",
        has_returns=marks[2] is not None,
        has_disputes=marks[3] is not None,
        has_incidents=marks[4] is not None,
    )


def _read(order_id: UUID) -> tuple[Any, ...] | None:
    """The order's row. A read that may be repeated needs no question beforehand whether the connection still lives."""
    connection.health_check_done = True  # type: ignore[attr-defined]
    try:
        return _ask(order_id)
    except OperationalError:
        if connection.in_atomic_block:
            raise
        connection.close()
        return _ask(order_id)


def _ask(order_id: UUID) -> tuple[Any, ...] | None:
    with connection.cursor() as cursor:
        if connection.connection not in _prepared:
            cursor.execute(_PREPARE)
            _prepared.add(connection.connection)
        cursor.execute(_EXECUTE, [order_id])
        row: tuple[Any, ...] | None = cursor.fetchone()
        return row


@cache
def _release() -> str:
    """When what makes a page changed last: a page that was kept before an upgrade must not outlive it."""
    own = [Path(app.path) for app in apps.get_app_configs() if Path(app.path).parent == settings.BASE_DIR]
    folders = [*own, *(settings.BASE_DIR / name for name in ("templates", "locale", "static"))]
    files = (path for folder in folders for path in folder.rglob("*.*") if path.suffix != ".pyc")
    return str(max(path.stat().st_mtime_ns for path in files))
