"""Files of past orders come in whole, once, and silently; what can't come in is reported by line."""

import csv
from collections.abc import Iterable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from inventory.models import StockLevel
from logistics_portal.imports.mapping import load_map
from logistics_portal.imports.run import Importer, ImportStopped
from logistics_portal.kernel.models import Event
from merchants.models import Merchant
from orders.models import ImportProblem, ImportRun, Order
from tests import build
from tracking.models import CarrierPayload, Shipment, TrackingEvent

COLUMNS = (
    *("order_id", "customer_id", "order_status", "order_purchase_timestamp", "order_delivered_carrier_date"),
    *("order_delivered_customer_date", "order_estimated_delivery_date"),
)


def row(number: int, **changes: str) -> dict[str, str]:
    given = (f"{number:032x}", f"c{number}", "delivered", "2018-01-05 10:00:00", "2018-01-06 09:00:00")
    return {**dict(zip(COLUMNS, (*given, "2018-01-12 16:20:00", "2018-02-01"), strict=True)), **changes}


def write(path: Path, rows: Iterable[dict[str, str]]) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return path


def importer(merchant: Merchant, path: Path, *, tell: object = lambda run: None, batch: int = 10) -> Importer:
    return Importer(merchant=merchant, path=path, spec=load_map("olist"), folder=None, tell=tell, batch=batch)


def test_a_file_becomes_orders_with_their_history(acme: Merchant, tmp_path: Path) -> None:
    run = importer(acme, write(tmp_path / "orders.csv", [row(1), row(2, order_status="shipped")])).run()
    assert (run.rows_stored, run.rows_reported) == (2, 0)
    assert run.finished_at
    order = Order.objects.get(number=f"{1:032x}")
    assert (order.status, order.shipped_at.isoformat()) == (Order.Status.COMPLETED, "2018-01-06T11:00:00+00:00")
    shipment = order.shipments.get()
    assert (shipment.status, shipment.delivered_at) == ("delivered", order.completed_at)
    events = TrackingEvent.objects.filter(parcel__shipment=shipment).order_by("occurred_at")
    assert [(event.status, event.local_time.strftime("%H:%M"), event.offset_source) for event in events] == [
        ("in_transit", "09:00", "inferred"),
        ("delivered", "16:20", "inferred"),
    ]
    assert {event.source for event in events} == {TrackingEvent.Source.MERCHANT}
    assert events[0].recorded_at >= run.started_at


def test_nobody_is_told(acme: Merchant, tmp_path: Path) -> None:
    importer(acme, write(tmp_path / "orders.csv", [row(number) for number in range(1, 6)])).run()
    assert Order.objects.count() == 5
    assert not Event.objects.exists()


def test_bad_rows_are_left_out_and_reported_by_line(acme: Merchant, tmp_path: Path) -> None:
    rows = [
        row(1),
        row(2, order_purchase_timestamp="yesterday"),
        row(3),
        row(3),
        row(4, order_delivered_customer_date=""),
        row(5, order_status="canceled"),
    ]
    run = importer(acme, write(tmp_path / "orders.csv", rows)).run()
    problems = run.problems.order_by("line").values_list("line", "reason")
    assert list(problems) == [
        (3, "placed_at “yesterday” is not written as the map says."),
        (5, f"Order {3:032x} exists already."),
        (6, "It is said to be delivered, but not when."),
    ]
    assert ImportProblem.objects.get(line=3).row["order_purchase_timestamp"] == "yesterday"
    assert (run.rows_stored, run.rows_reported, run.rows_done) == (3, 3, len(rows))
    assert Order.objects.filter(status=Order.Status.CANCELED).get().shipments.get().status == "delivered"


def test_a_row_that_the_database_refuses_leaves_the_others_whole(acme: Merchant, tmp_path: Path) -> None:
    rows = [row(number) for number in range(1, 9)]
    folder = tmp_path / "with"
    folder.mkdir()
    huge = "9999999999.99"  # each amount fits its column; their sum does not fit the order's
    items = [f"{rows[4]['order_id']},{number},p{number},{huge},0" for number in (1, 2)]
    (folder / "olist_order_items.csv").write_text(
        "\n".join(["order_id,order_item_id,product_id,price,freight_value", *items])
    )
    path = write(tmp_path / "orders.csv", rows)
    spec = load_map("olist")
    run = Importer(merchant=acme, path=path, spec=spec, folder=folder, tell=lambda run: None).run()
    assert (run.rows_stored, run.rows_reported) == (7, 1)
    problem = run.problems.get()
    assert (problem.line, problem.row["order_id"]) == (6, rows[4]["order_id"])
    assert "could not be stored" in problem.reason
    assert Shipment.objects.count() == TrackingEvent.objects.filter(status="delivered").count() == 7


def test_a_file_is_imported_once(acme: Merchant, tmp_path: Path) -> None:
    path = write(tmp_path / "orders.csv", [row(number) for number in range(1, 4)])
    first, second = importer(acme, path).run(), importer(acme, path).run()
    assert first == second
    assert Order.objects.count() == 3
    assert ImportRun.objects.count() == 1


