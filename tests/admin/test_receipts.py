"""What providers said of messages, as staff read it: in their language, on their clock, without seconds."""

from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from merchants.models import Merchant
from notifications.models import Message, Receipt
from tests.admin.conftest import World
from tests.visitors import text_of

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 22, 3, 8, 25, tzinfo=UTC)


@pytest.mark.parametrize(("language", "said"), [("en", "delivered"), ("de", "zugestellt"), ("zh-hans", "已送达")])
def test_a_receipt_is_told_in_the_readers_words_and_time(boss: Client, own: World, language: str, said: str) -> None:
    Merchant.objects.update(time_zone="Europe/Berlin")
    Message.objects.filter(pk=own.message.pk).update(status=Message.Status.SENT)
    Receipt.objects.create(message=own.message, status="delivered", received_at=AT)
    boss.cookies["django_language"] = language
    for url in (
        reverse("admin:orders_order_change", args=[own.order.pk]),
        reverse("admin:notifications_message_change", args=[own.message.pk]),
    ):
        page = text_of(boss.get(url))
        assert said in page
        assert "2026-11-22 04:08" in page
        assert "08:25" not in page
        if language != "en":
            assert " delivered" not in page


@pytest.mark.parametrize(
    ("word", "said"), [("Delivered", "delivered"), ("undelivered", "not delivered"), ("enroute", "enroute")]
)
def test_a_word_that_nobody_knows_is_shown_as_it_came(word: str, said: str) -> None:
    with translation.override("en"):
        assert Receipt(status=word).said == said
