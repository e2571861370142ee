"""What staff may do with a row, or with many: what to ask before, and which service to call."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse

from .errors import DomainError
from .parts import Text

NAMED = 20  # of the rows that a deed is about to be done with


class RowForm(forms.Form):
    """What a deed needs to know, where the choices depend on the row it is done with."""

    def __init__(self, *args: Any, row: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.row = row


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that staff may do with a row; it calls one service.

    ``do(request, row, **what the form gave)`` does it, ``when(row)`` says whether it makes sense now. A deed with a
    ``form`` or with something it ``asks`` gets a page of its own; any other happens at the first click. ``many`` offers
    it for the ticked rows of a list, too.
    """

    name: str
    label: Text
    do: Callable[..., object]
    said: Text
    when: Callable[[Any], bool] = lambda row: True
    form: type[forms.Form] = forms.Form
    asks: Text = ""
    tone: str = "plain"
    many: bool = False

    @property
    def needs_page(self) -> bool:
        return bool(self.form.base_fields or self.asks)

    def form_for(self, row: Model, *given: Any) -> forms.Form:
        """The form as it is asked of this row; ``given``: what was sent, and its files."""
        return self.form(*given, row=row) if issubclass(self.form, RowForm) else self.form(*given)


class Page(Protocol):
    """What a deed must know of the staff page that it is done on."""

    opts: Any

    def row_name(self, row: Any) -> str: ...
    def perform(self, request: HttpRequest, deed: Deed, row: Model, **given: Any) -> None: ...


def do_many(deed: Deed, page: Page, request: HttpRequest, rows: QuerySet) -> TemplateResponse | None:
    """Do it with the ticked rows, each by itself; a deed that asks something is asked once, with the rows by name."""
    if deed.asks and "sure" not in request.POST:
        return _ask(deed, page, request, rows)
    done = 0
    for row in rows:
        try:
            page.perform(request, deed, row)
        except DomainError as refusal:
            messages.error(request, f"{page.row_name(row)}: {refusal.message}")
        else:
            done += 1
    if done:
        messages.success(request, f"{done} × {deed.said}")
    return None


def _ask(deed: Deed, page: Page, request: HttpRequest, rows: QuerySet) -> TemplateResponse:
    """The page that asks. It sends what was ticked once more, so that a list read meanwhile can add nothing."""
    count = rows.count()
    context = admin.site.each_context(request) | {
        "title": deed.label,
        "opts": page.opts,
        "deed": deed,
        "names": [page.row_name(row) for row in rows[:NAMED]],
        "rest": max(0, count - NAMED),
        "ticked": request.POST.getlist(ACTION_CHECKBOX_NAME),
        "is_all": request.POST.get("select_across") == "1",
        "box": ACTION_CHECKBOX_NAME,
    }
    return TemplateResponse(request, "admin/deed_many.html", context)
