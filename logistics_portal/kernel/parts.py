"""Parts of staff pages that apps give to pages which are not their own: panels of a row, numbers of the home page."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Panel:
    """A part of a row's page, given by the app that knows of it; ``gather(request, row)`` is what its template gets."""

    title: Text
    template: str
    gather: Callable[[HttpRequest, Any], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Count:
    """A number for the home page, and the list that holds what was counted."""

    label: Text
    number: int
    model: type[Model]
    query: str = ""
    tone: str = "plain"

    @property
    def url(self) -> str:
        name = f"admin:{self.model._meta.app_label}_{self.model._meta.model_name}_changelist"
        return reverse(name) + (f"?{self.query}" if self.query else "")


Counter = Callable[[HttpRequest], list[Count]]
HOME = "home"
PANELS: dict[type[Model] | str, list[Panel]] = defaultdict(list)
COUNTERS: dict[str, tuple[Text, Counter]] = {}


def panel(page: type[Model] | str, title: Text, template: str) -> Callable:
    """Register a part of the page of a model's rows, or of the `HOME` page."""

    def register(gather: Callable[[HttpRequest, Any], dict[str, Any]]) -> Callable:
        PANELS[page].append(Panel(title, template, gather))
        return gather

    return register


def counter(name: str, title: Text) -> Callable:
    """Register a group of numbers for the home page; ``name`` is how badges ask for it."""

    def register(count: Counter) -> Counter:
        COUNTERS[name] = (title, count)
        return count

    return register


def counts(request: HttpRequest, name: str) -> list[Count]:
    """The numbers of one group that this user may see, counted once a request."""
    known = request.__dict__.setdefault("_staff_counts", {})
    if name not in known:
        known[name] = [count for count in COUNTERS[name][1](request) if may_see(request, count.model)]
    return known[name]


def may_see(request: HttpRequest, model: type[Model]) -> bool:
    return admin.site.is_registered(model) and admin.site.get_model_admin(model).has_view_permission(request)


def seen_by(request: HttpRequest, model: type[Model]) -> Any:
    """The rows of ``model`` that the user behind a request may see, as a QuerySet of the model's own kind."""
    return admin.site.get_model_admin(model).get_queryset(request).order_by()


def gather_panels(request: HttpRequest, page: type[Model] | str, row: Any) -> list[dict[str, Any]]:
    return [
        {"title": part.title, "template": part.template, "given": part.gather(request, row)} for part in PANELS[page]
    ]


def linked(field: str, description: Text) -> Callable[[Model], SafeString | None]:
    """A field that shows another row by its name, as a link to its page."""

    @display(description=description, ordering=field)
    def show(row: Model) -> SafeString | None:
        other = getattr(row, field)
        if other is None:
            return None
        page: Any = admin.site.get_model_admin(type(other))
        return format_html('<a href="{}">{}</a>', page.page_url(other), page.row_name(other))

    show.__name__ = field
    return show
