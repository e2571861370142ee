"""Links that open an order, and who opened it by them.

A link is the order's id with a mark that is derived (docs/adr/0007-codes-and-links-are-derived.md): which link it is,
and whether it was revoked, is told by the mark alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import models, transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from logistics_portal.kernel import tokens
from logistics_portal.kernel.errors import DomainError, NotFound
from logistics_portal.kernel.events import publish
from logistics_portal.kernel.statements import Statement
from orders.events import LINK_REVOKED
from orders.models import LINK, MERCHANT_LINK, By, Delegate, LinkRevocation, Opening, Order

CUSTOMERS, MERCHANTS = LinkRevocation.Link.CUSTOMER, LinkRevocation.Link.MERCHANT
PURPOSES: dict[str, str] = {CUSTOMERS: LINK, MERCHANTS: MERCHANT_LINK}
VERSION_FIELDS: dict[str, str] = {CUSTOMERS: "link_version", MERCHANTS: "merchant_link_version"}
SHOWN_AT_MOST = 200

_ORDER = Statement(
    lambda key: Order.objects.select_related("merchant__brand", "merchant__policy", "customer").filter(pk=key)
)


class LinkClosed(DomainError):
    """The link was good once, and was revoked since."""

    status = 410
    code = "link_revoked"


@dataclass(frozen=True, slots=True)
class Seen:
    """How often a link was opened, and the last time."""

    times: int
    latest: Opening


@dataclass(frozen=True, slots=True)
class AccessLink:
    """A link that opens an order, or did, with how often it was opened: once a visitor and hour.

    ``name`` is what openings are kept under; ``made_at`` is None where a link was revoked before that was noted.
    """

    name: str
    kind: str  # customer, merchant or delegate
    version: int
    made_at: datetime | None
    revoked_at: datetime | None
    url: str
    openings: int
    last: Opening | None
    delegate: Delegate | None = None


def link_name(token: str, order_id: UUID, *, versions: Mapping[str, int]) -> str:
    """The name of the link that ``token`` is, as ``customer:1``; "" where it is none of this order's that holds."""
    for kind, purpose in PURPOSES.items():
        if tokens.token_holds(purpose, token, order_id, version=versions[kind]):
            return f"{kind}:{versions[kind]}"
    return ""


def versions_of(order: Order) -> dict[str, int]:
    return {kind: getattr(order, field) for kind, field in VERSION_FIELDS.items()}


def open_link(token: str) -> Order:
    """The order that a link of its customer or merchant names.

    Raises:
        LinkClosed: it was revoked.
        NotFound: no such link.
    """
    order_id = tokens.read_token(token)
    order = next(iter(_ORDER.rows(order_id)), None) if order_id else None
    if order and link_name(token, order.pk, versions=versions_of(order)):
        return order
    if order and _was_good(token, order):
        raise LinkClosed(
            _("This link was closed. The latest message about your order has a new one; or sign in with your phone.")
        )
    raise NotFound(_("This link is not good (any more). Look in your latest message for the right one."))


def _was_good(token: str, order: Order) -> bool:
    return any(
        tokens.token_holds(PURPOSES[kind], token, order.pk, version=version)
        for kind, now in versions_of(order).items()
        for version in range(1, now)
    )


@transaction.atomic
def revoke_link(*, order: Order, link: str, by: str) -> None:
    """Close the link of one kind, ``customer`` or ``merchant``; whoever gets it from now on gets another."""
    field = VERSION_FIELDS[link]
    row = Order.objects.select_for_update().only(field).get(pk=order.pk)
    ended = getattr(row, field)
    Order.objects.filter(pk=order.pk).update(**{field: F(field) + 1})
    LinkRevocation.objects.create(order_id=order.pk, link=link, version=ended, by=by)
    publish(LINK_REVOKED, merchant_id=order.merchant_id, subject_id=order.pk, link=link, by=by)
    setattr(order, field, ended + 1)


@transaction.atomic
def revoke_links(*, order: Order, by: str = By.MERCHANT, keep: str = "") -> None:
    """Close every link of the order's customer and merchant but the one of the kind ``keep``."""
    for kind in PURPOSES:
        if kind != keep:
            revoke_link(order=order, link=kind, by=by)


def links_of(order: Order) -> list[AccessLink]:
    """Every link that opens the order, then those that did; in four queries."""
    counts = dict(order.openings.order_by().values_list("link").annotate(models.Count("pk")))
    latest = order.openings.order_by("link", "-opened_at").distinct("link")
    seen = {opening.link: Seen(counts[opening.link], opening) for opening in latest if opening.link in counts}
    ended = list(order.link_revocations.order_by("revoked_at", "pk"))
    now = timezone.now()
    found = [
        *(_current(order, kind, ended, seen) for kind in PURPOSES),
        *(_delegates(delegate, order, now, seen) for delegate in order.delegates.order_by("added_at", "pk")),
        *(_ended(row, ended, order, seen) for row in reversed(ended)),
    ]
    return sorted(found, key=lambda link: link.revoked_at is not None)


def _current(order: Order, kind: str, ended: Sequence[LinkRevocation], seen: Mapping[str, Seen]) -> AccessLink:
    version = versions_of(order)[kind]
    url = order.tracking_url if kind == CUSTOMERS else order.merchant_url
    return _told(f"{kind}:{version}", kind, version, _made_at(order, kind, version, ended), None, url, seen)


def _ended(row: LinkRevocation, ended: Sequence[LinkRevocation], order: Order, seen: Mapping[str, Seen]) -> AccessLink:
    made_at = _made_at(order, row.link, row.version, ended)
    return _told(f"{row.link}:{row.version}", row.link, row.version, made_at, row.revoked_at, "", seen)


def _made_at(order: Order, kind: str, version: int, ended: Sequence[LinkRevocation]) -> datetime | None:
    """A first link was made with the order, any other when the one before ended."""
    if version == 1:
        return order.placed_at
    return next((row.revoked_at for row in ended if (row.link, row.version) == (kind, version - 1)), None)


def _delegates(delegate: Delegate, order: Order, now: datetime, seen: Mapping[str, Seen]) -> AccessLink:
    delegate.order = order
    over = None if delegate.is_following(now) else delegate.ended_at or delegate.ends_at()
    url = "" if over else delegate.url
    return _told(str(delegate.pk), "delegate", 1, delegate.added_at, over, url, seen, delegate)


def _told(
    name: str,
    kind: str,
    version: int,
    made_at: datetime | None,
    revoked_at: datetime | None,
    url: str,
    seen: Mapping[str, Seen],
    delegate: Delegate | None = None,
) -> AccessLink:
    mine = seen.get(name)
    return AccessLink(
        name=name,
        kind=kind,
        version=version,
        made_at=made_at,
        revoked_at=revoked_at,
        url=url,
        openings=mine.times if mine else 0,
        last=mine.latest if mine else None,
        delegate=delegate,
    )


def openings_of(order: Order) -> QuerySet[Opening]:
    """Who opened the order, the latest first."""
    return order.openings.order_by("-opened_at", "-pk")[:SHOWN_AT_MOST]
