"""What staff read of a rule's facts: words in their own language, and no fact without a name."""

from dataclasses import fields

import pytest
from django.urls import reverse
from django.utils import timezone, translation

import aftersales.services
from aftersales.admin.facts import LABELS, facts_in_words
from aftersales.models import Decision
from aftersales.rules.base import ClaimCase, OrderCase, ReturnCase
from aftersales.services.judging import all_rulings, as_decision, reason_of
from merchants.models import Merchant
from tests import build
from tests.visitors import text_of, worker


def test_each_fact_of_returns_and_claims_has_a_name() -> None:
    names = {field.name for case in (ReturnCase, ClaimCase) for field in fields(case)}
    assert names == set(LABELS)


@pytest.mark.parametrize(
    ("fact", "told"),
    [
        (("reason", "too_small"), ("Grund", "Zu klein")),
        (("value", "1234.50"), ("Warenwert", "1234,50")),
        (("auto_approve", True), ("Rückgaben werden automatisch genehmigt", "Ja")),
        (("refund_lost", False), ("Verlorene Pakete werden sofort erstattet", "Nein")),
        (("days_since_delivery", None), ("Tage seit der Zustellung", "–")),
        (("legal_basis", "eu_withdrawal"), ("Nach dem Gesetz", "Widerruf innerhalb von 14 Tagen (EU)")),
        (("kind", "not_received"), ("Kundenmeldung", "Ich habe es nicht erhalten")),
        (("status", "delivered"), ("Status des Pakets", "Zugestellt")),
        (("proof", "signature"), ("Stärkster Nachweis der Übergabe", "Unterschrift")),
        (("km_to_address", 3.5), ("Kilometer zwischen letztem Scan und Adresse", "3,5")),
        (("evidence", ["0f1a", "2b3c"]), ("Belege", "2")),
        (("value", "a lot"), ("Warenwert", "a lot")),
        (("of_later", "new"), ("of_later", "new")),
    ],
)
def test_facts_are_told_in_the_readers_language(fact: tuple[str, object], told: tuple[str, str]) -> None:
    with translation.override("de"):
        assert list(facts_in_words(dict([fact]))) == [told]


def test_facts_stand_in_an_order_that_makes_sense() -> None:
    stored = {"value": "9.90", "newer": 1, "earlier_kept": 0, "earlier_returns": 2, "reason": "damaged"}
    names = [name for name, _told in facts_in_words(stored)]
    assert names == [*(str(LABELS[name]) for name in ("reason", "value", "earlier_returns", "earlier_kept")), "newer"]


@pytest.mark.django_db
def test_the_page_of_a_return_tells_what_a_rule_saw_in_words(acme: Merchant) -> None:
    order = build.order(merchant=acme)
    build.delivered(order, at=timezone.now())
    line = order.lines.first()
    case = aftersales.services.request_return(order=order, reason="too_small", comment="", quantities={line.pk: 1})
    assert Decision.objects.filter(return_case=case).exists()
    staff = worker(build.staff(acme, superuser=True))
    url = reverse("admin:aftersales_return_change", args=[case.pk])
    page = text_of(staff.get(url, headers={"accept-language": "de"}))
    assert "Warenwert 19,90" in page
    for code in ("too_small", "days_since_delivery", "True", "None"):
        assert code not in page


ORDER = {"line1": "Lindenstraße 12", "line2": "", "postal_code": "10969", "is_city_known": True}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"city": "Paris", "country": "DE", "is_city_known": False, "city_elsewhere": "FR"},
            ("Frankreich", "Deutschland"),
        ),
        ({"city": "Berlin", "country": "DE", "postal_code": "1096"}, ("Deutschland",)),
        (
            {"city": "Berlin", "country": "DE", "phone_doubt": "bounced"},
            ("Eine Nachricht kam nicht an",),
        ),
    ],
)
def test_reasons_name_countries_and_doubts(changes: dict, words: tuple[str, ...]) -> None:
    (ruling,) = all_rulings(OrderCase(**{**ORDER, **changes}))
    with translation.override("de"):
        reason = reason_of(as_decision(ruling))
    assert all(word in reason for word in words), reason
