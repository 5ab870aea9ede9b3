"""The real mails: what became of each, as its headers say. None is lost, and none is answered that must not be."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from customers.models import IncomingMail, Message, Ticket
from customers.services.mail import fetching
from tests.customers.test_mail import queued
from tests.factories import make_queue

pytestmark = [pytest.mark.real, pytest.mark.django_db]

# file: verdict, subject of the ticket or mail, what its text begins with, files, whether a receipt goes out
BECAME = {
    "bounce__arf-01": ("bounce", "Email Feedback Report for IP 192.0.2.", "", [], False),
    "bounce__lhost-exchange2007-01": ("bounce", "Undeliverable: Nyaan", "", [], False),
    "bounce__lhost-gmail-01": ("bounce", "Delivery Status Notification (Failure)", "", [], False),
    "bounce__lhost-office365-01": ("bounce", "Undeliverable: Nyaan", "", [], False),
    "bounce__lhost-postfix-01": ("bounce", "Undelivered Mail Returned to Sender", "", [], False),
    "bounce__rfc3834-01": ("auto", "Away until May 5", "", [], False),
    "bounce__rfc3834-02": ("auto", "Automatic reply: Nyaan", "", [], False),
    "django-helpdesk__all-special-chars": ("new", "Testovácí email", "íářčšáíéřášč", [], True),
    "django-helpdesk__blank-body-with-attachment": ("new", "Attachment without body - and a loo", "(files only)", ["baf"], True),
    "django-helpdesk__forwarded-message": ("new", "Test with original message from GitHub", "This is email body", [], True),
    "django-helpdesk__quoted_printable": ("new", "Český test", "Tohle je test českých písmen odeslaných z gmailu.", [], True),
    "django-helpdesk__utf-nondecodable": ("new", "Fwd: Cyklozaměstnavatel - změna vyhodnocení", "-------- Forwarded Message", [], True),
    "mail__attachment_message_rfc822": ("new", "testing", "This is the first part.", ["ForwardedMessage.eml"], True),
    "mail__attachment_nonascii_filename": ("appended", "testing", "This is the first part.", ["ciële.txt"], False),
    "mail__attachment_only_email": ("new", "this message JUST contains an attachment", "(files only)", ["blah.gz"], True),
    "mail__attachment_pdf": ("new", "Another PDF with 🎉 Unicode chars in it 🍿", "Just attaching another PDF", ["broken.pdf"], True),
    "mail__bad_date_header": ("new", "You may_be Eligible for Legitimate_Cash from_GovAg", "(no text)", [], False),
    "mail__basic_email": ("new", "Testing 123", "Plain email.\n\nHope it works well!", [], True),
    "mail__content_transfer_encoding_empty": ("new", "4d8119 (大補泡麵專賣)", "9bbf38a544f990e73cd1", [], True),
    "mail__invalid_subject_characters": ("new", "Formação FrenetikPolis: Mega Campanha Final Verão", "TEST", [], True),
    "mail__japanese": ("new", "まみむめも", "かきくえこ", [], True),
    "mail__japanese_attachment_long_name": ("new", "まみむめも" * 10, "(files only)", ["かきくけこ" * 5 + ".txt"], True),
    "mail__japanese_iso_2022": ("new", "まみむめも", "すみません。", [], True),
    "mail__japanese_shift_jis": ("new", "test", "あいうえお\n\nこのメールはテスト用のメールです。", [], True),
    "mail__ks_c_5601-1987": ("new", "test", "스티해", [], True),
    "mail__missing_body": ("new", "REDACTED", "(no text)", [], True),
    "mail__multi_address_bounce1": ("bounce", "Undelivered Mail Returned to Sender", "", [], False),
    "mail__raw_email10": ("new", "(no subject)", "Test test. Hi. Waving. m", [], True),
    "mail__raw_email_bad_time": ("new", "[0]: XXXXXXX XXXXX XXXXX !", "Filter2: This message has been scanned", [], True),
    "mail__raw_email_multiple_from": ("new", "/home/svn/public/minebox revision 214", "recordkick 2007-10-22", [], True),
    "mail__raw_email_reply": ("new", "Re: Test reply email", "Message body", [], True),
    "mail__raw_email_with_partially_quoted_subject": ("new", 'Re: Test: "漢字" mid "漢字" tail', "대부분의 마찬가지로,", [], True),
    "mail__report_422": ("bounce", "Warning: could not send message for past 8 hours", "", [], False),
    "php-mime__failure": ("bounce", "", "", [], False),
    "php-mime__issue116": ("new", "ЖД№41 от 28.09.2016", "toto", [], False),
    "php-mime__issue149": ("new", "מענה 'אני לא נמצא': Invoice 02722027", "(files only)", ["attach01"], True),
    "php-mime__issue158d": ("new", "Fwd: Test 6", "This is the forward email", ["message.eml"], True),
    "php-mime__m0018": ("new", "[Korea] Name", "My traveling companions!", ["사진.JPG", "ATT00001.txt"], True),
    "php-mime__m0020": ("new", "1", "1", ["text.ics"], True),
    "php-mime__m0021": ("new", "occurs when divided into an array, and the last e", "mini plain body", [], True),
    "php-mime__m0129": ("new", "Image", "Inline", ["image.png"], True),
    "talon__apple_mail_2": ("new", "Re: Hello there", "Hello", [], True),
    "talon__gmail": ("new", "Re: Test", "Hello", [], True),
    "talon__outlook": ("new", "Test", "Hello", [], True),
    "talon__reply-quotations-share-block": ("new", "Re: You've got a new booking inquiry!", "Hi Katharine.", [], True),
}  # fmt: skip


@pytest.fixture
def mails(real_data) -> list[Path]:
    make_queue("support")
    return sorted((real_data / "mail").glob("*.eml"))


def test_each_mail_becomes_what_its_headers_say(mails):
    wrong = []
    for path in mails:
        before, jobs = set(IncomingMail.objects.values_list("pk", flat=True)), len(queued())
        fetching.take_files([path], None)
        came = IncomingMail.objects.exclude(pk__in=before).get()
        verdict, subject, text, files, is_answered = BECAME[path.stem]
        body = came.message.body if came.message else ""
        names = list(came.message.attachments.values_list("name", flat=True)) if came.message else []
        title = came.ticket.subject if came.ticket else came.subject
        with came.raw.open("rb") as kept:
            is_whole = kept.read() == path.read_bytes()
        found = (came.verdict, title[: len(subject)], body[: len(text)], names, len(queued()) > jobs, is_whole)
        if found != (verdict, subject, text, files, is_answered, True):
            wrong.append((path.stem, found))
    assert wrong == []


def test_the_command_takes_a_folder_in_and_twice_is_once(mails, real_data):
    counted = []
    for _time in range(2):
        out = StringIO()
        call_command("fetch_mail", "--files", str(real_data / "mail"), "--json", stdout=out)
        counted.append(json.loads(out.getvalue()))

    assert counted[0] == {
        "read": 45, "new": 34, "appended": 1, "duplicate": 0, "bounce": 8, "auto": 2, "quarantined": 0
    }  # fmt: skip
    assert counted[1] == {
        "read": 45,
        "new": 0,
        "appended": 0,
        "duplicate": 45,
        "bounce": 0,
        "auto": 0,
        "quarantined": 0,
    }
    assert (Ticket.objects.count(), Message.objects.count(), IncomingMail.objects.count()) == (34, 35, 45)
