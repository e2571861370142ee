"""What the database itself sees: every single change of a status, and whether anything changed at all."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from django.apps import apps
from django.db import connection

from aftersales.models import (
    CHECK_TRANSITIONS,
    CONVERSATION_TRANSITIONS,
    DISPUTE_TRANSITIONS,
    EXCHANGE_TRANSITIONS,
    PROPOSAL_TRANSITIONS,
    REFUND_TRANSITIONS,
    RETURN_TRANSITIONS,
)
from orders.models import ORDER_TRANSITIONS

TABLES: dict[str, Mapping[str, frozenset[str]]] = {
    "orders_order": ORDER_TRANSITIONS,
    "aftersales_return": RETURN_TRANSITIONS,
    "aftersales_exchange": EXCHANGE_TRANSITIONS,
    "aftersales_refund": REFUND_TRANSITIONS,
    "aftersales_dispute": DISPUTE_TRANSITIONS,
    "aftersales_ordercheck": CHECK_TRANSITIONS,
    "aftersales_proposal": PROPOSAL_TRANSITIONS,
    "aftersales_conversation": CONVERSATION_TRANSITIONS,
}
BEGINS: dict[str, set[str]] = {
    "orders_order": {"placed"},
    "aftersales_return": {"requested", "approved"},  # approved: it came without being asked for
    "aftersales_exchange": {"reserved"},
    "aftersales_refund": {"pending"},
    "aftersales_dispute": {"open"},
    "aftersales_ordercheck": {"open"},
    "aftersales_proposal": {"open"},
    "aftersales_conversation": {"open"},
}
# The facts that are told of a change, each exactly once: by the event's name the changes (from, to) of a table.
TOLD: dict[str, tuple[str, set[tuple[str | None, str]]]] = {
    "aftersales.refund_started": ("aftersales_refund", {(None, "pending")}),
    "aftersales.refund_paid": (
        "aftersales_refund",
        {("pending", "paid"), ("sent", "paid"), ("failed", "paid")},
    ),
    "aftersales.refund_failed": ("aftersales_refund", {(was, "failed") for was in ("pending", "sent", "paid")}),
    "aftersales.return_requested": ("aftersales_return", {(None, "requested")}),
    "aftersales.return_came_unasked": ("aftersales_return", {(None, "approved")}),
    "aftersales.return_approved": ("aftersales_return", {("requested", "approved")}),
    "aftersales.return_rejected": ("aftersales_return", {("requested", "rejected")}),
    "aftersales.return_expired": ("aftersales_return", {("approved", "expired")}),
    "aftersales.return_canceled": (
        "aftersales_return",
        {("requested", "canceled"), ("approved", "canceled")},
    ),
    "aftersales.return_reopened": (
        "aftersales_return",
        {("rejected", "requested"), ("canceled", "requested"), ("expired", "approved")},
    ),
    "aftersales.return_received": (
        "aftersales_return",
        {("approved", "received"), ("partly_received", "received")},
    ),
    "aftersales.exchange_reserved": ("aftersales_exchange", {(None, "reserved")}),
    "aftersales.exchange_released": ("aftersales_exchange", {("reserved", "released")}),
    "aftersales.exchange_canceled": ("aftersales_exchange", {("reserved", "canceled")}),
    "aftersales.dispute_opened": ("aftersales_dispute", {(None, "open")}),
    "aftersales.dispute_decided": (
        "aftersales_dispute",
        {(was, to) for was in ("open", "asked", "offered") for to in ("accepted", "rejected")},
    ),
    "aftersales.dispute_closed": ("aftersales_dispute", {("asked", "closed")}),
    "aftersales.dispute_reopened": ("aftersales_dispute", {("rejected", "open"), ("closed", "open")}),
    "aftersales.dispute_withdrawn": (
        "aftersales_dispute",
        {(was, "withdrawn") for was in ("open", "asked", "offered")},
    ),
    "aftersales.conversation_closed": (
        "aftersales_conversation",
        {("waiting_for_customer", "closed"), ("solved", "closed")},
    ),
    "aftersales.check_opened": ("aftersales_ordercheck", {(None, "open")}),
    "aftersales.check_settled": (
        "aftersales_ordercheck",
        {("open", "answered"), ("open", "overruled"), ("open", "healed")},
    ),
    "aftersales.compensation_proposed": ("aftersales_proposal", {(None, "open")}),
    "orders.placed": ("orders_order", {(None, "placed")}),
    "orders.canceled": ("orders_order", {(was, "canceled") for was in ("placed", "picking", "packed")}),
    "orders.completed": ("orders_order", {("shipped", "completed")}),
}

_WATCH = """
CREATE TEMP TABLE walk_change (seq bigserial, tab text, row_id uuid, was text, becomes text);
CREATE FUNCTION pg_temp.walk_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO walk_change (tab, row_id, was, becomes) VALUES (TG_TABLE_NAME, NEW.id, NULL, NEW.status);
    ELSIF OLD.status <> NEW.status THEN
        INSERT INTO walk_change (tab, row_id, was, becomes) VALUES (TG_TABLE_NAME, NEW.id, OLD.status, NEW.status);
    END IF;
    RETURN NULL;
END $$;
"""


@dataclass(slots=True)
class Seen:
    """What was seen so far of one walk."""

    last: int = 0
    now: dict[tuple[str, str], str] = field(default_factory=dict)  # status by table and row
    changes: Counter[tuple[str, str | None, str]] = field(default_factory=Counter)

    def look(self) -> bool:
        """Whether there were changes since the last look; each must be one that its table knows."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT seq, tab, row_id::text, was, becomes FROM walk_change WHERE seq > %s ORDER BY seq", [self.last]
            )
            rows = cursor.fetchall()
        for seq, table, key, was, becomes in rows:
            self.last = seq
            if was is None:
                assert becomes in BEGINS[table], f"{table} begins as {becomes}"
            else:
                assert self.now[table, key] == was
                assert becomes in TABLES[table][was], f"{table} went from {was} to {becomes}"
            assert becomes in TABLES[table], f"{table} has no status {becomes}"
            self.now[table, key] = becomes
            self.changes[table, was, becomes] += 1
        return bool(rows)


def watch_statuses() -> None:
    """Have the database note every change of a status, until the transaction is rolled back."""
    with connection.cursor() as cursor:
        cursor.execute(_WATCH)
        for table in TABLES:
            cursor.execute(
                f"CREATE TRIGGER walk_note AFTER INSERT OR UPDATE ON {table}"
                " FOR EACH ROW EXECUTE FUNCTION pg_temp.walk_note()"
            )


_APPS = ("customers", "inventory", "orders", "tracking", "aftersales", "kernel", "notifications")
_OWN_PACE = {"kernel_bell", "kernel_allowance", "kernel_heartbeat"}


@cache
def _tables() -> list[str]:
    return sorted(
        model._meta.db_table
        for app in _APPS
        for model in apps.get_app_config(app).get_models(include_auto_created=True)
        if model._meta.db_table not in _OWN_PACE and model._meta.managed
    )


def fingerprint() -> dict[str, object]:
    """By table, something that differs as soon as any of its rows does."""
    sums = [f"(SELECT sum(hashtextextended(t::text, 0)::numeric) FROM {table} t)" for table in _tables()]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(sums)}")
        return dict(zip(_tables(), cursor.fetchone(), strict=True))
