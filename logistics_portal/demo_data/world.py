"""Builds what stands before the first order: merchants, their stock, staff and keys, and accounts with carriers."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_CEILING, Decimal

from django.contrib.auth.models import Group, Permission, User
from django.utils import timezone

import inventory.services
import merchants.services
import notifications.services
import orders.services
from aftersales.models import Macro
from inventory.models import Item, Location
from merchants.models import Brand, Membership, Merchant, Policy
from notifications.models import MessagePolicy
from notifications.own_words import Own
from tracking.models import CarrierAccount

from .payloads import CODES
from .shops import SHOPS, Shop

# What each group may see; what it may also act upon stands after the slash.
GROUPS = {
    "Support": (
        "orders.order/ customers.customer customers.phonenumber customers.address tracking.shipment tracking.parcel "
        "tracking.proofofdelivery tracking.trackingevent tracking.incident/ aftersales.return/ aftersales.refund/ "
        "aftersales.dispute/ aftersales.evidence aftersales.conversation/ aftersales.macro/ aftersales.ordercheck/ "
        "aftersales.proposal/ orders.reorder/ orders.delegate/ notifications.message/ notifications.inboundmessage/ "
        "notifications.wording/ notifications.messagepolicy notifications.trigger notifications.subscription "
        "inventory.item inventory.stocklevel"
    ),
    "Warehouse": "orders.order/ inventory.item inventory.location inventory.stocklevel inventory.stockmovement "
    "tracking.shipment tracking.parcel aftersales.return/ aftersales.ordercheck",
    "Courier": "tracking.shipment tracking.parcel tracking.proofofdelivery",
}
STAFF = {"staff": "", "support": "Support", "warehouse": "Warehouse", "courier": "Courier"}
USERNAMES = {"staff": "admin"}
NAMES = {
    "staff": ("Nora", "Hagen"),
    "support": ("Mara", "Lindner"),
    "warehouse": ("Piet", "Jansen"),
    "courier": ("Samir", "Haddad"),
}
KEY_LABEL = "Demo"


@dataclass(frozen=True, slots=True)
class Cast:
    """Who acts in the story."""

    merchants: dict[str, Merchant]
    accounts: dict[str, CarrierAccount]
    users: dict[str, User]


def build_world() -> Cast:
    """Merchants with their stock, accounts with every carrier whose payloads the story writes, and the staff."""
    shops = {shop.slug: _merchant(shop) for shop in SHOPS}
    accounts = {
        code: CarrierAccount.objects.create(carrier=code, label="Demo", webhook_secret=secrets.token_urlsafe(24))
        for code in CODES
    }
    return Cast(shops, accounts, {role: _user(role, list(shops.values())) for role in STAFF})


def _merchant(shop: Shop) -> Merchant:
    row = Merchant.objects.create(
        name=shop.name,
        slug=shop.slug,
        country=shop.country,
        language=shop.language,
        time_zone=shop.warehouse.zone,
        support_email=f"service@{shop.slug}.example",
        support_phone=shop.support_phone,
    )
    Brand.objects.create(merchant=row, color=shop.color, website=shop.website)
    if shop.logo.exists():
        merchants.services.set_logo(merchant=row, upload=shop.logo.read_bytes())
    limits = {"auto_approve_up_to": shop.auto_approve_up_to, "keep_goods_up_to": shop.keep_goods_up_to}
    Policy.objects.create(merchant=row, **limits, **shop.policy)
    location = Location.objects.create(
        merchant=row, code="MAIN", name=f"{shop.warehouse.city} 1", city=shop.warehouse.city, country=shop.country
    )
    for good in shop.goods:
        item = Item.objects.create(
            merchant=row,
            sku=good.sku,
            gtin=good.gtin,
            name=good.name,
            weight_g=good.weight_g,
            is_returnable=good.is_returnable,
            low_stock_at=6,
        )
        inventory.services.count_stock(item=item, location=location, on_hand=good.on_hand + 60)
        orders.services.set_offer(merchant=row, sku=good.sku, currency=shop.currency, unit_price=good.price)
    for name, text in shop.macros.items():
        Macro.objects.create(merchant=row, name=name, language=shop.language, text=text)
    for words in shop.own_words:
        own = Own(words.text, words.subject)
        place = {"kind": words.kind, "channel": words.channel, "language": shop.language}
        notifications.services.set_wording(merchant=row, own=own, by=None, **place)
    if shop.own_words:
        _reminders(row)
    return row


def _reminders(row: Merchant) -> None:
    """A parcel that waits is told of once more after a day already, by SMS alone."""
    way = notifications.services.Way(True, ("sms",), (), timedelta(hours=24), timedelta(), at_any_hour=False)
    notifications.services.set_trigger(merchant=row, kind="pickup_reminder", way=way)


def _user(role: str, shops: list[Merchant]) -> User:
    user, _ = User.objects.get_or_create(username=USERNAMES.get(role, role), defaults={"is_staff": True})
    user.is_staff, user.is_superuser = True, not STAFF[role]
    user.first_name, user.last_name = NAMES[role]
    user.save(update_fields=["is_staff", "is_superuser", "first_name", "last_name"])
    if name := STAFF[role]:
        user.groups.set([_group(name)])
    Membership.objects.bulk_create(Membership(user=user, merchant=shop) for shop in shops)
    return user


def _group(name: str) -> Group:
    group, _ = Group.objects.get_or_create(name=name)
    codes = []
    for word in GROUPS[name].split():
        app, model = word.rstrip("/").split(".")
        codes += [(app, f"view_{model}")] + ([(app, f"change_{model}")] if word.endswith("/") else [])
    for app, codename in codes:
        group.permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    return group


def settle_stock(cast: Cast) -> None:
    """After the story: bring stock to what the shop says that it has, so that some of it is low."""
    for shop in SHOPS:
        location = Location.objects.get(merchant=cast.merchants[shop.slug], code="MAIN")
        for good in shop.goods:
            item = Item.objects.get(merchant=cast.merchants[shop.slug], sku=good.sku)
            level = item.stock_levels.get(location=location)
            inventory.services.count_stock(item=item, location=location, on_hand=max(good.on_hand, level.reserved))


def set_budget(cast: Cast) -> None:
    """The American shop's messages of this month have nearly used up what they may cost."""
    merchant = cast.merchants["mapleandmain"]
    policy = MessagePolicy.objects.create(merchant=merchant, price_per_part=Decimal("0.0083"), currency="USD")
    outlook, _ = notifications.services.outlook_of(merchant=merchant, on=timezone.now().date())
    policy.monthly_budget = (outlook.spent + outlook.expected / 2).quantize(Decimal("0.01"), ROUND_CEILING)
    policy.save(update_fields=["monthly_budget"])


def new_logins() -> dict[str, object]:
    """Fresh passwords for the staff and fresh keys for the merchants: only their digests are kept in the database."""
    logins: dict[str, object] = {}
    for role in STAFF:
        user = User.objects.get(username=USERNAMES.get(role, role))
        password = secrets.token_urlsafe(12)
        user.set_password(password)
        user.save(update_fields=["password"])
        logins[role] = {"username": user.username, "password": password}
    for name, slug in {"api_key": SHOPS[0].slug, "rival_api_key": SHOPS[1].slug}.items():
        merchant = Merchant.objects.get(slug=slug)
        logins[name] = merchants.services.create_api_key(merchant=merchant, label=KEY_LABEL)[1]
    accounts = CarrierAccount.objects.filter(carrier__in=CODES, merchant=None, is_active=True)
    logins["webhook_secrets"] = {account.carrier: account.webhook_secret for account in accounts.order_by("-pk")}
    return logins
