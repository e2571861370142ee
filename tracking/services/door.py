"""What comes through the carriers' door: believed when an account's secret signed it, kept before it is answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import TextField
from django.db.models.expressions import RawSQL
from django.utils import timezone
from uuid_utils.compat import uuid7

from logistics_portal.kernel.errors import DomainError
from logistics_portal.kernel.gather import GatheredWrites
from logistics_portal.kernel.work import ring

from ..carriers.base import CarrierAdapter
from ..models import CarrierAccount, CarrierPayload


class BadSignature(DomainError):
    """The request bears the signature of none of the carrier's accounts."""

    code = "bad_signature"
    status = 401


@dataclass(frozen=True, slots=True)
class Arrived:
    """A payload that an account signed; ``mark`` is the version of the account's row whose secret that was."""

    carrier: str
    account_id: UUID
    mark: str
    body: bytes
    content_type: str
    id: UUID = field(default_factory=uuid7)
    received_at: datetime = field(default_factory=timezone.now)


# Kept only while the account is as it was when its secret was compared: what was changed or closed meanwhile counts at
# once, though accounts are not read for each payload. Repeating the statement after a lost answer keeps no row twice.
_KEEP = """
INSERT INTO tracking_carrierpayload (id, carrier, account_id, body, content_type, received_at, due_at, attempts,
                                     last_error, outcome, note, tracking_numbers, unknown_codes)
SELECT t.id, t.carrier, a.id, t.body, t.content_type, t.received_at, t.received_at, 0, '', 'waiting', '', '{}', '{}'
FROM unnest(%s::uuid[], %s::text[], %s::uuid[], %s::text[], %s::bytea[], %s::text[], %s::timestamptz[])
     AS t (id, carrier, account_id, mark, body, content_type, received_at)
JOIN tracking_carrieraccount a ON a.id = t.account_id AND a.is_active AND concat_ws(' ', a.xmin, a.ctid) = t.mark
ON CONFLICT (id) DO UPDATE SET id = excluded.id
RETURNING id
"""
_COLUMNS = ("id", "carrier", "account_id", "mark", "body", "content_type", "received_at")

_accounts: dict[str, list[CarrierAccount]] = {}  # active ones, by carrier, each with its ``mark``


def take_payload(
    *,
    adapter: CarrierAdapter,
    body: bytes,
    headers: Mapping[str, str],
    content_type: str,
    account_id: UUID | None = None,
) -> None:
    """Keep what a carrier sent, and ring for its reading. It is committed on return.

    Raises:
        BadSignature: none of the carrier's active accounts (or not the one of ``account_id``) signed it.
    """
    for accounts in (_accounts.get(adapter.code, []), None):
        account = _signer(
            _read_accounts(adapter.code) if accounts is None else accounts, adapter, body, headers, account_id
        )
        if account is None:
            continue
        arrived = Arrived(adapter.code, account.pk, account.mark, body, content_type.replace("\0", "")[:100])  # type: ignore[attr-defined]
        if _GATHERED.add(arrived):
            return
    raise BadSignature("The signature is missing or is not that of a known account.")


def _signer(
    accounts: Sequence[CarrierAccount],
    adapter: CarrierAdapter,
    body: bytes,
    headers: Mapping[str, str],
    account_id: UUID | None,
) -> CarrierAccount | None:
    for account in accounts:
        is_meant = account_id is None or account.pk == account_id
        if is_meant and adapter.verify(body=body, headers=headers, secret=account.webhook_secret):
            return account
    return None


def _read_accounts(code: str) -> list[CarrierAccount]:
    mark = RawSQL("concat_ws(' ', tracking_carrieraccount.xmin, tracking_carrieraccount.ctid)", (), TextField())
    found = CarrierAccount.objects.filter(carrier=code, is_active=True).annotate(mark=mark).order_by("pk")
    _accounts[code] = list(found)
    return _accounts[code]


def _keep(arrived: Sequence[Arrived]) -> list[bool]:
    """Write payloads whose accounts are still as they were; tells of each whether it was kept."""
    columns = [[getattr(one, name) for one in arrived] for name in _COLUMNS]
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, columns)
        kept = {row[0] for row in cursor.fetchall()}
    return [one.id in kept for one in arrived]


_GATHERED = GatheredWrites(_keep, then=lambda: ring(CarrierPayload))
