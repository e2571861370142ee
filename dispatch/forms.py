"""Forms of the warehouse and the courier."""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

import tracking.services
from orders.models import OrderLine

_STROKES = re.compile(r"[MLl0-9 .,-]*")


class SearchForm(forms.Form):
    q = forms.CharField(
        label=_("Last four digits of the phone, order number, tracking number or name"),
        required=False,
        max_length=100,
        widget=forms.TextInput(
            attrs={"type": "search", "autofocus": True, "autocomplete": "off", "autocapitalize": "off"}
        ),
    )


class PickForm(forms.Form):
    """A box to tick for every line that lies in the parcel."""

    def __init__(self, *args: Any, lines: Iterable[OrderLine], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lines = {f"line-{line.pk}": line for line in lines}
        for name, line in self._lines.items():
            self.fields[name] = forms.BooleanField(
                label=line.name, required=False, initial=line.picked_quantity == line.quantity
            )

    @property
    def rows(self) -> list[tuple[forms.BoundField, OrderLine]]:
        return [(self[name], line) for name, line in self._lines.items()]

    @property
    def quantities(self) -> dict[UUID, int]:
        return {line.pk: line.quantity if self.cleaned_data[name] else 0 for name, line in self._lines.items()}

    @property
    def is_complete(self) -> bool:
        return all(self.cleaned_data[name] for name in self._lines)


class ShipForm(forms.Form):
    """The carrier's label on the packed box."""

    carrier = forms.CharField(label=_("Carrier"), max_length=60, widget=forms.TextInput(attrs={"list": "carriers"}))
    tracking_number = forms.CharField(
        label=_("Tracking number"),
        max_length=64,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, lines: Iterable[OrderLine] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lines = {f"pieces-{line.pk}": line for line in lines if line.left_to_ship}
        for name, line in self._lines.items():
            self.fields[name] = forms.IntegerField(
                label=line.name,
                required=False,
                min_value=0,
                max_value=line.left_to_ship,
                initial=line.left_to_ship,
                widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
            )

    @property
    def rows(self) -> list[tuple[forms.BoundField, OrderLine]]:
        return [(self[name], line) for name, line in self._lines.items()]

    @property
    def has_choice(self) -> bool:
        """Whether the box could hold less than all that is left."""
        return sum(line.left_to_ship for line in self._lines.values()) > 1

    @property
    def contents(self) -> dict[str, int]:
        """The pieces by SKU that lie in the box; empty where the form said nothing of them."""
        found = Counter[str]()
        for name, line in self._lines.items():
            found[line.sku] += self.cleaned_data.get(name) or 0
        return {sku: pieces for sku, pieces in found.items() if pieces}

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        told = [given.get(name) for name in self._lines]
        if told and all(pieces == 0 for pieces in told):
            raise forms.ValidationError(_("Nothing lies in this box: count at least one piece."))
        return given

    def clean_carrier(self) -> str:
        code = tracking.services.carrier_code(self.cleaned_data["carrier"])
        if len(code) < 2:
            raise forms.ValidationError(_("Write the carrier's name in Latin letters."))
        return code


class ReceiverForm(forms.Form):
    """Who took the parcel, for a handover without the customer's code."""

    received_by = forms.CharField(
        label=_("Name of who takes it"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    signature_svg = forms.CharField(required=False, max_length=60_000, widget=forms.HiddenInput)

    def clean_signature_svg(self) -> str:
        strokes = self.cleaned_data["signature_svg"]
        if not _STROKES.fullmatch(strokes):
            raise forms.ValidationError(_("The signature can't be read. Clear it and sign again."))
        return strokes
