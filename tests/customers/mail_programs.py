"""Mails as the programs of our customers write them, and as servers break them: raw bytes by name."""

import base64
import quopri

SUPPORT = "support@houtai.example"
HEAD = "From: {sender}\r\nTo: support@houtai.example\r\nDate: Mon, 5 Jan 2026 15:30:00 +0800\r\nMessage-ID: <{name}@client.example>\r\nMIME-Version: 1.0\r\n"


def head(name, subject, sender="Wang Fang <wangfang@qq.example>"):
    given = HEAD.format(name=name, sender=sender).encode("utf-8", "surrogateescape")
    return given + b"Subject: " + (subject if isinstance(subject, bytes) else subject.encode()) + b"\r\n"


def word(text, charset="gb18030", way="B"):
    """An encoded word."""
    data = text.encode(charset)
    packed = base64.b64encode(data).decode() if way == "B" else quopri.encodestring(data, header=True).decode()
    return f"=?{charset}?{way}?{packed}?="


def part(kind, text, charset, encoding="base64", more=""):
    data = text.encode(charset) if isinstance(text, str) else text
    packed = {"base64": base64.encodebytes, "quoted-printable": quopri.encodestring, "8bit": lambda given: given}[
        encoding
    ](data)
    return (
        f'Content-Type: {kind}; charset="{charset}"\r\nContent-Transfer-Encoding: {encoding}\r\n{more}\r\n'.encode()
        + packed
    )


def multipart(kind, *parts, boundary="----=_NextPart_000_001"):
    opened = f'Content-Type: multipart/{kind};\r\n\tboundary="{boundary}"\r\n\r\n'.encode()
    between = f"\r\n--{boundary}\r\n".encode()
    return opened + b"".join(between + one for one in parts) + f"\r\n--{boundary}--\r\n".encode()


def both(text, html, charset, encoding="base64"):
    return multipart(
        "alternative", part("text/plain", text, charset, encoding), part("text/html", html, charset, encoding)
    )


OUTLOOK_ZH = "还没有收到。\r\n\r\n发件人: 后台客服 <support@houtai.example>\r\n发送时间: 2026年1月5日 15:12\r\n收件人: 王芳 <wangfang@qq.example>\r\n主题: Re: 订单\r\n\r\n请问颜色？\r\n"
OUTLOOK_HTML = """<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style>p.MsoNormal{margin:0}</style></head><body lang=EN-US>
<div class=WordSection1><p class=MsoNormal>It is red.<o:p></o:p></p><p class=MsoNormal><o:p>&nbsp;</o:p></p>
<div><div style='border:none;border-top:solid #E1E1E1 1.0pt'><p class=MsoNormal><b>From:</b> Houtai &lt;support@houtai.example&gt;<br><b>Sent:</b> Monday, January 5, 2026 3:12 PM<br><b>To:</b> Jane<br><b>Subject:</b> Re: Cup<o:p></o:p></p></div></div>
<p class=MsoNormal>Which colour?<o:p></o:p></p></div></body></html>"""
QQ_HTML = """<div>红色的。</div><div><br></div><div style="font-size: 12px;font-family: Arial Narrow;padding:2px 0 2px 0;">------------------&nbsp;原始邮件&nbsp;------------------</div><div style="font-size: 12px;background:#efefef;padding:8px;"><div><b>发件人:</b>&nbsp;"后台"&lt;support@houtai.example&gt;;</div><div><b>发送时间:</b>&nbsp;2026年1月5日(星期一) 下午3:12</div><div><b>收件人:</b>&nbsp;"王芳"&lt;wangfang@qq.example&gt;;</div><div><b>主题:</b>&nbsp;Re: 订单</div></div><div>请问颜色？</div>"""
FOXMAIL = "红色的。\r\n\r\n\r\n\r\nwangfang@qq.example\r\n \r\n发件人： 后台客服\r\n发送时间： 2026-01-05 15:12\r\n收件人： 王芳\r\n主题： Re: 订单\r\n请问颜色？\r\n"
NETEASE = '红色的。\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n在 2026-01-05 15:12:00，"后台客服" <support@houtai.example> 写道：\r\n\r\n请问颜色？\r\n'
NETEASE_EN = 'Red.\r\n\r\nAt 2026-01-05 15:12:00, "Houtai" <support@houtai.example> wrote:\r\n>Which colour?\r\n'
GMAIL_ZH = "红色的。\r\n\r\n后台客服 <support@houtai.example> 于2026年1月5日周一 15:12写道：\r\n\r\n> 请问颜色？\r\n"
APPLE_ZH = "红色的。\r\n\r\n发自我的 iPhone\r\n\r\n> 在 2026年1月5日，下午3:12，后台客服 <support@houtai.example> 写道：\r\n> \r\n> 请问颜色？\r\n"
THUNDERBIRD = "Red.\r\n\r\nAm 05.01.26 um 15:12 schrieb Houtai:\r\n> Which \r\n> colour?\r\n"
OUTLOOK_APP = "红色的。\r\n\r\n获取 Outlook for iOS<https://aka.ms/o0ukef>\r\n________________________________\r\nFrom: Houtai <support@houtai.example>\r\nSent: Monday, January 5, 2026 3:12:00 PM\r\nTo: Wang Fang <wangfang@qq.example>\r\nSubject: Re: Cup\r\n\r\nWhich colour?\r\n"
QQ_BOUNCE = "很抱歉您发送的邮件被退回，以下是该邮件的相关信息：\r\n\r\n被退回邮件\r\n主题：Re: 订单\r\n时间：2026-01-05 15:12:00\r\n\r\n无法发送到 nobody@qq.com\r\n\r\n退信原因 收件人邮件地址（nobody@qq.com）不存在，邮件无法送达。\r\nhost mx3.qq.com said: 550 Mailbox not found.\r\n"
NETEASE_BOUNCE = "抱歉，您的邮件被退回来了……\r\n原邮件信息：\r\n收件人：nobody@163.com\r\n退信原因：SMTP error, RCPT TO: host 163mx01.mxmail.netease.com said: 550 User not found: nobody@163.com\r\n"


