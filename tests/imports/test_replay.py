"""Folders of recorded payloads go through the portal, and the report tells what became of each."""

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

import tracking.services
from logistics_portal.kernel import work
from merchants.models import Merchant
from tests import build
from tracking.models import CarrierPayload, Parcel, TrackingEvent

PAYLOADS = Path(__file__).parent.parent / "carriers" / "payloads"
OURS = ("dhl", "kuaidi100", "ups")


def report_of(told: str) -> dict[str, list[str]]:
    """The numbers of the report's table, by carrier."""
    rows = [line.split() for line in told.splitlines()]
    return {row[0]: row[1:7] for row in rows if len(row) >= 7 and row[1].isdigit()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Our own fixtures of three carriers, and one of a carrier that nobody knows."""
    for code in OURS:
        (tmp_path / code).mkdir()
        for path in (PAYLOADS / code).iterdir():
            (tmp_path / code / path.name).write_bytes(path.read_bytes())
    (tmp_path / "dhl" / "broken.json").write_text("{")
    (tmp_path / "dhl" / "error.json").write_text('{"title": "Not found", "detail": "No shipment", "status": 404}')
    (tmp_path / "pigeon_post").mkdir()
    (tmp_path / "pigeon_post" / "one.json").write_text("{}")
    return tmp_path


@pytest.fixture
def _accounts(db: None) -> None:
    for code in OURS:
        build.carrier_account(code, secret=f"secret of {code}")


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_accounts")
def test_a_folder_of_ours_is_read(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    acme = build.merchant(slug="acme")
    call_command("replay_payloads", folder, in_process=True, create_shipments="acme")
    told = capsys.readouterr().out
    count = len([path for path in (folder / "dhl").iterdir() if not path.name.endswith(".expected.json")])
    assert report_of(told)["dhl"] == [str(count - 2), "0", "1", "1", "0", "0"]
    assert report_of(told)["kuaidi100"][1:] == ["0", "0", "0", "0", "0"]
    assert "broken.json" in told
    assert "no adapter (1): pigeon_post 1" in told
    assert "kuaidi100: unknown codes 外星登记" in told
    shown = Parcel.objects.get(merchant=acme, tracking_number="YT8830017265104")
    assert (shown.carrier, shown.status) == ("yto", "delivered")
    assert TrackingEvent.objects.filter(parcel=shown).count() == 4


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_accounts")
def test_without_parcels_the_payloads_wait(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("replay_payloads", folder, in_process=True)
    read, unmatched = report_of(capsys.readouterr().out)["ups"][:2]
    assert (read, int(unmatched)) == ("0", CarrierPayload.objects.filter(carrier="ups").count())


@pytest.mark.django_db(transaction=True)
def test_it_goes_through_the_real_door(folder: Path, live_server: object, capsys: pytest.CaptureFixture[str]) -> None:
    """A running server checks the signatures; nobody works here, so what was taken still waits."""
    build.carrier_account("dhl")
    call_command("replay_payloads", folder, base_url=live_server.url, patience=0.2)
    told = capsys.readouterr()
    taken = CarrierPayload.objects.filter(carrier="dhl", outcome=CarrierPayload.Outcome.WAITING).count()
    assert report_of(told.out)["dhl"] == ["0", "0", "0", "0", "0", str(taken)]
    assert taken > 3
    assert "no account" in next(line for line in told.out.splitlines() if line.startswith("ups"))
    assert "Do they run?" in told.err


def test_an_index_names_the_adapter(tmp_path: Path, db: None, capsys: pytest.CaptureFixture[str]) -> None:
    build.carrier_account("seventeentrack")
    entries = [
        {"file": "a.json", "family": "ups", "via": "17track", "kind": "webhook_push", "format": "json"},
        {"file": "b.html", "family": "seventeentrack", "via": "", "kind": "tracking_page_html", "format": "html"},
        {"file": "c.json", "family": "owl", "via": "", "kind": "tracking_response", "format": "json"},
    ]
    (tmp_path / "index.jsonl").write_text("\n".join(map(json.dumps, entries)))
    recorded = PAYLOADS / "seventeentrack" / "push_tracking_updated.json"
    (tmp_path / "a.json").write_bytes(recorded.read_bytes())
    call_command("replay_payloads", tmp_path, in_process=True)
    told = capsys.readouterr().out
    assert report_of(told)["seventeentrack"] == ["0", "1", "0", "0", "0", "0"]
    assert "1 a web page" in told
    assert "no adapter (1): owl 1" in told


def test_an_empty_folder_and_a_silent_portal_are_told(tmp_path: Path, folder: Path, acme: Merchant) -> None:
    (tmp_path / "nothing").mkdir()
    with pytest.raises(CommandError, match="has neither"):
        call_command("replay_payloads", tmp_path / "nothing")
    build.carrier_account("dhl")
    with pytest.raises(CommandError, match="Is the portal running"):
        call_command("replay_payloads", folder, base_url="http://127.0.0.1:9")


@pytest.mark.django_db(transaction=True)
def test_a_payload_of_a_parcel_that_is_not_meant_is_read_once(acme: Merchant, rival: Merchant) -> None:
    """The account speaks for one merchant and the number is another's: it waits, and nobody works for ever."""
    account = build.carrier_account("kuaidi100", merchant=rival)
    build.shipment(build.order(merchant=acme), carrier="yto", number="YT8830017265104")
    body = (PAYLOADS / "kuaidi100" / "push_signed_at_station.txt").read_bytes()
    payload = tracking.services.keep_payload(carrier="kuaidi100", body=body, content_type="", account=account)
    assert work.answer(CarrierPayload._meta.label_lower) == 1
    payload.refresh_from_db()
    assert payload.outcome == CarrierPayload.Outcome.UNMATCHED
    assert payload.done_at is not None
