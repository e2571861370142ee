"""Every page of the time after the sale, with something on it: returns, disputes, conversations, checks, receivers."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO

from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from phonenumber_field.phonenumber import PhoneNumber
from PIL import Image
from playwright.sync_api import Browser, Page

import aftersales.services
import orders.services
import tracking.services
from aftersales.models import OrderCheck, Refund, Return
from aftersales.pictures import Photo, read_photo
from aftersales.services import Count, Offer, Writer
from inventory.models import Item
from logistics_portal.kernel import tokens, work
from merchants.models import Merchant, Policy
from notifications import stop_links
from notifications.models import Message
from orders.models import Order
from tests import build
from tests.browser.test_pages import RULES, visit
from tests.visitors import holder, worker
from tracking.models import Shipment

MIA = "+4915155500011"
Step = Callable[[Page], None]


@dataclass
class Rooms:
    """Paths by the name of what they show, for each who looks; ``steps`` lead on from a page to the next."""

    stranger: dict[str, str] = field(default_factory=dict)
    holder: dict[str, str] = field(default_factory=dict)
    receiver: dict[str, str] = field(default_factory=dict)
    staff: dict[str, str] = field(default_factory=dict)
    steps: dict[str, Step] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)


def every_room(
    browser: Browser, base_url: str, rooms: Rooms, who: tuple[str, ...], **options: object
) -> Iterator[tuple[str, Page]]:
    """Each page in turn, as each of ``who`` sees it."""
    for one in who:
        context = visit(browser, base_url, rooms.sessions.get(one, ""), **options)
        if language := options.get("locale"):  # chosen, or an order's pages speak the order's own
            chosen = {"name": settings.LANGUAGE_COOKIE_NAME, "value": str(language), "url": base_url}
            context.add_cookies([chosen])  # type: ignore[list-item]
        page = context.new_page()
        for name, path in getattr(rooms, one).items():
            page.goto(path)
            if name in rooms.steps:
                rooms.steps[name](page)
            yield f"{name} as {one}", page
        context.close()


def violations(page: Page, *, rules: list[str] = RULES["runOnly"]) -> list[tuple[str, list[str]]]:
    """The rules of accessibility that a page breaks, with everything unfolded that it folds."""
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    found = Axe().run(page, options={"runOnly": rules, "resultTypes": ["violations"]}).response["violations"]
    return [
        (one["id"], [f"{node['html'][:200]} {node['failureSummary'][:300]}" for node in one["nodes"][:3]])
        for one in found
    ]


def build_rooms(merchant: Merchant) -> Rooms:
    """Needs the demo's inbox to be on."""
    merchant.brand.color = "#f5b301"  # pale: the hardest kind of brand to read
    merchant.brand.save()
    Policy.objects.update(return_by="label", return_address="Acme\nHafenstraße 8\n20457 Hamburg")
    staff = build.staff(merchant, superuser=True, name="chief")
    rooms = Rooms()
    for add in (_returns, _disputes, _talk, _checks, _receiver, _words):
        add(rooms, merchant, Writer(staff))
    rooms.sessions = {
        "holder": _key(holder()),
        "receiver": _key(holder(MIA)),
        "staff": _key(worker(staff)),
    }
    return rooms


def _key(client: object) -> str:
    return client.cookies[settings.SESSION_COOKIE_NAME].value  # type: ignore[attr-defined]


def photo() -> Photo:
    file = BytesIO()
    Image.new("RGB", (320, 240), "teal").save(file, "JPEG")
    return read_photo(file.getvalue())


def arrived(merchant: Merchant, **changes: object) -> Order:
    order = build.order(merchant=merchant, placed_at=timezone.now() - timedelta(days=6), **changes)
    build.delivered(order, at=timezone.now() - timedelta(days=1))
    return Order.objects.select_related("merchant__policy").get(pk=order.pk)


def asked(order: Order, **more: object) -> Return:
    line = order.lines.order_by("pk").first()
    wish = {"reason": "damaged", "quantities": {line.pk: 1}, "comment": "A crack.\nBig.", **more}
    return aftersales.services.request_return(order=order, **wish)


def _of_return(case: Return) -> str:
    return f"/t/{case.order.token}/returns/{case.pk}/"


def _at_desk(row: object) -> str:
    opts = row._meta  # type: ignore[attr-defined]
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[row.pk])  # type: ignore[attr-defined]


