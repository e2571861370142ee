"""Forms of returns."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

import tracking.services

from ..models import Reason
from ..services import Returnable

LISTED = 50  # more than so many are typed


class ReturnForm(forms.Form):
    """How many of each line are sent back, and why."""

    reason = forms.ChoiceField(
        label=_("Why do you send it back?"), choices=[("", _("Choose a reason")), *Reason.choices]
    )
    comment = forms.CharField(
        label=_("Anything we should know? (optional)"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, returnable: Iterable[Returnable], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._returnable = {f"line-{one.line.pk}": one for one in returnable}
        for name, one in self._returnable.items():
            amounts = [(number, number) for number in range(one.quantity + 1)]
            self.fields[name] = forms.IntegerField(
                label=one.line.name,
                min_value=0,
                max_value=one.quantity,
                required=False,
                initial=0,
                widget=forms.Select(choices=amounts) if one.quantity <= LISTED else forms.NumberInput,
            )

    @property
    def lines(self) -> list[tuple[forms.BoundField, Returnable]]:
        return [(self[name], one) for name, one in self._returnable.items()]

    @property
    def quantities(self) -> dict[UUID, int]:
        return {one.line.pk: self.cleaned_data[name] or 0 for name, one in self._returnable.items()}


class SendReturnForm(forms.Form):
    """The parcel in which a return travels."""

    carrier = forms.CharField(label=_("Carrier"), max_length=60, widget=forms.TextInput(attrs={"list": "carriers"}))
    tracking_number = forms.CharField(
        label=_("Tracking number"),
        max_length=64,
        help_text=_("It stands on the receipt that the carrier gave you."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )

    def clean_carrier(self) -> str:
        code = tracking.services.carrier_code(self.cleaned_data["carrier"])
        if len(code) < 2:
            raise forms.ValidationError(_("Write the carrier's name in Latin letters."))
        return code
