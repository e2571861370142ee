"""A case for readers outside: Stripe's fields, PayPal's types, a PDF, and a ZIP that anybody can check."""

import json
import re
import subprocess
import sys
import zipfile
from dataclasses import replace
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import translation
from pypdfium2 import PdfDocument
from rest_framework.test import APIClient

import aftersales.services
from aftersales.exports.archive import Archive, make_archive
from aftersales.exports.case import CaseFile, Piece
from aftersales.exports.paypal import paypal_evidence
from aftersales.exports.stripe import COMBINED_MAX, FILES, TEXTS, stripe_evidence
from aftersales.models import Dispute
from aftersales.services.sheets import sheet
from merchants.countries import country_name
from merchants.models import Merchant
from tests import build
from tests.aftersales.printing import needs_printer
from tests.aftersales.test_disputes import photo
from tests.aftersales.test_evidence import signed
from tracking.models import Shipment

pytestmark = pytest.mark.django_db
VERIFIER = settings.BASE_DIR / "bin" / "verify-evidence"
PAYPAL_TYPES = {
    *("PROOF_OF_FULFILLMENT", "ONLINE_TRACKING_INFORMATION", "DELIVERY_ADDRESS", "PROOF_OF_DELIVERY_SIGNATURE"),
    *("DELIVERY_RECEIPT", "ORDER_DETAILS", "RETURN_POLICY", "BUYER_RESPONSE", "PROOF_OF_DAMAGE"),
    *("PROOF_OF_MISSING_ITEMS", "PROOF_OF_SIGNIFICANT_DIFFERENCE", "MERCHANT_RESPONSE", "VALID_SUPPORTING_DOCUMENT"),
}


@pytest.fixture
def dispute(acme: Merchant, staff: User) -> Dispute:
    """Of a parcel with Chinese and German names, handed over with a code; declined."""
    order = build.order(merchant=acme, consignee="王小明", line1="Müllerstraße 12", phone="+4915112345678")
    signed(order)
    shipment = Shipment.objects.select_related("order__merchant__policy").get(order=order)
    line = order.lines.first()
    told = {"kind": "damaged", "statement": "包裹破损 – kaputt", "quantities": {line.pk: 1}, "photos": [photo()]}
    dispute = aftersales.services.open_dispute(shipment=shipment, **told)
    dispute = Dispute.objects.get(pk=dispute.pk)
    if dispute.status == "open":
        aftersales.services.decide_dispute(dispute=dispute, accept=False, note="The code was given.", by=staff)
    return dispute


def archive_of(dispute: Dispute) -> Archive:
    case = aftersales.services.case_file(dispute)
    return make_archive(case, pdf=b"%PDF-1.7", verifier=VERIFIER.read_bytes(), exported_at="2026-11-22T05:00:00+00:00")


# Payment providers.


def test_stripe_is_told_what_is_known_in_its_own_fields(dispute: Dispute) -> None:
    told = stripe_evidence(aftersales.services.case_file(dispute))
    evidence, order = told["evidence"], dispute.order
    assert len(TEXTS) + len(FILES) == 27
    assert set(evidence) <= set(TEXTS)
    assert set(told["files"]) <= set(FILES)
    assert told["reason"] == "product_unacceptable"
    assert evidence["customer_name"] == "王小明"
    assert evidence["shipping_tracking_number"] == order.shipments.get().parcels.get().tracking_number
    assert evidence["shipping_carrier"] == "DHL"
    assert evidence["refund_refusal_explanation"] == "The code was given."
    assert "Müllerstraße 12" in evidence["shipping_address"]
    assert "with the code that only the customer was sent" in evidence["uncategorized_text"]
    for unknown in ("customer_purchase_ip", "duplicate_charge_id", "cancellation_rebuttal"):
        assert unknown not in evidence
    assert told["files"]["customer_signature"] == "signatures/01.svg"


