"""The chapter of the story in which carriers err, parcels get into trouble, and the pages stay true."""

import html
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from logistics_portal.demo.stage import (
    BEN,
    CLEO,
    DORA,
    TELLERS,
    Story,
    arrival_day,
    await_status,
    numbered,
    path_of,
    place,
    ship,
    tell,
)
from logistics_portal.demo.visitor import Visitor, await_that, push
from logistics_portal.demo_data.payloads import Happening, Trip, write
from logistics_portal.demo_data.places import CITIES

_HAMBURG, _BERLIN = CITIES["Hamburg"], CITIES["Berlin"]
_UPS_NUMBER = "1Z879E930346834440"
_INCIDENT = re.compile(r"/admin/tracking/incident/([0-9a-f-]{36})/change/")


def number_is_recognized(story: Story) -> None:
    found = story.merchant.get(f"/recognize/?number={_UPS_NUMBER}")
    first = found["candidates"][0]
    assert (first["carrier"], first["check"]) == ("ups", "passed"), f"it is taken for {first}"
    assert first["reasons"], "no reason is given"
    wrong = story.merchant.get(f"/recognize/?number={_UPS_NUMBER[:-1]}1")
    assert wrong["is_suspicious"], "a wrong check digit is not noticed"


def wrong_carrier_is_corrected(story: Story) -> None:
    order, number = place(story, "emma", DORA), numbered(story, "ups", "5")
    shipment = ship(story, order, "gls", number)
    tell(story, "ups", number, "picked_up", home=_HAMBURG, to=_BERLIN)
    now = await_status(story, shipment, "in_transit")
    told = now["carrier"], now["parcels"][0]["stated_carrier"]
    assert told == ("ups", "gls"), f"the API says {told}, not what has it and what was said"
    page = Visitor(story.base_url).see(path_of(order))
    assert "UPS" in page and "GLS" not in page, "the page names the wrong carrier"


def late_scan_moves_nothing_back(story: Story) -> None:
    order, number = place(story, "fred", BEN), numbered(story, "aftership", "5")
    shipment = ship(story, order, "dhl", number)
    now = datetime.now(UTC).replace(microsecond=0)
    story.made["fred's scans"] = [
        Happening("picked_up", now - timedelta(hours=9), _HAMBURG),
        Happening("hub", now - timedelta(hours=6), _BERLIN),
        Happening("delivered", now - timedelta(hours=2), _BERLIN),
    ]
    story.made["fred's shipment"] = shipment | {"number": number}
    picked_up, hub, delivered = story.made["fred's scans"]
    _tell_trail(story, number, picked_up, delivered)
    await_status(story, shipment, "delivered")
    _tell_trail(story, number, hub)

    def has_three() -> bool:
        parcel = story.merchant.get(f"/shipments/{shipment['id']}/")["parcels"][0]
        return len(parcel["events"]) == 3 and parcel["status"] == "delivered"

    await_that(has_three, "the late scan in the history of a delivered parcel")
    story.made["fred's delivery was told"] = datetime.now(UTC)


def taken_back_is_struck_through(story: Story) -> None:
    order, shipment = story.known("fred's order"), story.known("fred's shipment")
    picked_up, hub, _ = story.known("fred's scans")
    out = Happening("out", datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1), _BERLIN)
    _tell_trail(story, shipment["number"], picked_up, hub, out)
    await_status(story, shipment, "out_for_delivery")
    page = Visitor(story.base_url).see(path_of(order))
    assert "The carrier took this back." in page, "the page does not say what was taken back"
    assert story.merchant.get(f"/orders/{order['id']}/")["status"] == "shipped", "the order is still complete"


def past_is_shown_as_it_was(story: Story) -> None:
    shipment, moment = story.known("fred's shipment"), story.known("fred's delivery was told")
    asked = moment.isoformat().replace("+", "%2B")
    seen = story.merchant.get(f"/shipments/{shipment['id']}/timeline/?as_of={asked}")
    assert seen["status"] == "delivered", f"it was delivered then, not {seen['status']}"
    today = story.merchant.get(f"/shipments/{shipment['id']}/timeline/")
    assert today["status"] == "out_for_delivery", f"today it is {today['status']}"
    story.merchant.get(f"/shipments/{shipment['id']}/timeline/?as_of=2020-01-01T00:00:00Z", status=404)


def incident_opens_and_is_told(story: Story) -> None:
    order, number = place(story, "gina", CLEO), numbered(story, "aftership", "6")
    shipment = ship(story, order, "dhl", number)
    tell(story, "aftership", number, "picked_up", "hub", "lost", home=_HAMBURG, to=_BERLIN)
    await_status(story, shipment, "exception")
    story.made["gina's number"] = number
    story.phone(CLEO).await_text(rf"{order['number']}|can't find your parcel")
    page = Visitor(story.base_url).see(path_of(order))
    assert "What happens next" in page, "the page does not say what happens next"


