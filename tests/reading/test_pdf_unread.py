"""PDF: what no text layer holds (painted notes, outlines, small, covered and broken pictures) is read or a gap."""

import io
import zlib

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name
from PIL import Image, ImageDraw

from review.reading.assembly import Reading
from review.reading.extraction import Options
from review.reading.formats import pdf
from review.types import BlockKind, GapReason
from tests.reading.builders_pdf import HEIGHT, WIDTH, Builder, chinese, fonts

BODY = chinese("关于开展冬季清洁家园行动的通知", 72, 700) + chinese("各村民委员会请按照要求认真组织实施", 72, 670)


def read(data: bytes, ocr: str = "off") -> Reading:
    return pdf.extract(data, Options(ocr=ocr))


def reasons(reading: Reading) -> list[GapReason]:
    return [gap.reason for gap in reading.gaps]


# ------------------------------------------------------------------------------------------------------- painted notes


def noted(content: str, bottom: float = 780, words: str = "") -> bytes:
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
        Contents=words,
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
    reading = read(noted(chinese("请核对", 5, 8, 16), bottom=90, words="请核对一下"))
    assert [p.text for p in reading.pieces if "请核对" in p.text] == ["请核对一下"]


def test_a_frame_around_a_word_is_no_gap() -> None:
    assert not read(noted("1 0 0 RG 0 0 120 30 re S\n")).gaps


# ------------------------------------------------------------------------------------------------------------- damage


def raw(builder: Builder) -> bytes:
    packed = io.BytesIO()
    builder.pdf.save(packed, stream_decode_level=pikepdf.StreamDecodeLevel.none, compress_streams=False)
    return packed.getvalue()


def half(data: bytes) -> bytes:
    return zlib.compress(data)[: len(zlib.compress(data)) // 2]


@pytest.mark.parametrize(
    ("content", "name"),
    [(b"\x78\x9c\x00\x01garbage", "/FlateDecode"), (b"abc", "/Unknown"), (half(BODY.encode()), "/FlateDecode")],
)
def test_a_page_whose_content_cannot_be_unpacked_is_a_gap(content: bytes, name: str) -> None:
    builder = Builder()
    builder.page(BODY)
    builder.page(BODY).obj.Contents.write(content, filter=Name(name))
    (gap,) = read(raw(builder)).gaps
    assert (gap.reason, gap.locator) == (GapReason.CORRUPT, "第2页")


def test_a_wrong_check_sum_is_no_gap() -> None:
    builder = Builder()
    builder.page(BODY).obj.Contents.write(zlib.compress(BODY.encode())[:-4] + b"abcd", filter=Name.FlateDecode)
    assert not read(raw(builder)).gaps


@pytest.mark.parametrize(
    ("pixels", "name"), [(b"\xff\xd8\xff\xe0broken", "/DCTDecode"), (b"\0\0\0\x0cjP  broken", "/JPXDecode")]
)
@pytest.mark.parametrize("content", [BODY, ""])
def test_a_picture_that_cannot_be_decoded_is_a_gap(pixels: bytes, name: str, content: str) -> None:
    builder = Builder()
    page = builder.page(content + "q 595 0 0 400 0 100 cm /I Do Q\n", {"I": (800, 400, b"")})
    page.obj.Resources.XObject.I.write(pixels, filter=Name(name))
    assert GapReason.CORRUPT in reasons(read(raw(builder)))


def test_a_white_picture_is_no_gap() -> None:
    builder = Builder()
    builder.page(BODY + "q 400 0 0 200 72 300 cm /I Do Q\n", {"I": (80, 40, b"\xff" * 80 * 40 * 3)})
    assert not read(raw(builder)).gaps


def test_forms_deeper_than_anyone_nests_them_are_a_gap() -> None:
    builder = Builder()
    inner = builder.pdf.make_stream(chinese("深处的文字", 72, 600).encode("latin-1"))
    inner.Resources = Dictionary(Font=fonts())
    for _ in range(40):
        inner.Type, inner.Subtype, inner.BBox = Name.XObject, Name.Form, Array([0, 0, WIDTH, HEIGHT])
        outer = builder.pdf.make_stream(b"/X Do")
        outer.Resources = Dictionary(XObject=Dictionary(X=inner))
        inner = outer
    inner.Type, inner.Subtype, inner.BBox = Name.XObject, Name.Form, Array([0, 0, WIDTH, HEIGHT])
    builder.page(BODY + "/X Do\n").obj.Resources.XObject.X = inner
    assert GapReason.TOO_LARGE in reasons(read(builder.bytes()))


# --------------------------------------------------------------------------------------------- covered and cut pictures


def striped(width: int = 60, height: int = 12) -> tuple[int, int, bytes]:
    """A picture with something on it."""
    row = (b"\0\0\0" * 3 + b"\xff\xff\xff" * 3) * (width // 6)
    return width, height, row * height


@pytest.mark.parametrize("colour", ["0 g", "1 g"])
def test_a_picture_under_a_box_is_looked_at(colour: str) -> None:
    builder = Builder()
    builder.page(BODY + f"q 300 0 0 60 72 400 cm /I Do Q\n{colour} 60 390 330 80 re f\n", {"I": striped()})
    gaps = read(builder.bytes()).gaps
    assert any(gap.reason is GapReason.NO_OCR for gap in gaps)


def test_a_blank_picture_under_a_box_is_no_gap() -> None:
    builder = Builder()
    picture = (60, 12, b"\xff" * 60 * 12 * 3)
    builder.page(BODY + "q 300 0 0 60 72 400 cm /I Do Q\n0 g 60 390 330 80 re f\n", {"I": picture})
    assert not read(builder.bytes()).gaps


@pytest.mark.parametrize("before", ["", "72 500 300 5 re W n "])
def test_what_is_cut_off_a_picture_is_looked_at(before: str) -> None:
    builder = Builder()
    place = 30 if not before else 480
    content = BODY + f"q {before}300 0 0 60 72 {place} cm /I Do Q\n"
    builder.page(content, {"I": striped()}, CropBox=Array([0, 100, WIDTH, HEIGHT]))
    assert set(reasons(read(builder.bytes()))) == {GapReason.NO_OCR}


def test_the_words_of_a_covered_picture_are_hidden_text() -> None:
    pytest.importorskip("rapidocr_onnxruntime")
    picture = Image.new("RGB", (600, 60), "white")
    ImageDraw.Draw(picture).text((20, 10), "SAMPLE 2026", fill="black", font_size=40)
    builder = Builder()
    content = BODY + "q 400 0 0 40 72 400 cm /I Do Q\n0 g 60 390 430 60 re f\n"
    builder.page(content, {"I": (600, 60, picture.tobytes())})
    (piece,) = [p for p in read(builder.bytes(), "auto").pieces if "2026" in p.text]
    assert piece.kind is BlockKind.HIDDEN and piece.concealed == "被遮盖的图片"
