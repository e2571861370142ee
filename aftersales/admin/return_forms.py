"""What staff are asked for when they handle returned goods and money."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from logistics_portal.kernel.deeds import RowForm

from ..models import Inspection, Return, ReturnLine


def _number(label: object) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=0, initial=0, widget=UnfoldAdminIntegerFieldWidget())  # type: ignore[arg-type]


class ReceiveForm(RowForm):
    """What was found of one item of a return: chosen from its lines, the only one that is still waited for at once."""

    line = forms.TypedChoiceField(
        label=gettext_lazy("Item"), coerce=UUID, widget=UnfoldAdminSelectWidget({"autofocus": True})
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
    waits: Callable[[ReturnLine], int] = staticmethod(lambda line: line.quantity - line.received_quantity)

    def __init__(self, *args: Any, row: Return, **kwargs: Any) -> None:
        super().__init__(*args, row=row, **kwargs)
        lines = list(row.lines.select_related("order_line").order_by("pk"))
        choices = [(str(line.pk), _named(line)) for line in lines]
        open_lines = [line for line in lines if self.waits(line) > 0]
        field: Any = self.fields["line"]
        field.choices = choices if len(choices) == 1 else [("", _("Choose an item")), *choices]
        field.initial = str(open_lines[0].pk) if len(open_lines) == 1 else ""
        field.help_text = _way_out(row, has_lines=bool(lines))


class InspectForm(ReceiveForm):
    waits: Callable[[ReturnLine], int] = staticmethod(lambda line: line.uninspected_quantity)
    is_last = None  # type: ignore[assignment] # it has come
    missing = _number(gettext_lazy("Missing"))
    field_order = ("line", "resellable", "damaged", "missing")


def _named(line: ReturnLine) -> str:
    named = {"name": line.order_line.name, "sku": line.order_line.sku, "count": line.quantity}
    return _("%(name)s · %(sku)s · announced: %(count)s") % named


def _way_out(row: Return, *, has_lines: bool) -> SafeString:
    """Where goods are noted that are no line of this return."""
    if not has_lines and not row.is_asked:
        url, words = reverse("admin:aftersales_return_found", args=[row.pk]), _("Say what is in it")
        return format_html('{} <a href="{}">{}</a>', _("Nobody knows yet what is in this parcel."), url, words)
    url, words = reverse("admin:aftersales_return_unannounced", args=[row.order_id]), _("Note it as unannounced")
    return format_html('{} <a href="{}">{}</a>', _("Something else came as well?"), url, words)


class AmountForm(forms.Form):
    amount = forms.DecimalField(
        label=gettext_lazy("Amount"), max_digits=12, decimal_places=2, widget=UnfoldAdminDecimalFieldWidget()
    )
    note = forms.CharField(label=gettext_lazy("Why"), max_length=2000, widget=UnfoldAdminTextareaWidget({"rows": 3}))


class WhyForm(forms.Form):
    why = forms.CharField(
        label=gettext_lazy("Why"), max_length=300, widget=UnfoldAdminTextInputWidget({"autofocus": True})
    )