def _returns(rooms: Rooms, merchant: Merchant, writer: Writer) -> None:
    build.stock(merchant, sku="SKU-1")
    order = arrived(merchant, lines=3)
    late = build.order(merchant=merchant)
    build.delivered(late, at=timezone.now() - timedelta(days=90))
    sent = asked(order, photos=[photo()])
    whole = arrived(merchant)
    partly = asked(whole, quantities={line.pk: line.quantity for line in whole.lines.all()})
    aftersales.services.receive_return(
        return_case=partly, counts={partly.lines.first().pk: Count(damaged=1, note="Wet")}, is_last=False
    )
    swapped = _swapped(merchant)
    paid = asked(arrived(merchant))
    aftersales.services.receive_return(return_case=paid)
    aftersales.services.pay_refund(refund=Refund.objects.get(return_case=paid), reference="re_1")
    declined = asked(arrived(merchant, lines=[build.line(9, unit_price="900.00")]))
    aftersales.services.reject_return(return_case=declined, by=writer.by, note="It was not ours.")
    withdrawn_order = arrived(merchant)
    withdrawn = aftersales.services.withdraw(
        order=withdrawn_order, quantities={line.pk: line.quantity for line in withdrawn_order.lines.all()}
    )
    fresh, home = arrived(merchant), f"/t/{order.token}/"
    rooms.holder |= {
        "order with a return": home,
        "return form": f"/t/{fresh.token}/return/",
        "return form with errors": f"/t/{fresh.token}/return/",
        "exchange form": f"/t/{fresh.token}/return/",
        "defect form": f"/t/{late.token}/return/",
        "withdraw": f"/t/{fresh.token}/withdraw/",
        "withdraw, confirm": f"/t/{fresh.token}/withdraw/",
        "withdraw, too late": f"/t/{late.token}/withdraw/",
        "return to send": _of_return(sent),
        "return label": f"{_of_return(sent)}label/",
        "send a return": f"{_of_return(sent)}send/",
        "return partly here": _of_return(partly),
        "exchange": _of_return(swapped),
        "return paid": _of_return(paid),
        "return declined": _of_return(declined),
        "withdrawal": _of_return(withdrawn),
        "order with an exchange": f"/t/{swapped.order.token}/",
    }
    rooms.steps |= {
        "return form with errors": _send,
        "exchange form": _wish_exchange,
        "withdraw, confirm": _send,
    }
    rooms.staff |= {
        "list of returns": reverse("admin:aftersales_return_changelist"),
        "return with photos": _at_desk(sent),
        "return partly here": _at_desk(partly),
        "exchange": _at_desk(swapped),
        "withdrawal": _at_desk(withdrawn),
        "declined": _at_desk(declined),
        "receive a part": reverse("admin:aftersales_return_deed", args=[sent.pk, "count"]),
        "goods came back": reverse("admin:aftersales_return_unannounced", args=[order.pk]),
        "refund": _at_desk(Refund.objects.get(return_case=paid)),
        "order": _at_desk(order),
    }


def _swapped(merchant: Merchant) -> Return:
    order = arrived(merchant)
    line = order.lines.order_by("pk").first()
    offer = Offer(Item.objects.get(merchant=merchant, sku=line.sku), line.unit_price, True)
    case = asked(order, reason="too_small", resolution="exchange", wanted={line.pk: offer})
    back = aftersales.services.send_return(return_case=case, carrier="dhl", tracking_number="RET12345")
    build.scan(back.parcels.get(), "in_transit", place="Leipzig")
    aftersales.services.receive_return(return_case=case)
    replacement = case.exchange.order
    build.scan(build.shipment(replacement).parcels.get(), "in_transit", place="Hamburg")
    return case


def _send(page: Page) -> None:
    """Press a form's own button, in whatever language it speaks."""
    page.locator("main form button.button").first.click()


def _wish_exchange(page: Page) -> None:
    page.locator("select[name^=line-]").first.select_option("1")
    page.locator("[name=reason]").select_option("too_small")
    page.locator("[name=resolution]").select_option("exchange")
    _send(page)
    page.locator("[name^=item-]").wait_for()


