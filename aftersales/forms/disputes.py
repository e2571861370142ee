"""Forms of disputes."""

from django import forms
from django.utils.translation import gettext_lazy as _


class DisputeForm(forms.Form):
    """What the customer says of a parcel that is not there."""

    statement = forms.CharField(
        label=_("What happened? (optional)"),
        required=False,
        max_length=4000,
        help_text=_("For example: where you looked, and whom you asked."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
