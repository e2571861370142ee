"""The watch as it runs: incidents open once, close by themselves, come due and are escalated; words are promised."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

import aftersales.services
import orders.services
import tracking.services
from logistics_portal.kernel import work
from logistics_portal.kernel.models import Event
from merchants.models import Merchant
from orders.models import Order
from tests import build
from tests.races.at_once import at_once, failures
from tracking.models import Incident, LaneGap, Retraction, Shipment, TrackingEvent, Watch
from tracking.services import IncidentTaken, UnableToCloseIncident, add_carrier_contact, close_incident, take_incident
from tracking.services.watching import HISTORY

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def now() -> datetime:
    return timezone.now()


def sent(order: Order) -> Shipment:
    """A shipment of four days ago."""
    return build.shipment(order, at=timezone.now() - 96 * HOUR)


@pytest.fixture
def shipment(order: Order) -> Shipment:
    return sent(order)


def scan(shipment: Shipment, status: str, ago: float, **changes: object) -> None:
    """A scan ``ago`` hours before now, of a code of its own."""
    at = timezone.now() - ago * HOUR
    build.scan(shipment.parcels.get(), status, at=at, **{"code": f"{status}-{ago}", **changes})


def look(shipment: Shipment | None = None) -> None:
    """Look at all shipments, whether it is time or not, as the workers do."""
    Watch.objects.update(due_at=timezone.now(), done_at=None)
    work.answer("tracking.watch")


def pass_time(shipment: Shipment, hours: float) -> None:
    """Let everything that is known of a shipment have happened so much earlier; then do what is due."""
    back = hours * HOUR
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # facts can't be changed otherwise
        cursor.execute("UPDATE tracking_trackingevent SET occurred_at = occurred_at - %s", [back])
        cursor.execute("UPDATE tracking_trackingevent SET recorded_at = recorded_at - %s", [back])
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
    for row in Shipment.objects.filter(pk=shipment.pk):
        row.created_at -= back
        row.last_event_at = row.last_event_at and row.last_event_at - back
        row.save()
    for watch in Watch.objects.filter(shipment=shipment):
        watch.due_at = watch.due_at and watch.due_at - back
        watch.word_by = watch.word_by and watch.word_by - back
        watch.save()
    for incident in Incident.objects.filter(shipment=shipment):
        incident.due_at -= back
        incident.save()
    work.answer("tracking.watch")


def told(name: str) -> int:
    return Event.objects.filter(name=f"tracking.{name}").count()


def open_rules() -> list[str]:
    return sorted(Incident.objects.open().values_list("rule", flat=True))


def test_a_shipment_is_watched_from_its_first_moment(order: Order) -> None:
    """A parcel that is never scanned changes nothing, so it must have been watched before."""
    shipment = build.shipment(order)
    work.answer("tracking.watch")
    watch = Watch.objects.get()
    assert watch.due_at is not None
    assert abs(watch.due_at - (shipment.created_at + 72 * HOUR)) < timedelta(seconds=5)
    assert watch.word_by == watch.due_at
    pass_time(shipment, 71)
    assert open_rules() == []
    pass_time(shipment, 1.1)
    assert open_rules() == ["never_handed_over"]


def test_an_incident_opens_once_and_closes_by_itself(shipment: Shipment) -> None:
    scan(shipment, "in_transit", 60)
    look()
    incident = Incident.objects.get()
    assert (incident.rule, incident.blame, incident.merchant_id) == ("no_movement", "carrier", shipment.merchant_id)
    assert incident.evidence["last_scan"][0]["place"] == "Berlin"
    look()
    look()
    assert Incident.objects.count() == told("incident_opened") == 1
    scan(shipment, "in_transit", 1)
    look()
    incident.refresh_from_db()
    assert (incident.ending, incident.closed_at is None) == (Incident.Ending.HEALED, False)
    assert told("incident_closed") == 1


def test_the_missed_word_opens_an_incident(shipment: Shipment, now: datetime) -> None:
    """The page promised a word by a time; when it passes without news, somebody must act, and the customer hears."""
    scan(shipment, "in_transit", 1)
    look()
    watch = Watch.objects.get()
    assert watch.word_by is not None
    assert abs(watch.word_by - (now + 47 * HOUR)) < timedelta(minutes=1)  # the guess for an unknown lane at home
    assert watch.due_at == watch.word_by, "it is looked at when the word is due, not at some later sweep"
    pass_time(shipment, 46.9)
    assert open_rules() == []
    pass_time(shipment, 0.2)
    assert open_rules() == ["no_movement"]
    assert Watch.objects.get().word_by is None, "a word that was missed is not promised again"


def test_a_new_scan_moves_the_promised_word(shipment: Shipment) -> None:
    scan(shipment, "in_transit", 40)
    look()
    before = Watch.objects.get().word_by
    scan(shipment, "in_transit", 2)
    look()
    after = Watch.objects.get().word_by
    assert before is not None and after is not None
    assert after - before == pytest.approx(38 * HOUR, abs=timedelta(minutes=1))


def test_no_word_is_promised_once_it_arrived_or_for_what_comes_back(order: Order, acme: Merchant) -> None:
    build.delivered(order)
    back = build.shipment(build.order(merchant=acme), direction=Shipment.Direction.RETURN)
    scan(back, "in_transit", 1)
    look()
    assert list(Watch.objects.values_list("word_by", flat=True)) == [None, None]


def test_what_staff_closed_stays_closed(shipment: Shipment, staff: User) -> None:
    scan(shipment, "exception", 20, reason="carrier_damaged_parcel")
    look()
    close_incident(incident=Incident.objects.get(), by=staff, note="Paid back.")
    scan(shipment, "in_transit", 1)
    look()
    incident = Incident.objects.get()
    assert (incident.ending, incident.closing_note, incident.owner) == (Incident.Ending.STAFF, "Paid back.", staff)
    assert told("incident_opened") == told("incident_closed") == 1


def test_history_stands_until_the_carrier_takes_it_back(shipment: Shipment) -> None:
    """And what is told again after all opens the same incident again, not another."""
    scan(shipment, "in_transit", 20, place="Hamburg")
    scan(shipment, "in_transit", 19.9, place="Munich")
    scan(shipment, "delivered", 1)
    look()
    assert open_rules() == ["impossible_travel"]
    munich = TrackingEvent.objects.get(place="Munich")
    Retraction.objects.create(event=munich, is_struck=True)
    look()
    assert open_rules() == []
    Retraction.objects.create(event=munich, is_struck=False)
    look()
    assert open_rules() == ["impossible_travel"]
    assert Incident.objects.count() == 1


def test_places_without_coordinates_are_found_in_the_gazetteer(order: Order) -> None:
    shipment = build.shipment(order)  # to Berlin
    scan(shipment, "in_transit", 30, place="Köln")
    scan(shipment, "out_for_delivery", 5, place="Köln")
    scan(shipment, "delivered", 1, place="KÖLN")
    look()
    assert open_rules() == ["delivered_elsewhere"]
    assert 470 < Incident.objects.get().evidence["km"] < 490


def test_a_carriers_own_coordinates_are_believed(shipment: Shipment) -> None:
    scan(shipment, "delivered", 1, place="Berlin", latitude=48.1, longitude=11.6)
    look()
    assert open_rules() == ["delivered_elsewhere"]


def test_a_canceled_order_may_come_back(order: Order, acme: Merchant, shipment: Shipment) -> None:
    scan(shipment, "returning", 1)
    look()
    assert open_rules() == ["returned_unasked"]
    Order.objects.filter(pk=order.pk).update(status=Order.Status.CANCELED)
    look()
    assert open_rules() == []


def test_a_return_on_its_way_may_come_back(acme: Merchant) -> None:
    order = build.order(merchant=acme)
    outbound = build.delivered(order, at=timezone.now() - 3 * HOUR)
    case = aftersales.services.request_return(
        order=order, reason="too_small", comment="", quantities={order.lines.first().pk: 1}
    )
    back = aftersales.services.send_return(return_case=case, carrier="dhl", tracking_number="JD014600099887766")
    scan(outbound, "returning", 0.5)
    look()
    assert open_rules() == []
    Shipment.objects.filter(pk=back.pk).update(direction=Shipment.Direction.OUTBOUND)
    look()
    assert open_rules() == ["returned_unasked"], "it was the return's own parcel that explained it"


def test_an_overdue_incident_is_told_once(shipment: Shipment, staff: User) -> None:
    scan(shipment, "in_transit", 60)
    look()
    incident = Incident.objects.get()
    watch = Watch.objects.get()
    assert watch.due_at == incident.due_at, "the watch comes back when somebody must have acted"
    look()
    assert told("incident_overdue") == 0
    Incident.objects.update(due_at=timezone.now())
    look()
    look()
    incident.refresh_from_db()
    assert incident.escalated_at is not None
    assert told("incident_overdue") == 1
    assert list(Incident.objects.overdue()) == [incident]


def test_what_healed_in_time_is_not_escalated(shipment: Shipment) -> None:
    scan(shipment, "in_transit", 60)
    look()
    scan(shipment, "in_transit", 1)
    pass_time(shipment, 25)
    assert told("incident_overdue") == 0


def test_imported_history_opens_nothing(acme: Merchant) -> None:
    """A shipment of last year that never ended on paper is nobody's work today."""
    long_ago = timezone.now() - HISTORY - timedelta(days=5)
    old = build.shipment(build.order(merchant=acme), at=long_ago)
    build.scan(old.parcels.get(), "exception", at=long_ago, reason="carrier_parcel_lost")
    look()
    assert Incident.objects.count() == 0
    assert Watch.objects.get().done_at is not None