def test_no_field_is_longer_than_stripe_takes() -> None:
    lines = [{"quantity": 1, "name": "x" * 900, "sku": "y"} for _ in range(90)]
    events = [
        {"occurred_at": "2026-11-01T10:00:00+00:00", "recorded_at": "2026-11-01T10:00:00+00:00"}
        | {"status": "in_transit", "place": "P" * 200, "description": "d" * 500, "signed_by": ""}
        for _ in range(90)
    ]
    contents = {"order": {"lines": lines}, "timeline": {"events": events}}
    pieces = [
        Piece(number, kind, kind, "opened", "", "", content) for number, (kind, content) in enumerate(contents.items())
    ]
    evidence = stripe_evidence(CaseFile("1", "A-1", "Acme", "not_received", "open", "", pieces=pieces))["evidence"]
    assert all(len(text) <= TEXTS[field] for field, text in evidence.items())
    assert len(evidence["product_description"]) == 20_000
    assert evidence["product_description"].endswith("…")
    assert sum(map(len, evidence.values())) <= COMBINED_MAX


def test_an_empty_case_tells_nothing_that_is_not_known() -> None:
    told = stripe_evidence(CaseFile("1", "A-1", "Acme", "not_received", "open", ""))
    assert set(told["evidence"]) == {"uncategorized_text"}
    assert told["files"] == {"uncategorized_file": "case.pdf"}


def test_paypal_is_told_in_its_own_types(dispute: Dispute) -> None:
    told = paypal_evidence(aftersales.services.case_file(dispute))
    types = [piece["evidence_type"] for piece in told["evidences"]]
    assert set(types) <= PAYPAL_TYPES
    assert (told["dispute_reason"], told["sub_reasons"]) == (
        "MERCHANDISE_OR_SERVICE_NOT_AS_DESCRIBED",
        ["DAMAGED"],
    )
    assert "PROOF_OF_DELIVERY_SIGNATURE" in types
    assert types.count("PROOF_OF_DAMAGE") == 1
    tracking = told["evidences"][0]["evidence_info"]["tracking_info"][0]
    assert tracking == {
        "carrier_name": "DHL",
        "tracking_number": dispute.order.shipments.get().parcels.get().tracking_number,
    }
    assert all(len(piece.get("notes", "")) <= 2000 for piece in told["evidences"])
    case = replace(aftersales.services.case_file(dispute), kind="not_received")
    assert paypal_evidence(case)["dispute_reason"] == "MERCHANDISE_OR_SERVICE_NOT_RECEIVED"


def test_every_file_that_is_named_is_in_the_archive(dispute: Dispute) -> None:
    with zipfile.ZipFile(BytesIO(archive_of(dispute).content)) as archive:
        names = set(archive.namelist())
        stripe, paypal = json.loads(archive.read("stripe.json")), json.loads(archive.read("paypal.json"))
    documents = {document["name"] for piece in paypal["evidences"] for document in piece.get("documents", ())}
    assert set(stripe["files"].values()) | documents <= names
    assert "photos/01.jpg" in names


# The archive and its verifier.


