"""What staff do with mini-programmes: they add one, name its templates, and hand out the secret for its reports."""

from typing import Any

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from logistics_portal.kernel.work import ring

from ..hooks.endpoints import make_secret
from ..models import WeChatAccount, WeChatConsent


def follow_account(*, account: WeChatAccount) -> None:
    """An account was added or changed: have its token fetched now, or no more."""
    WeChatAccount.objects.filter(pk=account.pk).update(
        due_at=timezone.now(), done_at=None, attempts=0, last_error="", access_token="", token_ends_at=None
    )
    ring(WeChatAccount)


@transaction.atomic
def renew_report_secret(*, account: WeChatAccount) -> str:
    """A new secret for the reports of a mini-programme; the old one is good no more, and this is told only here."""
    row = WeChatAccount.objects.select_for_update().get(pk=account.pk)
    row.report_secret = make_secret()
    row.save(update_fields=["report_secret"])
    return row.report_secret


def consents_left(account: WeChatAccount) -> list[dict[str, Any]]:
    """How many consents were given for each template, and how many are left."""
    given = WeChatConsent.objects.filter(account=account).values("template_id").annotate(times=Count("pk"))
    free = WeChatConsent.objects.free().filter(account=account).values("template_id").annotate(times=Count("pk"))
    left = {row["template_id"]: row["times"] for row in free.order_by()}
    return [
        {"template": row["template_id"], "given": row["times"], "left": left.get(row["template_id"], 0)}
        for row in given.order_by("template_id")
    ]
