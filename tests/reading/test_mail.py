"""eml and msg: header fields, bodies, attachments and forwarded mail, in whatever character set they come."""

import base64
import binascii
import email.message
import email.policy
import struct
from email.mime.text import MIMEText

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from review.reading.assembly import Piece, Reading
from review.reading.extraction import Options
from review.reading.formats import eml, msg
from review.reading.formats.ole_rebuild import Storage
from review.reading.nesting import read_document
from review.types import BlockKind, GapReason
from tests.reading.builders_ole import ole

WORDS = st.text(alphabet="甲乙丙丁戊己庚辛壬癸0123456789ABC", min_size=1, max_size=12)


def read(data: bytes) -> Reading:
    return eml.extract(data, Options(format="eml"))


def one(reading: Reading, text: str) -> Piece:
    found = [p for p in reading.pieces if p.text == text]
    assert len(found) == 1, [p.text for p in reading.pieces]
    return found[0]


@settings(max_examples=30, deadline=None)
@given(WORDS, WORDS, WORDS, WORDS)
def test_a_written_mail_comes_back(subject: str, person: str, body: str, name: str) -> None:
    mail = email.message.EmailMessage(policy=email.policy.SMTP)
    mail["Subject"] = f"关于{subject}"
    mail["From"] = f"{person}先生 <a@example.cn>"
    mail["To"] = "b@example.cn"
    mail.set_content(f"正文{body}\n")
    mail.add_attachment(b"%PDF-", maintype="application", subtype="pdf", filename=f"附件{name}.pdf")
    reading = read(mail.as_bytes())
    assert one(reading, f"关于{subject}").kind is BlockKind.HEADING
    assert one(reading, f"{person}先生 <a@example.cn>").locator == "邮件发件人"
    assert any(p.text.strip() == f"正文{body}" and p.kind is BlockKind.PARAGRAPH for p in reading.pieces)
    assert one(reading, f"附件{name}.pdf").kind is BlockKind.ATTACHMENT
    assert [(e.name, e.data) for e in reading.embedded] == [(f"附件{name}.pdf", b"%PDF-")]


def test_raw_gbk_headers_and_body_are_read() -> None:
    data = "Subject: 低保名单\nFrom: 张三 <a@example.cn>\nX-Mailer: 某邮件程序\n\n身份证号见附件\n".encode("gb18030")
    reading = read(data)
    assert one(reading, "低保名单").top_of_first_page
    assert one(reading, "某邮件程序").kind is BlockKind.PROPERTY
    assert any("身份证号见附件" in p.text for p in reading.pieces)


def test_a_character_split_over_two_encoded_words_is_read() -> None:
    raw = "关于报送名单的函".encode("gb18030")
    words = [base64.b64encode(part).decode() for part in (raw[:5], raw[5:])]
    data = "\n ".join(f"=?gb2312?B?{word}?=" for word in words)
    assert one(read(f"Subject: {data}\nFrom: a@example.cn\n\n.\n".encode()), "关于报送名单的函")


@pytest.mark.parametrize(
    "parameter",
    [
        "filename*=utf-8''%E5%90%8D%E5%8D%95.txt",
        'filename="=?gbk?B?w/u1pS50eHQ=?="',
        "filename*0*=utf-8''%E5%90%8D; filename*1*=%E5%8D%95.txt",
        "filename=\"utf-8''%E5%90%8D%E5%8D%95.txt\"",
    ],
)
def test_names_of_attachments_are_read_in_every_spelling(parameter: str) -> None:
    data = (
        f"Subject: x\nMIME-Version: 1.0\nContent-Type: text/plain\nContent-Disposition: attachment; {parameter}\n\n1\n"
    )
    assert [e.name for e in read(data.encode()).embedded] == ["名单.txt"]


def test_html_and_plain_versions_of_one_text_are_said_once() -> None:
    mail = email.message.EmailMessage()
    mail["Subject"] = "函"
    mail.set_content("第一行\n只在纯文本里\n")
    mail.add_alternative("<p>第一<b>行</b></p><!-- 藏 -->", subtype="html")
    reading = read(mail.as_bytes())
    assert [p.text.strip() for p in reading.pieces if p.kind is BlockKind.PARAGRAPH and "行" in p.text] == ["第一行"]
    assert any("只在纯文本里" in p.text for p in reading.pieces)
    assert one(reading, "藏").concealed == "网页注释"


