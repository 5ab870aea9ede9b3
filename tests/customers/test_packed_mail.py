"""winmail.dat: files and bodies come out of it, and what is damaged or built to harm is left as it is."""

from struct import pack

import pytest

from customers.services.mail import packed, parsing
from customers.services.mail.packed import NotPacked, PackedFile, opened
from tests.customers.mails import take, write

SIGNATURE = packed.SIGNATURE + b"\x01\x00"
CHINESE = "发票.txt"


def attribute(name, data, level=1):
    return pack("<BHHI", level, name, 6, len(data)) + data + pack("<H", sum(data) & 0xFFFF)


def value(kind, number, *datas):
    """A property of any size, once or several times."""
    parts = b"".join(pack("<I", len(data)) + data + bytes(-len(data) % 4) for data in datas)
    return pack("<HHI", kind, number, len(datas)) + parts


def number(kind, name, data):
    return pack("<HH", kind, name) + data + bytes(-len(data) % 4)


def properties(*made):
    return pack("<I", len(made)) + b"".join(made)


def unicode(text):
    return (text + "\0").encode("utf-16-le")


def file(*attributes, title=b"A~1.TXT\0"):
    given = [
        attribute(packed.BEGIN, bytes(14), 2),
        *([attribute(packed.TITLE, title, 2)] if title else []),
        *attributes,
    ]
    return b"".join(given)


def named(*made):
    return attribute(packed.FILE_PROPERTIES, properties(*made), 2)


def test_a_file_has_its_long_name_and_every_byte_of_it():
    content = b"a cup\0\0\0"
    stream = SIGNATURE + attribute(packed.CODE_PAGE, pack("<II", 936, 0)) + file(
        attribute(packed.DATA, content, 2), named(value(0x1F, 0x3707, unicode(CHINESE)), value(0x1F, 0x3712, unicode("<cup@x>")))
    ) + file(attribute(packed.DATA, b"b", 2), title="短.txt".encode("gbk") + b"\0") + file(attribute(packed.DATA, b"", 2)) + b"\0" * 5  # fmt: skip

    assert opened(stream).files == [PackedFile(CHINESE, content, "cup@x"), PackedFile("短.txt", b"b")]


def test_properties_of_every_shape_are_passed_by():
    guid = bytes(16)
    by_name = pack("<HH", 0x1E, 0x8001) + guid + pack("<II", 1, 6) + b"abc\0de\0\0" + pack("<II", 1, 2) + b"x\0\0\0"
    by_number = pack("<HH", 0x0B, 0x8002) + guid + pack("<II", 0, 7) + b"\1\0\0\0"
    shapes = [
        number(0x02, 1, b"\1\0"), number(0x0B, 2, b"\1\0"), number(0x03, 3, bytes(4)), number(0x40, 4, bytes(8)), number(0x48, 5, bytes(16)),
        pack("<HHI", 0x1002, 6, 3) + bytes(8), pack("<HHI", 0x1014, 7, 0), value(0x101F, 8, unicode("a"), unicode("bc")),
        value(0x102, 9), by_name, by_number,
    ]  # fmt: skip
    stream = SIGNATURE + file(
        named(*shapes, value(0x1F, 0x3704, unicode("c.txt")), value(0x102, 0x3701, b"abc")), title=b""
    )

    assert opened(stream).files == [PackedFile("c.txt", b"abc")]


def test_a_mail_within_is_a_file_that_nobody_opens_and_objects_lose_what_names_their_kind():
    within = SIGNATURE + file(attribute(packed.DATA, b"x", 2))
    stream = SIGNATURE + file(
        named(value(0x1F, 0x3001, unicode("Re: cup")), value(0x0D, 0x3701, packed.A_MESSAGE + within)), title=b""
    )
    stream += file(named(value(0x0D, 0x3701, bytes(16) + b"sheet")))

    assert opened(stream).files == [PackedFile("Re: cup.dat", within), PackedFile("A~1.TXT", b"sheet")]


