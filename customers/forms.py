"""Forms of the sign-in."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from phonenumber_field.phonenumber import PhoneNumber

from . import services
from .numbers import Slip

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
        try:
            return services.parse_phone(self.cleaned_data["phone"], region=None, likely=self._regions)
        except services.WrongPhone as wrong:
            self.suggestions = [suggestion.number for suggestion in wrong.check.suggestions]
            slips = {suggestion.slip for suggestion in wrong.check.suggestions}
            reason = _("The country code is missing.") if Slip.NO_COUNTRY_CODE in slips else wrong.reason
            raise forms.ValidationError(str(reason)) from wrong


class ChangeNumberForm(SignInForm):
    """Which of one's numbers gives way to which new one."""

    old = forms.ChoiceField(label=_("Old number"))

    def __init__(self, *args: Any, numbers: Iterable[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        shown = [(number, PhoneNumber.from_string(number).as_international) for number in numbers]
        self.fields["old"].choices = shown  # type: ignore[attr-defined]
        self.fields["phone"].label = _("New number")

    def clean_old(self) -> PhoneNumber:
        return PhoneNumber.from_string(self.cleaned_data["old"])


class StaffChangeForm(forms.Form):
    """A new number for a customer whose old one is lost."""

    phone = forms.CharField(
        label=_("New number"), max_length=40, help_text=_("With the country code. Make sure who is asking.")
    )
    reason = forms.CharField(label=_("Reason"), max_length=300, help_text=_("How you know that it is the customer."))

    def clean_phone(self) -> PhoneNumber:
        try:
            return services.parse_phone(self.cleaned_data["phone"], region=None)
        except services.WrongPhone as wrong:
            raise forms.ValidationError(wrong.message) from wrong
