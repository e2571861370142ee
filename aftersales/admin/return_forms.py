"""What staff are asked for when they handle returned goods and money."""

from django import forms
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from ..models import Inspection


def _number(label: object) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=0, initial=0, widget=UnfoldAdminIntegerFieldWidget())  # type: ignore[arg-type]


class ReceiveForm(forms.Form):
    """What was found of one item of a return."""

    sku = forms.CharField(
        label="SKU",
        max_length=64,
        required=False,
        help_text=gettext_lazy("Which item; may stay empty where the return has only one"),
        widget=UnfoldAdminTextInputWidget(),
    )
    resellable = _number(gettext_lazy("As good as new"))
    damaged = _number(pgettext_lazy("goods", "Damaged"))
    disposition = forms.ChoiceField(
        label=gettext_lazy("Where the damaged ones go"),
        choices=Inspection.Disposition.choices,
        initial=Inspection.Disposition.WRITE_OFF,
        widget=UnfoldAdminSelectWidget(),
    )
    note = forms.CharField(
        label=gettext_lazy("Note for staff"),
        max_length=2000,
        required=False,
        widget=UnfoldAdminTextareaWidget({"rows": 2}),
    )
    is_last = forms.BooleanField(
        label=gettext_lazy("Nothing more is to come"), required=False, initial=False, widget=UnfoldBooleanWidget()
    )


class InspectForm(ReceiveForm):
    is_last = None  # type: ignore[assignment] # it has come
    missing = _number(gettext_lazy("Missing"))
    field_order = ("sku", "resellable", "damaged", "missing")


class AmountForm(forms.Form):
    amount = forms.DecimalField(
        label=gettext_lazy("Amount"), max_digits=12, decimal_places=2, widget=UnfoldAdminDecimalFieldWidget()
    )
    note = forms.CharField(label=gettext_lazy("Why"), max_length=2000, widget=UnfoldAdminTextareaWidget({"rows": 3}))


class WhyForm(forms.Form):
    why = forms.CharField(
        label=gettext_lazy("Why"), max_length=300, widget=UnfoldAdminTextInputWidget({"autofocus": True})
    )
