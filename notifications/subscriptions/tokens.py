"""Access tokens of mini-programmes: one for all processes, kept in the row of the account, made anew in time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from logistics_portal.kernel.calls import Calls, Errand, Gathered, Result
from logistics_portal.kernel.work import calls_peers, ring

from ..channels.wechat import Token, fetch_token
from ..models import WeChatAccount

BEFORE_ITS_END = timedelta(minutes=4)  # WeChat makes the next token five minutes before the old one ends
AT_LEAST_APART = timedelta(seconds=30)  # WeChat makes no two by force within this time


@dataclass(frozen=True, slots=True)
class Asking:
    """What a call to WeChat needs, so that its thread needs no database."""

    app_id: str
    app_secret: str
    base_url: str
    force: bool


def gather_accounts(accounts: Sequence[WeChatAccount]) -> Gathered:
    errands = []
    for account in accounts:
        if account.is_active:
            force = account.token_refused_at is not None
            asking = Asking(account.app_id, account.app_secret, settings.WECHAT_BASE_URL, force)
            errands.append(Errand(rows=(account,), task=asking))
    return Gathered(errands)


def ask(asking: Asking) -> Token:
    return fetch_token(asking.app_id, asking.app_secret, asking.base_url, force=asking.force)


def record_tokens(results: Sequence[Result]) -> None:
    now = timezone.now()
    for result in results:
        token: Token = result.answer
        (account,) = result.errand.rows
        lasts = timedelta(seconds=token.lasts_s)
        account.due_at = now + max(AT_LEAST_APART, lasts - BEFORE_ITS_END)
        WeChatAccount.objects.filter(pk=account.pk).update(
            access_token=token.value, token_ends_at=now + lasts, token_refused_at=None
        )


@transaction.atomic
def ask_anew(*, account_id: UUID, token: str) -> None:
    """WeChat took a token for none before its time: have another one made, unless that was done since."""
    account = WeChatAccount.objects.select_for_update().filter(pk=account_id, is_active=True).first()
    if account is None or account.access_token != token or account.token_refused_at:
        return
    now = timezone.now()
    WeChatAccount.objects.filter(pk=account.pk).update(token_refused_at=now, due_at=now, done_at=None, attempts=0)
    ring(WeChatAccount)


calls_peers(
    WeChatAccount,
    Calls(gather=gather_accounts, call=ask, record=record_tokens, at_once=4),
    batch=20,
    repeats=True,
    workers=1,
)