def test_the_same_orders_in_another_file_are_reported(acme: Merchant, tmp_path: Path) -> None:
    importer(acme, write(tmp_path / "january.csv", [row(1), row(2)])).run()
    run = importer(acme, write(tmp_path / "february.csv", [row(2), row(3)])).run()
    assert (run.rows_stored, run.rows_reported) == (1, 1)
    assert Order.objects.count() == 3


class PowerCut(Exception):
    """The machine dies between two batches."""


def test_an_import_that_was_cut_short_goes_on(acme: Merchant, tmp_path: Path) -> None:
    rows = [row(number, **({"order_status": "lost"} if number % 7 == 0 else {})) for number in range(1, 36)]
    path = write(tmp_path / "orders.csv", rows)

    def cut(run: ImportRun) -> None:
        if run.rows_done == 20:
            raise PowerCut

    with pytest.raises(PowerCut):
        importer(acme, path, tell=cut).run()
    half = ImportRun.objects.get()
    assert (half.rows_stored, half.rows_reported, half.finished_at) == (18, 2, None)
    seen = []
    run = importer(acme, path, tell=lambda run: seen.append(run.rows_done)).run()
    assert seen == [30, 35]
    assert (run.pk, run.rows_stored, run.rows_reported) == (half.pk, 30, 5)
    assert Order.objects.count() == 30
    assert run.problems.count() == 5


def test_two_imports_of_one_file_at_once_do_nothing_twice(acme: Merchant, tmp_path: Path) -> None:
    path = write(tmp_path / "orders.csv", [row(number) for number in range(1, 31)])
    overtaken = []

    def overtake(run: ImportRun) -> None:
        if not overtaken:
            overtaken.append(run)
            importer(acme, path).run()

    with pytest.raises(ImportStopped):
        importer(acme, path, tell=overtake).run()
    run = ImportRun.objects.get()
    assert (run.rows_stored, run.rows_reported) == (30, 0)
    assert Order.objects.count() == 30


def test_a_dry_run_keeps_nothing(acme: Merchant, tmp_path: Path) -> None:
    path = write(tmp_path / "orders.csv", [row(1), row(2, order_id="")])
    run, problems = importer(acme, path).try_out()
    assert (run.rows_stored, run.rows_reported) == (1, 1)
    assert [problem.reason for problem in problems] == ["number is empty."]
    assert not Order.objects.exists()
    assert not ImportRun.objects.exists()


def test_open_orders_take_stock_and_past_ones_do_not(acme: Merchant, tmp_path: Path) -> None:
    build.stock(acme, sku="unknown", on_hand=10)
    moving = {"order_delivered_carrier_date": "", "order_delivered_customer_date": ""}
    rows = [row(1), row(2, order_status="canceled"), row(3, order_status="processing", **moving)]
    importer(acme, write(tmp_path / "orders.csv", rows)).run()
    level = StockLevel.objects.get(item__sku="unknown")
    assert (level.on_hand, level.reserved) == (10, 1)


def test_what_carriers_told_before_finds_its_parcel(
    acme: Merchant, tmp_path: Path, django_capture_on_commit_callbacks: object
) -> None:
    number = row(1)["order_id"].upper()
    CarrierPayload.objects.create(
        carrier="dhl", body=b"{}", outcome=CarrierPayload.Outcome.UNMATCHED, tracking_numbers=[number], due_at=None
    )
    with django_capture_on_commit_callbacks(execute=True):
        importer(acme, write(tmp_path / "orders.csv", [row(1)])).run()
    assert CarrierPayload.objects.get().outcome == CarrierPayload.Outcome.WAITING


def test_imported_orders_are_the_merchants_alone(
    acme: Merchant, api: APIClient, rival_api: APIClient, tmp_path: Path
) -> None:
    importer(acme, write(tmp_path / "orders.csv", [row(1), row(2, order_status="canceled")])).run()
    found = api.get("/api/v1/orders/", {"status": "completed"}).json()["results"]
    assert [order["number"] for order in found] == [f"{1:032x}"]
    assert rival_api.get("/api/v1/orders/").json()["results"] == []


def test_the_command_tells_what_it_did(acme: Merchant, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "orders.csv", [row(1), row(2, order_status="lost")])
    call_command("import_orders", path, map="olist", merchant="acme")
    told = capsys.readouterr().out
    assert "line 3: The map does not say what the status “lost” means." in told
    assert "2 rows in: 1 orders stored, 1 rows reported" in told
    call_command("import_orders", path, map="olist", merchant="acme")
    assert "This file was imported before." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "options", "complaint"),
    [
        ("number,city\nA-1,Bonn\n", {}, "has no column order_id"),
        ("", {}, "has no header"),
        ("order_id\nA\n", {"merchant": "nobody"}, "There is no merchant"),
        ("order_id\nA\n", {"map": "nowhere"}, "There is no map"),
    ],
)
def test_the_command_refuses_what_can_not_work(
    acme: Merchant, tmp_path: Path, content: str, options: dict[str, str], complaint: str
) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(content)
    with pytest.raises(CommandError, match=complaint):
        call_command("import_orders", path, **{"map": "olist", "merchant": "acme", **options})
