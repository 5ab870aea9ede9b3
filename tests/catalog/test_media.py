"""Pictures: known by their content, stored once, described and put in order; wrong files are refused one by one."""

import struct
import zlib
from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from backoffice.models import AuditEvent
from catalog.models import Media
from catalog.services import attach_files, attach_media, make_cover, remove_media, save_pictures
from tests.factories import make_product, make_variant, picture

pytestmark = pytest.mark.django_db
KINDS = {"png": "PNG", "jpg": "JPEG", "gif": "GIF", "webp": "WEBP"}


@pytest.fixture(autouse=True)
def media_root(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


def upload(content, name="photo.png"):
    return SimpleUploadedFile(name, content)


def bomb(width, height):
    """A PNG of a few bytes that says it has this size."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(bytes(10))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_is_kept_under_a_name_of_ours(editor, kind):
    media = attach_media(make_product(), by=editor, file=picture("../../evil.svg", kind=KINDS[kind]), alt="Front")
    assert media.file.name.startswith("products/")
    assert media.file.name.endswith(f".{kind}")
    assert "evil" not in media.file.name
    assert (media.width, media.height) == (8, 6)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "SVG files can carry scripts"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><svg/>", "SVG files can carry scripts"),
        (b"<html><script>", "not a picture we can show"),
        (b"RIFF\x10\0\0\0WAVEfmt ", "not a picture we can show"),
        (b"\x89PNG\r\n\x1a\n" + bytes(20), "damaged or not whole"),
        (b"\xff\xd8\xff\xe0" + bytes(200), "damaged or not whole"),
        (b"GIF89a" + bytes(20), "damaged or not whole"),
        (b"RIFF\x10\0\0\0WEBPVP8 " + bytes(20), "damaged or not whole"),
        (bomb(30_000, 30_000), "30000 × 30000 pixels; 50 million are possible"),
        (bytes(50 * 1024 * 1024), "larger than 10 MB"),
    ],
    ids=["empty", "svg", "xml", "html", "sound", "png", "jpg", "gif", "webp", "bomb", "50 MB"],
)
def test_other_files_are_refused(editor, content, sentence):
    with pytest.raises(ValidationError, match=sentence):
        attach_media(make_product(), by=editor, file=upload(content))
    assert not Media.objects.exists()


@pytest.mark.parametrize("kind", KINDS.values())
def test_a_picture_cut_short_is_refused(editor, kind):
    whole = picture(kind=kind, size=(400, 300)).read()
    with pytest.raises(ValidationError, match="damaged or not whole"):
        attach_media(make_product(), by=editor, file=upload(whole[: len(whole) // 2]))


def test_equal_files_are_stored_once_and_stay_when_taken_off(editor, media_root):
    one, other = make_product("One"), make_product("Other")
    first = attach_media(one, by=editor, file=picture("a.png"))
    second = attach_media(other, by=editor, file=picture("b.png"))
    assert first.file.name == second.file.name
    assert len(list((media_root / "products").iterdir())) == 1

    with pytest.raises(ValidationError, match="shows this picture already"):
        attach_media(one, by=editor, file=picture("c.png"))
    remove_media(first, by=editor)
    remove_media(second, by=editor)
    assert default_storage.exists(first.file.name)


def test_of_several_files_those_that_are_right_are_kept(editor):
    product = make_product()
    files = [picture("a.png", hue=1), upload(b"<svg/>", "logo.svg"), picture("c.png", kind="JPEG", hue=3)]

    added, remarks, refusals = attach_files(product, files, by=editor)

    assert list(product.media.all()) == added
    assert [media.position for media in added] == [0, 1]
    assert remarks == [
        "c.png is no PNG file: by its content it is a picture of kind JPG, and kept as one.",
    ]
    assert refusals == ["logo.svg: SVG files can carry scripts. Save the picture as PNG, JPEG, WebP or GIF."]


def test_a_picture_by_address_stands_once(editor):
    product = make_product()
    attach_media(product, by=editor, url="https://example.com/a.jpg")
    with pytest.raises(ValidationError, match="shows this picture already"):
        attach_media(product, by=editor, url="https://example.com/a.jpg")


def test_one_of_file_and_address(editor):
    product = make_product()
    for kwargs in ({}, {"url": "https://example.com/a.jpg", "file": picture()}):
        with pytest.raises(ValidationError, match="Choose a file, or give the address"):
            attach_media(product, by=editor, **kwargs)


@pytest.mark.parametrize("url", ["javascript:alert(1)", "nonsense", "ftp//x"])
def test_odd_addresses_are_refused(editor, url):
    with pytest.raises(ValidationError, match="valid URL"):
        attach_media(make_product(), by=editor, url=url)


def test_a_picture_of_another_products_variant_is_refused(editor):
    with pytest.raises(ValidationError, match="CUP is a variant of another product"):
        attach_media(make_product(), by=editor, url="https://example.com/a.jpg", variant=make_variant("CUP"))


def pictures(product, editor, names="abc"):
    return [attach_media(product, by=editor, url=f"https://example.com/{name}.jpg") for name in names]


def test_order_cover_and_removal(editor):
    product = make_product()
    a, b, c = pictures(product, editor)

    make_cover(c, by=editor)
    remove_media(a, by=editor)

    assert list(product.media.all()) == [c, b]


def test_descriptions_and_order_are_saved_together(editor):
    product = make_product()
    variant = product.variants.get()
    a, b, c = pictures(product, editor)

    said = {"alt": " Front ", "alt_zh": "正面", "variant": variant}
    changed = save_pictures(
        product, [{"id": c.pk, **said}, {"id": a.pk, "alt": "", "alt_zh": "", "variant": None}], by=editor
    )

    assert list(product.media.all()) == [c, a, b]
    c.refresh_from_db()
    assert (c.alt, c.alt_zh, c.variant) == ("Front", "正面", variant)
    assert len(changed) == 3
    assert AuditEvent.objects.latest("pk").verb == "product.pictures_changed"
    assert save_pictures(product, [{"id": c.pk, **said}], by=editor) == []


def test_pictures_of_other_products_are_not_touched(editor):
    [stranger] = pictures(make_product("Other"), editor, "x")
    save_pictures(make_product(), [{"id": stranger.pk, "alt": "Mine", "alt_zh": "", "variant": None}], by=editor)
    stranger.refresh_from_db()
    assert stranger.alt == ""


# --- Thumbnails ----------------------------------------------------------------------------------


@pytest.fixture
def as_editor(client, editor):
    client.force_login(editor)
    return client


def shown(client, media, size):
    response = client.get(reverse("catalog:thumbnail", args=[media.pk, size]))
    return response, Image.open(BytesIO(b"".join(response.streaming_content)))


def test_a_thumbnail_is_made_once_upright_and_within_its_box(as_editor, editor, media_root):
    out = BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned
    Image.new("RGB", (800, 400)).save(out, "JPEG", exif=exif)
    media = attach_media(make_product(), by=editor, file=upload(out.getvalue(), "a.jpg"))
    assert (media.width, media.height) == (400, 800)

    response, image = shown(as_editor, media, 96)
    assert (image.format, image.size) == ("WEBP", (48, 96))
    assert response.headers["Content-Type"] == "image/webp"
    assert response.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    [made] = (media_root / "products" / "small").iterdir()
    before = made.stat().st_mtime_ns
    shown(as_editor, media, 96)
    assert made.stat().st_mtime_ns == before


def test_a_small_picture_is_not_blown_up_and_keeps_its_transparency(as_editor, editor):
    out = BytesIO()
    Image.new("RGBA", (10, 10), (0, 0, 0, 0)).save(out, "PNG")
    media = attach_media(make_product(), by=editor, file=upload(out.getvalue()))
    _response, image = shown(as_editor, media, 480)
    assert (image.size, image.mode) == ((10, 10), "RGBA")


def test_other_sizes_are_not_made(as_editor, editor):
    media = attach_media(make_product(), by=editor, file=picture())
    assert as_editor.get(reverse("catalog:thumbnail", args=[media.pk, 97])).status_code == 404


def test_a_file_that_cannot_be_read_any_more_is_shown_as_it_is(as_editor, editor):
    media = attach_media(make_product(), by=editor, file=picture())
    with default_storage.open(media.file.name, "wb") as file:
        file.write(b"broken")
    response = as_editor.get(media.small_url)
    assert b"".join(response.streaming_content) == b"broken"
    assert response.headers["Content-Type"] == "image/png"


# --- The page ------------------------------------------------------------------------------------


def page(product):
    return reverse("catalog:product_pictures", args=[product.pk])


def test_buttons_move_and_keep_what_was_typed(as_editor, editor):
    product = make_product()
    a, b, c = pictures(product, editor)
    sent = {"picture": [a.pk, b.pk, c.pk], f"alt-{a.pk}": "First", f"alt_zh-{b.pk}": "第二"}

    response = as_editor.post(page(product), {**sent, "up": c.pk})

    assert response["Location"] == page(product)
    assert list(product.media.values_list("url", "alt", "alt_zh")) == [
        (a.url, "First", ""),
        (c.url, "", ""),
        (b.url, "", "第二"),
    ]
    as_editor.post(page(product), {"picture": [a.pk, c.pk, b.pk], "remove": c.pk})
    assert list(product.media.values_list("alt", flat=True)) == ["First", ""]


def test_a_refused_file_loses_nothing(as_editor, editor):
    product = make_product()
    [a] = pictures(product, editor, "a")
    sent = {"picture": [a.pk], f"alt-{a.pk}": "Typed", "files": [picture("good.png"), upload(b"<svg/>", "logo.svg")]}

    response = as_editor.post(page(product), {**sent, "url": "nonsense nonsense"})

    text = response.content.decode()
    assert response.status_code == 422
    assert "logo.svg: SVG files can carry scripts." in text
    assert "1 picture was added." in text
    assert "nonsense nonsense" in text
    assert list(product.media.values_list("alt", flat=True)) == ["Typed", ""]


def test_a_picture_is_given_to_a_variant_by_its_sku(as_editor, editor):
    product = make_product(variants=[{"sku": "RED", "option1": "Red"}, {"sku": "BLUE", "option1": "Blue"}])
    [a] = pictures(product, editor, "a")
    as_editor.post(page(product), {"picture": [a.pk], f"sku-{a.pk}": "red"})
    assert product.media.get().variant.sku == "RED"

    response = as_editor.post(page(product), {"picture": [a.pk], f"sku-{a.pk}": "GREEN", f"alt-{a.pk}": "Kept"})
    assert response.status_code == 422
    assert "The product has no variant “GREEN”." in response.content.decode()
    assert 'value="Kept"' in response.content.decode()
