"""PDF: what no text layer holds (painted notes, outlines, small, covered and broken pictures) is read or a gap."""

import io

import pikepdf
from pikepdf import Array, Dictionary, Name

from review.reading.assembly import Reading
from review.reading.extraction import Options
from review.reading.formats import pdf
from review.types import BlockKind, GapReason
from tests.reading.builders_pdf import HEIGHT, Builder, chinese, fonts

BODY = chinese("关于开展冬季清洁家园行动的通知", 72, 700) + chinese("各村民委员会请按照要求认真组织实施", 72, 670)


def read(data: bytes, ocr: str = "off") -> Reading:
    return pdf.extract(data, Options(ocr=ocr))


def reasons(reading: Reading) -> list[GapReason]:
    return [gap.reason for gap in reading.gaps]


# ------------------------------------------------------------------------------------------------------- painted notes


def noted(content: str, bottom: float = 780, **keys: str) -> bytes:
    builder = Builder()
    page = builder.page(BODY)
    look = builder.pdf.make_stream(content.encode("latin-1"))
    look.BBox, look.Resources = Array([0, 0, 120, 30]), Dictionary(Font=fonts())
    look.Type, look.Subtype = Name.XObject, Name.Form
    note = Dictionary(
        Type=Name.Annot,
        Subtype=Name.Stamp,
        Rect=Array([72, bottom, 192, bottom + 30]),
        F=4,
        AP=Dictionary(N=look),
        **keys,
    )
    page.obj.Annots = Array([note])
    return builder.bytes()


def test_the_text_of_a_stamp_is_read_where_it_stands() -> None:
    reading = read(noted(chinese("样章★一月", 5, 8, 16)))
    (piece,) = [p for p in reading.pieces if p.text == "样章★一月"]
    assert piece.kind is BlockKind.PARAGRAPH and piece.top_of_first_page and piece.locator == "第1页 图章"
    box = piece.runs[0].bbox
    assert 70 < box.x0 < 80 and HEIGHT - 812 < box.top < box.bottom < HEIGHT - 778


def test_the_text_of_a_hidden_stamp_is_hidden_text() -> None:
    data = noted(chinese("样章一月", 5, 8, 16))
    with pikepdf.open(io.BytesIO(data)) as document:
        document.pages[0].Annots[0].F = 2
        packed = io.BytesIO()
        document.save(packed)
    (piece,) = [p for p in read(packed.getvalue()).pieces if p.text == "样章一月"]
    assert piece.kind is BlockKind.HIDDEN and piece.concealed == "隐藏的批注" and not piece.top_of_first_page


def test_a_note_that_paints_what_it_says_is_told_once() -> None:
    reading = read(noted(chinese("请核对", 5, 8, 16), bottom=90, Contents="请核对一下"))
    assert [p.text for p in reading.pieces if "请核对" in p.text] == ["请核对一下"]


def test_a_frame_around_a_word_is_no_gap() -> None:
    assert not read(noted("1 0 0 RG 0 0 120 30 re S\n")).gaps