def test_a_forwarded_mail_is_a_part_of_its_own() -> None:
    inner = MIMEText("里面的手机号 13800138000", "plain", "utf-8")
    inner["Subject"] = "里层"
    outer = email.message.EmailMessage()
    outer["Subject"] = "外层"
    outer["From"] = "a@example.cn"
    outer.set_content("见转发\n")
    outer.add_attachment(email.message_from_bytes(inner.as_bytes(), policy=email.policy.default))
    document = read_document(outer.as_bytes(), Options(name="转发.eml"))
    assert "13800138000" in document.text
    assert [p.format for p in document.parts] == ["eml"]
    assert document.gaps == ()


def test_text_no_mail_program_shows_is_marked() -> None:
    data = (
        b'Subject: x\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b"\n\n'
        + "藏在前面\n".encode()
        + b"--b\nContent-Type: text/plain; charset=utf-8\n\nhello\n--b--\n"
        + "藏在后面\n".encode()
    )
    hidden = [p for p in read(data).pieces if p.kind is BlockKind.HIDDEN]
    assert [p.text for p in hidden] == ["藏在前面", "藏在后面"]
    assert all(p.concealed for p in hidden)


def test_encrypted_deep_and_endless_mail_is_a_gap() -> None:
    data = b"Subject: x\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data\n\nAAAA\n"
    assert [g.reason for g in read(data).gaps] == [GapReason.ENCRYPTED]
    deep = b"".join(b"Subject: %d\nContent-Type: message/rfc822\n\n" % n for n in range(300)) + b"Subject: e\n\nx\n"
    assert read_document(deep, Options(name="深.eml")).gaps
    many = b'Content-Type: multipart/mixed; boundary="b"\n\n' + b"--b\n\nx\n" * 6000 + b"--b--\n"
    assert [g.reason for g in read(b"Subject: x\n" + many).gaps] == [GapReason.TOO_LARGE]


# ------------------------------------------------------------------------------------------------------------------ msg


def written(texts: dict[int, str], binaries: dict[int, bytes] | None = None, code_page: int = 0) -> dict[str, bytes]:
    """The streams of one message; with a code page its strings are 8-bit."""
    form = "001E" if code_page else "001F"
    streams = {
        f"__substg1.0_{identifier:04X}{form}": text.encode("gb18030" if code_page else "utf-16-le")
        for identifier, text in texts.items()
    }
    streams |= {f"__substg1.0_{identifier:04X}0102": content for identifier, content in (binaries or {}).items()}
    entry = struct.pack("<HHIQ", 3, 0x3FFD, 6, code_page)
    return streams | {"__properties_version1.0": bytes(32) + entry}


def read_msg(streams: dict[str, bytes], storages: dict[str, Storage] | None = None) -> Reading:
    return msg.extract(ole(streams, storages), Options(format="msg"))


@settings(max_examples=25, deadline=None)
@given(WORDS, WORDS, WORDS, st.sampled_from([0, 936]))
def test_a_message_comes_back(subject: str, person: str, body: str, code_page: int) -> None:
    texts = {0x37: f"题{subject}", 0xC1A: f"人{person}", 0x1000: f"文{body}", 0x7D: "X-Originating-IP: [10.1.2.3]\r\n"}
    reading = read_msg(written(texts, code_page=code_page))
    assert one(reading, f"题{subject}").kind is BlockKind.HEADING
    assert one(reading, f"人{person}").locator == "邮件发件人"
    assert one(reading, f"文{body}").kind is BlockKind.PARAGRAPH
    assert one(reading, "[10.1.2.3]").kind is BlockKind.PROPERTY
    assert reading.gaps == ()


