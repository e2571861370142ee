"""Forms of an order's pages."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from phonenumber_field.phonenumber import PhoneNumber

import customers.services

from . import services
from .models import Order


class DelegateForm(forms.Form):
    """Who receives an order in the customer's place; a number without a country code is read as one of its country."""

    name = forms.CharField(
        label=_("Name"), max_length=services.NAME_MAX, widget=forms.TextInput({"autocomplete": "off"})
    )
    phone = forms.CharField(
        label=_("Phone number"),
        max_length=40,
        widget=forms.TextInput({"type": "tel", "inputmode": "tel", "autocomplete": "off"}),
    )
    gets_code = forms.BooleanField(label=_("They take the parcel and get the code for the courier"), required=False)
    sees_items = forms.BooleanField(label=_("They may see what is inside"), required=False)

    def __init__(self, *args: Any, order: Order, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._order = order
        self.suggestions: list[PhoneNumber] = []

    def clean_phone(self) -> PhoneNumber:
        try:
            return customers.services.parse_phone(self.cleaned_data["phone"], region=self._order.country)
        except customers.services.WrongPhone as wrong:
            self.suggestions = [suggestion.number for suggestion in wrong.check.suggestions]
            raise forms.ValidationError(wrong.reason) from wrong

    @property
    def draft(self) -> services.DelegateDraft:
        return services.DelegateDraft(**self.cleaned_data)
