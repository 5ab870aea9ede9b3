"""Pictures: known by their bytes."""

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile

from catalog.services import attach_media, make_cover, remove_media
from tests.factories import make_product, make_variant

pytestmark = pytest.mark.django_db

PICTURES = {
    "png": b"\x89PNG\r\n\x1a\n" + bytes(20),
    "jpg": b"\xff\xd8\xff\xe0" + bytes(20),
    "gif": b"GIF89a" + bytes(20),
    "webp": b"RIFF\x10\0\0\0WEBPVP8 " + bytes(20),
}


def upload(content, name="photo.png"):
    return SimpleUploadedFile(name, content)


@pytest.mark.parametrize("kind", PICTURES)
def test_a_picture_is_kept_under_a_name_of_ours(editor, kind):
    media = attach_media(make_product(), by=editor, file=upload(PICTURES[kind], "../../evil.svg"), alt="Front")
    assert media.file.name.startswith("products/")
    assert media.file.name.endswith(f".{kind}")
    assert "evil" not in media.file.name


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG files can carry scripts"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><svg/>", "SVG files can carry scripts"),
        (b"<html><script>", "not a picture we can show"),
        (b"RIFF\x10\0\0\0WAVEfmt ", "not a picture we can show"),
        (b"\x89PNG\r\n\x1a\n" + bytes(10 * 1024 * 1024), "larger than 10 MB"),
    ],
)
def test_other_files_are_refused(editor, content, sentence):
    with pytest.raises(ValidationError, match=sentence):
        attach_media(make_product(), by=editor, file=upload(content))


def test_a_picture_by_address_stands_once(editor):
    product = make_product()
    attach_media(product, by=editor, url="https://example.com/a.jpg")
    with pytest.raises(ValidationError, match="shows this picture already"):
        attach_media(product, by=editor, url="https://example.com/a.jpg")


def test_one_of_file_and_address(editor):
    product = make_product()
    for kwargs in ({}, {"url": "https://example.com/a.jpg", "file": upload(PICTURES["png"])}):
        with pytest.raises(ValidationError, match="Choose a file, or give the address"):
            attach_media(product, by=editor, **kwargs)


@pytest.mark.parametrize("url", ["javascript:alert(1)", "nonsense", "ftp//x"])
def test_odd_addresses_are_refused(editor, url):
    with pytest.raises(ValidationError, match="valid URL"):
        attach_media(make_product(), by=editor, url=url)


def test_a_picture_of_another_products_variant_is_refused(editor):
    with pytest.raises(ValidationError, match="CUP is a variant of another product"):
        attach_media(make_product(), by=editor, url="https://example.com/a.jpg", variant=make_variant("CUP"))


def test_order_cover_and_removal(editor):
    product = make_product()
    a, b, c = (attach_media(product, by=editor, url=f"https://example.com/{name}.jpg") for name in "abc")

    make_cover(c, by=editor)
    remove_media(a, by=editor)

    assert list(product.media.all()) == [c, b]
