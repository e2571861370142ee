"""What staff are asked for."""

from django import forms
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget


class NoteForm(forms.Form):
    note = forms.CharField(
        label=gettext_lazy("What the customer is told"),
        max_length=2000,
        widget=UnfoldAdminTextareaWidget({"rows": 4, "autofocus": True}),
    )


class OptionalNoteForm(forms.Form):
    note = forms.CharField(
        label=gettext_lazy("What the customer is told, if anything"),
        max_length=2000,
        required=False,
        widget=UnfoldAdminTextareaWidget({"rows": 4}),
    )


class ReferenceForm(forms.Form):
    reference = forms.CharField(
        label=gettext_lazy("Reference"),
        max_length=120,
        help_text=gettext_lazy("The payment provider's number of the refund"),
        widget=UnfoldAdminTextInputWidget({"autofocus": True, "autocomplete": "off"}),
    )
