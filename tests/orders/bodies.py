"""What merchants send to place an order."""

from typing import Any

ADDRESS = {
    "name": "Ann Archer",
    "line1": "Lindenstraße 12",
    "city": "Berlin",
    "postal_code": "10969",
    "country": "DE",
}
LINE = {"sku": "SKU-1", "name": "Thing", "quantity": 2, "unit_price": "19.90"}


def order_body(**changes: Any) -> dict[str, Any]:
    """An order that is taken; ``changes`` replace its fields, None leaves one out."""
    body = {
        "number": "A-1",
        "phone": "+4915112345678",
        "email": "ann@example.com",
        "address": dict(ADDRESS),
        "currency": "EUR",
        "lines": [dict(LINE)],
        "shipping_total": "4.90",
    }
    return {name: value for name, value in {**body, **changes}.items() if value is not None}