def staff_work_on_the_incident(story: Story) -> None:
    number, staff = story.known("gina's number"), story.visitor("support")
    row = await_that(
        lambda: _INCIDENT.search(staff.see(f"/admin/tracking/incident/?q={number}")), "it on the work list"
    )
    assert row
    page = row[0]
    seen = staff.see(page)
    for text in ("Lost", "Carrier", "Due", "Berlin"):
        assert text in seen, f"the incident's page does not show “{text}”"
    staff.send(page.replace("change/", "do/take/"), {}, on=page)
    given = {"channel": "phone", "reference": f"C-{story.run}", "note": "They search in Berlin."}
    staff.send(page.replace("change/", "do/add-contact/"), given, on=page)
    seen = staff.see(page)
    assert f"C-{story.run}" in seen and "They search in Berlin." in seen, "the call to the carrier is not shown"
    assert story.info["support"]["username"] in seen, "nobody is shown to look after it"
    story.made["gina's incident"] = page


def incident_closes_by_itself(story: Story) -> None:
    number, page, staff = story.known("gina's number"), story.known("gina's incident"), story.visitor("support")
    found = Happening("hub", datetime.now(UTC).replace(microsecond=0), _BERLIN)
    _tell_trail(story, number, found)
    await_that(lambda: "The facts healed" in staff.see(page), "the incident being closed by the scan")
    left = staff.see(f"/admin/tracking/incident/?q={number}")
    assert not _INCIDENT.search(left), "what is closed is still on the work list"


def next_word_is_promised(story: Story) -> None:
    page = Visitor(story.base_url).see(path_of(story.known("gina's order")))
    assert "If nothing changes, you hear from us by" in page, "the page does not say when the customer hears again"


def way_is_drawn_and_described(story: Story) -> None:
    page = Visitor(story.base_url).see(path_of(story.known("gina's order")))
    assert 'class="map-frame"' in page and "Map of the way" in page, "the page has no map"
    data = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    assert data and "ParcelDelivery" in data[1], "the page has no structured data"
    assert not re.search(r'(?:src|href)="https?://(?!schema\.org)', _without_links(page)), "the page asks others"


def page_speaks_three_languages(story: Story) -> None:
    path = path_of(story.known("gina's order"))
    for language, said in (("de", "So geht es weiter"), ("zh-hans", "接下来"), ("en", "What happens next")):
        page = html.unescape(Visitor(story.base_url).see(f"{path}?lang={language}"))
        assert f'<html lang="{language}"' in page, f"the page is not in {language}"
        assert said in page, f"the page does not say “{said}”"


def who_comes_back_is_told(story: Story) -> None:
    """A page whose stream broke off asks again with the last id that it heard."""
    order, shipment = story.known("gina's order"), story.known("gina's number")
    visitor = story.visitor("gina")
    with visitor.watching(path_of(order)) as hear:
        _tell_trail(story, shipment, Happening("left", datetime.now(UTC).replace(microsecond=0), _BERLIN))
        hear()
    heard = visitor.last_heard
    _tell_trail(story, shipment, Happening("out", datetime.now(UTC).replace(microsecond=0), _BERLIN))
    with visitor.watching(path_of(order), after=heard) as hear:
        hear()


def _tell_trail(story: Story, number: str, *scans: Happening) -> None:
    """Push scans as AfterShip tells them, all in one payload."""
    trip = Trip(number, TELLERS["aftership"], "Parcel", _HAMBURG, _BERLIN, scans, arrival_day())
    status = push(story.base_url, "aftership", write("aftership", trip), story.info["webhook_secrets"]["aftership"])
    assert status == 202, f"the payload was answered with {status}"


def _without_links(page: str) -> str:
    """The page without what is only followed when somebody presses it."""
    return re.sub(r"<a [^>]*>", "", page)


TRACKING_STEPS: list[tuple[str, Callable[[Story], None]]] = [
    ("A tracking number tells its carrier, and a wrong digit is noticed", number_is_recognized),
    ("A carrier that the merchant named wrongly is corrected by its scans", wrong_carrier_is_corrected),
    ("A late scan joins the history and moves nothing back", late_scan_moves_nothing_back),
    ("What the carrier takes back is struck through, the order is on its way again", taken_back_is_struck_through),
    ("The API shows a shipment as it was seen at a past moment", past_is_shown_as_it_was),
    ("A lost parcel opens an incident, and the customer is told", incident_opens_and_is_told),
    ("Staff take the incident and note their call to the carrier", staff_work_on_the_incident),
    ("A scan heals it: the incident closes by itself", incident_closes_by_itself),
    ("The page promises the next word", next_word_is_promised),
    ("The page draws the way and describes the parcel for machines", way_is_drawn_and_described),
    ("The page speaks English, German and Chinese", page_speaks_three_languages),
    ("A page that was cut off is told what it missed", who_comes_back_is_told),
]