def _disputes(rooms: Rooms, merchant: Merchant, writer: Writer) -> None:
    shipment = _proved(merchant)
    offered = _claimed(merchant, "damaged")
    aftersales.services.make_offer(
        dispute=offered, resolution="partial_refund", amount=offered.order.total / 2, note="Half?", by=writer.by
    )
    questioned = _claimed(merchant, "missing_item")
    aftersales.services.ask_customer(dispute=questioned, question="What was\nin it?", by=writer.by)
    decided = _claimed(merchant, "wrong_item")
    aftersales.services.decide_dispute(dispute=decided, accept=True, note="Sorry for that.", by=writer.by)
    rooms.holder |= {
        "dispute form": f"/t/{shipment.order.token}/dispute/{shipment.pk}/",
        "is it there?": f"/t/{shipment.order.token}/arrived/{shipment.pk}/",
        "order that may be disputed": f"/t/{shipment.order.token}/",
    }
    for name, case in (("offer", offered), ("question", questioned), ("decision", decided)):
        rooms.holder[f"dispute with {name}"] = f"/t/{case.order.token}/disputes/{case.pk}/"
        rooms.staff[f"dispute with {name}"] = _at_desk(case)
    rooms.staff |= {
        "list of disputes": reverse("admin:aftersales_dispute_changelist"),
        "make an offer": reverse("admin:aftersales_dispute_deed", args=[questioned.pk, "offer"]),
    }


def _proved(merchant: Merchant) -> Shipment:
    shipment = build.shipment(build.order(merchant=merchant))
    build.scan(shipment.parcels.get(), "out_for_delivery", at=timezone.now() - timedelta(hours=1))
    shipment.refresh_from_db()
    tracking.services.prove_delivery(shipment=shipment, code=tracking.services.handover_code(shipment))
    return shipment


def _claimed(merchant: Merchant, kind: str) -> object:
    order = arrived(merchant)
    line = order.lines.order_by("pk").first()
    return aftersales.services.open_dispute(
        shipment=order.shipments.get(),
        kind=kind,
        statement="Look at this.",
        quantities={line.pk: 1},
        photos=[photo()],
    )


def _talk(rooms: Rooms, merchant: Merchant, writer: Writer) -> None:
    order = arrived(merchant)
    aftersales.services.write_message(order=order, text="Where is my bill?")
    conversation = order.conversations.get()
    aftersales.services.note_internally(conversation=conversation, text="Sent before.", writer=writer)
    aftersales.services.reply(conversation=conversation, text="In the box.", writer=writer, then="solved")
    orders.services.request_reorder(order=order, form_id="1", seen=orders.services.order_today(order).seen)
    placed = build.order(merchant=merchant)
    rooms.holder |= {
        "conversation": f"/t/{order.token}/talk/",
        "order with a conversation": f"/t/{order.token}/",
        "wish": f"/t/{order.token}/again/",
        "order again": f"/t/{arrived(merchant).token}/again/",
        "change an order": f"/t/{placed.token}/change/",
        "my orders": "/orders/",
        "change the number": "/orders/number/",
    }
    rooms.staff |= {
        "conversation": _at_desk(conversation),
        "list of conversations": reverse("admin:aftersales_conversation_changelist"),
        "list of reorders": reverse("admin:orders_reorder_changelist"),
    }


def _checks(rooms: Rooms, merchant: Merchant, writer: Writer) -> None:
    order = build.order(merchant=merchant, line1="Lindenstraße")
    work.drain()
    check = OrderCheck.objects.get(order=order, rule="house_number")
    rooms.holder |= {"check": f"/t/{order.token}/checks/{check.pk}/", "order with a check": f"/t/{order.token}/"}
    rooms.staff |= {
        "check": _at_desk(check),
        "list of checks": reverse("admin:aftersales_ordercheck_changelist"),
        "warehouse with a check": f"/warehouse/{order.pk}/",
    }


def _receiver(rooms: Rooms, merchant: Merchant, writer: Writer) -> None:
    order = build.order(merchant=merchant)
    build.scan(build.shipment(order).parcels.get(), "out_for_delivery")
    draft = orders.services.DelegateDraft("Mia Moss", PhoneNumber.from_string(MIA), sees_items=True)
    link = f"/r/{orders.services.add_delegate(order=order, draft=draft, by='customer').token}/"
    rooms.stranger |= {"receiver": link, "verify a receiver": f"{link}verify/"}
    rooms.receiver |= {"receiver": link}
    rooms.holder |= {"access": f"/t/{order.token}/access/"}


def _words(rooms: Rooms, merchant: Merchant, writer: Writer) -> None:
    work.drain()
    mail = Message.objects.filter(channel="email", kind="refund_paid").get()
    rooms.stranger |= {
        "end mails": f"{stop_links.PATH}/{tokens.make_token(stop_links.PURPOSE, mail.pk)}/",
        "demo phone": "/demo/phone/",
        "demo mail": "/demo/mail/",
        "demo devices": "/demo/push/",
    }
    place = [merchant.slug, "refund_paid", "sms", "en"]
    rooms.staff |= {
        "words": reverse("admin:words"),
        "wording": reverse("admin:wording", args=place),
        "find": f"{reverse('admin_find')}?q=Ann",
    }
