"""Staff note goods that nobody had announced, and what is in a parcel of which nobody knew what it holds."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from logistics_portal.kernel.admin import Deed, StaffAdmin
from logistics_portal.kernel.errors import DomainError
from logistics_portal.kernel.parts import seen_by
from orders.models import Order

from .. import services
from ..models import Return


class FoundForm(forms.Form):
    """How many of each line of an order lie there."""

    def __init__(self, *args: Any, order: Order, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lines: dict[str, UUID] = {}
        for line in order.lines.order_by("pk"):
            name = f"line-{line.pk}"
            self._lines[name] = line.pk
            self.fields[name] = forms.IntegerField(
                label=f"{line.sku} {line.name}",
                min_value=0,
                max_value=line.quantity,
                initial=0,
                widget=UnfoldAdminIntegerFieldWidget(),
            )
        self.order_fields(self._lines)

    @property
    def pieces(self) -> dict[UUID, int]:
        return {line_id: self.cleaned_data[name] for name, line_id in self._lines.items()}

    @property
    def rest(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name not in self._lines}


class UnannouncedForm(FoundForm):
    note = forms.CharField(
        label=gettext_lazy("Note for staff"),
        max_length=2000,
        required=False,
        widget=UnfoldAdminTextareaWidget({"rows": 2}),
    )
    carrier = forms.CharField(
        label=gettext_lazy("Carrier"), max_length=30, required=False, widget=UnfoldAdminTextInputWidget()
    )
    tracking_number = forms.CharField(
        label=gettext_lazy("Tracking number"), max_length=64, required=False, widget=UnfoldAdminTextInputWidget()
    )


UNANNOUNCED = Deed(
    "unannounced",
    gettext_lazy("Goods came back"),
    do=lambda request, order, pieces, **more: services.receive_unannounced(
        order=order, pieces=pieces, by=request.user, **more
    ),
    said=gettext_lazy("The goods are noted. Nothing is paid back before somebody decides."),
    asks=gettext_lazy("Nobody had announced them: count what lies there. Nothing is paid back by this."),
)
FOUND = Deed(
    "found",
    gettext_lazy("Say what is in it"),
    do=lambda request, row, pieces: services.add_found_lines(return_case=row, pieces=pieces),
    said=gettext_lazy("What is in the parcel is noted."),
    when=lambda row: not row.is_asked and not row.lines.exists(),
)


def note_unannounced(request: HttpRequest, order_id: UUID) -> HttpResponse:
    order = seen_by(request, Order).filter(pk=order_id).first()
    if order is None:
        raise Http404
    form = UnannouncedForm(request.POST or None, order=order)
    back = reverse("admin:orders_order_change", args=[order.pk])
    return _ask(request, UNANNOUNCED, order, form, back)


def say_what_is_in_it(request: HttpRequest, return_id: UUID) -> HttpResponse:
    row = seen_by(request, Return).filter(pk=return_id).first()
    if row is None:
        raise Http404
    form = FoundForm(request.POST or None, order=row.order)
    return _ask(request, FOUND, row, form, reverse("admin:aftersales_return_change", args=[row.pk]))


def _name(row: Order | Return) -> str:
    page = admin.site.get_model_admin(type(row))
    return page.row_name(row) if isinstance(page, StaffAdmin) else str(row)


def _ask(request: HttpRequest, deed: Deed, row: Order | Return, form: FoundForm, back: str) -> HttpResponse:
    page = admin.site.get_model_admin(Return)
    assert isinstance(page, StaffAdmin)
    if not page.has_act_permission(request):
        raise PermissionDenied
    if request.method == "POST" and form.is_valid():
        try:
            done = deed.do(request, row, form.pieces, **form.rest)
        except DomainError as refusal:
            form.add_error(None, refusal.message)
        else:
            case = done if isinstance(done, Return) else row
            page.log_change(request, case, str(deed.label))
            messages.success(request, str(deed.said))
            return redirect("admin:aftersales_return_change", case.pk)
    context = admin.site.each_context(request) | {
        "title": deed.label,
        "opts": Return._meta,
        "original": row,
        "row_name": _name(row),
        "deed": deed,
        "form": form,
        "back": back,
    }
    return TemplateResponse(request, "admin/deed.html", context)
