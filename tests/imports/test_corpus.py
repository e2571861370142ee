"""Real data: orders of a marketplace with four statuses of trouble, and hundreds of recorded carrier payloads."""

import csv
import lzma
from datetime import datetime
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.core.management import call_command
from rest_framework.test import APIClient

from logistics_portal.imports.mapping import load_map
from logistics_portal.imports.run import Importer
from merchants.models import Merchant
from orders.models import Order
from tests import build
from tests.imports.test_replay import report_of
from tracking.models import Shipment

HISTORY = settings.CORPUS_DIR / "order_history"
ORDERS = HISTORY / "olist_orders_earliest_two_thirds.csv.xz"
PAYLOADS = settings.CORPUS_DIR / "carrier_payloads"
SLICE = 1200

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not ORDERS.is_file(), reason=f"no order history: there is no {ORDERS}"),
]


@pytest.fixture
def sliced(tmp_path: Path) -> Path:
    """The first orders of the sample, in which every status stands, with the file's oddest rows added."""
    with lzma.open(ORDERS, "rt", newline="") as file:
        rows = list(csv.reader(file))
    header, body = rows[0], rows[1:]
    odd = [row for row in body[SLICE:] if row[2] == "delivered" and not (row[5] and row[6] and row[5] <= row[6])]
    assert odd, "the sample has deliveries without a time and before the hand-over"
    path = tmp_path / "orders.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *islice(body, SLICE), *odd])
    return path


def test_orders_of_a_marketplace_come_in_whole(acme: Merchant, api: APIClient, sliced: Path) -> None:
    importer = Importer(merchant=acme, path=sliced, spec=load_map("olist"), folder=HISTORY, tell=lambda run: None)
    run = importer.run()
    with sliced.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert run.rows_done == len(rows)
    assert [problem.reason for problem in run.problems.all()] == ["It is said to be delivered, but not when."]
    stored = {order.number: order for order in Order.objects.for_merchant(acme)}
    assert len(stored) == run.rows_stored == len(rows) - 1
    shipments = {shipment.order_id: shipment for shipment in Shipment.objects.for_merchant(acme)}
    zone = ZoneInfo("America/Sao_Paulo")
    for row in rows:
        order = stored.get(row["order_id"])
        if order is None:
            continue
        assert f"{order.placed_at.astimezone(zone):%Y-%m-%d %H:%M:%S}" == row["order_purchase_timestamp"]
        assert (order.pk in shipments) == bool(row["order_delivered_carrier_date"])
        if delivered := row["order_delivered_customer_date"]:
            shipment = shipments[order.pk]
            assert shipment.status == "delivered"
            assert shipment.delivered_at == datetime.fromisoformat(delivered).replace(tzinfo=zone)
    canceled = [row["order_id"] for row in rows if row["order_status"] in ("canceled", "unavailable")]
    seen = api.get("/api/v1/orders/", {"status": "canceled"}).json()["results"]
    assert {order["number"] for order in seen} <= set(canceled)
    assert Order.objects.filter(status=Order.Status.CANCELED).count() == len(canceled)
    assert importer.run().rows_stored == run.rows_stored
    assert Order.objects.count() == len(rows) - 1


@pytest.mark.django_db(transaction=True)
def test_recorded_payloads_find_their_parcels(capsys: pytest.CaptureFixture[str]) -> None:
    build.merchant(slug="acme")
    for code in ("aftership", "dhl", "easypost", "fedex", "kuaidi100", "seventeentrack", "ups", "usps"):
        build.carrier_account(code)
    call_command("replay_payloads", PAYLOADS, in_process=True, create_shipments="acme")
    report = report_of(capsys.readouterr().out)
    read = sum(int(row[0]) for row in report.values())
    unmatched, unreadable, refused = (sum(int(row[column]) for row in report.values()) for column in (1, 3, 4))
    assert read >= 60
    assert unmatched <= 4  # numbers that no parcel can have, like "1"
    assert unreadable <= 2
    assert refused == 0
