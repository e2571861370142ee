"""What customers write to support."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from ..attachments import FILES_MAX, Upload
from ..models import Conversation
from ..services.conversations import TEXT_MAX


class _Chooser(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Files as they were sent: the service decides which it keeps."""

    widget = _Chooser

    def clean(self, data: Any, initial: Any = None) -> list[Upload]:
        files: list[UploadedFile] = [file for file in data or [] if file]
        return [Upload(str(file.name), file.read()) for file in files[: FILES_MAX + 1]]


class MessageForm(forms.Form):
    """A message to support."""

    text = forms.CharField(
        label=_("Your message"),
        required=False,
        max_length=TEXT_MAX,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    files = FilesField(  # type: ignore[assignment]
        label=_("Photos or PDF files (optional)"),
        required=False,
        help_text=_("Up to 6. Of photos we keep the picture only, not where or when it was taken."),
        widget=_Chooser(attrs={"accept": "image/jpeg,image/png,image/webp,application/pdf"}),
    )
    form_id = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)


class RatingForm(forms.Form):
    """One tap, and a word if they like."""

    rating = forms.ChoiceField(choices=Conversation.Rating)
    comment = forms.CharField(required=False, max_length=2000)
