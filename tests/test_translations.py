"""German and Simplified Chinese: nothing is missing, nothing is stale, and pages speak one language only."""

import re
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
import unfold
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from django.conf import settings as portal
from django.core.management import call_command
from django.test import Client
from django.utils import timezone, translation
from pytest_django.fixtures import Settings

import aftersales.services
from logistics_portal.unfold_words import WORDS
from merchants.models import Merchant
from orders.models import Order
from tests import build
from tests.visitors import holder, text_of, worker

FOLDERS = {"de": "de", "zh-hans": "zh_Hans"}  # a language's code and the folder of its catalog
LOCALE = portal.BASE_DIR / "locale"
GETTEXT = ("xgettext", "msguniq", "msgmerge", "msgattrib")
EXTRACT = (
    "PORTAL_ENV=test .venv/bin/python manage.py makemessages -l de -l zh_Hans --no-location --no-obsolete "
    "--ignore=.venv --ignore=var --ignore=tests --ignore=bench"
)
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w+\}|</?\w+[^>]*>")
NAMES = {"Logistics Portal", "AppID", "AppSecret", "OpenID", "API"}  # the same in every language
# Words that German writes alike.
GERMAN_TOO = {
    "Name",
    "Push",
    "Variable",
    "API",
    "Link",
    "Portal",
    "Webhooks",
    "Demo",
    "Problem",
    "Chat",
    "SMS",
    "WeChat",
    "%(kind)s: %(name)s",
    "Scans",
    "Status",
    "System",
    "Test",
}
ENGLISH = re.compile(r"\b(the|your|you|and|with|of|is|from|this|that|are|for|by|not|no|to)\b", re.IGNORECASE)
INFORMAL = re.compile(r"\b(du|dir|dich|dein\w*|euch|euer\w*)\b", re.IGNORECASE)
LETTER = re.compile(r"[^\W\d_]")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def catalog(folder: str) -> Catalog:
    with (LOCALE / folder / "LC_MESSAGES" / "django.po").open("rb") as file:
        return read_po(file, abort_invalid=True)


def entries(folder: str) -> list[Message]:
    return [message for message in catalog(folder) if message.id]


def forms(words: str | tuple[str, ...]) -> tuple[str, ...]:
    """A text's forms: one, or those of singular and plural."""
    return (words,) if isinstance(words, str) else tuple(words)


def keys(messages: list[Message]) -> set[tuple[str | None, tuple[str, ...]]]:
    return {(message.context, forms(message.id)) for message in messages}


@pytest.mark.parametrize("folder", FOLDERS.values())
def test_every_text_is_translated(folder: str) -> None:
    messages = entries(folder)
    assert messages
    assert [message.id for message in messages if message.fuzzy or not all(forms(message.string))] == []
    plurals = [message for message in messages if message.pluralizable]
    assert {len(forms(message.string)) for message in plurals} == {catalog(folder).num_plurals}
    assert not catalog(folder).obsolete


@pytest.mark.parametrize("folder", FOLDERS.values())
def test_placeholders_and_tags_are_those_of_the_source(folder: str) -> None:
    """Named ones may change places, bare ones (%s) may not."""
    wrong = []
    for message in entries(folder):
        wanted = {tuple(sorted(PLACEHOLDER.findall(form))) for form in forms(message.id)}
        for form in forms(message.string):
            if tuple(sorted(PLACEHOLDER.findall(form))) not in wanted or form.count("%s") + form.count("%d") > 1:
                wrong.append((message.id, form))
    assert wrong == []


def test_nothing_stays_english() -> None:
    same = [message.id for message in entries("de") if message.string == message.id]
    assert set(same) <= NAMES | GERMAN_TOO
    chinese = [form for message in entries("zh_Hans") for form in forms(message.string)]
    western = {form for form in chinese if LETTER.search(PLACEHOLDER.sub("", form)) and not CHINESE.search(form)}
    assert western <= NAMES


def test_german_is_polite_and_chinese_uses_its_own_marks() -> None:
    assert [form for message in entries("de") for form in forms(message.string) if INFORMAL.search(form)] == []
    chinese = [form for message in entries("zh_Hans") for form in forms(message.string)]
    assert [form for form in chinese if re.search(r"[\u4e00-\u9fff][,;:!?.]|你", form)] == []


