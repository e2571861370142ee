"""A merchant with something behind every page, and the seven who come to it."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from typing import Any

from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from phonenumber_field.phonenumber import PhoneNumber
from PIL import Image

import aftersales.services
import merchants.services
import orders.services
from aftersales.attachments import Upload
from aftersales.models import DisputePhoto, OrderCheck, ReturnPhoto
from aftersales.pictures import read_photo
from logistics_portal.kernel import tokens
from merchants.models import Brand, Merchant
from notifications.hooks.endpoints import make_secret
from notifications.models import DemoDelivery, Message, WeChatAccount
from notifications.stop_links import PURPOSE
from tests import build
from tests.admin.conftest import World, clerk, client_of, world_of
from tests.visitors import holder

STRANGER = "+4915198765432"
# Who comes, in the order of the columns.
WHO = ("nobody", "stranger", "customer", "rival", "viewer", "support", "boss")


@dataclass(frozen=True)
class Scene:
    """The rows that stand behind the pages; ``values`` are what addresses name them by."""

    world: World
    values: dict[str, dict[str, Any]]  # by the route's name; "" for all routes


def picture() -> bytes:
    file = BytesIO()
    Image.new("RGB", (40, 30), "navy").save(file, "JPEG")
    return file.getvalue()


def scene_of(merchant: Merchant) -> Scene:
    """Something behind every page."""
    world = world_of(merchant, mark="acme")
    order, case, dispute = world.order, world.return_case, world.dispute
    photo = read_photo(picture())
    merchants.services.set_logo(merchant=merchant, upload=picture())
    made = {"jpeg": photo.jpeg, "digest": photo.digest, "width": photo.width, "height": photo.height}
    of_return = ReturnPhoto.objects.create(return_case=case, **made)
    of_dispute = DisputePhoto.objects.create(dispute=dispute, **made)
    note = aftersales.services.write_message(order=order, text="See here", uploads=[Upload("box.jpg", picture())])
    receiver = orders.services.DelegateDraft("Mia Moss", PhoneNumber.from_string("+4915155500011"))
    delegate = orders.services.add_delegate(order=order, draft=receiver, by="customer")
    letter = DemoDelivery.objects.create(channel="email", address="ann@example.com", text="Hello", html="<p>Hello</p>")
    waiting = build.order(merchant=merchant)
    on_its_way = build.shipment(build.order(merchant=merchant))
    build.scan(on_its_way.parcels.get(), "out_for_delivery", at=timezone.now() - timedelta(hours=1))
    mail = Message.objects.create(
        merchant=merchant,
        order=order,
        kind="shipped",
        subject_id=world.shipment.pk,
        fact="mail",
        channel="email",
        address="ann@example.com",
    )
    check = OrderCheck.objects.get(order=order)
    at_order = {
        "token": order.token,
        "shipment_id": world.shipment.pk,
        "return_id": case.pk,
        "dispute_id": dispute.pk,
        "check_id": check.pk,
        "order_id": order.pk,
    }
    by_name = {
        "receiver": {"token": delegate.token},
        "verify_receiver": {"token": delegate.token},
        "answer_receiver": {"token": delegate.token},
        "leave_receiver": {"token": delegate.token},
        "brand": {"color": "336699"},
        "logo": {"digest": Brand.objects.get(merchant=merchant).logo_id},
        "warehouse_order": {"order_id": waiting.pk},
        "warehouse_label": {"order_id": order.pk},
        "handover": {"shipment_id": on_its_way.pk},
        "refund_news": {"account_id": merchant.gateway_accounts.get().pk},
        "talk_file": {"attachment_id": note.attachments.get().pk},
        "admin_return_photo": {"photo_id": of_return.pk},
        "return_photo": {"photo_id": of_return.pk},
        "dispute_photo": {"photo_id": of_dispute.pk},
        "wechat_consents": {"account": merchant.wechat_account.pk},
        "mail_events": {"provider": "postmark"},
        "unsubscribe": {"token": tokens.make_token(PURPOSE, mail.pk)},
        "demo_letter": {"pk": letter.pk},
        "demo_letter_html": {"pk": letter.pk},
        "carrier_webhook": {"code": "dhl"},
        "carrier_account_webhook": {"code": "dhl", "account_id": world.account.pk},
        "wording": {"merchant": merchant.slug, "kind": "shipped", "channel": "sms", "language": "en"},
        "aftersales_conversation_file": {"object_id": note.conversation_id, "file_id": note.attachments.get().pk},
        "aftersales_dispute_export": {"form": "pdf"},
        "aftersales_dispute_photo": {"photo_id": of_dispute.pk},
        "auth_user_password_change": {"id": merchant.members.first().user_id},
        "view_on_site": {"content_type_id": 1, "object_id": str(order.pk)},
        "app_list": {"app_label": "orders"},
    }
    WeChatAccount.objects.filter(merchant=merchant).update(report_secret=make_secret())
    return Scene(world, {"": at_order, **by_name})


def visitors(merchant: Merchant, rival: Merchant) -> dict[str, Client]:
    """A browser for each of `WHO`."""
    looks_only = clerk(merchant, name="viewer")
    looks_only.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    boss = build.staff(superuser=True, name="boss")
    at = (
        Client(),
        holder(STRANGER),
        holder(),
        client_of(clerk(rival, name="rival")),
        client_of(looks_only),
        client_of(clerk(merchant, name="support")),
        client_of(boss),
    )
    return dict(zip(WHO, at, strict=True))


def routes(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every address of the portal: its whole pattern, and where it leads."""
    for one in (resolver or get_resolver()).url_patterns:
        path = prefix + str(one.pattern)
        if isinstance(one, URLPattern):
            yield path, one
        else:
            yield from routes(one, path)


def ask(client: Client, method: str, path: str) -> HttpResponseBase:
    """The answer to a request of which nothing stays."""
    cache.clear()
    browser = Client()
    browser.cookies = deepcopy(client.cookies)  # who signs out is in again at the next request
    with transaction.atomic():
        answer = browser.get(path) if method == "GET" else browser.post(path)
        transaction.set_rollback(True)
    return answer


class Unread:
    """A middleware that draws of the staff pages only rows, for who may only look; the status is known before that."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_template_response(self, request: HttpRequest, response: Any) -> Any:
        is_drawn = request.user and request.user.username == "viewer" and request.path.endswith("/change/")
        if request.path.startswith("/admin/") and not is_drawn:
            response.content = b""
        return response


def cell(answer: HttpResponseBase) -> str:
    """An answer in a word: the status, or where it sends who asked."""
    if answer.status_code not in (301, 302, 303):
        return str(answer.status_code)
    goal = answer["Location"].split("?")[0].split("#")[0]
    if "/admin/login/" in goal:
        return "login"
    if goal == "/admin/":
        return "home"
    if goal.endswith("/verify/"):
        return "proof"
    if goal == "/orders/sign-in/":
        return "sign-in"
    return "on"
