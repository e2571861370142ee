"""What staff are asked for when they settle a dispute."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
)

from ..models import Resolution


def _words(label: Any, *, required: bool = True) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=4000, required=required, widget=UnfoldAdminTextareaWidget({"rows": 4})
    )


def _amount(*, required: bool, help_text: Any = "") -> forms.DecimalField:
    return forms.DecimalField(
        label=gettext_lazy("Amount"),
        required=required,
        min_value=0,
        max_digits=12,
        decimal_places=2,
        help_text=help_text,
        widget=UnfoldAdminDecimalFieldWidget({"step": "0.01"}),
    )


class QuestionForm(forms.Form):
    question = _words(gettext_lazy("What you want to know; the customer reads it"))


class OfferForm(forms.Form):
    resolution = forms.ChoiceField(
        label=gettext_lazy("What the customer gets"), choices=Resolution.choices, widget=UnfoldAdminSelectWidget
    )
    amount = _amount(required=False, help_text=gettext_lazy("For a part of the money, in the order's currency"))
    note = _words(gettext_lazy("What the customer is told, if anything"), required=False)


class PartForm(forms.Form):
    amount = _amount(required=True, help_text=gettext_lazy("In the order's currency"))
    note = _words(gettext_lazy("What the customer is told"))


class NewEvidenceForm(forms.Form):
    text = _words(gettext_lazy("What is new; the customer reads it"))