def netease_report(original):
    return head("b163", word("系统退信", "gbk"), "Postmaster@163.com") + multipart(
        "report",
        part("text/plain", NETEASE_BOUNCE, "gbk"),
        b"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; 163.com\r\n\r\nFinal-Recipient: rfc822; nobody@163.com\r\nAction: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 User not found\r\n",
        b"Content-Type: message/rfc822\r\n\r\nMessage-ID: " + original + b"\r\nSubject: x\r\n\r\nx\r\n",
    )


def exchange_report(original):
    html = "<html><body><p>未能向以下收件人传递邮件:</p><p>nobody@corp.example</p><p>找不到您输入的电子邮件地址。</p></body></html>"
    return head("bex", word("未送达: Re: 订单", "gb2312"), "postmaster@corp.example") + multipart(
        "report",
        multipart("alternative", part("text/html", html, "gb2312"), boundary="inner"),
        b"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns;ex.corp.example\r\n\r\nFinal-recipient: RFC822;nobody@corp.example\r\nAction: failed\r\nStatus: 5.1.10\r\nDiagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound\r\n",
        b"Content-Type: text/rfc822-headers\r\n\r\nMessage-ID: " + original + b"\r\nSubject: x\r\n",
    )


MAILS = {
    "outlook in gb2312": head("m1", word("答复: 订单", "gb2312")) + both(OUTLOOK_ZH, f"<p>{OUTLOOK_ZH}</p>", "gb2312"),
    "outlook in html": head("m2", "RE: Cup") + part("text/html", OUTLOOK_HTML, "us-ascii", "quoted-printable"),
    "outlook for ios": head("m3", "Re: Cup") + part("text/plain", OUTLOOK_APP, "utf-8"),
    "qq": head("m4", word("回复：订单")) + part("text/html", QQ_HTML, "gb18030"),
    "foxmail": head("m5", word("回复: 订单", "gb2312")) + part("text/plain", FOXMAIL, "gb2312"),
    "163": head("m6", word("Re:订单", "gbk")) + both(NETEASE, f"<div>{NETEASE}</div>", "gbk"),
    "163 in english": head("m7", "Re:Cup") + part("text/plain", NETEASE_EN, "gbk", "8bit"),
    "gmail": head("m8", word("Re: 订单", "utf-8")) + both(GMAIL_ZH, f"<div>{GMAIL_ZH}</div>", "utf-8"),
    "apple mail": head("m9", word("Re: 订单", "utf-8", "Q")) + part("text/plain", APPLE_ZH, "utf-8", "quoted-printable"),
    "thunderbird": head("m10", "Re: Cup") + part("text/plain; format=flowed", THUNDERBIRD, "utf-8", "8bit"),
    "big5, raw headers": head("m11", "補泡麵專賣".encode("big5"), "王芳 <wang@tw.example>".encode("big5").decode("utf-8", "surrogateescape")) + part("text/plain", "還沒有收到。", "big5", "8bit"),
    "gbk, raw subject, no charset": head("m12", "订单没有收到".encode("gbk")) + "\r\n订单还没有收到，请查询。".encode("gbk"),
    "gb18030 of four bytes": head("m13", word("订单𠮷", "gb18030")) + part("text/plain", "𠮷野家的订单", "gb18030", "8bit"),
    "a sign cut in two words": head("m14", "=?gb2312?B?{}?=\r\n =?gb2312?B?{}?=".format(*(base64.b64encode(half).decode() for half in ("订单没到".encode("gb2312")[:3], "订单没到".encode("gb2312")[3:])))) + part("text/plain", "x", "utf-8"),
    "hz": head("m15", "=?HZ-GB-2312?B?" + base64.b64encode("订单".encode("hz")).decode() + "?=") + part("text/plain", "订单没到", "hz", "8bit").replace(b'"hz"', b'"HZ-GB-2312"'),
    "no end of parts": head("m16", "Open") + b'Content-Type: multipart/mixed; boundary="x"\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nIt is red.\r\n--x\r\nContent-Type: image/png; name="a.png"\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=',
    "another boundary than it says": head("m17", "Other") + b'Content-Type: multipart/mixed; boundary="x"\r\n\r\n--y\r\nContent-Type: text/plain\r\n\r\nIt is red.\r\n--y--\r\n',
    "no date, no message-id": b"From: jane@example.com\r\nTo: support@houtai.example\r\nSubject: Hi\r\n\r\nIt is red.\r\n",
    "headers twice": head("m19", "First") + b"Subject: Second\r\nFrom: eve@evil.example\r\nMessage-ID: <other@evil.example>\r\nContent-Type: text/plain\r\nContent-Type: text/html\r\n\r\nIt is red.\r\n",
    "base64 that is none": head("m20", "Lie") + b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\nIt is red, and it is late!\r\n",
    "utf-8 called gb2312": head("m21", "Lie") + b"Content-Type: text/plain; charset=gb2312\r\n\r\n" + "订单还没有收到。".encode(),
    "gbk called utf-8": head("m22", "Lie") + b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + "订单还没有收到，请查询。".encode("gbk"),
    "picture called text": head("m23", "Lie") + multipart("mixed", part("text/plain", "See.", "utf-8"), b'Content-Type: text/plain; name="a.png"\r\nContent-Disposition: inline\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n'),
    "name of a file in gb2312": head("m24", "File") + multipart("mixed", part("text/plain", "See.", "utf-8"), b'Content-Type: application/octet-stream; name="' + word("合同.pdf", "gb2312").encode() + b'"\r\nContent-Disposition: attachment; filename="' + word("合同.pdf", "gb2312").encode() + b'"\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERi0xLjcK\r\n'),
    "name of a file after rfc 2231": head("m25", "File") + multipart("mixed", part("text/plain", "See.", "utf-8"), b"Content-Type: application/pdf\r\nContent-Disposition: attachment; filename*0*=gb18030''%BA%CF; filename*1*=%CD%AC.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERi0xLjcK\r\n"),
    "forwarded as a file": head("m26", word("转发: 订单", "gb2312")) + multipart("mixed", part("text/plain", "请看附件。", "gb2312"), b"Content-Type: message/rfc822\r\nContent-Disposition: attachment\r\n\r\n" + head("inner", word("订单", "gb2312")) + part("text/plain", "里面", "gb2312")),
    "forwarded in the text": head("m27", word("转发：订单")) + part("text/plain", "请看。\r\n\r\n---------- 转发的邮件 ---------\r\n发件人： 李雷 <lilei@example.com>\r\n日期： 2026年1月5日\r\n主题： 订单\r\n\r\n没到。\r\n", "utf-8"),
    "away, qq": head("v1", word("自动回复:Re: 订单")) + part("text/plain", "您好，我最近正在休假中。", "gb18030"),
    "away, exchange": head("v2", word("自动答复: 订单", "gb2312")) + b"X-Auto-Response-Suppress: All\r\nAuto-Submitted: auto-generated\r\n" + part("text/plain", "我不在办公室。", "gb2312"),
    "away, 163": head("v3", word("自动回复:订单", "gbk")) + b"In-Reply-To: <x@houtai.example>\r\n" + part("text/plain", "我已收到。", "gbk"),
    "returned by qq": head("b1", word("系统退信")  , word("QQ邮箱管理员") + " <PostMaster@qq.com>") + part("text/plain", QQ_BOUNCE, "gb18030"),
    "returned by 163": netease_report(b"<x@houtai.example>"),
    "returned by exchange": exchange_report(b"<x@houtai.example>"),
}  # fmt: skip
