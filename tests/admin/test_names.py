"""Staff pages call things by their names; and what the theme brings does not hide what Django's pages need."""

import re
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from logistics_portal.kernel.admin import StaffAdmin
from tracking.models import Shipment

from .conftest import World

pytestmark = pytest.mark.django_db
CODE = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-|out_for_delivery|seventeentrack|\bNone\b")
LISTED = {"merchants", "customers", "inventory", "orders", "tracking", "kernel"}


def test_a_user_is_added_with_a_password(boss: Client) -> None:
    given = {
        "username": "ines",
        "usable_password": "true",
        "password1": "tall-blue-crane",
        "password2": "tall-blue-crane",
    }
    assert boss.post(reverse("admin:auth_user_add"), given).status_code == 302
    assert User.objects.get(username="ines").check_password("tall-blue-crane")


def test_rows_are_called_by_names_and_not_by_codes(own: World) -> None:
    named = 0
    for model, page in admin.site._registry.items():
        row = model._base_manager.order_by("pk").first()
        if not isinstance(page, StaffAdmin) or model._meta.app_label not in LISTED or row is None:
            continue
        name = page.row_name(row)
        assert name and not CODE.search(name), model._meta.label
        named += 1
    assert named > 10


def test_links_to_rows_say_their_names(boss: Client, own: World) -> None:
    shipment = Shipment.objects.filter(incidents__isnull=False).first()
    assert shipment
    incident = shipment.incidents.first()
    assert incident
    page = boss.get(reverse("admin:tracking_incident_change", args=[incident.pk]))
    shipments: Any = admin.site.get_model_admin(Shipment)
    assert f">{shipments.row_name(shipment)}</a>" in page.content.decode()