def test_a_quiet_watch_rests(order: Order) -> None:
    """Nothing is looked at again that time can't change."""
    build.delivered(order)
    look()
    assert Watch.objects.get().done_at is not None


def test_two_workers_at_once_open_one_incident(transactional_db: None) -> None:
    shipment = sent(build.order(merchant=build.merchant()))
    scan(shipment, "in_transit", 60)
    Incident.objects.all().delete()
    rows = list(Watch.objects.all())
    outcomes = at_once([lambda: tracking.services.watch(list(Watch.objects.all())) for _ in range(6)])
    assert failures(outcomes) == []
    assert len(rows) == Incident.objects.count() == told("incident_opened") == 1


def test_closing_while_a_worker_looks_loses_neither(transactional_db: None) -> None:
    """Whoever comes first, staff's closing stands."""
    merchant = build.merchant()
    staff = build.staff(merchant)
    shipment = sent(build.order(merchant=merchant))
    scan(shipment, "in_transit", 60)
    look()
    Incident.objects.update(due_at=timezone.now())  # the worker has something to write, too
    incident = Incident.objects.get()
    acts: list[Callable[[], object]] = [lambda: tracking.services.watch(list(Watch.objects.all())) for _ in range(3)]
    outcomes = at_once([*acts, lambda: close_incident(incident=incident, by=staff, note="Found.")])
    assert failures(outcomes) == []
    incident.refresh_from_db()
    assert (incident.ending, incident.closing_note) == (Incident.Ending.STAFF, "Found.")


