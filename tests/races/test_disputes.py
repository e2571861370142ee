"""Both sides and several staff at once: a dispute moves once, and whoever came second is told."""

import pytest
from django.contrib.auth.models import User

import aftersales.services
from aftersales.models import Confirmation, Decision, Dispute, DisputeStep, Refund
from logistics_portal.kernel.errors import DomainError
from logistics_portal.kernel.state import UnableToTransition
from merchants.models import Merchant
from tests import build
from tests.races.at_once import at_once
from tests.races.test_decisions import copies, open_dispute, won
from tracking.models import Shipment

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


def test_staff_who_ask_offer_and_decline_at_once(acme: Merchant, staff: User) -> None:
    dispute = open_dispute(acme)
    one, two, three, four = copies(dispute, 4)
    outcomes = at_once(
        [
            lambda: aftersales.services.ask_customer(dispute=one, question="Where?", by=staff),
            lambda: aftersales.services.make_offer(dispute=two, resolution="replacement", by=staff),
            lambda: aftersales.services.decide_dispute(dispute=three, accept=False, note="No.", by=staff),
            lambda: aftersales.services.withdraw_dispute(dispute=four),
        ]
    )
    assert won(outcomes) == 1
    refusals = [outcome for outcome in outcomes if isinstance(outcome, UnableToTransition)]
    assert all(refusal.status == 409 and refusal.message for refusal in refusals), "the others are told why"
    assert DisputeStep.objects.count() == 2


def test_an_offer_is_taken_once_or_declined(acme: Merchant, staff: User) -> None:
    for _ in range(3):
        dispute = open_dispute(acme)
        aftersales.services.make_offer(dispute=dispute, resolution="refund", by=staff)
        acts = [
            lambda row=row, accept=accept: aftersales.services.answer_offer(dispute=row, accept=accept)
            for row, accept in zip(copies(dispute, 4), [True, False] * 2, strict=True)
        ]
        assert won(at_once(acts), DomainError) == 1
        dispute.refresh_from_db()
        assert Refund.objects.filter(dispute=dispute).count() == (dispute.status == Dispute.Status.ACCEPTED)


def test_a_case_is_opened_again_once(acme: Merchant, staff: User) -> None:
    dispute = open_dispute(acme)
    aftersales.services.decide_dispute(dispute=dispute, accept=False, note="No.", by=staff)
    acts = [lambda row=row: aftersales.services.reopen_dispute(dispute=row, text="New.") for row in copies(dispute, 4)]
    assert won(at_once(acts), DomainError) == 1
    assert dispute.steps.filter(kind=DisputeStep.Kind.REOPENED).count() == 1
    assert Decision.objects.filter(decided_by=staff).count() == 1


def test_many_taps_at_once_are_one_answer(acme: Merchant) -> None:
    shipment = build.delivered(build.order(merchant=acme))
    rows = [Shipment.objects.get(pk=shipment.pk) for _ in range(5)]
    acts = [
        lambda row=row: aftersales.services.confirm_delivery(shipment=row, answer="has_it", proof="phone")
        for row in rows
    ]
    assert all(isinstance(outcome, Confirmation) for outcome in at_once(acts))
    assert Confirmation.objects.count() == 1
