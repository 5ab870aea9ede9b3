"""Files of pictures: known by their content, never by their names; stored once, and made small when they are shown."""

import hashlib
import struct
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from catalog.models import Media

MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 50_000_000
HEAD = 512
CONTENT_TYPES = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp", "gif": "image/gif"}
FORMATS = {"png": "PNG", "jpg": "JPEG", "webp": "WEBP", "gif": "GIF"}
SUFFIXES = {"png": {"png"}, "jpg": {"jpg", "jpeg", "jpe", "jfif"}, "webp": {"webp"}, "gif": {"gif"}}
SIZES = (96, 480, 1200)
SIDEWAYS = {5, 6, 7, 8}  # values of EXIF's orientation that swap width and height
ORIENTATION = 0x0112
BROKEN = (OSError, SyntaxError, ValueError, EOFError, struct.error)

Image.MAX_IMAGE_PIXELS = None  # `examine` looks at the size before a pixel is unpacked, and says it in words


@dataclass(frozen=True)
class Picture:
    """What a file is: png, jpg, webp or gif, with the size of the upright picture in pixels."""

    kind: str
    width: int
    height: int


def examine(file: File) -> Picture:
    """Look at a file and unpack it once. Raises ValidationError for what is no whole picture of a sensible size."""
    if file.size > MAX_BYTES:
        raise ValidationError(_("The picture is larger than 10 MB. Make it smaller first."))
    kind = _kind(file)
    try:
        with Image.open(file, formats=[FORMATS[kind]]) as image:
            _refuse_too_large(image)
            width, height = image.size
            if image.getexif().get(ORIENTATION) in SIDEWAYS:
                width, height = height, width
            image.draft("RGB", (SIZES[0], SIZES[0]))
            image.load()
    except BROKEN as error:
        raise ValidationError(
            _("The picture is damaged or not whole. Open it, save it anew and upload that file.")
        ) from error
    finally:
        file.seek(0)
    return Picture(kind, width, height)


def _kind(file: File) -> str:
    """png, jpg, webp or gif by the first bytes. Raises ValidationError for anything else."""
    file.seek(0)
    head = file.read(HEAD)
    file.seek(0)
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "webp"
    if not head:
        raise ValidationError(_("The file is empty."))
    if b"<svg" in head.lower() or head.lstrip(b"\xef\xbb\xbf \r\n\t").lower().startswith((b"<?xml", b"<!doctype svg")):
        raise ValidationError(_("SVG files can carry scripts. Save the picture as PNG, JPEG, WebP or GIF."))
    raise ValidationError(_("This is not a picture we can show. PNG, JPEG, WebP and GIF are possible."))


def _refuse_too_large(image: Image.Image) -> None:
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise ValidationError(
            _("The picture has %(width)s × %(height)s pixels; %(limit)s million are possible. Make it smaller first.")
            % {"width": width, "height": height, "limit": MAX_PIXELS // 1_000_000}
        )


def other_suffix(name: str, kind: str) -> str:
    """The suffix of a file's name when it promises something else than the `kind` that the content is, else ""."""
    suffix = name.rpartition(".")[2].lower() if "." in name else ""
    return "" if not suffix or suffix in SUFFIXES[kind] else suffix


def stored(file: File, picture: Picture) -> str:
    """Keep a file under the name that its content gives it, once; returns the name."""
    file.seek(0)
    digest = hashlib.file_digest(file, "sha256").hexdigest()[:40]  # type: ignore[arg-type]
    file.seek(0)
    name = f"products/{digest}.{picture.kind}"
    storage = _storage()
    return name if storage.exists(name) else storage.save(name, file)


def thumbnail(name: str, size: int) -> str:
    """Name of the stored picture `name` within `size` x `size` pixels, upright, as WebP; made the first time.

    A file that cannot be read any more is its own thumbnail.
    """
    storage = _storage()
    target = f"products/small/{name.rpartition('/')[2].rpartition('.')[0]}-{size}.webp"
    if storage.exists(target):
        return target
    try:
        with storage.open(name) as file, Image.open(file, formats=list(FORMATS.values())) as image:
            if image.width * image.height > MAX_PIXELS:
                return name
            content = _small(image, size)
    except BROKEN:
        return name
    return storage.save(target, ContentFile(content))


def _small(image: Image.Image, size: int) -> bytes:
    image.thumbnail((size, size), Image.Resampling.LANCZOS)
    upright = ImageOps.exif_transpose(image)
    has_alpha = upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info
    out = BytesIO()
    upright.convert("RGBA" if has_alpha else "RGB").save(out, "WEBP", quality=82)
    return out.getvalue()


def _storage() -> Any:
    return Media._meta.get_field("file").storage  # type: ignore[union-attr]
