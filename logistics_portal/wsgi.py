"""The web server's entry: pages, API and admin."""

import os
from collections.abc import Iterable
from typing import Any

import django
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.utils.http import parse_header_parameters

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "logistics_portal.settings")


class Utf8Request(WSGIRequest):
    """A request that is read as UTF-8, as our pages and answers are written.

    A stranger may name a charset that is no encoding of text, like rot13; Django would stumble over it before any code
    of ours has its turn.
    """

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))


class Utf8Handler(WSGIHandler):
    request_class = Utf8Request


django.setup(set_prefix=False)
_portal = Utf8Handler()

from tracking.webhooks import answer_carrier  # noqa: E402 - its models need what was just set up


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Carriers' pushes go straight to their door; everything else through Django."""
    answer = answer_carrier(environ, start_response)
    return _portal(environ, start_response) if answer is None else answer
