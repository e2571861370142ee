"""Sending files that people attached: a browser shows photos, saves everything else, and runs nothing."""

from django.http import HttpResponse
from django.utils.http import content_disposition_header

from .models import Attachment


def send_file(attachment: Attachment) -> HttpResponse:
    """The answer that holds a file; for its readers alone, so nobody else may keep it."""
    response = HttpResponse(bytes(attachment.content), content_type=attachment.media_type)
    disposition = content_disposition_header(not attachment.is_photo, attachment.name)
    response.headers["Content-Disposition"] = disposition or "attachment"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response