def test_recipients_attachments_and_inner_messages_are_read() -> None:
    attached = written({0x3707: "名单.txt"}, {0x3701: "张三 13800138000".encode()})
    inner = Storage(written({0x37: "里层主题", 0x1000: "里层的话"}), {})
    forwarded = Storage(written({0x3001: "转发"}), {"__substg1.0_3701000D": inner})
    storages = {
        "__recip_version1.0_#00000000": Storage(written({0x3001: "李四", 0x39FE: "li@example.cn"})),
        "__attach_version1.0_#00000000": Storage(attached),
        "__attach_version1.0_#00000001": forwarded,
        "__attach_version1.0_#00000002": Storage(written({0x3707: "云盘.docx"})),
    }
    data = ole(written({0x37: "外层", 0x1000: "见附件"}), storages)
    reading = msg.extract(data, Options(format="msg"))
    assert one(reading, "李四").kind is BlockKind.PROPERTY
    assert one(reading, "名单.txt").kind is BlockKind.ATTACHMENT
    assert [g.reason for g in reading.gaps] == [GapReason.UNSUPPORTED]
    document = read_document(data, Options(name="信.msg"))
    assert "13800138000" in document.text and "里层的话" in document.text
    assert [p.format for p in document.parts] == ["txt", "msg"]


def test_compressed_rtf_bodies_are_read() -> None:
    """The example of [MS-OXRTFCP] 4.1.1, and a stored one."""
    packed = bytes.fromhex(
        "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
    )
    assert msg.decompress(packed) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
    assert one(read_msg(written({0x37: "x"}, {0x1009: packed})), "hello world")
    source = r"{\rtf1\ansi\ansicpg936 正文{\v 藏}\par}".encode("gb18030")
    stored = struct.pack("<IIII", len(source) + 12, len(source), 0x414C454D, 0) + source
    reading = read_msg(written({0x37: "x"}, {0x1009: stored}))
    assert one(reading, "藏").concealed == "隐藏文字"
    broken = read_msg(written({0x37: "x"}, {0x1009: b"\0" * 40}))
    assert [g.reason for g in broken.gaps] == [GapReason.CORRUPT]


def test_html_bodies_win_over_their_plain_twin() -> None:
    reading = read_msg(written({0x37: "x", 0x1000: "第一行\r\n"}, {0x1013: "<p>第一<b>行</b></p><!-- 藏 -->".encode()}))
    assert one(reading, "第一行")
    assert one(reading, "藏").concealed == "网页注释"


_HEAD = b"From: a@example.cn\nSubject: t\nMIME-Version: 1.0\n"
_BODY64 = base64.b64encode("联系人李某某".encode())


@pytest.mark.parametrize(
    ("head", "body", "reason"),
    [
        (b"Content-Type: text/plain\nContent-Transfer-Encoding: x-foo", _BODY64, GapReason.UNSUPPORTED),
        (b"Content-Type: text/plain", b"-----BEGIN PGP MESSAGE-----\n\n" + _BODY64, GapReason.ENCRYPTED),
        (b"Content-Type: application/pkcs7-mime; name=smime.p7m\nContent-Transfer-Encoding: base64", _BODY64, GapReason.ENCRYPTED),
        (b"Content-Type: multipart/mixed", b"--z\nContent-Type: text/plain\n\n" + _BODY64, GapReason.CORRUPT),
        (b"Content-Type: multipart/mixed; boundary=q", b"--z\nContent-Type: text/plain\n\n" + _BODY64, GapReason.CORRUPT),
        (b"Content-Type: text/plain", b"=ybegin line=128 size=3 name=a.txt\nabc\n=yend size=3", GapReason.UNSUPPORTED),
    ],
)  # fmt: skip
def test_a_mail_whose_content_cannot_be_unpacked_is_a_gap(head: bytes, body: bytes, reason: GapReason) -> None:
    assert reason in {gap.reason for gap in read(_HEAD + head + b"\n\n" + body + b"\n").gaps}


def test_a_file_in_uuencode_is_handed_on_and_a_damaged_one_is_a_gap() -> None:
    content = "联系人李某某".encode() * 20
    lines = b"".join(binascii.b2a_uu(content[i : i + 45]) for i in range(0, len(content), 45))
    whole = "请看附件\n\nbegin 644 名单.txt\n".encode() + lines + b"`\nend\n"
    reading = read(_HEAD + b"Content-Type: text/plain; charset=utf-8\n\n" + whole)
    assert [(item.name, item.data) for item in reading.embedded] == [("名单.txt", content)]
    assert reading.gaps == ()
    cut = read(_HEAD + b"Content-Type: text/plain; charset=utf-8\n\n" + whole[:200])
    assert [gap.reason for gap in cut.gaps] == [GapReason.CORRUPT]