@pytest.mark.parametrize(
    "stream",
    [
        b"", b"x" * 40, SIGNATURE + pack("<BHHI", 1, 0x800C, 2, 2**32 - 1) + b"xx",
        SIGNATURE + attribute(packed.PROPERTIES, pack("<I", 2**32 - 1)), SIGNATURE + attribute(packed.PROPERTIES, pack("<I", 9)),
        SIGNATURE + attribute(packed.PROPERTIES, pack("<IHHI", 1, 0x1003, 1, 2**32 - 1)),
        SIGNATURE + attribute(packed.PROPERTIES, pack("<IHHI", 1, 0x1E, 1, 2**32 - 1)),
        SIGNATURE + attribute(packed.PROPERTIES, pack("<IHHII", 1, 0x1E, 1, 1, 2**32 - 1)),
        SIGNATURE + attribute(packed.PROPERTIES, properties(pack("<HH", 0x33, 1))),
        SIGNATURE + attribute(packed.CODE_PAGE, b""), SIGNATURE + attribute(0x8000, b"") * 20_001,
        SIGNATURE + file() * 501,
    ],
)  # fmt: skip
def test_what_is_damaged_or_built_to_be_long_is_refused(stream):
    with pytest.raises(NotPacked):
        opened(stream)
    mail = parsing.read(write("Hello", files=[("winmail.dat", packed.SIGNATURE + stream[4:], "application/ms-tnef")]))
    assert (mail.body, [one.name for one in mail.files]) == ("Hello", ["winmail.dat"])


def test_every_piece_of_a_stream_is_read_or_refused():
    whole = SIGNATURE + attribute(packed.CODE_PAGE, pack("<II", 1252, 0)) + file(
        attribute(packed.DATA, b"abc", 2), named(value(0x1F, 0x3707, unicode("a")), value(0x101E, 1, b"x", b"y"), number(0x02, 2, b"\1\0"))
    )  # fmt: skip
    assert opened(whole).files == [PackedFile("a", b"abc")]
    for end in range(len(whole)):
        for piece in (whole[:end], whole[:end] + b"\xff" + whole[end + 1 :]):
            try:
                assert len(opened(piece).files) <= 2
            except NotPacked:
                continue


def test_the_body_inside_is_taken_where_the_mail_has_none():
    html = '<p onclick="x()">你好 <script>bad()</script><img src="cid:cup@x"></p>'
    bodies = properties(
        number(0x03, 0x3FDE, pack("<I", 936)),
        value(0x1F, 0x1000, unicode("你好")),
        value(0x102, 0x1013, html.encode("gbk")),
    )
    stream = SIGNATURE + attribute(packed.BODY, b"short\0") + attribute(packed.PROPERTIES, bodies)
    winmail = [("winmail.dat", stream, "application/ms-tnef")]

    empty, full = parsing.read(write("", files=winmail)), parsing.read(write("Own text", files=winmail))

    assert (empty.body, empty.html) == ("你好", '<p>你好 <img src="cid:cup@x"></p>')
    assert (full.body, full.html) == ("Own text", "")


@pytest.mark.parametrize(
    ("page", "codec"), [(65001, "utf-8"), (28591, "iso-8859-1"), (936, "cp936"), (20866, "koi8-r"), (9, "cp9")]
)
def test_code_pages_have_names(page, codec):
    assert packed._codec(page) == codec


@pytest.mark.django_db
def test_files_taken_out_are_examined_as_any_and_listed_after_the_one_that_they_came_in(client, agent):
    png = b"\x89PNG\r\n\x1a\n" + bytes(40)
    stream = SIGNATURE + file(attribute(packed.DATA, png, 2), title=b"cup.png\0")
    stream += file(attribute(packed.DATA, b"MZ\x90", 2), title=b"run.exe\0")
    came = take(write("", files=[("winmail.dat", stream, "application/ms-tnef")]))

    raw, cup, program = came.message.attachments.order_by("pk")
    assert (raw.name, raw.content_type, raw.size) == ("winmail.dat", "application/ms-tnef", len(stream))
    assert (cup.name, cup.content_type, cup.verdict) == ("cup.png", "image/png", "safe")
    assert (program.name, program.verdict) == ("run.exe", "quarantined")
    page = client.get(came.ticket.get_absolute_url()).content.decode()
    assert "Those that could be taken out are listed after it." in page
    assert "Programs that read TNEF open it" not in page
