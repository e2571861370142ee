"""Forms of the sign-in."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from phonenumber_field.phonenumber import PhoneNumber

from logistics_portal.kernel.errors import Invalid

from . import services

SUGGESTED = 4
EXAMPLE = "+49\u00a0151\u00a023456789"  # one that does not break at the end of a line


class SignInForm(forms.Form):
    """A phone number as people write it. Without a country code, the numbers it may mean are offered."""

    phone = forms.CharField(
        label=_("Phone number"),
        max_length=40,
        help_text=format_lazy(_("With the country code, for example {number}."), number=EXAMPLE),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "inputmode": "tel"}),
    )

    def __init__(self, *args: Any, regions: Iterable[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._regions = regions
        self.suggestions: list[PhoneNumber] = []

    def clean_phone(self) -> PhoneNumber:
        text = self.cleaned_data["phone"]
        try:
            return services.parse_phone(text, region=None)
        except Invalid as error:
            if not text.startswith(("+", "00")):
                self.suggestions = self._guess(text)
            raise forms.ValidationError(self._why(error)) from error

    def _why(self, error: Invalid) -> str:
        return str(_("The country code is missing.")) if self.suggestions else error.message

    def _guess(self, text: str) -> list[PhoneNumber]:
        guesses: list[PhoneNumber] = []
        for region in self._regions:
            try:
                number = services.parse_phone(text, region=region)
            except Invalid:
                continue
            if number not in guesses:
                guesses.append(number)
        return guesses[:SUGGESTED]
