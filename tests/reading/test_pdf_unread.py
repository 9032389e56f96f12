"""PDF: what no text layer holds (painted notes, outlines, small, covered and broken pictures) is read or a gap."""

import io
import zlib

import numpy as np
import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name
from PIL import Image, ImageDraw

from review.reading.assembly import Piece, Reading
from review.reading.extraction import Options
from review.reading.formats import pdf, pdf_trust
from review.reading.formats.page_lines import Line
from review.reading.ocr_text import Sight
from review.types import BBox, BlockKind, GapReason
from tests.reading.builders_pdf import HEIGHT, WIDTH, Builder, chinese, fonts, latin, one_page

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


def test_a_highlight_inside_a_form_needs_no_ocr() -> None:
    data = noted("/X Do\n")
    with pikepdf.open(io.BytesIO(data)) as document:
        form = document.make_stream(b"1 1 0 rg 0 0 120 30 re f")
        form.Type, form.Subtype, form.BBox = Name.XObject, Name.Form, Array([0, 0, 120, 30])
        document.pages[0].Annots[0].AP.N.Resources = Dictionary(XObject=Dictionary(X=form))
        packed = io.BytesIO()
        document.save(packed)
    assert not read(packed.getvalue()).gaps


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


# ---------------------------------------------------------------------------------------- outlines and small pictures


def outlined(x: float, y: float, letters: int = 5) -> str:
    """Letters as one path: squares with corners like those of Chinese characters."""
    strokes = []
    for letter in range(letters):
        left = x + 16 * letter
        for row in range(4):
            strokes.append(f"{left} {y + 4 * row} 14 1.5 re")
            strokes.append(f"{left + 4 * row} {y} 1.5 14 re")
    return "0 g\n" + "\n".join(strokes) + "\nf\n"


def test_letters_drawn_as_outlines_beside_text_are_looked_at() -> None:
    gaps = read(one_page(BODY + outlined(72, 780))).gaps
    assert [(gap.reason, gap.locator) for gap in gaps] == [(GapReason.NO_OCR, "第1页 图形")]


def test_corners_far_away_do_not_keep_outlines_from_being_found() -> None:
    far = "0 g -19000 -19000 5 5 re 19000 19000 5 5 re 1e30 1e30 5 5 re f\n"
    assert GapReason.NO_OCR in reasons(read(one_page(BODY + outlined(72, 780) + far)))


def test_a_large_title_drawn_as_outlines_is_looked_at() -> None:
    strokes = " ".join(
        f"{72 + 40 * letter + 9 * column} {600 + 7 * row} 6 2 re"
        for letter in range(5)
        for column in range(4)
        for row in range(5)
    )
    assert reasons(read(one_page(BODY + strokes + " f\n"))) == [GapReason.NO_OCR]


@pytest.mark.parametrize(
    "content",
    [
        " ".join(f"72 {600 - 24 * row} 60 24 re {132} {600 - 24 * row} 60 24 re" for row in range(20)) + " S\n",
        "".join(f"72 {600 - 14 * row} {60} 14 re {132} {600 - 14 * row} 60 14 re S\n" for row in range(30)),
        "".join(f"72 {600 - 24 * row} 400 0.5 re f\n" for row in range(20)),
        "72 600 400 100 re f 80 500 m 200 560 300 560 400 500 c S\n",
        "".join(f"{72 + 4 * step} 600 2 0.5 re f\n" for step in range(100)),
    ],
)
def test_tables_rules_and_ornaments_are_no_outlines(content: str) -> None:
    assert not read(one_page(BODY + content)).gaps


@pytest.mark.parametrize(("words", "expected"), [("底纹里的字", [GapReason.NO_OCR]), ("", [])])
def test_a_pattern_with_letters_is_looked_at(words: str, expected: list[GapReason]) -> None:
    builder = Builder()
    page = builder.page(BODY + "/Pattern cs /P1 scn 72 500 400 60 re f\n")
    pattern = builder.pdf.make_stream(chinese(words, 5, 5).encode("latin-1") if words else b"0.75 g 0 0 400 30 re f")
    pattern.PatternType, pattern.PaintType, pattern.TilingType = 1, 1, 1
    pattern.BBox, pattern.XStep, pattern.YStep = Array([0, 0, 400, 30]), 400, 30
    pattern.Resources = Dictionary(Font=fonts())
    page.obj.Resources.Pattern = Dictionary(P1=pattern)
    assert reasons(read(builder.bytes())) == expected


@pytest.mark.parametrize("place", [outlined(72, -60), "1 g 72 775 90 20 re f\n1 g\n" + outlined(72, 780)[4:]])
def test_outlines_that_nobody_sees_are_a_gap(place: str) -> None:
    assert GapReason.NO_TEXT in reasons(read(one_page(BODY + place)))


def test_outlines_beside_text_are_read() -> None:
    pytest.importorskip("rapidocr_onnxruntime")
    picture = Image.new("L", (460, 60), 255)
    ImageDraw.Draw(picture).text((10, 5), "SAMPLE 20267", fill=0, font_size=48)
    ink = np.argwhere(np.asarray(picture) < 128).tolist()
    runs = [f"{72 + x / 4} {600 - y / 4} 0.26 0.26 re" for y, x in ink]
    reading = read(one_page(BODY + "0 g\n" + "\n".join(runs) + "\nf\n"), "auto")
    (piece,) = [p for p in reading.pieces if "20267" in p.text]
    assert piece.kind is BlockKind.IMAGE and 60 < piece.runs[0].bbox.x0 < 85
    assert HEIGHT - 605 < piece.runs[0].bbox.top < HEIGHT - 590


