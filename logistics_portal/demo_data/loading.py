"""Loads the world once, and keeps beside it the logins that open it."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone
from django_q.models import OrmQ

import tracking.services
from logistics_portal.kernel import work
from logistics_portal.kernel.models import Bell
from merchants.models import ApiKey, Merchant
from orders.models import Order

from .casting import cast
from .clock import StoryClock, running_at
from .links import GROUPS
from .lives import Live
from .shops import SHOPS
from .silence import delay_one
from .telling import Teller
from .world import KEY_LABEL, Cast, build_world, new_logins, set_budget, settle_stock

# The supervisor of a demo writes its own facts into demo.json at each start, so the logins are kept beside it, too.
KEPT = "logins.json"
SHOWN = "demo.json"


class CutShort(Exception):
    """Half a world is there. Facts can't be deleted, so it takes an empty database to begin anew."""


def load() -> dict[str, Any]:
    """Load the world unless it is there, and return its logins, keys and links; see `KEPT`.

    Raises:
        CutShort: an earlier load did not come to its end.
    """
    kept = settings.DATA_DIR / KEPT
    is_begun = Merchant.objects.filter(slug=SHOPS[0].slug).exists()
    if is_begun and not ApiKey.objects.filter(label=KEY_LABEL).exists():
        raise CutShort
    if not is_begun:
        told = _tell_story()
        info = new_logins() | {"sample_links": _links(told)}
    elif kept.exists():
        info = json.loads(kept.read_text())
    else:  # the database outlived the data folder: passwords can't be read again, so there are new ones
        info = new_logins() | {"sample_links": []}
    write_secret(kept, info)
    shown = settings.DATA_DIR / SHOWN
    write_secret(shown, (json.loads(shown.read_text()) if shown.exists() else {}) | info)
    return info


def write_secret(path: Path, info: dict[str, Any]) -> None:
    """Write a file that only its owner may read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(json.dumps(info, ensure_ascii=False, indent=1) + "\n")


def _tell_story() -> dict[str, list[Live]]:
    """Not in one transaction: what is done must leave the indexes of what is due, or the end takes ever longer."""
    now = timezone.now()
    tales = cast(SHOPS, now=now)
    clock = StoryClock(tales[0].began - timedelta(days=1))
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit TO off")  # a load that is cut short is begun anew anyhow
    with running_at(clock):
        world = build_world()
        told = Teller(world, clock).tell(tales, until=now)
        clock.advance(now)
        settle_stock(world)
        set_budget(world)
        _strange_payloads(world, now)
        delay_one()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    _silence_bells()
    return told


def _silence_bells() -> None:
    """The bells that rang meanwhile need no answer: ring once for what is due now."""
    OrmQ.objects.all().delete()
    Bell.objects.update(rung_at=None)
    work.sweep()


def _strange_payloads(world: Cast, now: datetime) -> None:
    """What also comes in: damage, errors, and a parcel that nobody registered. The workers read them at their start."""
    strange = (
        ("dhl", b'{"shipments": [{"shipmentTrackingNumber": 42180000'),
        ("ups", b"<html><body><h1>503 Service Unavailable</h1></body></html>"),
        ("fedex", b'{"errors": [{"code": "TRACKING.TRACKINGNUMBER.NOTFOUND", "message": "Number can\'t be found."}]}'),
        (
            "usps",
            b'{"trackingNumber": "9400111899560000000001", "trackingEvents": [{"eventType": "Out for Delivery", '
            b'"eventTimestamp": "%s", "GMTOffset": "-05:00", "eventCity": "BOSTON", "eventState": "MA", '
            b'"eventCode": "OF"}]}' % f"{now - timedelta(hours=9):%Y-%m-%dT%H:%M:%S}".encode(),
        ),
    )
    for carrier, body in strange:
        tracking.services.keep_payload(
            carrier=carrier, body=body, content_type="application/json", account=world.accounts[carrier]
        )


def _links(told: dict[str, list[Live]]) -> list[dict[str, str]]:
    """One order of each kind that is worth a look, taking the merchants in turn."""
    links: list[dict[str, str]] = []
    for group, plots in GROUPS.items():
        for name, label in plots.items():
            if lives := told.get(name, []):
                shop = SHOPS[len(links) % len(SHOPS)]
                live = next((one for one in lives if one.tale.shop is shop), lives[0])
                links.append(_link(live, group, label))
    return links


def _link(live: Live, group: str, label: str) -> dict[str, str]:
    """A link with its words in English for a terminal, and those that a page translates: ``group`` and ``name``."""
    assert live.order
    order, shop = Order.objects.get(pk=live.order.pk), live.tale.shop.name
    return {"label": f"{label} ({shop})", "path": f"/t/{order.token}/", "group": group, "name": label, "shop": shop}
