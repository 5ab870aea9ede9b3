"""Files: what they are is decided by their content; what could run is kept apart."""

import gzip
import io
import zipfile

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile

from backoffice.models import AuditEvent
from customers import services
from customers.models import Attachment
from customers.services import attachments
from tests.factories import make_ticket, make_user

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40
EXE = b"MZ\x90\x00" + b"\x00" * 60


def upload(name, content, claimed="image/png"):
    return SimpleUploadedFile(name, content, content_type=claimed)


def content(attachment):
    with attachment.file.open() as file:
        return file.read()


def archive(*names):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name in names:
            file.writestr(name, "x")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "content_type", "safe"),
    [
        ("photo.png", PNG, "image/png", True),
        ("notes.txt", "Grüße, 你好".encode(), "text/plain", True),
        ("table.csv", b"a,b\n1,2\n", "text/plain", True),
        ("scan.pdf", b"%PDF-1.7\n...", "application/pdf", True),
        ("letter.docx", archive("word/document.xml"), attachments.OFFICE["word/"][1], True),
        ("pictures.zip", archive("a.png", "b.jpg"), "application/zip", True),
        ("page.html", b"<!DOCTYPE html><script>alert(1)</script>", "text/html", False),
        ("page.txt", b"  <html><body onload=alert(1)>", "text/html", False),
        ("page16.txt", "<script>alert(1)</script>".encode("utf-16"), "text/html", False),
        ("logo.svg", b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "image/svg+xml", False),
        ("logo.png", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "image/svg+xml", False),
        ("code.js", b"alert(1)", "text/plain", False),
        ("photo.png", EXE, "application/x-msdownload", False),
        ("photo.png", b"just text", "text/plain", False),
        ("photo.jpg", PNG, "image/png", False),
        ("run", b"#!/bin/sh\nrm -rf /", "text/x-script", False),
        ("tool", b"\x7fELF" + b"\x00" * 60, "application/x-executable", False),
        ("letter.docm", archive("word/document.xml"), attachments.OFFICE["word/"][1], False),
        ("letter.docx", archive("word/document.xml", "word/vbaProject.bin"), attachments.OFFICE["word/"][1], False),
        ("old.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "_VBA_PROJECT".encode("utf-16-le"), attachments.OLE, False),
        ("old.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 plain", attachments.OLE, True),
        ("scan.pdf", b"%PDF-1.7\n" + b" " * 5000 + b"/JavaScript (app.alert(1))", "application/pdf", False),
        ("files.zip", archive("readme.txt", "setup.EXE"), "application/zip", False),
        ("files.zip", b"PK\x03\x04 broken", "application/octet-stream", False),
    ],
)
def test_what_a_file_is(name, content, content_type, safe):
    finding = attachments.examine(io.BytesIO(content), name)

    assert (finding.content_type, not finding.reason) == (content_type, safe)


def packed(how=zipfile.ZIP_DEFLATED, /, **files):
    """An archive of these files, packed well; a "_" in a name is a dot."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", how) as file:
        for name, content in files.items():
            file.writestr(name.replace("_", "."), content)
    return buffer.getvalue()


def crowded(count):
    """An archive that says it lists `count` bytes of files."""
    return packed(a_txt="x")[:-22] + b"PK\x05\x06" + bytes(8) + count.to_bytes(4, "little") + bytes(6)


def broken(archive):
    """Its content is none that can be unpacked; the list of files is."""
    return archive[:44] + b"\xff" * 20 + archive[64:]


def test_archives_that_unpack_to_far_more_than_their_size_are_kept_apart(monkeypatch):
    monkeypatch.setattr(attachments, "SMALL_ARCHIVE", 2**20)
    zeros = bytes(2**21)
    bomb = packed(a_bin=zeros)
    cases = {
        "plain": (bomb, attachments.BOMB),
        "in an archive": (packed(a_zip=bomb), attachments.BOMB),
        "under another name": (packed(readme_txt=bomb), attachments.BOMB),
        "many small ones": (
            packed(**{f"a{n}_zip": packed(b_bin=zeros[: 2**18]) for n in range(8)}),
            attachments.BOMB,
        ),
        "three deep": (packed(a_zip=packed(b_zip=packed(c_txt="x"))), attachments.NESTED),
        "a program in an inner one": (packed(a_zip=packed(setup_exe="x")), attachments.HIDES),
        "an endless list": (crowded(2**31), attachments.BOMB),
        "gzip": (b"\x1f\x8b\x08" + bytes(60) + (2**30).to_bytes(4, "little"), attachments.BOMB),
        "an honest one in another": (packed(a_zip=packed(b_txt="x"), c_txt="y"), ""),
        "more than are looked into": (packed(**{f"a{n}_zip": "x" for n in range(201)}), attachments.NESTED),
        "an inner one that is broken": (broken(packed(zipfile.ZIP_LZMA, a_zip=packed(b_txt="x" * 999))), ""),
        "an honest gzip": (gzip.compress(b"x" * 100), ""),
    }
    found = {name: attachments.examine(io.BytesIO(content), "files.zip").reason for name, (content, _) in cases.items()}

    assert found == {name: reason for name, (_, reason) in cases.items()}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\photo.png", "photo.png"),
        ("evil\u202egnp.exe", "evilgnp.exe"),
        ("a\r\nb.txt", "ab.txt"),
        ("...", "file"),
        ("", "file"),
        ("合同.pdf", "合同.pdf"),
    ],
)
def test_names_lose_what_steers(given, kept):
    assert attachments.clean_name(given) == kept


@pytest.mark.django_db
def test_a_file_is_kept_under_a_random_name():
    ticket = make_ticket(attachments=[upload("photo.png", PNG)])

    kept = Attachment.objects.get(message__ticket=ticket)
    assert (kept.name, kept.size, kept.verdict) == ("photo.png", len(PNG), "safe")
    assert "photo" not in kept.file.name
    assert content(kept) == PNG


@pytest.mark.django_db
def test_an_active_file_is_kept_in_quarantine_with_its_reason():
    make_ticket(attachments=[upload("photo.png", EXE)])

    kept = Attachment.objects.get()
    assert (kept.verdict, kept.verdict_reason, content(kept)) == ("quarantined", attachments.RUNS, EXE)
    assert attachments.safe_name(kept) == "photo.png.quarantined"


@pytest.mark.django_db
def test_twenty_one_megabytes_are_refused_and_nothing_is_stored():
    big = upload("film.bin", b"\x00" * (21 * 2**20))

    with pytest.raises(services.TooLarge, match=r"film\.bin has 21 MB\. A file may have at most 20 MB\."):
        make_ticket(attachments=[upload("photo.png", PNG), big])
    assert not Attachment.objects.exists()


@pytest.mark.django_db
def test_empty_and_too_many_files_are_refused():
    with pytest.raises(ValidationError, match="is empty"):
        make_ticket(attachments=[upload("a.png", b"")])
    with pytest.raises(ValidationError, match="At most 10 files"):
        make_ticket(attachments=[upload("a.png", PNG)] * 11)


@pytest.mark.django_db
def test_opening_from_quarantine_is_recorded():
    make_ticket(attachments=[upload("run.exe", EXE)])
    lead = make_user("support_lead")
    services.open_file(Attachment.objects.get(), by=lead).close()

    assert AuditEvent.objects.get(verb="attachment.opened_from_quarantine").actor == lead
