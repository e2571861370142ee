"""Who may see and do what, asked of every address there is.

Found in Healthchecks (hc/accounts/tests, hc/api/tests, hc/front/tests: each view has its cases for a stranger, another
team, a read-only member, a member and the owner). Their team is our merchant; their read-only member is staff who
have no right but to look. That is asked on the staff pages; the warehouse's and couriers' pages are the work itself,
and open to whoever works for the merchant.

An address without a row in `pages.py` fails here, and so does a row whose address is gone.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from uuid import UUID

import pytest
from django.apps import apps
from django.conf import LazySettings
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Model
from django.test import Client
from django.urls import NoReverseMatch, reverse

from logistics_portal.kernel.admin import StaffAdmin
from merchants.models import Merchant
from tests.admin.conftest import world_of
from tests.conformance.pages import MODELS, PAGES
from tests.conformance.visitors import WHO, Scene, ask, cell, routes, scene_of, visitors

pytestmark = pytest.mark.django_db

Cells = dict[str, str]  # by who asked
API = "api/v1/"
IN_API = re.compile(r"\(\?P<(\w+)>")
PLACES = re.compile(r"<(?:\w+:)?(\w+)>")
# The admin's end that answers whatever is no page, the old address of a row, which leads to the present one, and the
# theme's own search, before which ours stands.
NO_PAGES = re.compile(r"admin/(\(\?P<url>\.\*\)\$|\w+/\w+/<path:object_id>/|search/)$")
# What support and superusers get is drawn whole in tests/admin/test_pages.py and test_tenancy.py, and asked there.
DRAWN_ELSEWHERE = ("list", "row", "history")
VIEWS = ("changelist", "add", "change", "history", "delete", "deed")


@pytest.fixture
def everybody(acme: Merchant, rival: Merchant, settings: LazySettings) -> tuple[Scene, dict[str, Client]]:
    settings.DEMO_INBOX = True
    scene = scene_of(acme)
    world_of(rival, mark="rival")
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "tests.conformance.visitors.Unread"]
    return scene, visitors(acme, rival)


def rows_of(table: str) -> dict[tuple[str, str], Cells]:
    """A table by its first two columns."""
    lines = [line.split() for line in table.splitlines() if line and not line.startswith("#")]
    return {(line[0], line[1]): dict(zip(WHO, line[2:], strict=False)) for line in lines}


def pages() -> Iterator[tuple[str, str]]:
    """Name and pattern of every address but the API's, and but those that each model of the staff pages has."""
    of_models = {
        f"{model._meta.app_label}_{model._meta.model_name}_{view}" for model in admin.site._registry for view in VIEWS
    }
    for path, route in routes():
        is_page = not path.startswith(API) and not NO_PAGES.match(path) and route.name not in of_models
        if is_page or route.name == "search":
            assert route.name, f"{path} has no name to find its row by"
            yield route.name, path


def address_of(name: str, path: str, scene: Scene) -> str:
    values = {**scene.values[""], **scene.values.get(name, {})}
    named = {place: values[place] for place in PLACES.findall(path)}
    try:
        return reverse(f"admin:{name}", kwargs=named)
    except NoReverseMatch:
        return reverse(name, kwargs=named)


def asked(clients: dict[str, Client], method: str, address: str, expected: Cells) -> Cells:
    return {who: cell(ask(clients[who], method, address)) for who in expected}


def row(name: str, method: str, seen: Cells) -> str:
    """A row as it would stand in the table."""
    return f"{name:31} {method:5} " + " ".join(f"{answer:8}" for answer in seen.values())


def test_every_page_answers_every_visitor_as_the_table_says(everybody: tuple[Scene, dict[str, Client]]) -> None:
    scene, clients = everybody
    table, wrong = rows_of(PAGES), []
    for name, path in dict(pages()).items():
        address = address_of(name, path, scene)
        for method in ("GET", "POST"):
            expected = table.pop((name, method), dict.fromkeys(("nobody", "boss"), "405"))
            if (seen := asked(clients, method, address, expected)) != expected:
                wrong.append(row(name, method, seen))
    assert not wrong, "Rows that were seen otherwise:\n" + "\n".join(wrong)
    assert table == {}, "rows without a page"


def test_no_session_opens_the_api(everybody: tuple[Scene, dict[str, Client]]) -> None:
    """Whose key opens what is walked in tests/merchants/test_tenancy.py; who is signed in anywhere is nobody here."""
    _scene, clients = everybody
    values = {"pk": UUID(int=0), "delegate_id": UUID(int=0), "link": "customer"}
    seen: dict[str, set[str]] = defaultdict(set)
    for path, route in routes():
        if path.startswith(API) and route.name:
            address = reverse(route.name, kwargs={place: values[place] for place in IN_API.findall(path)})
            for who in ("nobody", "customer", "boss"):
                for method in ("GET", "POST"):
                    seen[cell(ask(clients[who], method, address))].add(path)
    assert set(seen) == {"401"}, seen
    assert len(seen["401"]) > 70


def test_every_model_of_the_staff_pages_has_its_row() -> None:
    assert {model._meta.label for model in admin.site._registry} == set(MODELS)


def test_staff_see_and_do_what_their_rights_and_their_merchant_give(
    everybody: tuple[Scene, dict[str, Client]], acme: Merchant
) -> None:
    """The list, a row, its history, its deeds, adding and deleting, of every model."""
    _scene, clients = everybody
    Group.objects.create(name="Packers")
    wrong = []
    for label, table in MODELS.items():
        for (view, method), expected in rows_of(table).items():
            if view in DRAWN_ELSEWHERE:
                expected = {who: told for who, told in expected.items() if who not in ("support", "boss")}
            address = of_model(apps.get_model(label), view, acme)
            if address and (seen := asked(clients, method, address, expected)) != expected:
                wrong.append(f"{label}: {row(view, method, seen)}")
    assert not wrong, "Rows that were seen otherwise:\n" + "\n".join(wrong)


def of_model(model: type[Model], view: str, merchant: Merchant) -> str:
    """The address of a model's page, of a row of the merchant's where it is about one; "" where there is none."""
    page = admin.site.get_model_admin(model)
    assert isinstance(page, StaffAdmin)
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    if view in ("list", "add"):
        return reverse(f"{name}_{'changelist' if view == 'list' else view}")
    mine = {page.tenant: merchant.pk} if page.tenant else {}
    row = model._base_manager.filter(**mine).order_by("pk").first()
    if row is None:
        assert model._meta.label == "inventory.StockMovement", "nothing was booked by hand"
        return ""
    if view == "deed":
        return reverse(f"{name}_deed", args=[row.pk, page.deeds[0].name])
    return reverse(f"{name}_{'change' if view == 'row' else view}", args=[row.pk])


def test_the_demos_pages_are_nowhere_else(client: Client, settings: LazySettings, db: None) -> None:
    settings.DEMO_INBOX = False
    assert {cell(ask(client, "GET", f"/demo/{page}/")) for page in ("phone", "mail", "push")} == {"404"}
