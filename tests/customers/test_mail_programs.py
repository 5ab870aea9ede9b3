"""What the mail programs of customers write, and what servers break: what comes out as a ticket."""

import pytest

from customers.services.mail import automatic, bounces, parsing
from customers.services.mail.quoting import split_quote
from tests.customers.mail_programs import MAILS
from tests.customers.mails import take
from tests.factories import make_queue

# name: subject, what is new in the text, what the quoted part begins with, files
READ = {
    "outlook in gb2312": ("答复: 订单", "还没有收到。", "发件人: 后台客服", []),
    "outlook in html": ("RE: Cup", "It is red.", "From: Houtai <support@houtai.example>", []),
    "outlook for ios": ("Re: Cup", "红色的。\n\n获取 Outlook for iOS<https://aka.ms/o0ukef>", "________________________________\nFrom: Houtai", []),
    "qq": ("回复：订单", "红色的。", "------------------ 原始邮件 ------------------\n发件人:", []),
    "foxmail": ("回复: 订单", "红色的。\n\n\n\nwangfang@qq.example", "发件人： 后台客服", []),
    "163": ("Re:订单", "红色的。", "在 2026-01-05 15:12:00，", []),
    "163 in english": ("Re:Cup", "Red.", "At 2026-01-05 15:12:00,", []),
    "gmail": ("Re: 订单", "红色的。", "后台客服 <support@houtai.example> 于2026年1月5日", []),
    "apple mail": ("Re: 订单", "红色的。\n\n发自我的 iPhone", "> 在 2026年1月5日，", []),
    "thunderbird": ("Re: Cup", "Red.", "Am 05.01.26 um 15:12 schrieb Houtai:", []),
    "big5, raw headers": ("補泡麵專賣", "還沒有收到。", "", []),
    "gbk, raw subject, no charset": ("订单没有收到", "订单还没有收到，请查询。", "", []),
    "gb18030 of four bytes": ("订单𠮷", "𠮷野家的订单", "", []),
    "a sign cut in two words": ("订单没到", "x", "", []),
    "hz": ("订单", "订单没到", "", []),
    "no end of parts": ("Open", "It is red.", "", ["a.png"]),
    "another boundary than it says": ("Other", "It is red.", "", []),
    "no date, no message-id": ("Hi", "It is red.", "", []),
    "headers twice": ("First", "It is red.", "", []),
    "base64 that is none": ("Lie", "It is red, and it is late!", "", []),
    "utf-8 called gb2312": ("Lie", "订单还没有收到。", "", []),
    "gbk called utf-8": ("Lie", "订单还没有收到，请查询。", "", []),
    "picture called text": ("Lie", "See.", "", ["a.png"]),
    "name of a file in gb2312": ("File", "See.", "", ["合同.pdf"]),
    "name of a file after rfc 2231": ("File", "See.", "", ["合同.pdf"]),
    "forwarded as a file": ("转发: 订单", "请看附件。", "", ["message.eml"]),
    "forwarded in the text": ("转发：订单", "请看。", "---------- 转发的邮件 ---------", []),
}  # fmt: skip
AWAY = {"away, qq", "away, exchange", "away, 163"}
RETURNED = {
    "returned by qq": ("nobody@qq.com", "", "host mx3.qq.com said: 550 Mailbox not found."),
    "returned by 163": ("nobody@163.com", "5.1.1", "550 User not found"),
    "returned by exchange": ("nobody@corp.example", "5.1.10", "550 5.1.10 RESOLVER.ADR.RecipientNotFound"),
}


def test_each_mail_is_read_as_its_writer_meant_it():
    assert set(READ) | AWAY | set(RETURNED) == set(MAILS)
    read = {}
    for name, (_subject, _fresh, quoted, _files) in READ.items():
        mail = parsing.read(MAILS[name])
        fresh, rest = split_quote(mail.body)
        read[name] = (mail.subject, fresh.strip(), rest[: len(quoted)], [file.name for file in mail.files])
        assert bool(rest) is bool(quoted), name
        assert not automatic.is_reply_of_machine(mail), name
        assert bounces.report_in(mail) is None, name

    assert read == READ


def test_what_machines_write_is_known_whatever_its_language():
    assert all(automatic.is_reply_of_machine(parsing.read(MAILS[name])) for name in AWAY)
    for name, failure in RETURNED.items():
        report = bounces.report_in(parsing.read(MAILS[name]))
        assert (report.kind, report.failures) == ("failed", [bounces.Failure(*failure)])


@pytest.mark.django_db
def test_a_mail_with_two_senders_is_taken_in_and_doubted():
    make_queue("support")
    came = take(MAILS["headers twice"])

    assert (came.verdict, came.sender, came.is_doubtful) == ("new", "wangfang@qq.example", True)
