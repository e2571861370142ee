"""Staff of one merchant see nothing of another, on any page and by any address."""

import re

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from logistics_portal.kernel.admin import StaffAdmin
from merchants.models import ApiKey, Membership
from tests import build
from tracking.models import CarrierAccount

from .conftest import World, clerk, client_of

pytestmark = pytest.mark.django_db
PAGES = {
    f"{model._meta.app_label}_{model._meta.model_name}": page
    for model, page in admin.site._registry.items()
    if isinstance(page, StaffAdmin)
}


def test_lists_hold_own_rows_only(support: Client, own: World, foreign: World) -> None:
    for name, page in PAGES.items():
        response = support.get(reverse(f"admin:{name}_changelist"))
        if page.tenant is None:
            assert response.status_code == 403, name
            continue
        assert response.status_code == 200, name
        assert response.context["cl"].result_count > 0 or name == "inventory_stockmovement", name
        assert "rival" not in response.content.decode().lower(), name


def test_foreign_rows_are_not_there(support: Client, own: World, foreign: World) -> None:
    for name, page in PAGES.items():
        rows = page.model._base_manager.all()
        if page.tenant is not None:
            rows = rows.filter(**{page.tenant: foreign.merchant.pk})
        for row in rows[:2]:
            for view in ("change", "history", "delete"):
                response = support.get(reverse(f"admin:{name}_{view}", args=[row.pk]))
                assert response.status_code in (302, 403, 404), (name, view)
                if response.status_code == 302:  # the admin sends who asks for a missing row home
                    assert response.url == reverse("admin:index")
            for deed in page.deeds:
                url = reverse(f"admin:{name}_deed", args=[row.pk, deed.name])
                given = {"note": "x", "reference": "x", "on_hand": "1"}
                assert support.post(url, given).status_code in (403, 404), (name, deed.name)


def test_searching_finds_own_rows_only(support: Client, own: World, foreign: World) -> None:
    for name, page in PAGES.items():
        if page.tenant is None:
            continue
        for term in ("rival", "RIVAL00000001", "rival person", "5678", "+4915112345678"):
            response = support.get(reverse(f"admin:{name}_changelist"), {"q": term})
            shown = {row.pk for row in response.context["cl"].result_list}
            assert shown <= set(page.get_queryset(response.wsgi_request).values_list("pk", flat=True)), (name, term)


def test_pages_of_own_rows_tell_nothing_of_others(support: Client, own: World, foreign: World) -> None:
    rows = [own.merchant, own.order, own.shipment, own.return_case, own.refund, own.dispute, own.message, own.payload]
    for row in [*rows, own.account, own.key, own.order.customer]:
        opts = row._meta
        response = support.get(reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[row.pk]))
        assert response.status_code == 200, opts.label
        assert not re.search(r"\brival", response.content.decode().lower()), opts.label


def test_home_and_search_box_count_own_rows_only(support: Client, own: World, foreign: World) -> None:
    page = support.get(reverse("admin:index"))
    placed = next(
        count for group in page.context["groups"] for count in group["counts"] if count.model.__name__ == "Order"
    )
    assert placed.number == 1
    found = support.get(reverse("admin:search"), {"s": "5678"}).content.decode()
    assert "acme-1" in found
    assert "rival" not in found


def test_choices_of_forms_are_own_rows(support: Client, own: World, foreign: World) -> None:
    for name in ("merchants_apikey", "tracking_carrieraccount", "inventory_item", "inventory_location"):
        form = support.get(reverse(f"admin:{name}_add")).context["adminform"].form
        assert list(form.fields["merchant"].queryset) == [own.merchant]
        assert form.fields["merchant"].required


def test_a_foreign_choice_is_refused(support: Client, own: World, foreign: World) -> None:
    given = {"merchant": foreign.merchant.pk, "label": "stolen"}
    assert support.post(reverse("admin:merchants_apikey_add"), given).status_code == 200
    account = given | {"carrier": "dhl", "webhook_secret": "x", "is_active": "on"}
    assert support.post(reverse("admin:tracking_carrieraccount_add"), account).status_code == 200
    assert support.post(reverse("admin:tracking_carrieraccount_add"), account | {"merchant": ""}).status_code == 200
    assert not ApiKey.objects.filter(label="stolen").exists()
    assert not CarrierAccount.objects.filter(label="stolen").exists()


def test_autocomplete_offers_own_rows_only(support: Client, own: World, foreign: World) -> None:
    given = {"app_label": "merchants", "model_name": "membership", "field_name": "merchant", "term": ""}
    response = support.get(reverse("admin:autocomplete"), given)
    assert "Rival" not in response.content.decode()


def test_without_membership_there_is_nothing(own: World) -> None:
    nobody = client_of(clerk(name="nobody"))
    response = nobody.get(reverse("admin:orders_order_changelist"))
    assert response.context["cl"].result_count == 0


def test_without_permission_there_is_no_page(own: World) -> None:
    guest = client_of(build.staff(own.merchant, name="guest"))
    assert guest.get(reverse("admin:orders_order_changelist")).status_code == 403
    url = reverse("admin:orders_order_deed", args=[own.order.pk, "cancel"])
    assert guest.post(url).status_code in (403, 404)
    assert guest.get(reverse("admin:index")).context["groups"] == []


def test_a_viewer_can_look_but_not_act(own: World) -> None:
    user = clerk(own.merchant, name="viewer")
    user.user_permissions.set(user.user_permissions.filter(codename__startswith="view_"))
    viewer = client_of(user)
    page = viewer.get(reverse("admin:aftersales_return_change", args=[own.return_case.pk]))
    assert page.status_code == 200
    assert page.context["deeds"] == []
    url = reverse("admin:aftersales_return_deed", args=[own.return_case.pk, "approve"])
    assert viewer.post(url, {"note": ""}).status_code == 403
    own.return_case.refresh_from_db()
    assert own.return_case.status == "requested"


def test_staff_of_both_sees_both(own: World, foreign: World) -> None:
    both = client_of(clerk(own.merchant, foreign.merchant, name="both"))
    assert both.get(reverse("admin:orders_order_changelist")).context["cl"].result_count == 2
    Membership.objects.filter(merchant=foreign.merchant, user__username="both").delete()
    assert both.get(reverse("admin:orders_order_changelist")).context["cl"].result_count == 1
