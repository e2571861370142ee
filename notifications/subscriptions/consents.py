"""Consents in merchants' mini-programmes: reported once each, taken for one message each, free again when it didn't go.

Whether one is free follows from the message that took it (`WeChatConsentQuerySet.free`), so nothing has to be given
back, and nothing is lost when a worker dies.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from standardwebhooks import Webhook, WebhookVerificationError

import customers.services
import orders.services
from logistics_portal.kernel.bulk import update_rows
from logistics_portal.kernel.errors import DomainError, Invalid, NotFound
from orders.models import Order

from ..models import Message, WeChatAccount, WeChatConsent, WeChatTemplate

OPENID_MAX, TEMPLATE_MAX, REPORT_MAX, TEMPLATES_MOST = 64, 64, 100, 5
ACCEPTED = "accept"
ANSWERS = {ACCEPTED, "reject", "ban", "filter", "acceptWithAudio", "acceptWithAlert", "acceptWithForcePush"}

type Want = tuple[UUID | None, str, str]  # a merchant, a number in E.164, a kind of message


class ReportNotSigned(DomainError):
    """A report that was not signed with the account's secret, or long ago."""

    status = 403
    code = "not_signed"


@dataclass(frozen=True, slots=True)
class Report:
    """What a mini-programme tells after it asked: who answered what to which template, and whose order it was."""

    openid: str
    answers: Mapping[str, str]
    order: str = ""
    phone: str = ""


def take_report(*, account: WeChatAccount, headers: Mapping[str, str], body: bytes) -> int:
    """Keep the consents that a mini-programme reports, each once however often it comes; how many are new.

    Raises:
        ReportNotSigned: it was not the merchant's mini-programme, or long ago.
        NotFound, Invalid: it can't be understood, or its order or phone number is none.
    """
    report_id, report = read_report(account=account, headers=headers, body=body)
    number = _number_of(account, report)
    consents = [
        WeChatConsent(account=account, number=number, openid=report.openid, template_id=template, report=report_id)
        for template, answer in report.answers.items()
        if answer.startswith(ACCEPTED)
    ]
    with transaction.atomic():
        mine = WeChatConsent.objects.filter(account=account, openid=report.openid, report=report_id)
        known = mine.count()
        WeChatConsent.objects.bulk_create(consents, ignore_conflicts=True)
        return mine.count() - known


def read_report(*, account: WeChatAccount, headers: Mapping[str, str], body: bytes) -> tuple[str, Report]:
    """The id and the content of a signed report.

    Raises:
        ReportNotSigned: it was not the merchant's mini-programme, or long ago.
        Invalid: it can't be understood.
    """
    try:
        told = Webhook(account.report_secret).verify(body, dict(headers))
    except (WebhookVerificationError, ValueError, RuntimeError) as error:  # RuntimeError: the account has no secret
        raise ReportNotSigned(_("The signature does not fit.")) from error
    report = told if isinstance(told, dict) else {}
    answers, openid = report.get("templates"), report.get("openid")
    if not isinstance(answers, dict) or not 0 < len(answers) <= TEMPLATES_MOST:
        raise Invalid("Send templates: the answer for each template, five at most.", fields={"templates": ["wrong"]})
    if any(not 0 < len(name) <= TEMPLATE_MAX or answer not in ANSWERS for name, answer in answers.items()):
        raise Invalid("Send templates: the answers that WeChat gave.", fields={"templates": ["wrong"]})
    if not isinstance(openid, str) or not 0 < len(openid) <= OPENID_MAX:
        raise Invalid("Send openid: who answered.", fields={"openid": ["wrong"]})
    given = {name: str(report.get(name) or "")[:60] for name in ("order", "phone")}
    return str(headers.get("webhook-id", ""))[:REPORT_MAX], Report(openid=openid, answers=answers, **given)


def _number_of(account: WeChatAccount, report: Report) -> str:
    """Whose consent it is: the holder of the order's number, or of the number that the mini-programme knows."""
    if report.order:
        order = Order.objects.for_merchant(account.merchant).filter(number=report.order).first()
        if order is None:
            raise NotFound(_("There is no such order."))
        return orders.services.numbers_of(order)[0]
    return str(customers.services.parse_phone(report.phone, region=account.merchant.country))


