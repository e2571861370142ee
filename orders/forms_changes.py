"""Forms of what customers change on an order before it is packed."""

from datetime import date
from typing import Any

from babel.dates import format_skeleton
from django import forms
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from . import services
from .models import Order


class AddressForm(forms.Form):
    """Another address in the same country."""

    line1 = forms.CharField(
        label=_("Street and house number"),
        max_length=200,
        widget=forms.TextInput({"autocomplete": "address-line1"}),
    )
    line2 = forms.CharField(
        label=_("Floor, company, c/o (optional)"),
        max_length=200,
        required=False,
        widget=forms.TextInput({"autocomplete": "address-line2"}),
    )
    postal_code = forms.CharField(
        label=_("Postal code"), max_length=20, required=False, widget=forms.TextInput({"autocomplete": "postal-code"})
    )
    city = forms.CharField(label=_("City"), max_length=100, widget=forms.TextInput({"autocomplete": "address-level2"}))
    region = forms.CharField(
        label=_("State or province (optional)"),
        max_length=100,
        required=False,
        widget=forms.TextInput({"autocomplete": "address-level1"}),
    )

    def __init__(self, *args: Any, order: Order, **kwargs: Any) -> None:
        names = ("line1", "line2", "postal_code", "city", "region")
        kwargs["initial"] = {name: getattr(order, name) for name in names}
        super().__init__(*args, **kwargs)


class DayForm(forms.Form):
    """The day on which the customer would like to get it."""

    day = forms.ChoiceField(label=_("Day"), required=False)

    def __init__(self, *args: Any, today: date, wished: date | None, **kwargs: Any) -> None:
        kwargs["initial"] = {"day": wished.isoformat() if wished else ""}
        super().__init__(*args, **kwargs)
        locale = translation.to_locale(translation.get_language() or "en")
        days = [(day.isoformat(), format_skeleton("MMMEd", day, locale=locale)) for day in _days(today, wished)]
        self.fields["day"].choices = [("", _("Any day")), *days]  # type: ignore[attr-defined]

    @property
    def chosen(self) -> date | None:
        given = self.cleaned_data["day"]
        return date.fromisoformat(given) if given else None


def _days(today: date, wished: date | None) -> list[date]:
    return sorted({*services.wishable_days(today), *([wished] if wished else [])})
