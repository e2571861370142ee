"""Accounts with carriers: which may ask for a parcel, how often, and what happens when the carrier is not well."""

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit
from uuid import UUID

from logistics_portal.kernel.http import PeerFailed

from ..carriers.base import CarrierAdapter, Verdict
from ..models import Asking, CarrierAccount, Parcel
from .carriers import CARRIERS

LOOPBACK = ("127.0.0.1", "::1", "localhost")
TURNS_AHEAD = timedelta(minutes=5)  # so far the budget is given away; who comes later may be more urgent
PAUSE = timedelta(seconds=30)  # after the first round without an answer; twice as long after each further one
LONGEST_PAUSE = timedelta(hours=1)
LONGEST_WISH = timedelta(hours=24)  # of a carrier that names a time
A_PROBE_TAKES = timedelta(seconds=60)
AFTER_TROUBLE = ("failures", "paused_until", "refused_at", "troubled_at", "trouble")


@dataclass(slots=True)
class Line:
    """An account that may ask, with its adapter and how asking goes."""

    account: CarrierAccount
    adapter: CarrierAdapter
    asking: Asking

    def waits_until(self, now: datetime) -> datetime | None:
        """Until when nobody may ask; None when one may."""
        if self.asking.refused_at:
            return now + LONGEST_PAUSE
        paused = self.asking.paused_until
        return paused if paused and paused > now else None


def has_credentials(account: CarrierAccount) -> bool:
    """Whether the account holds all that asking its carrier needs, and asks over a safe connection."""
    adapter = CARRIERS.get(account.carrier)
    if adapter is None or not adapter.can_ask:
        return False
    held = account.credentials
    return all(held.get(name) for name in adapter.credentials_needed) and is_safe_address(adapter.address(held))


def is_safe_address(url: str) -> bool:
    """Whether credentials may be sent there: over TLS, or to this machine."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


def require_safe_address(url: str) -> None:
    """Raise `PeerFailed` rather than send credentials over an open line."""
    if not is_safe_address(url):
        raise PeerFailed("Credentials are sent over TLS only: the address must begin with https://")


def accounts_that_ask(carriers: Iterable[str]) -> list[CarrierAccount]:
    """The accounts with carriers that may be asked, those of merchants before the portal's own."""
    codes = [code for code in set(carriers) if code in CARRIERS and CARRIERS[code].can_ask]
    if not codes:
        return []
    found = CarrierAccount.objects.filter(carrier__in=codes, is_active=True, is_polled=True).order_by("pk")
    return sorted(filter(has_credentials, found), key=lambda account: account.merchant_id is None)


def account_for(parcel: Parcel, accounts: Sequence[CarrierAccount]) -> CarrierAccount | None:
    """Who asks for a parcel: its merchant's account with its carrier, else the portal's.

    Where evidence corrected the carrier, an account with the one that the merchant stated, an aggregator perhaps, will
    do if there is none with the carrier itself.
    """
    for carrier in filter(None, (parcel.carrier, parcel.stated_carrier)):
        for account in accounts:
            if account.carrier == carrier and account.merchant_id in (None, parcel.merchant_id):
                return account
    return None


def open_lines(accounts: Iterable[CarrierAccount]) -> dict[UUID, Line]:
    """The accounts with how asking goes, locked until the end of the transaction."""
    mine = {account.pk: account for account in accounts}
    Asking.objects.bulk_create([Asking(account=account) for account in mine.values()], ignore_conflicts=True)
    locked = Asking.objects.select_for_update(no_key=True).filter(account__in=mine).order_by("account_id")
    return {row.account_id: Line(mine[row.account_id], CARRIERS[mine[row.account_id].carrier], row) for row in locked}


def take_turns(line: Line, wanted: int, now: datetime) -> list[datetime]:
    """The moments at which the next questions may be sent, at most ``wanted``, spaced as the budget says.

    The account's budget is given away a few minutes ahead, by whoever comes: each process counts alike. After trouble
    there is a single turn, to see whether the carrier is well again.
    """
    step = timedelta(minutes=1) / max(1, line.account.polls_per_minute)
    first = max(line.asking.next_turn_at or now, now)
    room = max(0, int((now + TURNS_AHEAD - first) / step) + 1)
    if line.asking.failures:
        room = 1
        line.asking.paused_until = now + A_PROBE_TAKES
    turns = [first + number * step for number in range(min(wanted, room))]
    if turns:
        line.asking.next_turn_at = turns[-1] + step
        line.asking.save(update_fields=["next_turn_at", "paused_until"])
    return turns


@dataclass(frozen=True, slots=True)
class Experience:
    """How one question went: the verdict, in words, and for how long the carrier wants to be left alone."""

    asked_at: datetime
    verdict: Verdict
    words: str = ""
    wish: timedelta | None = None


def learn_from(
    line: Line, experiences: Sequence[Experience], now: datetime, *, dice: Callable[[], float] = random.random
) -> None:
    """Note how questions went: a pause after trouble, the end of trouble after an answer.

    Questions that were under way together fail together: those that were asked before trouble was noted neither
    lengthen nor end it.
    """
    asking = line.asking
    before = tuple(getattr(asking, name) for name in AFTER_TROUBLE)
    telling = [one for one in experiences if asking.troubled_at is None or one.asked_at > asking.troubled_at]
    kinds = {one.verdict: one for one in telling}
    if refused := kinds.get(Verdict.REFUSED):
        asking.refused_at = asking.troubled_at = now
        asking.trouble = refused.words[:200]
    elif busy := kinds.get(Verdict.TOO_OFTEN):
        wish = max((one.wish for one in telling if one.wish), default=None)
        _pause(asking, busy.words, now, wish or _grown_pause(asking, dice()))
    elif failed := kinds.get(Verdict.FAILED):
        if len(kinds) == 1:
            _pause(asking, failed.words, now, _grown_pause(asking, dice()))
    elif telling:
        asking.failures, asking.paused_until, asking.refused_at, asking.trouble = 0, None, None, ""
    if before != tuple(getattr(asking, name) for name in AFTER_TROUBLE):
        asking.save(update_fields=AFTER_TROUBLE)


def _grown_pause(asking: Asking, dice: float) -> timedelta:
    return min(PAUSE * 2 ** min(asking.failures, 10), LONGEST_PAUSE) * (0.75 + 0.5 * dice)


def _pause(asking: Asking, words: str, now: datetime, pause: timedelta) -> None:
    asking.failures = min(asking.failures + 1, 1000)
    asking.paused_until, asking.troubled_at = now + min(pause, LONGEST_WISH), now
    asking.trouble = words[:200]


def trust_again(*, account: CarrierAccount) -> None:
    """Forget the trouble with an account, for example when its credentials were put right."""
    Asking.objects.filter(account=account).update(failures=0, paused_until=None, refused_at=None, trouble="")


def wish_of(retry_after: str, now: datetime) -> timedelta | None:
    """A ``Retry-After``, in seconds or as a date; None for anything else."""
    text = retry_after.strip()
    if text.isdecimal():
        return timedelta(seconds=int(text[:9]))
    try:
        return max(timedelta(), parsedate_to_datetime(text) - now)
    except (ValueError, TypeError):  # no date, or one without a zone
        return None
