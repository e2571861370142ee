"""A merchant's logo: looked at, made anew, and shown wherever its name stood."""

from io import BytesIO

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo

import merchants.services
import orders.services
from merchants.logos import SIDE_MAX, SIZE_MAX, UPLOAD_MAX, Fault, NotALogo, read_logo
from merchants.models import Brand, Logo, Merchant
from notifications.facts import gather
from notifications.models import Message
from orders.models import Order
from tests import build

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def saved(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def mark(color: tuple[int, int, int, int], size: tuple[int, int] = (300, 80)) -> Image.Image:
    """A bar of a color on a ground that can be seen through."""
    image = Image.new("RGBA", size, (0, 0, 0, 0))
    ImageDraw.Draw(image).rectangle((10, 20, size[0] - 10, 60), fill=color)
    return image


DARK, WHITE, BLUE = (20, 30, 40, 255), (255, 255, 255, 255), (60, 130, 220, 255)
NOTED = PngInfo()
NOTED.add_text("Comment", "secret note")


# Reading.


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_pictures_are_read_and_become_png(kind: str) -> None:
    image = mark(BLUE).convert("RGB") if kind == "JPEG" else mark(BLUE)
    picture = read_logo(saved(image, kind))
    assert Image.open(BytesIO(picture.png)).format == "PNG"
    assert (picture.width, picture.height) == (300, 80)


def test_large_pictures_are_scaled_down_in_proportion() -> None:
    picture = read_logo(saved(mark(BLUE, (2400, 400))))
    assert (picture.width, picture.height) == (600, 100)
    picture = read_logo(saved(mark(BLUE, (500, 1000))))
    assert (picture.width, picture.height) == (100, 200)
    assert picture.width <= SIZE_MAX[0] and picture.height <= SIZE_MAX[1]


def test_nothing_but_pixels_is_kept() -> None:
    exif = Image.Exif()
    exif[0x010E] = "secret note"
    for upload in (
        saved(mark(BLUE), pnginfo=NOTED, exif=exif, icc_profile=b"secret note" * 10),
        saved(mark(BLUE).convert("RGB"), "JPEG", exif=exif, comment=b"secret note"),
        saved(mark(BLUE)) + b"secret note <script>",
    ):
        assert b"secret note" in upload
        picture = read_logo(upload)
        assert b"secret" not in picture.png
        found = Image.open(BytesIO(picture.png))
        assert not found.getexif() and "icc_profile" not in found.info and "Comment" not in found.info


def test_a_picture_that_lies_on_its_side_is_turned() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    picture = read_logo(saved(mark(BLUE).convert("RGB"), "JPEG", exif=exif))
    assert (picture.width, picture.height) == (60, 200) or picture.height > picture.width


@pytest.mark.parametrize(
    ("color", "ground"), [(DARK, "light"), (WHITE, "dark"), (BLUE, "")], ids=["dark", "white", "blue"]
)
def test_a_logo_says_on_which_ground_it_can_be_seen(color: tuple[int, int, int, int], ground: str) -> None:
    assert read_logo(saved(mark(color))).ground == ground
    assert read_logo(saved(mark(color).convert("RGB"))).ground == ""  # it brings its own


def test_a_photo_becomes_light() -> None:
    noise = Image.effect_noise((600, 200), 60).convert("RGB")
    upload = saved(noise, "JPEG", quality=70)
    assert len(read_logo(upload).png) < len(saved(noise))


@pytest.mark.parametrize(
    ("upload", "fault"),
    [
        (b"", Fault.UNREADABLE),
        (b"GIF89a", Fault.UNREADABLE),
        (saved(mark(BLUE), "GIF"), Fault.UNREADABLE),
        (saved(mark(BLUE), "BMP"), Fault.UNREADABLE),
        (saved(mark(BLUE))[:200], Fault.UNREADABLE),
        (b"%PDF-1.7", Fault.UNREADABLE),
        (b"<html><script>alert(1)</script></html>", Fault.UNREADABLE),
        (SVG, Fault.SVG),
        (b'\xef\xbb\xbf <?xml version="1.0"?><!-- x -->\n' + SVG, Fault.SVG),
        (saved(Image.new("1", (SIDE_MAX + 1, 10))), Fault.LARGE),
        (saved(Image.new("RGBA", (50, 50), (255, 0, 0, 0))), Fault.EMPTY),
        (b"\0" * (UPLOAD_MAX + 1), Fault.HEAVY),
    ],
    ids=lambda value: value.name if isinstance(value, Fault) else None,
)
def test_what_is_no_logo_is_refused_with_its_reason(upload: bytes, fault: Fault) -> None:
    with pytest.raises(NotALogo) as refusal:
        read_logo(upload)
    assert refusal.value.fault is fault


# Keeping and showing.

pytestmark = pytest.mark.django_db


def page_of(order: Order, **headers: str) -> HttpResponse:
    return Client().get(f"/t/{order.token}/", headers=headers)


def test_the_page_shows_the_logo_in_a_box_of_its_size(order: Order) -> None:
    before = page_of(order)
    merchants.services.set_logo(merchant=order.merchant, upload=saved(mark(DARK)))
    after = page_of(order, **{"if-none-match": before["ETag"]})
    assert after.status_code == 200
    brand = Brand.objects.get(merchant=order.merchant)
    html = after.content.decode()
    assert f'src="{brand.logo_path}" width="300" height="80" alt="Acme"' in html
    assert 'class="brand-logo on-light"' in html
    merchants.services.remove_logo(merchant=order.merchant)
    assert b"brand-logo" not in page_of(order).content
    assert Client().get(brand.logo_path).status_code == 200  # mails that were sent show it still


def test_a_logo_is_served_for_ever_under_the_name_of_its_content(order: Order) -> None:
    merchants.services.set_logo(merchant=order.merchant, upload=saved(mark(BLUE)))
    brand = Brand.objects.get(merchant=order.merchant)
    response = Client().get(brand.logo_path)
    assert response["Content-Type"] == "image/png"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "Set-Cookie" not in response
    assert response.content == bytes(Logo.objects.get().content)
    for path in ("/brand/00000000000000000000000000000000.png", "/brand/x.png", "/brand/../manage.png"):
        assert Client().get(path).status_code == 404


def test_one_picture_is_kept_once(acme: Merchant, rival: Merchant) -> None:
    for merchant in (acme, rival, acme):
        merchants.services.set_logo(merchant=merchant, upload=saved(mark(BLUE)))
    assert Logo.objects.count() == 1


# The door of the staff.


def deed(client: Client, merchant: Merchant, name: str = "logo", **given: object) -> HttpResponse:
    return client.post(reverse("admin:merchants_merchant_deed", args=[merchant.pk, name]), given, follow=True)


@pytest.fixture
def boss(acme: Merchant) -> Client:
    client = Client()
    client.force_login(build.staff(acme, superuser=True, name="boss"))
    return client


def test_staff_upload_a_logo_and_take_it_away(boss: Client, acme: Merchant) -> None:
    page = boss.get(reverse("admin:merchants_merchant_deed", args=[acme.pk, "logo"])).content.decode()
    assert 'enctype="multipart/form-data"' in page
    done = deed(boss, acme, logo=SimpleUploadedFile("logo.png", saved(mark(BLUE))))
    brand = Brand.objects.get(merchant=acme)
    assert brand.logo_path in done.content.decode()
    deed(boss, acme, "no-logo")
    assert not Brand.objects.get(merchant=acme).logo_id


@pytest.mark.parametrize(
    ("upload", "said"),
    [(SVG, "SVG files can hold programs"), (b"\0" * (UPLOAD_MAX + 1), "200 KB"), (b"nothing", "can&#x27;t be read")],
)
def test_a_refusal_is_told_to_staff(boss: Client, acme: Merchant, upload: bytes, said: str) -> None:
    answer = deed(boss, acme, logo=SimpleUploadedFile("logo.png", upload, content_type="image/png"))
    assert said in answer.content.decode()
    assert not Logo.objects.exists()


def test_staff_of_another_merchant_may_not(acme: Merchant, rival: Merchant) -> None:
    client = Client()
    client.force_login(build.staff(rival, name="stranger"))
    assert deed(client, acme, logo=SimpleUploadedFile("l.png", saved(mark(BLUE)))).status_code in (403, 404)
    assert not Logo.objects.exists()


def test_mails_show_the_logo_in_a_small_box(acme: Merchant) -> None:
    order = build.order(merchant=acme)
    orders.services.pack_order(order=order)
    message = Message(merchant=acme, order=order, kind="order_packed", language="en")
    shown = render_to_string("messages/layout.en.html", gather(message, now=timezone.now()) | {"language": "en"})
    assert "<img" not in shown
    merchants.services.set_logo(merchant=acme, upload=saved(mark(WHITE)))
    acme.refresh_from_db()
    brand = Brand.objects.get(merchant=acme)
    shown = render_to_string("messages/layout.en.html", gather(message, now=timezone.now()) | {"language": "en"})
    assert f'src="{settings.BASE_URL}{brand.logo_path}" width="180" height="48" alt="Acme"' in shown
    assert "background:#1a1d20" in shown  # white on white would not be seen