def test_statements_do_not_grow_with_the_batch(acme: Merchant) -> None:
    counts = []
    for size in (2, 30):
        for _ in range(size):
            shipment = sent(build.order(merchant=acme))
            scan(shipment, "in_transit", 90)
            scan(shipment, "exception", 60, reason="carrier_damaged_parcel")
        watches = list(Watch.objects.filter(shipment__incidents=None))
        assert len(watches) == size
        with CaptureQueriesContext(connection) as queries:
            tracking.services.watch(watches)
        counts.append(len(queries))
        assert Incident.objects.filter(shipment__in=[row.shipment_id for row in watches]).count() == 2 * size
    assert counts[0] == counts[1] <= 16, counts


def test_taking_and_taking_over(shipment: Shipment, acme: Merchant, staff: User) -> None:
    scan(shipment, "in_transit", 60)
    look()
    incident = Incident.objects.get()
    other = build.staff(acme, name="other")
    take_incident(incident=incident, by=staff)
    stale = Incident.objects.get()
    with pytest.raises(IncidentTaken, match="staff"):
        take_incident(incident=stale, by=other)
    take_incident(incident=stale, by=other, takes_over=True)
    with pytest.raises(IncidentTaken, match="other"):
        take_incident(incident=incident, by=staff, takes_over=False)
    incident.refresh_from_db()
    assert incident.owner == other


def test_several_people_take_it_at_once(transactional_db: None) -> None:
    merchant = build.merchant()
    people = [build.staff(merchant, name=f"clerk-{number}") for number in range(5)]
    scan(sent(build.order(merchant=merchant)), "in_transit", 60)
    look()
    acts = [lambda by=by: take_incident(incident=Incident.objects.get(), by=by) for by in people]
    refused = failures(at_once(acts))
    assert len(refused) == 4
    assert all(isinstance(one, IncidentTaken) for one in refused)


def test_contacts_are_added_and_a_closed_incident_is_not_closed_twice(shipment: Shipment, staff: User) -> None:
    scan(shipment, "in_transit", 60)
    look()
    incident = Incident.objects.get()
    add_carrier_contact(incident=incident, by=staff, channel="phone", reference=" C-1 ", note="They search.")
    close_incident(incident=incident, by=staff, note="It came.")
    add_carrier_contact(incident=incident, by=staff, channel="email", note="They found it in Leipzig.")
    with pytest.raises(UnableToCloseIncident):
        close_incident(incident=incident, by=staff, note="Again.")
    with pytest.raises(UnableToCloseIncident):
        take_incident(incident=incident, by=staff)
    assert list(incident.contacts.order_by("pk").values_list("channel", "reference")) == [
        ("phone", "C-1"),
        ("email", ""),
    ]


def test_a_delivery_without_a_round_is_doubted_only_where_rounds_are_told(order: Order) -> None:
    shipment = build.shipment(order)
    scan(shipment, "in_transit", 30)
    scan(shipment, "delivered", 8)
    look()
    assert open_rules() == []
    lane = {"carrier": "dhl", "origin": "FR", "destination": "FR", "median_h": 5, "p95_h": 12}
    LaneGap.objects.create(status="in_transit", samples=400, **lane)
    LaneGap.objects.create(status="out_for_delivery", samples=100, **lane)
    look()
    assert open_rules() == ["delivered_without_attempt"]


def test_an_order_is_shipped_and_watched_in_one_transaction(order: Order) -> None:
    """A shipment that is refused leaves no watch behind."""
    orders.services.cancel_order(order=order)
    with pytest.raises(tracking.services.UnableToShip):
        build.shipment(order)
    assert Watch.objects.count() == 0
