"""Disputes, as staff see them: all that is needed to decide, with the decision beside it."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, path, reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesCheckboxFilter
from unfold.decorators import display

from logistics_portal.kernel.admin import ConditionFilter, Deed, RecordAdmin, TenantFilter, moment

from .. import services
from ..exports.paypal import paypal_evidence
from ..exports.stripe import stripe_evidence
from ..models import RUNNING, Dispute, Evidence, Resolution, Turn
from .dispute_forms import NewEvidenceForm, OfferForm, PartForm, QuestionForm
from .forms import NoteForm


def _decide(accept: bool, resolution: str = "") -> Any:
    def do(request: Any, row: Dispute, note: str, amount: Any = None) -> None:
        services.decide_dispute(
            dispute=row, accept=accept, note=note, by=request.user, amount=amount, resolution=resolution
        )

    return do


def _is_running(row: Dispute) -> bool:
    return row.status in RUNNING


DEEDS = (
    Deed(
        "accept",
        gettext_lazy("Decide for the customer"),
        do=_decide(True),
        said=gettext_lazy("Decided for the customer: a refund waits to be paid."),
        when=_is_running,
        form=NoteForm,
        tone="good",
    ),
    Deed(
        "reject",
        gettext_lazy("Decline"),
        do=_decide(False),
        said=gettext_lazy("The dispute is declined; the customer is told why."),
        when=lambda row: row.status == Dispute.Status.OPEN,
        form=NoteForm,
        tone="bad",
    ),
    Deed(
        "replace",
        gettext_lazy("Grant a replacement"),
        do=_decide(True, Resolution.REPLACEMENT),
        said=gettext_lazy("A replacement is granted: its order waits to be packed."),
        when=_is_running,
        form=NoteForm,
    ),
    Deed(
        "part",
        gettext_lazy("Accept in part"),
        do=_decide(True, Resolution.PARTIAL_REFUND),
        said=gettext_lazy("Decided in part: a refund waits to be paid."),
        when=_is_running,
        form=PartForm,
    ),
    Deed(
        "offer",
        gettext_lazy("Make an offer"),
        do=lambda request, row, **given: services.make_offer(dispute=row, by=request.user, **given),
        said=gettext_lazy("The offer is made; it is the customer's turn."),
        when=lambda row: row.status in (Dispute.Status.OPEN, Dispute.Status.ASKED),
        form=OfferForm,
    ),
    Deed(
        "ask",
        gettext_lazy("Ask the customer"),
        do=lambda request, row, question: services.ask_customer(dispute=row, question=question, by=request.user),
        said=gettext_lazy("The question is asked; it is the customer's turn."),
        when=lambda row: row.status == Dispute.Status.OPEN,
        form=QuestionForm,
    ),
    Deed(
        "reopen",
        gettext_lazy("Open again"),
        do=lambda request, row, text: services.reopen_dispute(dispute=row, text=text, by=request.user),
        said=gettext_lazy("The dispute is open again."),
        when=lambda row: row.can_reopen,
        form=NewEvidenceForm,
    ),
    Deed(
        "refresh",
        gettext_lazy("Collect evidence anew"),
        do=lambda request, row: services.collect_evidence(
            dispute=row, occasion=Evidence.Occasion.REFRESHED, by=request.user
        ),
        said=gettext_lazy("What has changed since is kept beside what was known before."),
    ),
)


class ClockFilter(ConditionFilter):
    """Whose turn it is, and what has become urgent."""

    title = gettext_lazy("turn")
    parameter_name = "turn"
    conditions = {
        "urgent": (gettext_lazy("Urgent: time has passed"), lambda: Q(status="open", escalated_at__isnull=False)),
        "merchant": (gettext_lazy("Our turn"), lambda: Q(status="open")),
        "customer": (gettext_lazy("The customer's turn"), lambda: Q(status__in=("asked", "offered"))),
    }


@admin.register(Dispute)
class DisputeAdmin(RecordAdmin):
    """A dispute's page is its evidence: everything that is needed to decide, with the decision beside it."""

    change_form_template = "admin/evidence.html"
    list_display = (
        "order",
        "badge",
        "turn",
        "kind",
        "consignee",
        "amount",
        "merchant",
        moment("opened_at", gettext_lazy("opened")),
        moment("answer_by", gettext_lazy("answer by")),
    )
    list_filter = (
        ClockFilter,
        ("status", ChoicesCheckboxFilter),
        ("kind", ChoicesCheckboxFilter),
        ("merchant", TenantFilter),
    )
    list_select_related = ("order", "merchant")
    search_fields = ("=order__number", "order__consignee", "order__phone", "=shipment__parcels__tracking_number")
    search_help_text = gettext_lazy("Order or tracking number, name, phone number")
    fields = ("status",)
    deeds = DEEDS

    @display(description=gettext_lazy("customer"), ordering="order__consignee")
    def consignee(self, row: Dispute) -> str:
        return row.order.consignee

    @display(description=gettext_lazy("paid"))
    def amount(self, row: Dispute) -> str:
        return f"{number_format(row.order.total)} {row.order.currency}"

    @display(description=gettext_lazy("turn"))
    def turn(self, row: Dispute) -> str | SafeString:
        if row.status == Dispute.Status.OPEN and row.escalated_at:
            return format_html('<span class="badge badge-exception">{}</span>', _("Urgent"))
        return "" if row.turn == Turn.NOBODY else str(row.turn.label)

    # exports

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<uuid:dispute_id>/case.<slug:form>", view(self.export_view), name="aftersales_dispute_export"),
            path(
                "<uuid:dispute_id>/photos/<uuid:photo_id>.jpg", view(self.photo_view), name="aftersales_dispute_photo"
            ),
            *super().get_urls(),
        ]

    def export_view(self, request: HttpRequest, dispute_id: UUID, form: str) -> HttpResponse:
        """The case as ``pdf``, ``zip``, or in the fields of ``stripe`` or ``paypal``."""
        row = self._row(request, dispute_id)
        if not self.has_act_permission(request):
            raise PermissionDenied
        name = f"case-{row.order.number}-{str(row.pk)[-6:]}"
        if form == "pdf":
            response = HttpResponse(services.case_pdf(row), content_type="application/pdf")
        elif form == "zip":
            archive = services.case_archive(row)
            self.log_change(request, row, f"ZIP, seal {archive.seal}")
            response = HttpResponse(archive.content, content_type="application/zip")
        elif form in ("stripe", "paypal"):
            told = (stripe_evidence if form == "stripe" else paypal_evidence)(services.case_file(row))
            response = JsonResponse(told, json_dumps_params={"ensure_ascii": False, "indent": 2})
            form = f"{form}.json"
        else:
            raise Http404
        response.headers["Content-Disposition"] = f'attachment; filename="{_plain(name)}.{form}"'
        return response

    def photo_view(self, request: HttpRequest, dispute_id: UUID, photo_id: UUID) -> HttpResponse:
        photo = self._row(request, dispute_id).photos.filter(pk=photo_id).first()
        if photo is None:
            raise Http404
        return HttpResponse(bytes(photo.jpeg), content_type="image/jpeg")

    def _row(self, request: HttpRequest, dispute_id: UUID) -> Dispute:
        row = self.get_object(request, str(dispute_id))
        if row is None:
            raise Http404
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        return row

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """The deeds that need a note alone stand below the evidence; the exports above."""
        row = kwargs.get("obj")
        if row is not None and self.has_act_permission(request):
            forms = (("pdf", "PDF"), ("zip", "ZIP"), ("stripe", "Stripe"), ("paypal", "PayPal"))
            address = "admin:aftersales_dispute_export"
            context["exports"] = [(reverse(address, args=[row.pk, form]), label) for form, label in forms]
        if row is not None:
            known = self.deeds_for(request, row)
            context["note_deeds"] = [one for one in known if one[0].form is NoteForm]
            context["other_deeds"] = [one for one in known if one[0].form is not NoteForm]
        return super().render_change_form(request, context, *args, **kwargs)


def _plain(name: str) -> str:
    """A file's name that any system takes."""
    return "".join(letter if letter.isascii() and (letter.isalnum() or letter in "-_") else "_" for letter in name)
