"""How the staff side looks and what it offers: navigation by job, not by table."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _

from . import environment

HOME = "logistics_portal.admin_home"
ENVIRONMENTS = {
    "demo": [_("Demo"), "info"],
    "development": [_("Development"), "warning"],
    "test": [_("Test"), "warning"],
    "production": None,
}
PORTAL_ENV = environment.choice("PORTAL_ENV", tuple(ENVIRONMENTS), "development")


def environment_badge(request: HttpRequest) -> list[Any] | None:
    return ENVIRONMENTS[PORTAL_ENV]


def _may(model: str) -> Callable[[HttpRequest], bool]:
    app, name = model.split(".")
    return lambda request: request.user.has_perm(f"{app}.view_{name}") or request.user.has_perm(f"{app}.change_{name}")


def _superuser(request: HttpRequest) -> bool:
    return request.user.is_superuser


def _item(title: Any, icon: str, model: str, query: str = "", *, rest: str = "", **more: Any) -> dict[str, Any]:
    """A link to a model's list. ``query`` filters it; ``rest`` is the query that another item has for itself."""
    name = f"admin:{model.replace('.', '_')}_changelist"
    wanted = dict([query.split("=")]) if query else {}
    others = dict([rest.split("=")]) if rest else {}

    def active(request: HttpRequest) -> bool:
        if not request.path.startswith(reverse(name)):
            return False
        if wanted:
            return all(request.GET.get(key) == value for key, value in wanted.items())
        return not others or any(request.GET.get(key) != value for key, value in others.items())

    link = (lambda request: f"{reverse(name)}?{query}") if query else reverse_lazy(name)
    return {"title": title, "icon": icon, "link": link, "permission": _may(model), "active": active} | more