def test_catalogs_have_just_the_texts_of_the_sources(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    """Extracts anew, beside the checkout, so that nothing in it is touched."""
    missing = [tool for tool in GETTEXT if not shutil.which(tool)]
    if missing:
        pytest.skip(f"no {', '.join(missing)} on this machine (apt-get install gettext)")
    for source in (*portal.BASE_DIR.glob("*/__init__.py"), portal.BASE_DIR / "templates" / "base.html"):
        if source.parent.name not in ("tests", "bench"):
            (tmp_path / source.parent.name).symlink_to(source.parent, target_is_directory=True)
    settings.LOCALE_PATHS = [tmp_path / "new"]
    (tmp_path / "new").mkdir()
    monkeypatch.chdir(tmp_path)
    call_command("makemessages", locale=["de"], symlinks=True, no_location=True, verbosity=0)
    with (tmp_path / "new" / "de" / "LC_MESSAGES" / "django.po").open("rb") as file:
        wanted = keys([message for message in read_po(file) if message.id])
    for folder in FOLDERS.values():
        assert wanted == keys(entries(folder)), f"run: {EXTRACT}"


def test_words_of_the_theme_are_still_its_words() -> None:
    theme = Path(unfold.__file__).parent
    said = "".join(path.read_text() for pattern in ("**/*.py", "**/*.html") for path in theme.glob(pattern))
    assert [words for words in WORDS if words not in said] == []


@pytest.fixture
def compiled(tmp_path: Path, settings: Settings) -> None:
    """The catalogs compiled from their sources as `bin/setup` does it, whatever lies in the checkout."""
    for folder in FOLDERS.values():
        target = tmp_path / "locale" / folder / "LC_MESSAGES"
        target.mkdir(parents=True)
        shutil.copy(LOCALE / folder / "LC_MESSAGES" / "django.po", target)
    command = [sys.executable, "-m", "babel.messages.frontend", "--quiet", "compile"]
    subprocess.run([*command, "-d", tmp_path / "locale", "-D", "django"], check=True)
    settings.LOCALE_PATHS = [tmp_path / "locale"]


@pytest.mark.parametrize(("language", "said"), [("de", "Ihr Paket ist in Zustellung."), ("zh-hans", "包裹正在派送。")])
def test_compiled_catalogs_are_found_by_the_language_code(compiled: None, language: str, said: str) -> None:
    with translation.override(language):
        assert translation.gettext("Your parcel is out for delivery.") == said


@pytest.fixture
def delivered(acme: Merchant) -> Order:
    """An order that has been everywhere, with a return and a dispute of it."""
    order = build.order(merchant=acme)
    parcel = build.shipment(order).parcels.get()
    for hours, status in enumerate(("delivered", "attempt_failed", "out_for_delivery", "in_transit")):
        build.scan(parcel, status, at=timezone.now() - timedelta(hours=hours), description="Scan")
    order.refresh_from_db()
    line = order.lines.first()
    aftersales.services.request_return(order=order, reason="too_small", comment="", quantities={line.pk: 1})
    return order


def pages(order: Order, merchant: Merchant) -> list[tuple[Client, str]]:
    """Who looks at what."""
    page, shipment, case = f"/t/{order.token}/", order.shipments.outbound().get(), order.returns.get()
    out = build.shipment(build.order(merchant=merchant))
    build.scan(out.parcels.get(), "out_for_delivery", description="Scan")
    placed = build.order(merchant=merchant)
    own = ("", "return/", f"returns/{case.pk}/send/", f"dispute/{shipment.pk}/")
    open_to_all = ("/", "/track/", "/orders/sign-in/", page, f"{page}verify/", f"{page}verify/?sent", "/nowhere/")
    waiting = [f"/t/{placed.token}/", f"/t/{out.order.token}/", "/orders/", "/orders/messages/"]
    work = (
        "/warehouse/",
        f"/warehouse/{placed.pk}/",
        f"/warehouse/{placed.pk}/label/",
        "/courier/",
        f"/courier/{out.pk}/",
    )
    looks: list[tuple[Client, str]] = [(Client(), path) for path in open_to_all]
    looks += [(holder(), path) for path in [*waiting, *(page + rest for rest in own)]]
    return looks + [(worker(build.staff(merchant, name=f"worker{index}")), path) for index, path in enumerate(work)]


@pytest.mark.django_db
@pytest.mark.parametrize("language", FOLDERS)
def test_pages_have_no_english_leftovers(compiled: None, acme: Merchant, delivered: Order, language: str) -> None:
    sources = [form for message in entries(FOLDERS[language]) for form in forms(message.id)]
    sentences = [form for form in sources if " " in form and form not in NAMES and not PLACEHOLDER.search(form)]
    left = []
    for client, path in pages(delivered, acme):
        client.cookies[portal.LANGUAGE_COOKIE_NAME] = language
        response = client.get(path)
        assert response.status_code == (404 if path == "/nowhere/" else 200), path
        said = text_of(response)
        left += [(path, sentence) for sentence in sentences if sentence in said]
        left += [(path, said[max(word.start() - 40, 0) : word.end() + 40]) for word in ENGLISH.finditer(said)]
        assert f'<html lang="{language}"' in response.content.decode()
    assert left == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("de", ("Ihr Paket wurde zugestellt.", "Lieferadresse", "Rückgabe genehmigt", "In Zustellung")),
        ("zh-hans", ("包裹已签收。", "收货地址", "退货已通过", "派件失败")),
    ],
)
def test_an_order_speaks_its_readers_language(
    compiled: None, delivered: Order, language: str, said: tuple[str, ...]
) -> None:
    client = holder()
    client.cookies[portal.LANGUAGE_COOKIE_NAME] = language
    page = text_of(client.get(f"/t/{delivered.token}/"))
    assert [words for words in said if words not in page] == []
