"""Reading mail: charsets that lie, headers that break rules, where the quoted part begins, and text out of HTML."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customers.services.mail import formatted, headers, parsing
from customers.services.mail.charsets import text_of
from customers.services.mail.quoting import split_quote

CHARSETS = {
    "GB2312 that is GB18030": ("朱镕基的订单", "gb18030", "gb2312"),
    "Korean by its old name": ("스티해", "cp949", "ks_c_5601-1987"),
    "Shift_JIS with signs of Windows": ("テスト①", "cp932", "shift_jis"),
    "ISO-2022-JP": ("すみません", "iso2022_jp", "iso-2022-jp"),
    "UTF-8 that is GB18030": ("订单什么时候发货？谢谢", "gb18030", "utf-8"),
    "UTF-8 that is Latin-1": ("Café olé", "latin-1", "utf-8"),
    "GB2312 that is UTF-8": ("订单什么时候", "utf-8", "gb2312"),
    "no charset at all": ("Verão, você", "cp1252", ""),
    "an unknown charset": ("Café", "cp1252", "x-unknown"),
    "Latin-1 that is of Windows": ("“Euro” €", "cp1252", "iso-8859-1"),
    "a charset that does not exist": ("hello", "ascii", "klingon-1"),
}


@pytest.mark.parametrize("what", CHARSETS)
def test_text_is_read_whatever_it_claims(what):
    text, codec, claimed = CHARSETS[what]
    assert text_of(text.encode(codec), claimed) == text


def test_of_broken_utf8_the_rest_is_read():
    assert text_of("订单什么时候发货".encode()[:-1], "utf-8") == "订单什么时候发\ufffd"


def test_no_sign_that_the_database_refuses_comes_through():
    assert text_of(b"a\x00b\x0bc\r\nd", "utf-8") == "abc\nd"


@settings(max_examples=100, deadline=None)
@given(
    st.binary(max_size=200),
    st.sampled_from(["", "utf-8", "gb2312", "utf-7", "iso-2022-jp", "utf-16", "base64", "rot13", "\x00", "idna"]),
)
def test_any_bytes_become_text(data, claimed):
    text_of(data, claimed).encode("utf-8")


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(data):
    try:
        mail = parsing.read(b"From: a@b.example\nContent-Type: multipart/mixed; boundary=x\n" + data)
    except parsing.Unreadable:
        return
    assert "\x00" not in mail.body + mail.subject + mail.html


def one(**given):
    return parsing.take_apart(
        "".join(f"{name.replace('_', '-')}: {value}\n" for name, value in given.items()).encode() + b"\n"
    )


HEADERS = {
    "=?utf-8?b?6K6i?= =?utf-8?b?5Y2V?=": "订单",
    "=?utf-8?b?6K4=?= =?utf-8?b?ouWNlQ==?=": "订单",  # a sign cut in two
    "=?gb2312?B?1Ow=?=": "造",
    "=?unknown-charset?q?hello?=": "hello",
    "Re: =?iso-8859-1?q?caf=E9?= open": "Re: café open",
    "=?utf-8?q?a=0D=0ABcc:_b?=": "a Bcc: b",
}


@pytest.mark.parametrize("value", HEADERS)
def test_headers_are_read_as_people_read_them(value):
    assert headers.text(one(Subject=value), "Subject") == HEADERS[value]


ADDRESSES = {
    '"Doe, Jane" <Jane@Example.com>': [("Doe, Jane", "jane@example.com")],
    "=?utf-8?b?546L6Iqz?= <wang@qq.com>": [("王芳", "wang@qq.com")],
    "a@b.example, c@d.example": [("", "a@b.example"), ("", "c@d.example")],
    "a@b.example c@d.example": [("", "a@b.example"), ("", "c@d.example")],
    "undisclosed-recipients:;": [],
    "<not an address>": [],
}


@pytest.mark.parametrize("value", ADDRESSES)
def test_addresses_are_found(value):
    assert [tuple(person) for person in headers.people(one(From=value), "From")] == ADDRESSES[value]


@pytest.mark.parametrize(
    "value",
    ["", "yesterday", "Mon, 99 Foo 2026 99:99:99", "Thu, 01 Jan 1970 00:00:00 +0000", "Mon, 5 Jan 9999 00:00:00 +0000"],
)
def test_a_date_that_is_none_is_none(value):
    assert headers.dated(one(Date=value)) is None


# --- Quotes -------------------------------------------------------------------------------------------

QUOTED = {
    "Gmail": "On Mon, Apr 2, 2012 at 6:26 PM, Megan One <xxx@gmail.com> wrote:\n\n> Hi\n",
    "Gmail, broken in two": "On Mon, Apr 2, 2012 at 6:26 PM, Megan One\n<xxx@gmail.com> wrote:\n> Hi\n",
    "Gmail in Chinese": "Houtai <support@houtai.example> 于2026年1月5日周一 15:12写道：\n\n> 您好\n",
    "Apple Mail": "> On 22 Aug 2015, at 19:21, Adam Renberg <a@gmail.com> wrote:\n>\n> Hi there!\n",
    "Outlook": "From: Support [mailto:support@houtai.example]\nSent: Monday, April 02, 2012 10:44 AM\nTo: me\nSubject: Test\n\nHi",
    "Outlook with a rule": "________________________________\nFrom: Support <support@houtai.example>\nSent: Monday\nTo: me\nSubject: Test\n\nHi",
    "Outlook in German": "Von: Support <support@houtai.example>\nGesendet: Montag\nAn: ich\nBetreff: Test\n\nHallo",
    "original message": "-----Original Message-----\nFrom: x\n\nHi",
    "QQ": "------------------ 原始邮件 ------------------\n发件人: \"Houtai\" <support@houtai.example>;\n发送时间: 2026年1月5日\n\n您好",
    "NetEase": "在 2026-01-05 15:12:33，\"Houtai\" <support@houtai.example> 写道：\n您好，\n",
    "NetEase, newer": "---- 回复的原邮件 ----\n| 发件人 | Houtai |\n| 日期 | 2026年1月5日 |\n\n您好",
    "Foxmail": "发件人： support@houtai.example\n发送时间： 2026-01-05 15:12\n收件人： wang\n主题： Re: 订单\n您好",
    "Japanese": "2026年1月5日(月) 15:12 Houtai <support@houtai.example>のメール:\n> こんにちは\n",
    "French": "Le lun. 5 janv. 2026 à 15:12, Houtai <support@houtai.example> a écrit :\n> Bonjour\n",
    "Gmail in Russian": "вт, 24 нояб. 2026 г. в 10:12, Houtai <support@houtai.example>:\n\n> Привет\n",
    "Gmail in Turkish": "Houtai <support@houtai.example>, 24 Kas 2026 Sal, 10:12 tarihinde şunu yazdı:\n\n> Merhaba\n",
    "WeCom": "------------------ Original ------------------\nFrom:  \"Houtai\";\nDate:  Tue, Nov 24, 2026 10:12 AM\n\n您好",
    "marks alone": "> You wrote this\n> and that\n",
}  # fmt: skip


@pytest.mark.parametrize("client", QUOTED)
def test_the_quoted_part_is_found_and_nothing_is_lost(client):
    quote = QUOTED[client]
    assert split_quote(f"It has not come.\n\n{quote}") == ("It has not come.\n\n", quote)


WHOLE = {
    "no quote": "Hello.\n\nWhere is it?",
    "nothing but a quote": "> Hello.\n> Where is it?",
    "answers between": "On Mon, 5 Jan 2026 at 15:12, X <a@b.example> wrote:\n> One?\nYes.\n> Two?\nNo.",
    "a sentence that ends so": "My husband wrote:\nplease send it on 5 January.",
    "a list of fields of an order": "From: Berlin\n\nIt went to the wrong place.",
}


@pytest.mark.parametrize("what", WHOLE)
def test_what_is_no_quote_stays_in_sight(what):
    assert split_quote(WHOLE[what]) == (WHOLE[what], "")


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from([*"\n".join(QUOTED.values()).split("\n"), "", "Hello.", "> x"]), max_size=30))
def test_both_parts_are_the_text(lines):
    text = "\n".join(lines)
    assert "".join(split_quote(text)) == text


# --- HTML ---------------------------------------------------------------------------------------------


def test_the_text_of_html_has_its_lines_quotes_and_links():
    html = "<style>p{}</style><p>Hi&nbsp;there<br>second <b>line</b></p><ul><li>one</li></ul><a href='https://x.example/a'>here</a><blockquote>old<br>text</blockquote>"
    assert formatted.text_of_html(html) == "Hi there\nsecond line\n\n- one\nhere <https://x.example/a>\n> old\n> text"


def test_only_servers_of_pictures_over_https_are_named():
    html = '<img src="https://a.example/1"><img src="https://a.example/2"><img src="http://b.example/3"><img src="https://c.example:8443/;x"><img src="data:x"><img src="https://e\'vil;script-src *">'
    assert formatted.picture_origins(html) == ["https://a.example", "https://c.example:8443"]