def verify(tmp_path: Path, content: bytes, *more: str) -> tuple[int, str]:
    """Run the verifier as anybody would: isolated, away from the portal."""
    path = tmp_path / "case.zip"
    path.write_bytes(content)
    script = tmp_path / "verify.py"
    script.write_bytes(VERIFIER.read_bytes())
    done = subprocess.run(
        [sys.executable, "-I", script, path, *more], capture_output=True, text=True, cwd=tmp_path, timeout=60
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


def rewritten(content: bytes, change: dict[str, bytes | None]) -> bytes:
    """The archive with files changed, added, or (None) left out."""
    target = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as old, zipfile.ZipFile(target, "w") as new:
        for name in dict.fromkeys([*old.namelist(), *change]):
            kept = change[name] if name in change else old.read(name)
            if kept is not None:
                new.writestr(name, kept)
    return target.getvalue()


def test_an_archive_as_it_was_exported_is_well(dispute: Dispute, tmp_path: Path) -> None:
    archive = archive_of(dispute)
    code, said = verify(tmp_path, archive.content, "--seal", archive.seal)
    assert (code, "All is well" in said, archive.seal in said) == (0, True, True)
    assert verify(tmp_path, archive.content)[0] == 0
    assert archive_of(dispute) == archive, "the same case gives the same bytes"


def test_a_changed_byte_in_any_file_is_found(dispute: Dispute, tmp_path: Path) -> None:
    content = archive_of(dispute).content
    with zipfile.ZipFile(BytesIO(content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist() if name != "manifest.json"}
    assert len(files) > 12
    for name, kept in files.items():
        changed = bytes([kept[0] ^ 1]) + kept[1:]
        code, said = verify(tmp_path, rewritten(content, {name: changed}))
        assert (code, f"{name} was changed" in said) == (1, True)


def test_missing_and_added_files_are_found(dispute: Dispute, tmp_path: Path) -> None:
    content = archive_of(dispute).content
    code, said = verify(tmp_path, rewritten(content, {"photos/01.jpg": None, "evidence/99-lie.json": b"{}"}))
    assert code == 1
    assert "photos/01.jpg is missing" in said
    assert "evidence/99-lie.json was added" in said


def test_a_manifest_made_anew_has_another_seal(dispute: Dispute, tmp_path: Path) -> None:
    archive = archive_of(dispute)
    with zipfile.ZipFile(BytesIO(archive.content)) as opened:
        manifest = json.loads(opened.read("manifest.json"))
    for file in manifest["files"]:
        if file["path"] == "README.txt":
            file["sha256"] = sha256(b"lie").hexdigest()
    forged = {"README.txt": b"lie", "manifest.json": json.dumps(manifest).encode()}
    code, said = verify(tmp_path, rewritten(archive.content, forged))
    assert (code, "the seal does not belong" in said) == (1, True)
    assert verify(tmp_path, archive.content, "--seal", "0" * 64)[0] == 1


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 broken"])
def test_what_is_no_archive_is_said_plainly(tmp_path: Path, content: bytes) -> None:
    code, said = verify(tmp_path, content)
    assert (code, said.startswith("NOT RIGHT: this is no ZIP")) == (1, True)


def test_an_archive_without_a_manifest_or_with_a_broken_one(dispute: Dispute, tmp_path: Path) -> None:
    content = archive_of(dispute).content
    for manifest in (
        None,
        b"{",
        b"[]",
        b'{"format": "other"}',
        b'{"format": "logistics-portal-evidence", "version": 1}',
    ):
        code, said = verify(tmp_path, rewritten(content, {"manifest.json": manifest}))
        assert (code, "NOT RIGHT" in said) == (1, True)


# Paper, and the doors.


def words_of(pdf: bytes) -> str:
    return " ".join("".join(page.get_textpage().get_text_range()) for page in PdfDocument(pdf))


@needs_printer
def test_the_pdf_tells_the_case_in_every_script(dispute: Dispute) -> None:
    pdf = aftersales.services.case_pdf(dispute)
    told = words_of(pdf)
    for words in ("王小明", "Müllerstraße 12", "包裹破损", "The code was given.", "Code given to the courier"):
        assert words in told
    assert dispute.evidence.get(kind="timeline").digest in told.replace("\r\n", "").replace("\n", "")


@needs_printer
def test_staff_download_the_case(dispute: Dispute, acme: Merchant, rival: Merchant) -> None:
    client = Client()
    client.force_login(build.staff(superuser=True, name="chief"))
    for form, start in (("pdf", b"%PDF"), ("zip", b"PK"), ("stripe", b"{"), ("paypal", b"{")):
        answer = client.get(reverse("admin:aftersales_dispute_export", args=[dispute.pk, form]))
        assert (answer.status_code, answer.content[: len(start)]) == (200, start)
        assert dispute.order.number in answer["Content-Disposition"]
    assert client.get(reverse("admin:aftersales_dispute_export", args=[dispute.pk, "exe"])).status_code == 404
    photo_url = reverse("admin:aftersales_dispute_photo", args=[dispute.pk, dispute.photos.get().pk])
    assert client.get(photo_url)["Content-Type"] == "image/jpeg"
    stranger = Client()
    stranger.force_login(build.staff(rival, name="stranger"))
    for url in (photo_url, reverse("admin:aftersales_dispute_export", args=[dispute.pk, "zip"])):
        assert stranger.get(url).status_code in (403, 404)


@needs_printer
def test_merchants_get_the_same_over_the_api(api: APIClient, dispute: Dispute, rival: Merchant, tmp_path: Path) -> None:
    mine = f"/api/v1/disputes/{dispute.pk}/"
    answer = api.get(f"{mine}exports/zip/", headers={"accept": "application/zip"})
    assert verify(tmp_path, answer.content, "--seal", answer["Evidence-Seal"])[0] == 0
    assert api.get(f"{mine}exports/pdf/").content.startswith(b"%PDF")
    assert api.get(f"{mine}exports/stripe/").json()["evidence"]["customer_name"] == "王小明"
    assert api.get(f"{mine}exports/paypal/").json()["evidences"]
    pieces = api.get(f"{mine}evidence/").json()
    assert {piece["kind"] for piece in pieces} >= {"timeline", "proof", "decision"}
    strange = build.api_client(rival)
    for path in ("", "evidence/", "exports/zip/", "exports/stripe/"):
        assert strange.get(mine + path).status_code == 404


@pytest.mark.parametrize(("language", "country"), [("en", "Germany"), ("de", "Deutschland"), ("zh-hans", "德国")])
def test_the_sheet_names_countries_in_its_language(dispute: Dispute, language: str, country: str) -> None:
    case = aftersales.services.case_file(dispute)
    with translation.override(language):
        sections = sheet(case)
    facts = [value for section in sections for _name, value in section.facts]
    cells = [cell for section in sections if section.table for row in section.table.rows for cell in row]
    assert f"王小明, Müllerstraße 12, 10969 Berlin, {country}" in facts, "where it goes"
    assert f"10969 Berlin, {country}" in facts
    assert any(fact.startswith(f"Berlin, {country}, ") for fact in facts), "the last scan"
    assert f"Berlin, {country}" in cells, "the timeline"
    assert not [told for told in (*facts, *cells) if re.search(r"\bDE\b", told)]


def test_a_country_that_nobody_knows_stays_as_it_is_written() -> None:
    with translation.override("de"):
        assert [country_name(code) for code in ("AT", "at", "QQ", "")] == ["Österreich", "Österreich", "QQ", ""]


def test_the_sheet_tells_rules_and_devices_in_words(dispute: Dispute) -> None:
    case = aftersales.services.case_file(dispute)
    decided = {**case.newest("decision"), "decided_at": case.opened_at, "by": "", "rule": "carrier_lost 1", "why": ""}
    opened = {"at": case.opened_at, "browser": "", "device": "tablet", "phone_proved": True}
    kept = {"decision": decided, "openings": {"openings": [opened]}}
    pieces = [Piece(90, kind, kind, "opened", case.opened_at, "", content) for kind, content in kept.items()]
    with translation.override("de"):
        told = {section.title: section for section in sheet(replace(case, pieces=[*case.pieces, *pieces]))}
    assert ("Entschieden von", "Vom Paketdienst belegter Verlust") in told["Die Entscheidung"].facts
    (table,) = [section.table for section in told.values() if section.table and section.table.heads[1] == "Gerät"]
    assert [row[1] for row in table.rows] == ["Ein Tablet"]
