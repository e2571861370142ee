"""A field for photos, which are read when they are checked: what the form gives on is clean."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from ..pictures import PHOTOS_MAX, Fault, NotAPhoto, Photo, read_photo

FAULTS = {
    Fault.HEAVY: _("A photo may have at most 10 MB."),
    Fault.LARGE: _("A photo may have at most 50 million pixels."),
    Fault.SMALL: _("This picture is too small to show anything."),
    Fault.UNREADABLE: _("Add photos as JPEG, PNG or WebP."),
}


class _Chooser(forms.ClearableFileInput):
    allow_multiple_selected = True


class PhotosField(forms.FileField):
    """Up to six photos; its value is a ``list[Photo]`` that holds nothing of the uploaded files but the picture."""

    widget = _Chooser

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        kwargs.setdefault("label", _("Photos (optional)"))
        kwargs.setdefault("help_text", _("Up to 6 photos. We keep the picture only, not where or when it was taken."))
        kwargs.setdefault("widget", _Chooser(attrs={"accept": "image/jpeg,image/png,image/webp"}))
        super().__init__(**kwargs)

    def clean(self, data: Any, initial: Any = None) -> list[Photo]:
        files: list[UploadedFile] = [file for file in data or [] if file]
        if self.required and not files:
            raise ValidationError(self.error_messages["required"], code="required")
        if len(files) > PHOTOS_MAX:
            raise ValidationError(_("Add at most 6 photos."), code="many")
        return [_read(file) for file in files]


def _read(file: UploadedFile) -> Photo:
    try:
        return read_photo(file.read())
    except NotAPhoto as error:
        raise ValidationError(FAULTS[error.fault], code=error.fault) from error
