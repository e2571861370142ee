"""Customers as staff see them: the person, the numbers from when until when, the addresses and the orders."""

from functools import partial
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy, pgettext_lazy

from logistics_portal.kernel.admin import ConditionFilter, Deed, RecordAdmin, StaffAdmin, TenantFilter, moment
from logistics_portal.kernel.parts import panel

from . import services
from .forms import StaffChangeForm
from .models import Customer, PhoneNumber, PhonePolicy

LANGUAGES = dict(settings.LANGUAGES)


def unlock_numbers(customer: Customer) -> None:
    for held in customer.phone_numbers.filter(until__isnull=True):
        services.unlock_number(number=held.number)


class DoubtFilter(ConditionFilter):
    """Customers whom a message may not reach."""

    title = gettext_lazy("number")
    parameter_name = "number"
    conditions = {
        "doubted": (
            gettext_lazy("To be checked"),
            lambda: Q(pk__in=PhoneNumber.objects.filter(services.in_doubt()).values("customer")),
        )
    }


class LanguageFilter(ConditionFilter):
    title = pgettext_lazy("field", "language")
    parameter_name = "language"
    conditions = {code: (name, partial(Q, language=code)) for code, name in LANGUAGES.items()}


@admin.register(Customer)
class CustomerAdmin(RecordAdmin):
    """People come in with their orders; staff read them."""

    list_display = ("person", "phone", "email", "spoken", "merchant", moment("created_at", gettext_lazy("since")))
    list_filter = (DoubtFilter, ("merchant", TenantFilter), LanguageFilter)
    list_select_related = ("merchant",)
    search_fields = ("name", "email")
    search_help_text = gettext_lazy("Name, email or phone number")
    fields = ("person", "email", "spoken", "merchant", "created_at")
    readonly_fields = ("person", "spoken")
    deeds = (
        Deed(
            "unlock-number",
            gettext_lazy("Unlock the number"),
            do=lambda request, customer: unlock_numbers(customer),
            said=gettext_lazy("The customer has fresh tries. The code still goes to the number."),
            asks=gettext_lazy("For customers who typed too many wrong codes, or had them typed by somebody else."),
        ),
        Deed(
            "change-number",
            gettext_lazy("Change the number"),
            do=lambda request, customer, phone, reason: services.change_number_by_staff(
                customer=customer, new=phone, by=request.user, reason=reason
            ),
            said=gettext_lazy("The number is changed; open orders follow. Both numbers are told."),
            form=StaffChangeForm,
            asks=gettext_lazy("For customers who lost their old number. Your name and the reason are kept."),
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).prefetch_related("phone_numbers")

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:
        """Digits are a phone number, or its end; anything else is a name or an email address."""
        digits = "".join(filter(str.isdigit, search_term))
        if len(digits) < 4 or any(map(str.isalpha, search_term)):
            return super().get_search_results(request, queryset, search_term)
        end = digits.lstrip("0")
        return queryset.filter(pk__in=queryset.filter(phone_numbers__number__endswith=end).values("pk")), False

    @admin.display(description=gettext_lazy("phone"))
    def phone(self, customer: Customer) -> str:
        return ", ".join(str(held.number) for held in customer.phone_numbers.all() if held.until is None)

    @admin.display(description=gettext_lazy("Name"), ordering="name")
    def person(self, customer: Customer) -> str:
        return customer.name

    @admin.display(description=pgettext_lazy("field", "language"), ordering="language")
    def spoken(self, customer: Customer) -> str:
        return str(LANGUAGES.get(customer.language, customer.language))


@admin.register(PhonePolicy)
class PhonePolicyAdmin(StaffAdmin):
    """How long a number may be silent before it may be another's."""

    list_display = ("merchant", "silent_days")
    list_select_related = ("merchant",)
    fields = ("merchant", "silent_days")

    def row_name(self, row: PhonePolicy) -> str:
        return str(row.merchant)


@panel(Customer, gettext_lazy("Phone numbers"), "admin/panels/numbers.html")
def numbers(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    return {
        "numbers": customer.phone_numbers.select_related("change__by").order_by(
            F("until").desc(nulls_first=True), "-since"
        )
    }


@panel(Customer, gettext_lazy("Addresses"), "admin/panels/addresses.html")
def addresses(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    return {"addresses": customer.addresses.order_by("-last_used_at")}
