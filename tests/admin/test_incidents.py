"""The work list of incidents: what is to be done, by whom, and everything that deciding needs on one page."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext

from tests import build
from tests.admin.conftest import World, clerk, client_of
from tests.admin.test_deeds import do, said
from tests.visitors import text_of
from tracking.models import CarrierContact, Incident
from tracking.services import RULES, watch

pytestmark = pytest.mark.django_db
LIST = "admin:tracking_incident_changelist"


def incident(world: World, rule: str = "no_movement", *, due_in_h: float = 5, **changes: object) -> Incident:
    return Incident.objects.create(
        merchant=world.merchant,
        shipment=world.shipment,
        rule=rule,
        occasion=f"{rule} {Incident.objects.count()}",
        blame="carrier",
        due_at=timezone.now() + timedelta(hours=due_in_h),
        **changes,
    )


def listed(client: Client, **query: str) -> list[str]:
    return [row.rule for row in client.get(reverse(LIST), query).context["cl"].result_list]


def test_the_list_is_what_is_open_and_the_most_pressing_first(support: Client, own: World) -> None:
    incident(own, "lost", due_in_h=-2)
    incident(own, "no_movement", due_in_h=1, closed_at=timezone.now(), ending="healed")
    assert listed(support) == ["lost", "damaged"]
    assert listed(support, state="overdue") == ["lost"]
    assert listed(support, state="closed") == ["no_movement"]
    assert len(listed(support, state="all")) == 3
    page = support.get(reverse(LIST)).content.decode()
    assert page.count("Overdue</span>") == 1


def test_filters_by_owner_rule_and_blame(support: Client, own: World) -> None:
    mine = incident(own, "lost")
    do(support, mine, "take")
    assert listed(support, owner="me") == ["lost"]
    assert listed(support, owner="nobody") == ["damaged"]
    assert listed(support, rule="damaged") == ["damaged"]
    assert listed(support, blame__exact="customs") == []
    assert listed(support, q=own.order.number) == ["damaged", "lost"]
    assert listed(support, q="ACME00000001") == ["damaged", "lost"]
    assert listed(support, q="RIVAL00000001") == []


def test_the_badge_counts_what_is_open(support: Client, own: World) -> None:
    incident(own, "lost", due_in_h=-2)
    page = support.get(reverse("admin:index"))
    groups = {str(group["title"]): group["counts"] for group in page.context["groups"]}
    assert [count.number for count in groups["Incidents"]] == [2, 1, 0]
    items = [item for group in page.context["sidebar_navigation"] for item in group["items"]]
    badge = next(item["badge_callback"] for item in items if str(item["title"]) == "Incidents")
    assert badge == "2"


def test_taking_it_and_taking_it_over(support: Client, own: World) -> None:
    one = own.incident
    do(support, one, "take")
    one.refresh_from_db()
    assert one.owner.username == "support"
    colleague = client_of(clerk(own.merchant, name="colleague"))
    assert said(do(colleague, one, "take")) == [("error", "support looks after it already.")]
    url = reverse("admin:tracking_incident_deed", args=[one.pk, "take-over"])
    assert "Somebody looks after it already" in colleague.get(url).content.decode()
    do(colleague, one, "take-over")
    one.refresh_from_db()
    assert one.owner.username == "colleague"


def test_many_are_taken_at_once(support: Client, own: World) -> None:
    rows = [own.incident, incident(own, "lost")]
    given = {"action": "take", "_selected_action": [str(row.pk) for row in rows], "index": "0"}
    support.post(reverse(LIST), given)
    assert Incident.objects.filter(owner__username="support").count() == 2


def test_contacts_are_noted_and_shown_newest_first(support: Client, own: World) -> None:
    given = {"channel": "email", "reference": "C-77", "note": "They <search>."}
    assert do(support, own.incident, "add-contact", **given).status_code == 302
    contact = CarrierContact.objects.order_by("-pk").first()
    assert contact is not None
    assert (contact.by.username, contact.channel, contact.reference) == ("support", "email", "C-77")
    page = support.get(reverse("admin:tracking_incident_change", args=[own.incident.pk])).content.decode()
    assert "They &lt;search&gt;." in page
    assert page.index("C-77") < page.index("acme-case")


@pytest.mark.parametrize("given", [{"channel": "pigeon", "note": "x"}, {"channel": "phone", "note": " "}])
def test_half_a_contact_is_refused(support: Client, own: World, given: dict[str, str]) -> None:
    assert do(support, own.incident, "add-contact", **given).status_code == 200
    assert CarrierContact.objects.count() == 1


def test_closing_needs_a_note_and_is_for_good(support: Client, own: World) -> None:
    assert do(support, own.incident, "close", note="").status_code == 200
    do(support, own.incident, "close", note="Paid back.")
    own.incident.refresh_from_db()
    assert (own.incident.ending, own.incident.closing_note) == ("staff", "Paid back.")
    assert own.incident.owner.username == "support"
    page = support.get(reverse("admin:tracking_incident_change", args=[own.incident.pk]))
    assert [deed.name for deed, _url in page.context["deeds"]] == ["add-contact"]
    refused = do(support, own.incident, "close", note="Again.")
    assert "closed already" in refused.content.decode()


def test_evidence_of_every_rule_can_be_read(support: Client, own: World) -> None:
    """As the watch writes it: no raw names, no raw times."""
    shipment = build.shipment(build.order(merchant=own.merchant), at=timezone.now() - timedelta(days=9))
    build.scan(
        shipment.parcels.get(),
        "exception",
        at=timezone.now() - timedelta(hours=60),
        reason="customs_inspection",
        place="Leipzig",
    )
    watch([shipment.watch])
    rows = Incident.objects.filter(shipment=shipment)
    assert {row.rule for row in rows} == {"customs_hold", "no_movement"}
    for row in rows:
        page = support.get(reverse("admin:tracking_incident_change", args=[row.pk])).content.decode()
        assert "Leipzig, DE" in page
        assert "Customs inspection" in page
        assert RULES[row.rule].words.replace("'", "&#x27;") in page
        for raw in (*row.evidence, "+00:00", "customs_inspection"):
            assert f">{raw}<" not in page, raw
    assert "Hours this lane may be silent" in page or "Held since" in page


def test_a_rule_that_is_gone_leaves_its_incidents_readable(support: Client, own: World) -> None:
    row = incident(own, "long_gone")
    page = support.get(reverse("admin:tracking_incident_change", args=[row.pk])).content.decode()
    assert "long_gone" in page
    assert "The customer is told nothing of it." in page


def test_orders_and_shipments_show_their_incidents(support: Client, own: World) -> None:
    for row in (own.order, own.shipment):
        opts = row._meta
        page = support.get(reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[row.pk])).content.decode()
        assert reverse("admin:tracking_incident_change", args=[own.incident.pk]) in page
        assert "acme-case" in page


def test_the_list_costs_the_same_for_one_and_for_many(boss: Client, own: World) -> None:
    boss.get(reverse(LIST))
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            boss.get(reverse(LIST))
        counts.append(len(queries))
        for number in range(12):
            incident(own, "lost", due_in_h=number)
    assert counts[0] == counts[1]


def test_the_rule_that_found_it_is_told_by_its_name(support: Client, own: World) -> None:
    row = incident(own, "no_movement")
    page = support.get(reverse("admin:tracking_incident_change", args=[row.pk]), headers={"accept-language": "de"})
    with translation.override("de"):
        name = gettext(RULES["no_movement"].label)
    assert f"Gefunden durch die Regel „{name}“, Version " in text_of(page)