NAVIGATION = [
    {
        "items": [
            {"title": _("Today"), "icon": "today", "link": reverse_lazy("admin:index")},
        ],
    },
    {
        "title": _("Orders"),
        "items": [
            _item(_("Orders"), "shopping_bag", "orders.order"),
            _item(_("Customers"), "person", "customers.customer"),
        ],
    },
    {
        "title": _("After-sales"),
        "items": [
            _item(
                _("Returns"),
                "assignment_return",
                "aftersales.return",
                badge=f"{HOME}.returns_badge",
                badge_variant="warning",
            ),
            _item(_("Checks before shipping"), "fact_check", "aftersales.ordercheck", "status__exact=open"),
            _item(_("Compensations"), "savings", "aftersales.proposal", "status__exact=open"),
            _item(_("Disputes"), "gavel", "aftersales.dispute", badge=f"{HOME}.disputes_badge", badge_variant="danger"),
            _item(
                _("Refunds"), "payments", "aftersales.refund", badge=f"{HOME}.refunds_badge", badge_variant="warning"
            ),
            _item(_("Refunds on their way"), "outgoing_mail", "aftersales.refundsending", rest="work=stuck"),
            _item(_("Returns to be sent"), "alarm", "aftersales.returnclock", rest="work=stuck"),
        ],
    },
    {
        "title": _("Parcels"),
        "items": [
            _item(
                _("Incidents"),
                "report",
                "tracking.incident",
                badge=f"{HOME}.incidents_badge",
                badge_variant="danger",
            ),
            _item(_("Shipments"), "local_shipping", "tracking.shipment"),
            _item(_("Tracking events"), "timeline", "tracking.trackingevent"),
            _item(_("Carriers' payloads"), "inbox", "tracking.carrierpayload", rest="work=stuck"),
            _item(_("Polled parcels"), "update", "tracking.poll"),
            _item(_("Carrier accounts"), "key", "tracking.carrieraccount"),
        ],
    },
    {
        "title": _("Messages"),
        "items": [
            _item(_("All messages"), "sms", "notifications.message", rest="work=stuck"),
            _item(
                _("Texts of customers"),
                "mark_chat_unread",
                "notifications.inboundmessage",
                badge=f"{HOME}.texts_badge",
                badge_variant="warning",
            ),
            {
                "title": _("Words"),
                "icon": "edit_note",
                "link": reverse_lazy("admin:words"),
                "permission": _may("notifications.wording"),
            },
            _item(_("When and how"), "rule", "notifications.messagepolicy"),
            _item(_("Own ways"), "tune", "notifications.trigger"),
            _item(_("Closed addresses"), "block", "notifications.closedaddress", permission=_superuser),
            _item(_("SMS senders"), "tag", "notifications.smssender"),
            _item(_("Browsers told by push"), "notifications", "notifications.subscription"),
            _item(_("WeChat accounts"), "chat", "notifications.wechataccount"),
            _item(_("WeChat consents"), "how_to_reg", "notifications.wechatconsent"),
            _item(_("Webhook endpoints"), "webhook", "notifications.webhookendpoint"),
            _item(_("Webhook calls"), "send", "notifications.webhookcall"),
        ],
    },
    {
        "title": _("Stuck work"),
        "separator": True,
        "collapsible": False,
        "items": [
            _item(
                _("Events"),
                "bolt",
                "kernel.event",
                "work=stuck",
                badge=f"{HOME}.stuck_events_badge",
                badge_variant="danger",
                permission=_superuser,
            ),
            _item(
                _("Payloads"),
                "inbox",
                "tracking.carrierpayload",
                "work=stuck",
                badge=f"{HOME}.stuck_payloads_badge",
                badge_variant="danger",
            ),
            _item(
                _("Messages"),
                "sms_failed",
                "notifications.message",
                "work=stuck",
                badge=f"{HOME}.stuck_messages_badge",
                badge_variant="danger",
            ),
        ],
    },
    {
        "title": _("Stock"),
        "separator": True,
        "collapsible": True,
        "items": [
            _item(_("Items"), "category", "inventory.item"),
            _item(_("Stock levels"), "inventory_2", "inventory.stocklevel"),
            _item(_("Movements"), "swap_vert", "inventory.stockmovement"),
            _item(_("Locations"), "warehouse", "inventory.location"),
        ],
    },
    {
        "title": _("Set-up"),
        "collapsible": True,
        "items": [
            _item(_("Merchants"), "storefront", "merchants.merchant"),
            _item(_("Ways of refunds"), "account_balance", "aftersales.gatewayaccount"),
            _item(_("API keys"), "vpn_key", "merchants.apikey"),
            _item(_("Imports"), "upload_file", "orders.importrun"),
            _item(_("Memberships"), "badge", "merchants.membership", permission=_superuser),
            _item(_("Users"), "group", "auth.user", permission=_superuser),
            _item(_("Groups"), "shield_person", "auth.group", permission=_superuser),
            {"title": _("How statuses move"), "icon": "schema", "link": reverse_lazy("admin:states")},
        ],
    },
]

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": _("Logistics Portal"),
    "SITE_HEADER": _("Logistics Portal"),
    "SITE_SUBHEADER": _("For staff"),
    "SITE_SYMBOL": "local_shipping",
    "SITE_URL": "/",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("favicon.svg")}],
    "SITE_VIEWS": [
        ("states/", "states", "logistics_portal.admin_states.StatesView"),
        ("as-of/<uuid:order_id>/", "as_of", "logistics_portal.admin_as_of.AsOfView"),
        ("words/", "words", "notifications.admin_words.WordsView"),
        (
            "words/<slug:merchant>/<slug:kind>/<slug:channel>/<slug:language>/",
            "wording",
            "notifications.admin_words.WordingView",
        ),
    ],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": True,
    "ENVIRONMENT": "logistics_portal.unfold_settings.environment_badge",
    "DASHBOARD_CALLBACK": f"{HOME}.dashboard",
    "STYLES": [lambda request: static("admin_portal.css")],
    "SCRIPTS": [lambda request: static("admin_portal.js")],
    "BORDER_RADIUS": "6px",
    "COLORS": {
        "primary": {
            "50": "oklch(97.5% .012 250)",
            "100": "oklch(94.5% .026 250)",
            "200": "oklch(89% .052 250)",
            "300": "oklch(81% .09 250)",
            "400": "oklch(71% .13 252)",
            "500": "oklch(61.5% .155 255)",
            "600": "oklch(53% .165 257)",
            "700": "oklch(46.5% .15 258)",
            "800": "oklch(40% .125 259)",
            "900": "oklch(34% .1 260)",
            "950": "oklch(26% .075 261)",
        },
    },
    "COMMAND": {"search_models": False, "show_history": False},  # what it finds is in admin_find.py
    "SIDEBAR": {"show_search": True, "show_all_applications": False, "navigation": NAVIGATION},
    "ACCOUNT": {"navigation": f"{HOME}.account_links"},
}
