"""Forms of the lookup."""

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _


class LookupForm(forms.Form):
    """What a customer has in hand: a number from a message or label, and the phone's last four digits."""

    number = forms.CharField(
        label=_("Tracking number or order number"),
        max_length=64,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )
    last_four = forms.CharField(
        label=_("Last four digits of your phone number"),
        max_length=4,
        validators=[RegexValidator(r"^[0-9]{4}$", _("Enter four digits."))],
        help_text=_("The number that you gave with your order."),
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "off", "class": "digits", "data-digits": "4"}
        ),
    )
