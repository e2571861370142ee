"""Staff pages name models, fields and choices in the reader's language."""

import pytest
from django.contrib import admin
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.admin.utils import flatten
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Field, Model
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django.utils.functional import Promise

from logistics_portal.kernel.admin import StaffAdmin
from tests.visitors import text_of
from tracking.models import CarrierPayload

from .conftest import World

THE_SAME_EVERYWHERE = {"SKU", "GTIN", "GLN"}
OURS = [page for page in admin.site._registry.values() if isinstance(page, StaffAdmin)]
ROOTS = {"merchants", "customers", "inventory", "orders", "tracking", "aftersales", "notifications", "logistics_portal"}
PAGES = [page for page in OURS if page.model.__module__.partition(".")[0] in ROOTS]


def shown_fields(page: BaseModelAdmin) -> list[Field]:
    """The model's own fields that a list, a row's page, an inline or a filter shows."""
    model: type[Model] = page.model
    names = {name for spec in (getattr(page, "list_display", ()), page.fields or ()) for name in flatten(spec)}
    if not page.fields:
        names |= {field.name for field in model._meta.local_fields} - {"id"} - set(page.exclude or ())
    names |= {chosen[0] if isinstance(chosen, tuple) else chosen for chosen in getattr(page, "list_filter", ())}
    found = []
    for name in names:
        if isinstance(name, str):
            try:
                found.append(model._meta.get_field(name.partition("__")[0]))
            except FieldDoesNotExist:
                continue  # a column of the page's own
    return found


def test_every_name_that_is_shown_has_a_translation() -> None:
    missing = set()
    inlines = [inline(page.model, page.admin_site) for page in PAGES for inline in page.inlines]
    for page in [*PAGES, *inlines]:
        opts = page.model._meta
        names = (opts.verbose_name, opts.verbose_name_plural)
        missing |= {("model", str(name)) for name in names if is_plain(name) or stays_english(name)}
        for field in shown_fields(page):
            missing |= {("field", field.verbose_name)} if is_plain(field.verbose_name) else set()
            missing |= {("help", field.help_text)} if field.help_text and is_plain(field.help_text) else set()
            missing |= {("choice", label) for _, label in field.flatchoices or () if is_plain(label)}
    assert {(kind, name) for kind, name in missing if name not in THE_SAME_EVERYWHERE} == set(), (
        "name them in logistics_portal/model_words.py"
    )


def stays_english(words: object) -> bool:
    """Of a plural that Django made of a translated singular."""
    with translation.override("zh-hans"):
        return str(words).isascii()


def is_plain(words: object) -> bool:
    return not isinstance(words, Promise)


@pytest.mark.parametrize(
    ("language", "app", "field", "choice"),
    [("de", "Pakete", "Ergebnis", "Unlesbar"), ("zh-hans", "包裹", "结果", "无法读取")],
)
def test_models_speak_the_readers_language(language: str, app: str, field: str, choice: str) -> None:
    with translation.override(language):
        outcome = CarrierPayload._meta.get_field("outcome")
        assert outcome.verbose_name == field
        assert CarrierPayload._meta.app_config.verbose_name == app
        assert not str(CarrierPayload._meta.verbose_name_plural).startswith("carrier")
        assert CarrierPayload(outcome="unreadable").get_outcome_display() == choice
    assert outcome.verbose_name == "outcome"


def test_translated_names_are_in_no_migration() -> None:
    """What migrations compare is what the models say themselves."""
    arguments = CarrierPayload._meta.get_field("outcome").deconstruct()[3]
    assert "verbose_name" not in arguments
    assert [label for _, label in arguments["choices"]] == list(CarrierPayload.Outcome.labels)
    assert "verbose_name" not in CarrierPayload._meta.original_attrs


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("de", ("Paketdienst", "Richtung", "Letzter Ort", "Fassung", "Wächst mit jeder Änderung")),
        ("zh-hans", ("承运商", "方向", "最近地点", "版本", "轨迹每次变化时递增")),
    ],
)
def test_a_shipments_page_has_no_english_names(boss: Client, own: World, language: str, said: tuple[str, ...]) -> None:
    boss.cookies["django_language"] = language
    page = text_of(boss.get(reverse("admin:tracking_shipment_change", args=[own.shipment.pk])))
    assert [words for words in said if words not in page] == []
    assert "Last place" not in page
