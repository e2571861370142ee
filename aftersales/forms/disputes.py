"""Forms of disputes."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from orders.models import OrderLine

from ..models import Dispute, Resolution
from .photos import PhotosField

LISTED = 50  # more than so many are typed


class DisputeForm(forms.Form):
    """What is wrong, with which pieces, and what the customer would like."""

    kind = forms.ChoiceField(label=_("What is wrong?"), widget=forms.RadioSelect)
    statement = forms.CharField(
        label=_("What happened? (optional)"),
        required=False,
        max_length=4000,
        help_text=_("For example: where you looked and whom you asked, or what is broken."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    photos = PhotosField()
    wish = forms.ChoiceField(
        label=_("What would you like? (optional)"),
        required=False,
        choices=[("", _("No wish")), (Resolution.REFUND.value, _("My money back")), Resolution.choices[2]],
    )

    def __init__(self, *args: Any, kinds: Iterable[str], order_lines: Iterable[OrderLine], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = dict(Dispute.Kind.choices)
        self.fields["kind"].choices = [(kind, words[kind]) for kind in kinds]  # type: ignore[attr-defined]
        self._order_lines = {f"line-{line.pk}": line for line in order_lines}
        for name, line in self._order_lines.items():
            amounts = [(number, number) for number in range(line.quantity + 1)]
            self.fields[name] = forms.IntegerField(
                label=line.name,
                min_value=0,
                max_value=line.quantity,
                required=False,
                initial=0,
                widget=forms.Select(choices=amounts) if line.quantity <= LISTED else forms.NumberInput,
            )

    @property
    def lines(self) -> list[tuple[forms.BoundField, OrderLine]]:
        return [(self[name], line) for name, line in self._order_lines.items()]

    @property
    def quantities(self) -> dict[UUID, int]:
        return {line.pk: self.cleaned_data[name] or 0 for name, line in self._order_lines.items()}


class AnswerForm(forms.Form):
    """What the customer adds: to a question, or as new evidence."""

    text = forms.CharField(
        label=_("Your answer"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 4})
    )
    photos = PhotosField()
