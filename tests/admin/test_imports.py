"""Imports as staff see them: which files came in, and which rows were left out and why."""

import pytest
from django.test import Client
from django.urls import reverse

from orders.models import ImportProblem, ImportRun

from .conftest import World

pytestmark = pytest.mark.django_db


def page(client: Client, model: str, row: object) -> str:
    response = client.get(reverse(f"admin:orders_{model}_change", args=[row.pk]))
    assert response.status_code == 200
    return response.content.decode()


def test_a_run_shows_its_rows_left_out_by_line(support: Client, own: World) -> None:
    run = ImportRun.objects.get()
    ImportProblem.objects.create(run=run, line=2, reason="earlier", row={})
    html = page(support, "importrun", run)
    assert html.index("earlier") < html.index("acme reason")
    assert "acme.csv" in html


def test_a_row_left_out_is_shown_as_it_stood(support: Client, own: World) -> None:
    html = page(support, "importproblem", ImportProblem.objects.get())
    assert "acme-99" in html
    assert "acme reason" in html


def test_problems_are_filtered_by_run_and_in_line_order(support: Client, own: World) -> None:
    run = ImportRun.objects.get()
    other = ImportRun.objects.create(merchant=own.merchant, digest="2", source="other.csv", mapping="plain")
    ImportProblem.objects.bulk_create(
        ImportProblem(run=owner, line=line, reason="r") for line, owner in ((9, run), (1, run), (5, other))
    )
    url = reverse("admin:orders_importproblem_changelist")
    found = support.get(url, {"run__id__exact": str(run.pk)}).context["cl"].result_list
    assert [row.line for row in found] == [1, 3, 9]


@pytest.mark.parametrize(("state", "count"), [("open", 1), ("problems", 1), ("", 2)])
def test_runs_are_filtered_by_state(support: Client, own: World, state: str, count: int) -> None:
    ImportRun.objects.create(
        merchant=own.merchant, digest="2", source="done.csv", mapping="plain", finished_at="2026-01-01T00:00:00Z"
    )
    found = support.get(reverse("admin:orders_importrun_changelist"), {"state": state} if state else {})
    assert found.context["cl"].result_count == count
