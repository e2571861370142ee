"""Stock as staff see it: items and locations are set up here, quantities change by counting only."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import F, Model, Q
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.contrib.filters.admin import BooleanRadioFilter, ChoicesCheckboxFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminIntegerFieldWidget

from logistics_portal.kernel.admin import ConditionFilter, Deed, RecordAdmin, StaffAdmin, TenantFilter, moment
from logistics_portal.kernel.parts import Count, counter, panel, seen_by
from merchants.countries import country_name

from . import services
from .models import Item, Location, StockLevel, StockMovement


def is_low() -> Q:
    """Less is free than the item's threshold."""
    return Q(item__low_stock_at__gt=F("on_hand") - F("reserved"))


class LowFilter(ConditionFilter):
    """What runs out."""

    title = gettext_lazy("stock")
    parameter_name = "stock"
    conditions = {"low": (gettext_lazy("Running low"), is_low)}


class CountForm(forms.Form):
    on_hand = forms.IntegerField(
        label=gettext_lazy("Counted"), min_value=0, widget=UnfoldAdminIntegerFieldWidget({"autofocus": True})
    )


@admin.register(Item)
class ItemAdmin(StaffAdmin):
    list_display = ("sku", "name", "merchant", "gtin", "is_stock_kept", "is_returnable", "low_stock_at")
    list_filter = (
        ("merchant", TenantFilter),
        ("is_stock_kept", BooleanRadioFilter),
        ("is_returnable", BooleanRadioFilter),
    )
    list_select_related = ("merchant",)
    search_fields = ("=sku", "sku__startswith", "=gtin", "name")
    fields = ("merchant", "sku", "name", "gtin", "weight_g", "is_stock_kept", "is_returnable", "low_stock_at")

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Item | None = None) -> tuple[str, ...]:
        return ("merchant", "sku") if obj else ()


@admin.register(Location)
class LocationAdmin(StaffAdmin):
    list_display = ("name", "code", "merchant", "city", "in_country", "gln")
    list_filter = (("merchant", TenantFilter),)
    list_select_related = ("merchant",)
    search_fields = ("name", "=code", "=gln", "city")
    fields = ("merchant", "code", "name", "gln", "line1", "postal_code", "city", "country")

    @display(description=pgettext_lazy("field", "country"), ordering="country")
    def in_country(self, row: Location) -> str:
        return country_name(row.country)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Location | None = None) -> tuple[str, ...]:
        return ("merchant", "code") if obj else ()


@admin.register(StockLevel)
class StockLevelAdmin(RecordAdmin):
    tenant = "item__merchant"
    list_display = ("item", "location", "on_hand", "reserved", "free", "threshold")
    list_filter = (LowFilter, ("item__merchant", TenantFilter), ("location", TenantFilter))
    list_select_related = ("item__merchant", "location")
    search_fields = ("=item__sku", "item__sku__startswith", "item__name")
    fields = ("item", "location", "on_hand", "reserved", "free", "threshold")
    readonly_fields = ("free", "threshold")
    deeds = (
        Deed(
            "count",
            gettext_lazy("Enter a count"),
            do=lambda request, level, on_hand: services.count_stock(
                item=level.item, location=level.location, on_hand=on_hand
            ),
            said=gettext_lazy("The count is entered."),
            form=CountForm,
            asks=gettext_lazy("How many lie there now? The difference is kept as a movement."),
        ),
    )

    def row_name(self, row: StockLevel) -> str:
        return f"{row.item}, {row.location}"

    @display(description=gettext_lazy("free"))
    def free(self, level: StockLevel) -> int:
        return level.on_hand - level.reserved

    @display(description=gettext_lazy("low below"), ordering="item__low_stock_at")
    def threshold(self, level: StockLevel) -> int:
        return level.item.low_stock_at


@admin.register(StockMovement)
class StockMovementAdmin(RecordAdmin):
    tenant = "item__merchant"
    list_display = (moment("moved_at", gettext_lazy("moved")), "kind", "quantity", "item", "location")
    list_filter = (("kind", ChoicesCheckboxFilter), ("item__merchant", TenantFilter))
    list_select_related = ("item__merchant", "location")
    search_fields = ("=item__sku", "=reference")
    fields = ("item", "location", "kind", "quantity", "reference", "moved_at")

    def row_name(self, row: StockMovement) -> str:
        return f"{row.get_kind_display()} {row.quantity:+d}, {row.item}"


@panel(Item, gettext_lazy("Stock"), "admin/panels/stock.html")
def stock(request: HttpRequest, item: Item) -> dict[str, Any]:
    return {
        "levels": item.stock_levels.select_related("location").order_by("location__code"),
        "movements": item.movements.select_related("location").order_by("-pk")[:20],
    }


@counter("stock", gettext_lazy("Stock"))
def count_low(request: HttpRequest) -> list[Count]:
    return [
        Count(_("Running low"), seen_by(request, StockLevel).filter(is_low()).count(), StockLevel, "stock=low", "warn"),
    ]
