"""Forms of returns."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

import tracking.services

from ..models import MERCHANTS_FAULT, Reason, Return
from ..services import Offer, Returnable, offers_for
from .photos import PhotosField

LISTED = 50  # more than so many are typed
CHOICE = "item-"  # what is wanted for a line


class PiecesForm(forms.Form):
    """How many of each line."""

    def __init__(self, *args: Any, returnable: Iterable[Returnable], all_of_it: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._returnable = {f"line-{one.line.pk}": one for one in returnable}
        for name, one in self._returnable.items():
            amounts = [(number, number) for number in range(one.quantity + 1)]
            self.fields[name] = forms.IntegerField(
                label=one.line.name,
                min_value=0,
                max_value=one.quantity,
                required=False,
                initial=one.quantity if all_of_it else 0,
                widget=forms.Select(choices=amounts) if one.quantity <= LISTED else forms.NumberInput,
            )

    @property
    def lines(self) -> list[tuple[forms.BoundField, Returnable]]:
        return [(self[name], one) for name, one in self._returnable.items()]

    @property
    def quantities(self) -> dict[UUID, int]:
        return {one.line.pk: self.cleaned_data[name] or 0 for name, one in self._returnable.items()}


class ReturnForm(PiecesForm):
    """How many of each line are sent back, why, and what is wanted for them.

    Who wants something else for it is asked for what in the same form: a field a line appears once it was sent.
    """

    reason = forms.ChoiceField(
        label=_("Why do you send it back?"), choices=[("", _("Choose a reason")), *Reason.choices]
    )
    resolution = forms.ChoiceField(
        label=_("What do you want for it?"),
        choices=Return.Resolution.choices,
        initial=Return.Resolution.REFUND,
        required=False,
    )
    comment = forms.CharField(
        label=_("Anything we should know? (optional)"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    photos = PhotosField()

    def __init__(self, *args: Any, is_claim: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_claim:  # the time for returns is over: what is left is what was at fault
            faults = [(value, label) for value, label in Reason.choices if value in MERCHANTS_FAULT]
            self.fields["reason"].choices = [("", _("Choose a reason")), *faults]  # type: ignore[attr-defined]
        self._offers: dict[str, dict[str, Offer]] = {}
        self._new: list[str] = []  # fields that the customer has not seen yet
        if self.is_bound and self.data.get("resolution") == Return.Resolution.EXCHANGE:
            self._ask_for_items()

    def _ask_for_items(self) -> None:
        for name, one in self._returnable.items():
            if not str(self.data.get(name, "")).strip("0 "):
                continue
            offers = {str(offer.item.pk): offer for offer in offers_for(one.line)}
            choice = f"{CHOICE}{one.line.pk}"
            self._offers[choice] = offers
            if choice not in self.data:
                self._new.append(choice)
            self.fields[choice] = forms.ChoiceField(
                label=_("Instead of “%s”") % one.line.name,
                choices=[("", _("Choose an item")), *((key, offer.item.name) for key, offer in offers.items())],
                error_messages={"required": _("Choose what you want for it.")},
                widget=forms.Select({"autofocus": True} if self._new == [choice] else None),
            )

    def clean(self) -> None:
        """Nobody is at fault for not having answered what was not asked yet."""
        for name in self._new:
            self.errors.pop(name, None)

    @property
    def asks_more(self) -> bool:
        """Whether there is something to choose that the customer has not seen yet."""
        return bool(self._new)

    @property
    def items(self) -> list[forms.BoundField]:
        return [self[name] for name in self._offers]

    @property
    def wanted(self) -> dict[UUID, Offer]:
        return {
            UUID(name.removeprefix(CHOICE)): offers[self.cleaned_data[name]]
            for name, offers in self._offers.items()
            if self.cleaned_data.get(name)
        }

    def clean_resolution(self) -> str:
        return self.cleaned_data["resolution"] or Return.Resolution.REFUND


class WithdrawForm(PiecesForm):
    """From which pieces of a contract somebody withdraws; no reason is asked."""


class SendReturnForm(forms.Form):
    """The parcel in which a return travels."""

    carrier = forms.CharField(label=_("Carrier"), max_length=60, widget=forms.TextInput(attrs={"list": "carriers"}))
    tracking_number = forms.CharField(
        label=_("Tracking number"),
        max_length=64,
        help_text=_("It stands on the receipt that the carrier gave you."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )

    def clean_carrier(self) -> str:
        code = tracking.services.carrier_code(self.cleaned_data["carrier"])
        if len(code) < 2:
            raise forms.ValidationError(_("Write the carrier's name in Latin letters."))
        return code
