"""The customer answers what is asked before the parcel leaves."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from logistics_portal.kernel.errors import DomainError, NotFound
from orders.models import Order

from .. import services
from ..forms.checks import AddressForm
from ..models import OrderCheck
from .door import for_holder


@require_http_methods(["GET", "HEAD", "POST"])
@for_holder
def answer_check(request: HttpRequest, order: Order, check_id: UUID) -> HttpResponse:
    """Show a question, and take the answer: it is right, here is another address, or call the order off."""
    asked = order.checks.filter(asked_of=OrderCheck.AskedOf.CUSTOMER).select_related("decision")
    check = asked.filter(pk=check_id).first()
    if check is None:
        raise NotFound(_("Nothing is asked here."))
    check.order = order
    action = request.POST.get("action", "")
    form = AddressForm(request.POST if action == "correct" else None, order=order)
    if request.method != "POST":
        return _page(request, check, form)
    try:
        if action != "correct":
            services.answer_check(check=check, answer=action)
        elif not form.is_valid():
            return _page(request, check, form, status=422)
        else:
            services.correct_address(check=check, **form.cleaned_data)
    except DomainError as error:
        check.refresh_from_db(fields=["status"])
        return _page(request, check, form, error=error.message, status=error.status)
    messages.success(request, _("The order is canceled.") if action == "cancel" else _("Thank you. That helps us."))
    return redirect("order", order.token)


def _page(
    request: HttpRequest, check: OrderCheck, form: AddressForm, *, error: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "order": check.order,
        "merchant": check.order.merchant,
        "check": check,
        "question": services.question_of(check),
        "answers": services.answers_of(check),
        "is_open": check.status == OrderCheck.Status.OPEN,
        "form": form,
        "error": error,
    }
    return render(request, "aftersales/check.html", context, status=status)
