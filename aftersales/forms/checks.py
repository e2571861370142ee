"""Forms of questions that are asked before a parcel leaves."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from orders.models import Order


class AddressForm(forms.Form):
    """Where the parcel goes; the country stays."""

    line1 = forms.CharField(
        label=_("Street and house number"), max_length=200, widget=forms.TextInput({"autocomplete": "address-line1"})
    )
    line2 = forms.CharField(
        label=_("Floor, company, c/o (optional)"),
        required=False,
        max_length=200,
        widget=forms.TextInput({"autocomplete": "address-line2"}),
    )
    postal_code = forms.CharField(
        label=_("Postal code"), required=False, max_length=20, widget=forms.TextInput({"autocomplete": "postal-code"})
    )
    city = forms.CharField(label=_("City"), max_length=100, widget=forms.TextInput({"autocomplete": "address-level2"}))
    region = forms.CharField(
        label=_("State or province (optional)"),
        required=False,
        max_length=100,
        widget=forms.TextInput({"autocomplete": "address-level1"}),
    )

    def __init__(self, *args: Any, order: Order, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {name: getattr(order, name) for name in self.base_fields}
