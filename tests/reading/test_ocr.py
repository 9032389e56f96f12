"""OCR: lines with boxes and confidence, turned pages, marks on scans, what cannot be read is said."""

from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from review.reading import ocr, ocr_marks, ocr_text
from review.reading.assembly import Reading
from review.reading.extraction import Allowance, Options
from review.reading.formats import image, pdf
from review.reading.ocr import OcrLine, Recognised
from review.reading.ocr_text import Placing, read_picture
from review.types import BBox, BlockKind, GapReason, PageReading
from tests.reading.builders_pdf import HEIGHT, WIDTH, Builder, latin
from tests.reading.test_image import packed

FONT = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc")
needs_engine = pytest.mark.skipif(not ocr.is_available() or not FONT.exists(), reason="no OCR engine or no CJK font")
LINES = ("机密★10年", "关于春季绿化工作的通知", "请各单位于三月底前完成", "联系人王某电话零零零")


@pytest.fixture(scope="module")
def scan() -> Image.Image:
    """A small page of four lines, the first one a mark."""
    picture = Image.new("RGB", (620, 560), "white")
    draw = ImageDraw.Draw(picture)
    for row, words in enumerate(LINES):
        draw.text((60, 50 + 70 * row), words, fill="black", font=ImageFont.truetype(str(FONT), 30, index=2))
    return picture


def lines_of(reading: Reading) -> list[str]:
    return [line for piece in reading.pieces if piece.ocr_confidence is not None for line in piece.text.split("\n")]


@needs_engine
def test_lines_come_back_in_order_with_boxes_and_confidence(scan: Image.Image) -> None:
    reading = image.extract(packed(scan, "PNG"), Options())
    assert lines_of(reading) == list(LINES)
    assert reading.pages[0].reading is PageReading.OCR
    first = reading.pieces[0]
    assert first.top_of_first_page and first.ocr_confidence is not None and 0.8 < first.ocr_confidence <= 1
    box = first.runs[0].bbox
    assert 45 < box.x0 < 75 and 40 < box.top < 65 and 80 < box.bottom < 110


@needs_engine
@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_turned_page_is_read_in_its_own_order(scan: Image.Image, turn: int) -> None:
    found = ocr.recognise(scan.rotate(turn, expand=True))
    assert [line.text for line in found.lines] == list(LINES)
    assert found.turns * 90 == turn
    box = found.lines[0].bbox
    centre = ((box.x0 + box.x1) / 2, (box.top + box.bottom) / 2)
    expected = {90: (68, 470), 180: (470, 490), 270: (490, 150)}[turn]
    assert abs(centre[0] - expected[0]) < 40 and abs(centre[1] - expected[1]) < 40


@needs_engine
def test_a_scanned_page_in_a_pdf_is_read_in_points(scan: Image.Image) -> None:
    builder = Builder()
    builder.page(f"q {WIDTH} 0 0 {HEIGHT} 0 0 cm /Im Do Q\n", {"Im": (scan.width, scan.height, scan.tobytes())})
    reading = pdf.extract(builder.bytes(), Options())
    assert lines_of(reading) == list(LINES)
    assert reading.pages[0].reading is PageReading.OCR
    box = reading.pieces[0].runs[0].bbox
    assert 45 < box.x0 < 75 and 60 < box.top < 105


@needs_engine
def test_a_picture_on_a_page_of_text_is_read_beside_it_and_once(scan: Image.Image) -> None:
    builder = Builder()
    body = "".join(latin("ordinary text of this page", 72, 780 - 20 * row) for row in range(4))
    for _ in range(2):
        builder.page(body + "q 310 0 0 280 72 200 cm /Im Do Q\n", {"Im": (scan.width, scan.height, scan.tobytes())})
    reading = pdf.extract(builder.bytes(), Options())
    pictures = [piece for piece in reading.pieces if piece.kind is BlockKind.IMAGE]
    assert "关于春季绿化工作的通知" in "\n".join(piece.text for piece in pictures)
    assert {piece.page for piece in pictures} == {1}
    assert reading.pages[0].reading is PageReading.MIXED
    assert sum("ordinary" in piece.text for piece in reading.pieces) >= 2