def openids_of(wanted: Collection[Want]) -> dict[Want, str]:
    """Who can be told what in a mini-programme: the person whose latest free consent fits the kind's template."""
    numbers = {number for _merchant, number, _kind in wanted}
    templates: dict[tuple[UUID, str], list[tuple[UUID, str]]] = defaultdict(list)
    known = WeChatTemplate.objects.filter(account__is_active=True, kind__in={kind for *_, kind in wanted})
    for merchant, kind, account, template in known.values_list(
        "account__merchant_id", "kind", "account_id", "template_id"
    ):
        templates[account, template].append((merchant, kind))
    if not templates:
        return {}
    free = WeChatConsent.objects.free().filter(_any_of(templates), number__in=numbers).order_by("given_at", "pk")
    found: dict[Want, str] = {}
    for account, template, number, openid in free.values_list("account_id", "template_id", "number", "openid"):
        for merchant, kind in templates[account, template]:
            if (want := (merchant, str(number), kind)) in wanted:
                found[want] = openid
    return found


def openids_held_by(number: str) -> dict[str, str]:
    """Who the holder of a number is in mini-programmes in which they ever consented, each with its merchant's name."""
    given = WeChatConsent.objects.filter(number=number, account__is_active=True).order_by("openid")
    return dict(given.values_list("openid", "account__merchant__name").distinct())


def _any_of(templates: Collection[tuple[UUID, str]]) -> Q:
    fitting = Q()
    for account, template in templates:
        fitting |= Q(account=account, template_id=template)
    return fitting


@transaction.atomic
def targets_of(messages: Sequence[Message]) -> dict[UUID, dict[str, str]]:
    """What WeChat needs of each message besides its words; a consent is taken for each, or told to be missing."""
    accounts = {
        account.merchant_id: account
        for account in WeChatAccount.objects.filter(
            merchant__in={message.merchant_id for message in messages}, is_active=True
        )
    }
    templates = {
        (row.account_id, row.kind): row
        for row in WeChatTemplate.objects.filter(account__in=[account.pk for account in accounts.values()])
    }
    found: dict[UUID, dict[str, str]] = {}
    wanting: dict[tuple[UUID, str, str], list[Message]] = defaultdict(list)
    for message in messages:
        account = accounts.get(message.merchant_id) if message.merchant_id else None
        template = templates.get((account.pk, message.kind)) if account else None
        if account is None or template is None:
            found[message.pk] = {"missing": "template" if account else "account"}
            continue
        found[message.pk] = _target(account, template, message)
        wanting[account.pk, message.address, template.template_id].append(message)
    for key in _without_consent(wanting):
        found[key] = {"missing": "consent"}
    return found


def _target(account: WeChatAccount, template: WeChatTemplate, message: Message) -> dict[str, str]:
    order = message.order.number if message.order else ""
    return {
        "account": str(account.pk),
        "token": account.access_token if account.has_token() else "",
        "template_id": template.template_id,
        "fields": json.dumps(template.fields),
        "page": template.page.replace("{order}", order),
        "stage": account.stage,
    }


def _without_consent(wanting: Mapping[tuple[UUID, str, str], Sequence[Message]]) -> list[UUID]:
    """Take a consent for each message that has none, the oldest first; the messages for which none is left.

    Two workers at once take different ones: rows are locked, and those that are taken meanwhile are free no more.
    """
    messages = [message for waiting in wanting.values() for message in waiting]
    has_one = set(WeChatConsent.objects.filter(message__in=messages).values_list("message_id", flat=True))
    spare: dict[tuple[UUID, str, str], list[Any]] = defaultdict(list)
    people = Q()
    for account, openid, template in wanting:
        people |= Q(account=account, openid=openid, template_id=template)
    if not wanting:
        return []
    locked = WeChatConsent.objects.filter(people).select_for_update().order_by("pk").values_list("pk", flat=True)
    for consent in WeChatConsent.objects.free().filter(pk__in=list(locked)).order_by("given_at", "pk"):
        spare[consent.account_id, consent.openid, consent.template_id].append(consent)
    taken, left_over = [], []
    for key, waiting in wanting.items():
        for message in waiting:
            if message.pk in has_one:
                continue
            if not spare[key]:
                left_over.append(message.pk)
                continue
            consent = spare[key].pop(0)
            consent.message_id = message.pk
            taken.append(consent)
    update_rows(WeChatConsent, taken, ("message",))
    return left_over
