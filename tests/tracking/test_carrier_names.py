"""What carriers are called: by the names they give themselves in the reader's language, and nowhere by another's."""

import re
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.utils import timezone, translation
from rest_framework.test import APIClient

import aftersales.services
from aftersales.services.sheets import sheet
from dispatch.forms import ShipForm
from merchants.models import Merchant
from notifications.facts.shipments import Going, _about
from orders.models import Order
from tests import build
from tests.visitors import holder, text_of, worker
from tracking.models import Shipment
from tracking.numbers.formats import CARRIERS as NUMBERED
from tracking.services import CARRIERS, carrier_code, carrier_label, carrier_labels
from tracking.services.numbers import number_hint, number_warnings

LANGUAGES = [code for code, _ in settings.LANGUAGES]
HAN = re.compile(r"[\u4e00-\u9fff]")
CODES = sorted({*CARRIERS, *NUMBERED})


@pytest.mark.parametrize(
    ("code", "chinese", "german"),
    [
        ("sf_express", "顺丰速运", "SF Express"),
        ("zto", "中通快递", "ZTO Express"),
        ("yto", "圆通速递", "YTO Express"),
        ("ems_cn", "中国邮政", "China Post EMS"),
        ("cainiao", "菜鸟", "Cainiao"),
        ("kuaidi100", "快递100", "Kuaidi100"),
        ("dhl", "DHL", "DHL"),
        ("austrian_post", "Austrian Post", "Österreichische Post"),
        ("post_ie", "AN Post", "AN Post"),
        ("some_van_line", "Some Van Line", "Some Van Line"),
    ],
)
def test_a_carrier_is_called_by_its_name_in_the_language(code: str, chinese: str, german: str) -> None:
    assert (carrier_label(code, "zh-hans"), carrier_label(code, "de")) == (chinese, german)
    with translation.override("zh-hans"):
        assert carrier_label(code) == chinese
        assert carrier_label(code, "de") == german
    with translation.override("de"):
        assert carrier_label(code) == german


@pytest.mark.parametrize("code", CODES)
def test_names_are_in_languages_that_there_are_and_han_is_for_who_reads_it(code: str) -> None:
    own = CARRIERS[code].labels if code in CARRIERS else NUMBERED[code].names
    assert set(own) <= set(LANGUAGES)
    assert all(own.values())
    assert not [
        language for language in LANGUAGES if HAN.search(carrier_label(code, language)) and language[:2] != "zh"
    ]


@pytest.mark.parametrize("code", CODES)
def test_whatever_a_carrier_is_called_leads_back_to_its_code(code: str) -> None:
    names = {carrier_label(code, language) for language in LANGUAGES}
    assert {carrier_code(f" {name.upper()} ") for name in names} == {code}


def test_a_field_suggests_names_in_the_language_and_takes_them() -> None:
    with translation.override("zh-hans"):
        suggested = carrier_labels()
        assert "顺丰速运" in suggested
        assert "快递100" not in suggested  # asks others
        form = ShipForm({"carrier": "顺丰速运", "tracking_number": "SF1234567890123"})
        form.is_valid()
        assert form.cleaned_data["carrier"] == "sf_express"


def test_hints_and_warnings_about_numbers_name_carriers_in_the_language() -> None:
    number = "SF1234567890123"
    with translation.override("zh-hans"):
        assert number_hint(number).names == "顺丰速运"
        assert "顺丰速运" in number_warnings(carrier="ups", number=number)[0]
    with translation.override("de"):
        assert number_hint(number).names == "SF Express"


@pytest.fixture
def parcel_of_sf(order: Order) -> Shipment:
    return build.shipment(order, carrier="sf_express", number="SF1234567890123")


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["customer", "support"])
def test_pages_name_the_carrier_in_the_readers_language(
    who: str, acme: Merchant, order: Order, parcel_of_sf: Shipment
) -> None:
    path = f"/t/{order.token}/?lang=" if who == "customer" else "/admin/orders/order/?e="
    visitor = holder() if who == "customer" else worker(build.staff(acme, superuser=True))
    told = {
        language: text_of(visitor.get(path + language, headers={"accept-language": language})) for language in LANGUAGES
    }
    assert "顺丰速运" in told["zh-hans"]
    assert "SF Express" not in told["zh-hans"]
    assert "SF Express" in told["de"] and "SF Express" in told["en"]
    assert not HAN.search(re.sub("简体中文|中文", "", told["de"]))


@pytest.mark.django_db
def test_the_api_names_the_carrier_in_the_requests_language_and_keeps_its_code(
    api: APIClient, parcel_of_sf: Shipment
) -> None:
    for language, name in (("zh-CN", "顺丰速运"), ("de", "SF Express"), ("en", "SF Express")):
        shipment = api.get("/api/v1/shipments/", headers={"accept-language": language}).json()["results"][0]
        assert (shipment["carrier"], shipment["carrier_name"]) == ("sf_express", name)
        assert (shipment["parcels"][0]["carrier"], shipment["parcels"][0]["carrier_name"]) == ("sf_express", name)
        asked = api.get("/api/v1/recognize/?number=SF1234567890123", headers={"accept-language": language})
        best = asked.json()["candidates"][0]
        assert (best["carrier"], best["carrier_name"]) == ("sf_express", name)


@pytest.mark.django_db
@pytest.mark.parametrize(("language", "name"), [("zh-hans", "顺丰速运"), ("de", "SF Express")])
def test_messages_name_the_carrier_in_their_own_language(language: str, name: str, parcel_of_sf: Shipment) -> None:
    with translation.override("en"):  # whatever the worker's
        facts = _about(Going(parcel_of_sf, (), None), SimpleNamespace(language=language), timezone.now())
    assert facts["carrier"] == name
    assert facts["deliveries"][0]["carrier"] == name


@pytest.mark.django_db
def test_evidence_keeps_the_name_that_banks_read_and_tells_the_readers(order: Order, parcel_of_sf: Shipment) -> None:
    build.scan(parcel_of_sf.parcels.get(), "delivered")
    parcel_of_sf.refresh_from_db()
    with translation.override("zh-hans"):  # whoever opens it
        dispute = aftersales.services.open_dispute(shipment=parcel_of_sf, statement="没有收到")
    case = aftersales.services.case_file(dispute)
    assert case.newest("order")["shipment"]["carrier"] == "SF Express"
    for language, name in (("zh-hans", "顺丰速运"), ("de", "SF Express")):
        with translation.override(language):
            assert f"{name} SF1234567890123" in str(sheet(case))