@needs_engine
def test_a_text_layer_that_disagrees_with_the_scan_is_hidden_text(scan: Image.Image) -> None:
    builder = Builder()
    layer = "".join(latin("zzzz qqqq xxxx wwww vvvv", 72, 780 - 20 * row, before="3 Tr") for row in range(6))
    builder.page(f"q {WIDTH} 0 0 {HEIGHT} 0 0 cm /Im Do Q\n" + layer, {"Im": (scan.width, scan.height, scan.tobytes())})
    reading = pdf.extract(builder.bytes(), Options())
    assert "关于春季绿化工作的通知" in lines_of(reading)
    hidden = [piece for piece in reading.pieces if piece.kind is BlockKind.HIDDEN]
    assert "zzzz" in hidden[0].text and hidden[0].concealed == "与扫描画面不符的文字层"


@needs_engine
def test_an_empty_picture_has_no_lines() -> None:
    assert ocr.recognise(Image.new("RGB", (300, 300), "white")).lines == ()


# ---------------------------------------------------------------------------------------------------------------- marks


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        ("机密女10年", "机密★10年"),
        ("机蜜★1O年", "机密★10年"),
        ("秘密大3年", "秘密★3年"),
        ("祕密☆6个月", "秘密★6个月"),
        ("绝 密 ★ 30 年", "绝密★30年"),
        ("绝密*长期", "绝密★长期"),
        ("泌密★", "秘密★"),
        ("【机密】", "【机密】"),
        ("秘宻", "秘密"),
        ("机蜜", "机密"),
        ("绝密★启用前", "绝密★启用前"),
        ("机密10年", "机密★10年"),
    ],
)
def test_a_line_of_the_shape_of_a_mark_is_put_right(read: str, meant: str) -> None:
    assert ocr_marks.normalise(read) == meant
    assert ocr_marks.is_mark(read)


@pytest.mark.parametrize(
    "words",
    ["秘书科", "机关大院", "保密审查办公室", "绝对机密的说法不妥", "必须", "关于秘密事项的通知", "女10年", "文件★"],
)
def test_other_lines_are_left_alone(words: str) -> None:
    assert ocr_marks.normalise(words) == words
    assert not ocr_marks.is_mark(words)


def test_a_mark_beside_other_words_becomes_a_line_of_its_own() -> None:
    row = [OcrLine("机密★3年", BBox(0, 0, 9, 9), 0.9, 0), OcrLine("收文章", BBox(20, 0, 29, 9), 0.9, 0)]
    assert [[line.text for line in part] for part in ocr_text._apart([row], True)] == [["机密★3年"], ["收文章"]]


def test_red_of_a_seal_goes_and_black_print_stays() -> None:
    picture = Image.new("RGB", (100, 100), "white")
    picture.paste((225, 90, 90), (0, 0, 50, 50))
    picture.paste((20, 20, 20), (60, 60, 80, 80))
    shown = ocr_marks.without_red(picture)
    assert shown.getpixel((20, 20)) == 255 and shown.getpixel((70, 70)) < 60


# ------------------------------------------------------------------------------------------------- what cannot be read


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (Options(ocr="off"), GapReason.NO_OCR),
        (Options(allowance=Allowance(ocr_pages=0)), GapReason.TOO_LARGE),
        (Options(allowance=Allowance(deadline=0.0)), GapReason.TIMEOUT),
    ],
)
def test_a_picture_that_is_not_read_is_a_gap(options: Options, reason: GapReason) -> None:
    sight = read_picture(Image.new("RGB", (200, 200)), Placing(1, "第1页"), options)
    assert not sight.was_read
    assert [(gap.reason, gap.locator) for gap in sight.gaps] == [(reason, "第1页")]


@needs_engine
def test_a_picture_costs_one_page_of_the_allowance(scan: Image.Image) -> None:
    allowance = Allowance(ocr_pages=5)
    read_picture(scan, Placing(1, "第1页"), Options(allowance=allowance))
    assert allowance.ocr_pages == 4


def test_a_line_turns_with_its_page_and_back() -> None:
    line = OcrLine("甲", BBox(10, 20, 30, 40), 1.0, 0)
    for turns in range(4):
        found = Recognised((line,), 1.0, turns)
        (upright,) = ocr.moved_on(found, (100, 200))
        assert ocr.moved_back_line(upright, turns, (100, 200)) == line
