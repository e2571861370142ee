"""What staff are asked for in conversations."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from ..answers._macros import NAMES, unknown_names
from ..forms.conversations import FilesField
from ..models import Conversation, Macro
from ..services.conversations import TEXT_MAX

Status = Conversation.Status


class ReplyForm(forms.Form):
    """An answer, and whose turn it is then; ``seen`` is the last note that was on the page."""

    text = forms.CharField(
        label=gettext_lazy("Answer"),
        max_length=TEXT_MAX,
        widget=UnfoldAdminTextareaWidget({"rows": 8, "autofocus": True}),
    )
    then = forms.ChoiceField(
        label=gettext_lazy("And then"),
        choices=[
            (Status.WAITING, gettext_lazy("Wait for the customer")),
            (Status.SOLVED, gettext_lazy("Solved with this")),
            (Status.OPEN, gettext_lazy("We go on and write again")),
        ],
        widget=UnfoldAdminSelectWidget,
    )
    files = FilesField(  # type: ignore[assignment]
        label=gettext_lazy("Photos or PDF files (optional)"), required=False
    )
    seen = forms.UUIDField(required=False, widget=forms.HiddenInput)


class NoteTextForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("Note for staff"),
        max_length=TEXT_MAX,
        widget=UnfoldAdminTextareaWidget({"rows": 4, "autofocus": True}),
    )


class AssignForm(forms.Form):
    to = forms.CharField(
        label=gettext_lazy("User name"),
        required=False,
        max_length=150,
        help_text=gettext_lazy("Empty: nobody's"),
        widget=UnfoldAdminTextInputWidget({"autofocus": True, "autocomplete": "off"}),
    )


class SnoozeForm(forms.Form):
    until = forms.ChoiceField(
        label=gettext_lazy("Until"),
        choices=[
            ("1h", gettext_lazy("In an hour")),
            ("4h", gettext_lazy("In four hours")),
            ("1d", gettext_lazy("Tomorrow at 9")),
            ("3d", gettext_lazy("In three days at 9")),
        ],
        widget=UnfoldAdminSelectWidget,
    )


class MacroForm(forms.ModelForm):
    class Meta:
        model = Macro
        fields = ("merchant", "name", "language", "text", "is_active")

    def clean_text(self) -> Any:
        text = self.cleaned_data["text"]
        if unknown := unknown_names(text):
            known = ", ".join(f"{{{name}}}" for name in NAMES)
            given = {"name": f"{{{unknown[0]}}}", "known": known}
            raise forms.ValidationError(_("%(name)s stands for nothing. These do: %(known)s") % given)
        return text
