"""Forms of the lookup."""

import re
import unicodedata
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

PASTED_MAX = 300  # signs of a text that are looked at


class TypedField(forms.CharField):
    """Text as people paste it: full-width signs are plain ones, and what can't be seen falls away.

    Its length is that of what is left, so browsers are told no limit.
    """

    def to_python(self, value: Any) -> str:
        plain = unicodedata.normalize("NFKC", str(super().to_python(value))[:PASTED_MAX])
        return " ".join("".join(sign for sign in plain if unicodedata.category(sign) != "Cf").split())

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        attrs = super().widget_attrs(widget)
        attrs.pop("maxlength", None)
        return attrs


class DigitsField(TypedField):
    """A few digits, however they are grouped."""

    def to_python(self, value: Any) -> str:
        return re.sub(r"[\s.\-]", "", super().to_python(value))


class LookupForm(forms.Form):
    """What a customer has in hand: a number from a message or label, and the phone's last four digits."""

    number = TypedField(
        label=_("Tracking number or order number"),
        max_length=64,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )
    last_four = DigitsField(
        label=_("Last four digits of your phone number"),
        max_length=4,
        validators=[RegexValidator(r"^[0-9]{4}$", _("Enter four digits."))],
        help_text=_("The number that you gave with your order."),
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "off", "class": "digits", "data-digits": "4"}
        ),
    )
