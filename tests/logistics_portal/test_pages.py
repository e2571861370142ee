"""The front page, refusals, and whether the portal lives."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.utils import timezone

from logistics_portal.kernel.models import Heartbeat
from tests import build
from tests.visitors import text_of, worker


def test_the_front_page_has_a_door_for_everybody(client: Client, settings: object, tmp_path: Path) -> None:
    settings.DEMO_INBOX, settings.DATA_DIR = False, tmp_path
    html = client.get("/").content.decode()
    for door in ("/track/", "/orders/", "/warehouse/", "/courier/", "/admin/", "/api/docs/"):
        assert f'href="{door}"' in html
    assert "/demo/phone/" not in html


def test_the_demo_shows_its_logins(client: Client, settings: object, tmp_path: Path) -> None:
    settings.DEMO_INBOX, settings.DATA_DIR = True, tmp_path
    assert client.get("/").status_code == 200
    logins = {
        "staff": {"username": "sam", "password": "pw-sam"},
        "api_key": "lp_demo",
        "sample_links": [{"label": "A parcel", "path": "/t/abc/"}],
    }
    (tmp_path / "demo.json").write_text(json.dumps(logins))
    response = client.get("/")
    said = text_of(response)
    assert "sam" in said
    assert "pw-sam" in said
    assert "lp_demo" in said
    assert 'href="/t/abc/"' in response.content.decode()
    settings.DEMO_INBOX = False
    assert "pw-sam" not in text_of(client.get("/"))


def test_languages_are_offered_in_their_own_names(client: Client) -> None:
    html = client.get("/track/").content.decode()
    assert '<a href="?lang=de" hreflang="de" lang="de" rel="nofollow">Deutsch</a>' in html
    assert "简体中文" in html
    assert client.get("/track/?lang=de")["Content-Language"] == "de"
    assert client.get("/track/")["Content-Language"] == "de"
    assert client.get("/track/?lang=xx")["Content-Language"] == "de"


def test_a_page_that_is_none_is_told_in_the_same_design(client: Client) -> None:
    response = client.get("/nowhere/")
    assert response.status_code == 404
    assert "Page not found" in text_of(response)
    assert "portal.css" in response.content.decode()


@pytest.mark.django_db
def test_a_refusal_shows_its_words(client: Client) -> None:
    response = client.get("/t/AAAA/")
    assert response.status_code == 404
    assert "This link is not good (any more)." in text_of(response)


def test_a_form_from_elsewhere_is_refused_kindly() -> None:
    response = Client(enforce_csrf_checks=True).post("/track/", {"number": "1", "last_four": "1234"})
    assert response.status_code == 403
    assert "Please send it again" in text_of(response)


def test_the_last_resort_needs_nothing() -> None:
    assert "Something broke" in render_to_string("500.html")
    assert "No access" in render_to_string("403.html", request=RequestFactory().get("/"))


@pytest.mark.django_db
def test_staff_without_a_right_learn_whose_account_it_is_and_where_to_go() -> None:
    client = worker(build.staff(name="lena"))
    answer = client.get("/admin/merchants/merchant/", follow=True)
    assert answer.status_code == 403
    assert "You are signed in as lena" in text_of(answer)
    assert 'href="/admin/"' in answer.content.decode()
    left = client.post("/admin/logout/", {"next": "/admin/merchants/merchant/"})
    assert left["Location"] == "/admin/merchants/merchant/"


@pytest.mark.parametrize(
    ("referer", "back"),
    [
        ("http://testserver/track/?number=1#top", "/track/?number=1"),
        ("http://elsewhere.example/track/", ""),
        ("javascript:alert(1)", ""),
        ("", ""),
        ("http://testserver/t/AAAA/", ""),  # it would lead here again
    ],
)
def test_a_refusal_leads_back_to_the_page_before_it(client: Client, referer: str, back: str) -> None:
    page = client.get("/t/AAAA/", headers={"referer": referer}).content.decode()
    assert re.findall(r'<a class="button" href="([^"]*)">Back</a>', page) == ([back] if back else [])


def test_the_process_answers(client: Client) -> None:
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok")


@pytest.mark.django_db
def test_readiness_follows_the_workers(client: Client) -> None:
    assert client.get("/readyz").status_code == 503
    Heartbeat.objects.create(name="workers", beat_at=timezone.now() - timedelta(seconds=30))
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()) == (200, {"database": "ok", "workers": "ok"})
    Heartbeat.objects.update(beat_at=timezone.now() - timedelta(seconds=90))
    late = client.get("/readyz")
    assert (late.status_code, late.json()) == (503, {"database": "ok", "workers": "late"})
