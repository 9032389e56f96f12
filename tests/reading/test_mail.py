"""eml and msg: header fields, bodies, attachments and forwarded mail, in whatever character set they come."""

import base64
import email.message
import email.policy
from email.mime.text import MIMEText

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from review.reading.assembly import Piece, Reading
from review.reading.extraction import Options
from review.reading.formats import eml
from review.reading.nesting import read_document
from review.types import BlockKind, GapReason

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