@pytest.mark.parametrize("size", [(80, 16), (160, 15), (40, 9)])
def test_a_small_strip_of_a_picture_is_looked_at(size: tuple[int, int]) -> None:
    builder = Builder()
    builder.page(BODY + f"q {size[0]} 0 0 {size[1]} 72 780 cm /I Do Q\n", {"I": striped()})
    assert reasons(read(builder.bytes())) == [GapReason.NO_OCR]


def test_a_row_of_pictures_of_one_letter_each_is_looked_at() -> None:
    builder = Builder()
    content = "".join(f"q 12 0 0 13 {72 + 15 * index} 600 cm /I Do Q\n" for index in range(9))
    builder.page(BODY + content, {"I": striped(12, 12)})
    assert reasons(read(builder.bytes())) == [GapReason.NO_OCR]


def test_a_bullet_and_a_rule_are_no_gap() -> None:
    builder = Builder()
    content = "q 10 0 0 10 60 600 cm /I Do Q\nq 400 0 0 2 72 500 cm /I Do Q\n"
    builder.page(BODY + content, {"I": striped(12, 12)})
    assert not read(builder.bytes()).gaps


# ------------------------------------------------------------------------------------------------ text layers of scans


def seen(*lines: str) -> tuple[list[Line], Sight]:
    """The same lines as a text layer and as OCR sees them."""
    box = BBox(0, 0, 1, 1)
    pieces = tuple(Piece(line, page=2) for line in lines)
    return [Line(0, len(line), line, box) for line in lines], Sight(pieces, text="\n".join(lines))


def test_pages_spread_over_a_long_scan_are_compared() -> None:
    trust = pdf_trust.Trust(80, Options())
    layer, sight = seen("关于开展冬季清洁家园行动的通知")
    compared = []
    for number in range(1, 81):
        if trust.is_to_be_compared(number):
            compared.append(number)
            assert trust.compared(layer, sight, [])
        else:
            trust.pass_by(number)
    assert compared == [1, 10, 20, 30, 40, 50, 60, 70, 80]
    gaps, remarks = trust.findings()
    assert not gaps and "抽查 9 页" in remarks[0] and "第2–9、11–19、" in remarks[0]


def test_a_layer_that_disagrees_leaves_the_pages_passed_by_as_a_gap() -> None:
    trust = pdf_trust.Trust(80, Options())
    layer, sight = seen("关于开展冬季清洁家园行动的通知")
    assert trust.compared(layer, sight, [])
    trust.pass_by(2)
    assert not trust.compared(layer, seen("枫林镇村民姓名住址")[1], [])
    (gap,), remarks = trust.findings()
    assert gap.reason is GapReason.LOW_CONFIDENCE and gap.locator == "第2页" and not remarks
    assert trust.is_to_be_compared(3)


def test_what_a_layer_leaves_out_is_kept_of_what_ocr_sees() -> None:
    layer, _ = seen("关于开展冬季清洁家园行动的通知", "各村民委员会请按照要求认真组织实施")
    _, sight = seen("关于开展冬季清洁家园行动旳通知", "姓名王某某编号零零七")
    assert [piece.text for piece in pdf_trust.new_pieces(layer, sight)] == ["姓名王某某编号零零七"]


def test_a_scan_with_a_text_layer_is_a_gap_without_ocr() -> None:
    builder = Builder()
    words = "关于开展冬季清洁家园行动的通知各村民委员会请按照要求认真组织实施并做好宣传引导工作确保取得实效"
    content = f"q {WIDTH} 0 0 {HEIGHT} 0 0 cm /I Do Q\n" + chinese(words, 72, 700, 8).replace("BT ", "BT 3 Tr ")
    builder.page(content, {"I": striped()})
    assert [(gap.reason, gap.locator) for gap in read(builder.bytes()).gaps] == [(GapReason.NO_OCR, "第1页")]


# ------------------------------------------------------------------------------------------------------ lost encodings


def test_chinese_bytes_read_as_western_letters_are_a_gap() -> None:
    junk = "".join(f"\\{byte:03o}" for byte in "关于开展冬季清洁家园行动的通知".encode("gb18030"))
    builder = Builder()
    page = builder.page(BODY + f"BT /F1 14 Tf 72 500 Td ({junk}) Tj ET\n")
    page.obj.Resources.Font.F1.Encoding = Name.WinAnsiEncoding
    assert reasons(read(builder.bytes())) == [GapReason.ENCODING]


@pytest.mark.parametrize(
    "line", ["Le café à côté de la gare est fermé pendant la saison", "温度：25℃±3℃ ×100％ · 备注", "甲：□■○●※"]
)
def test_french_and_signs_are_no_lost_encoding(line: str) -> None:
    assert pdf_trust.mojibake([line]) == 0


def test_a_font_that_does_not_say_its_characters_is_a_gap_without_ocr() -> None:
    builder = Builder()
    page = builder.page(latin("abcdefghijklmnop", 72, 700))
    names = Array([97, *(Name(f"/g{number}") for number in range(20))])
    page.obj.Resources.Font.F1.Encoding = Dictionary(Type=Name.Encoding, Differences=names)
    assert GapReason.ENCODING in reasons(read(builder.bytes()))
