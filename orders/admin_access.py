"""Who may follow an order, and who opened it, for staff."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from logistics_portal.kernel.parts import panel

from . import services
from .models import Order

OPENINGS_SHOWN = 50


@panel(Order, gettext_lazy("Links and receivers"), "admin/panels/access.html")
def access(request: HttpRequest, order: Order) -> dict[str, Any]:
    links = services.links_of(order)
    names = {link.name: link for link in links}
    openings = [(row, names.get(row.link)) for row in services.openings_of(order)[:OPENINGS_SHOWN]]
    return {"links": links, "openings": openings}
