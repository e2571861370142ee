"""Every staff page answers, for who may see it and with rows in it."""

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils.csp import CSP

from logistics_portal.kernel.admin import RecordAdmin, StaffAdmin

from .conftest import World

pytestmark = pytest.mark.django_db
OURS = [model for model, page in admin.site._registry.items() if isinstance(page, StaffAdmin)]
NAMES = [f"{model._meta.app_label}_{model._meta.model_name}" for model in OURS]


def test_list_row_and_add_pages_answer(boss: Client, own: World) -> None:
    for model, name in zip(OURS, NAMES, strict=True):
        assert boss.get(reverse(f"admin:{name}_changelist")).status_code == 200, name
        assert boss.get(reverse(f"admin:{name}_changelist"), {"q": "acme-1"}).status_code == 200, name
        row = model._base_manager.order_by("pk").first()
        if row is not None:
            assert boss.get(reverse(f"admin:{name}_change", args=[row.pk])).status_code == 200, name
            assert boss.get(reverse(f"admin:{name}_history", args=[row.pk])).status_code == 200, name
        expected = 403 if isinstance(admin.site.get_model_admin(model), RecordAdmin) else 200
        assert boss.get(reverse(f"admin:{name}_add")).status_code == expected, name


def test_the_world_fills_every_list_but_the_setup_of_people(own: World) -> None:
    empty = {model._meta.label for model in OURS if not model._base_manager.exists()}
    assert empty <= {"auth.Group", "inventory.StockMovement"}


def test_every_filter_answers(boss: Client, own: World) -> None:
    asked = 0
    for name in NAMES:
        url = reverse(f"admin:{name}_changelist")
        for spec in boss.get(url).context["cl"].filter_specs:
            parameter = getattr(spec, "parameter_name", None) or spec.lookup_kwarg
            for choice in list(getattr(spec, "lookup_choices", ()))[:4]:
                value = choice[0] if isinstance(choice, tuple) else choice
                assert boss.get(url, {parameter: value}).status_code == 200, (name, parameter, value)
                asked += 1
    assert asked > 30


def test_facts_and_plans_have_no_editable_field(boss: Client, own: World) -> None:
    for model, name in zip(OURS, NAMES, strict=True):
        if not isinstance(admin.site.get_model_admin(model), RecordAdmin):
            continue
        row = model._base_manager.first()
        if row is None:
            continue
        form = boss.get(reverse(f"admin:{name}_change", args=[row.pk])).context["adminform"].form
        assert list(form.fields) == [], name


def test_statuses_page_draws_every_table(boss: Client) -> None:
    page = boss.get(reverse("admin:states")).content.decode()
    for code in ("picking", "requested", "withdrawn", "partly_received", "queued"):
        assert f">{code}</text>" in page


def test_policy_is_relaxed_for_staff_pages_only(boss: Client, own: World) -> None:
    staff_policy = boss.get(reverse("admin:index")).headers[CSP.HEADER_ENFORCE.value]
    assert "script-src 'self' 'unsafe-eval';" in staff_policy
    assert "'unsafe-inline'" in staff_policy.split("style-src")[1].split(";")[0]
    assert "unsafe" not in boss.get("/no-such-page").headers[CSP.HEADER_ENFORCE.value]


def test_a_stranger_is_sent_to_the_login(client: Client) -> None:
    response = client.get(reverse("admin:index"))
    assert response.status_code == 302
    assert response.url.startswith(reverse("admin:login"))
    assert client.get(response.url).status_code == 200


def test_deeds_are_in_the_history(boss: Client, own: World) -> None:
    boss.post(reverse("admin:aftersales_return_deed", args=[own.return_case.pk, "approve"]), {"note": ""})
    assert LogEntry.objects.get().change_message == "Approve"
