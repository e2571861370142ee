"""A row becomes an order by its map, or says why it can't."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logistics_portal.imports.companions import Companions, load_companions
from logistics_portal.imports.mapping import WrongMap, load_map
from logistics_portal.imports.past import BadRow, PastOrder
from logistics_portal.imports.reading import RowReader
from logistics_portal.imports.table import Line
from orders.models import Order
from tracking.carriers.base import OffsetSource, Status

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
MAP = """
time_zone = "Europe/Berlin"
time_formats = ["%d.%m.%Y %H:%M"]
date_formats = ["%d.%m.%Y"]
decimal_comma = true

[columns]
number = "Bestellung"
placed_at = "Datum"
promised_on = "Zusage"
phone = ["Mobil", "Telefon"]
consignee = "Name"
line1 = "Straße"
city = "Ort"
postal_code = "PLZ"
status = "Status"
total = "Summe"
carrier = "Dienst"
tracking_number = "Sendung"

[defaults]
country = "DE"
currency = "EUR"

[pad]
postal_code = 5

[statuses]
offen = "placed"
versandt = "shipped"
zugestellt = "completed"
storniert = "canceled"

[[scans]]
column = "Abgeholt"
status = "in_transit"
description = "Picked up"

[[scans]]
column = "Zugestellt"
status = "delivered"
description = "Delivered"
"""
ROW = {
    "Bestellung": "B-17",
    "Datum": "02.06.2026 09:15",
    "Zusage": "05.06.2026",
    "Mobil": "",
    "Telefon": "0171 3920017",
    "Name": "Ann Archer",
    "Straße": "Lindenstraße 12",
    "Ort": "Jena",
    "PLZ": "7743.0",
    "Status": "Zugestellt",
    "Summe": "1.234,50",
    "Dienst": "dhl",
    "Sendung": "0034 0434 2921",
    "Abgeholt": "03.06.2026 18:00",
    "Zugestellt": "04.06.2026 11:30",
}


@pytest.fixture
def reader(tmp_path: Path) -> RowReader:
    (tmp_path / "shop.toml").write_text(MAP)
    return RowReader(load_map(str(tmp_path / "shop.toml")), Companions(), now=NOW)


def read(reader: RowReader, **changes: str) -> PastOrder:
    return reader.read(Line(2, {**ROW, **changes}))


def test_a_row_becomes_an_order(reader: RowReader) -> None:
    order = read(reader)
    assert (order.number, order.phone, order.status) == ("B-17", "+491713920017", Order.Status.COMPLETED)
    assert order.placed_at.isoformat() == "2026-06-02T09:15:00+02:00"
    assert order.promised_on == date(2026, 6, 5)
    assert order.address["postal_code"] == "07743"
    assert (order.total, order.currency) == (Decimal("1234.50"), "EUR")
    assert (order.carrier, order.tracking_number) == ("dhl", "003404342921")
    assert [(scan.status, scan.offset_source) for scan in order.scans] == [
        (Status.IN_TRANSIT, OffsetSource.INFERRED),
        (Status.DELIVERED, OffsetSource.INFERRED),
    ]
    assert order.completed_at == order.scans[1].occurred_at
    assert [(line.sku, line.quantity, line.unit_price) for line in order.lines] == [("unknown", 1, Decimal("1234.50"))]


@pytest.mark.parametrize(
    ("changes", "status", "scans"),
    [
        ({"Status": "offen", "Abgeholt": "", "Zugestellt": ""}, Order.Status.PLACED, 0),
        ({"Status": "offen", "Zugestellt": ""}, Order.Status.SHIPPED, 1),  # what happened has the last word
        ({"Status": "versandt"}, Order.Status.COMPLETED, 2),
        ({"Status": "storniert"}, Order.Status.CANCELED, 2),  # called off, and delivered all the same: both are kept
        ({"Abgeholt": "05.06.2026 18:00"}, Order.Status.COMPLETED, 2),  # delivered before it was picked up
        ({"Abgeholt": ""}, Order.Status.COMPLETED, 1),
    ],
)
def test_odd_histories_are_kept_as_they_were(
    reader: RowReader, changes: dict[str, str], status: str, scans: int
) -> None:
    order = read(reader, **changes)
    assert (order.status, len(order.scans)) == (status, scans)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"Bestellung": ""}, "number is empty."),
        ({"Bestellung": "B" * 65}, "number has 65 letters, 64 are allowed."),
        ({"Datum": "2026-06-02"}, "placed_at “2026-06-02” is not written as the map says."),
        ({"Datum": "31.02.2026 10:00"}, "placed_at “31.02.2026 10:00” is not written as the map says."),
        ({"Datum": "02.06.1026 09:15"}, "placed_at “02.06.1026 09:15” is before 1990."),
        ({"Datum": "02.06.2027 09:15"}, "It was placed in the future."),
        ({"Zugestellt": "04.06.2027 11:30"}, "Zugestellt lies in the future."),
        ({"Zugestellt": "01.06.2026 11:30"}, "It was delivered before it was placed."),
        ({"Zugestellt": ""}, "It is said to be delivered, but not when."),
        ({"Status": "weg"}, "The map does not say what the status “weg” means."),
        ({"Telefon": ""}, "phone is empty."),
        ({"Telefon": "0171 39"}, "phone: “0171 39” is in a range of numbers that nobody was given. Check the digits."),
        ({"Summe": "viel"}, "total “viel” is not an amount."),
        ({"Summe": "-1,00"}, "total -1,00 is less than nothing, or more than can be."),
        ({"Summe": "NaN"}, "total “NaN” is not an amount."),
        ({"Sendung": "12"}, "tracking_number “12” can't be one: 4 to 40 letters and digits."),
        (
            {"Dienst": "DHL Paket"},
            "carrier “DHL Paket” can't be a code: use lower-case letters, digits and _, like dhl.",
        ),
    ],
)
def test_a_bad_row_says_why(reader: RowReader, changes: dict[str, str], reason: str) -> None:
    with pytest.raises(BadRow) as refused:
        read(reader, **changes)
    assert str(refused.value) == reason


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=st.dictionaries(
        st.sampled_from(sorted(ROW)), st.one_of(st.text(max_size=70), st.from_regex(r"[0-9.,: +-]{0,20}")), max_size=4
    )
)
def test_whatever_stands_in_a_row_is_read_or_reported(reader: RowReader, changes: dict[str, str]) -> None:
    try:
        order = read(reader, **changes)
    except BadRow as refused:
        assert str(refused)
    else:
        assert order.number
        assert order.total >= 0


def test_a_clock_time_that_the_change_of_time_skips_is_still_read(reader: RowReader) -> None:
    assert read(reader, Datum="29.03.2026 02:30").placed_at.isoformat() == "2026-03-29T02:30:00+01:00"


def test_companions_give_items_customers_and_payments(tmp_path: Path) -> None:
    (tmp_path / "olist_customers.csv").write_text(
        "customer_id,customer_city,customer_zip_code_prefix\nc1,franca,9790.0\n"
    )
    (tmp_path / "olist_order_payments.csv").write_text("order_id,payment_value\nabcd,60.10\nabcd,0.40\n")
    (tmp_path / "olist_order_items.csv").write_text(
        "order_id,order_item_id,product_id,price,freight_value\n"
        "abcd,1,p1,20.00,5.25\nabcd,2,p1,20.00,5.25\nabcd,3,p2,10.00,0\n"
    )
    (tmp_path / "olist_products.csv").write_text("product_id,product_category_name\np1,beleza_saude\n")
    (tmp_path / "product_category_name_translation.csv").write_text(
        "product_category_name,product_category_name_english\nbeleza_saude,health_beauty\n"
    )
    spec = load_map("olist")
    row = {"order_id": "abcd", "customer_id": "c1", "order_status": "created", "order_estimated_delivery_date": ""}
    row |= {"order_purchase_timestamp": "2018-02-17 23:30:00", "order_delivered_carrier_date": ""}
    row |= {"order_delivered_customer_date": ""}
    order = RowReader(spec, load_companions(spec, tmp_path), now=NOW).read(Line(7, row))
    assert [(line.sku, line.name, line.quantity, line.unit_price) for line in order.lines] == [
        ("p1", "health_beauty", 2, Decimal("20.00")),
        ("p2", "p2", 1, Decimal("10.00")),
    ]
    assert (order.shipping_total, order.total) == (Decimal("10.50"), Decimal("60.50"))
    assert (order.address["city"], order.address["postal_code"]) == ("franca", "09790")
    assert order.phone == "+33199000007"  # no telephone in the table: a number that is kept for films
    assert order.placed_at.utcoffset().total_seconds() == -2 * 3600  # the summer of São Paulo


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("time_zone = ", "can't be read"),
        ('time_zone = "Berlin"\n[columns]\n', "neither"),
        (MAP.replace("Europe/Berlin", "Berlin"), "IANA"),
        (MAP.replace('offen = "placed"', 'offen = "open"'), "use one of placed"),
        (MAP.replace('number = "Bestellung"', 'nummer = "Bestellung"'), "knows no nummer"),
        (MAP.replace('status = "in_transit"', 'status = "moving"'), "a status of"),
        (MAP.replace('phone = ["Mobil", "Telefon"]', ""), "no phone"),
        (MAP + "\n[lines]\nfile = 'x'\n", "needs file, key and sku"),
        (MAP + "\n[made_up_phones]\nfirst = 'x'\ncount = 2\n", "like +33199000000"),
    ],
)
def test_a_wrong_map_says_what_is_wrong(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "shop.toml").write_text(text)
    with pytest.raises(WrongMap) as refused:
        load_map(str(tmp_path / "shop.toml"))
    assert complaint in str(refused.value)


def test_an_unknown_map_names_those_that_there_are() -> None:
    with pytest.raises(WrongMap, match="olist"):
        load_map("nowhere")
