"""Who packs settles what is open about an order, with a reason."""

from uuid import UUID

from django.contrib import messages
from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from logistics_portal.kernel.errors import DomainError, NotFound
from merchants.models import Merchant

from .. import services
from ..models import OrderCheck


@never_cache
@require_POST
@staff_member_required
def settle_check(request: HttpRequest, check_id: UUID) -> HttpResponse:
    """Let an order go as it is, and go back to the page that asked."""
    assert isinstance(request.user, User)
    mine = OrderCheck.objects.filter(merchant__in=Merchant.objects.for_staff(request.user))
    check = mine.select_related("decision").filter(pk=check_id).first()
    if check is None:
        raise NotFound(_("Nothing is asked here."))
    try:
        services.overrule_check(check=check, note=request.POST.get("note", ""), by=request.user)
        messages.success(request, _("Settled: nobody waits for an answer any more."))
    except DomainError as error:
        messages.error(request, error.message)
    back = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()})
    return redirect(back if is_ours else "admin:index")
