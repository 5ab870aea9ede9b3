"""Where the file of a template goes: a mail to its owner, or the exchange folder."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from backoffice.exports.files import CONTENT_TYPES
from backoffice.exports.responses import file_name
from backoffice.models import ExportRun, ExportTemplate

TASK = "backoffice.mail_export"
NAME = re.compile(r"[\w-](?:[\w .-]*[\w-])?", re.ASCII)
DATE = "{date}"


def deliver(run: ExportRun) -> str:
    """Bring the file where its template says; returns what is to be told about it."""
    template = run.template
    if template is None or template.delivery == ExportTemplate.Delivery.KEEP:
        return ""
    if template.delivery == ExportTemplate.Delivery.MAIL:
        app.configure_task(TASK).defer(run=run.pk)
        return ""
    try:
        place = path(template.file_name)
        _copy(run, place)
    except ValidationError as error:
        return " " + " ".join(error.messages)
    except OSError as error:
        return " " + _("It could not be left in the exchange folder: %(reason)s.") % {"reason": error.strerror}
    return ""


def path(name: str) -> Path:
    """Where a file of this name goes, "{date}" being today. Raises ValidationError for anything but a plain name."""
    if settings.EXPORT_DIR is None:
        raise ValidationError(_("There is no exchange folder. An operator sets EXPORT_DIR."))
    plain = name.replace(DATE, timezone.localdate().isoformat())
    if not NAME.fullmatch(plain):
        raise ValidationError(_("A plain file name is expected: letters, digits, dots and dashes, such as stock.csv."))
    return Path(settings.EXPORT_DIR) / plain


def _copy(run: ExportRun, place: Path) -> None:
    """Whoever reads the folder finds the whole file, the old one or the new."""
    handle, temporary = tempfile.mkstemp(dir=place.parent, prefix=".export-")
    try:
        with run.file.open("rb") as source, os.fdopen(handle, "wb") as target:
            shutil.copyfileobj(source, target)
        Path(temporary).chmod(0o640)
        Path(temporary).replace(place)
    finally:
        Path(temporary).unlink(missing_ok=True)


def mail(run: ExportRun) -> None:
    """Mail the owner the file where it is small, else the link to it."""
    user = run.user
    if not run.has_file or not user.is_active:
        return
    with translation.override(user.language or settings.LANGUAGE_CODE):
        link = f"{settings.SITE_URL}{run.get_absolute_url()}"
        small = run.size <= settings.EXPORT_MAIL_BYTES
        message = EmailMessage(
            subject=_("Export: %(name)s") % {"name": run.name},
            body=_("%(name)s is attached.") % {"name": run.name}
            if small
            else _("%(name)s is ready. Sign in to take it:\n%(link)s") % {"name": run.name, "link": link},
            to=[user.email],
        )
        if small:
            with run.file.open("rb") as file:
                message.attach(
                    file_name(run.name, run.format), file.read(), CONTENT_TYPES[run.format].partition(";")[0]
                )
        message.send()
