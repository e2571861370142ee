"""Photos that customers add: looked at, made anew, and told why when they can't be used."""

from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.forms import Form
from django.utils.datastructures import MultiValueDict
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from aftersales.forms.photos import PhotosField
from aftersales.pictures import SIDE_MAX, UPLOAD_MAX, Fault, NotAPhoto, read_photo


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def camera_photo() -> bytes:
    """A photo held sideways, with a place and a maker's name in it."""
    image = Image.new("RGB", (400, 200), "red")
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010F] = "Spy Camera"
    exif.get_ifd(0x8825)[2] = (52.0, 30.0, 0.0)
    return saved(image, "JPEG", exif=exif, comment=b"my secret")


def test_metadata_is_gone_and_the_picture_stands_upright() -> None:
    photo = read_photo(camera_photo())
    kept = Image.open(BytesIO(photo.jpeg))
    assert kept.format == "JPEG"
    assert (photo.width, photo.height) == kept.size == (200, 400)
    assert not kept.getexif()
    assert "comment" not in kept.info
    for secret in (b"Spy", b"secret", b"Exif"):
        assert secret not in photo.jpeg
    assert len(photo.digest) == 64


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_large_pictures_are_scaled_down(kind: str) -> None:
    photo = read_photo(saved(Image.new("RGB", (3000, 1000), "blue"), kind))
    assert (photo.width, photo.height) == (SIDE_MAX, 533)


def test_what_is_seen_through_becomes_white() -> None:
    notes = PngInfo()
    notes.add_text("Author", "Somebody")
    photo = read_photo(saved(Image.new("RGBA", (40, 40), (0, 0, 0, 0)), "PNG", pnginfo=notes))
    assert Image.open(BytesIO(photo.jpeg)).getpixel((5, 5)) == (255, 255, 255)
    assert b"Somebody" not in photo.jpeg


@pytest.mark.parametrize(
    ("upload", "fault"),
    [
        (b"", Fault.UNREADABLE),
        (b"<svg xmlns='http://www.w3.org/2000/svg'></svg>", Fault.UNREADABLE),
        (b"%PDF-1.7 not a photo", Fault.UNREADABLE),
        (saved(Image.new("RGB", (40, 40)), "GIF"), Fault.UNREADABLE),
        (saved(Image.new("RGB", (400, 400)), "JPEG")[:300], Fault.UNREADABLE),
        (saved(Image.new("RGB", (10, 400)), "PNG"), Fault.SMALL),
        (saved(Image.new("1", (10_000, 6_000)), "PNG"), Fault.LARGE),
        (b"\xff" * (UPLOAD_MAX + 1), Fault.HEAVY),
    ],
)
def test_what_is_no_photo_is_refused(upload: bytes, fault: Fault) -> None:
    with pytest.raises(NotAPhoto) as refused:
        read_photo(upload)
    assert refused.value.fault == fault


class PhotosForm(Form):
    photos = PhotosField()


def form_with(*uploads: bytes) -> PhotosForm:
    files = [SimpleUploadedFile(f"{number}.png", upload) for number, upload in enumerate(uploads)]
    return PhotosForm({}, MultiValueDict({"photos": files}))


def test_the_field_gives_clean_photos() -> None:
    form = form_with(camera_photo(), saved(Image.new("RGB", (40, 40)), "PNG"))
    assert form.is_valid()
    assert [photo.width for photo in form.cleaned_data["photos"]] == [200, 40]
    assert form_with().is_valid()


def test_the_field_says_what_is_wrong() -> None:
    small = saved(Image.new("RGB", (20, 20)), "PNG")
    assert form_with(*[small] * 7).errors["photos"] == ["Add at most 6 photos."]
    assert form_with(b"MZ program").errors["photos"] == ["Add photos as JPEG, PNG or WebP."]
