"""EMF, EMF+ and WMF: text in its order, charsets, bitmaps, outlines, what cannot be read, hostile records."""

import io
import struct
import zipfile

import pytest
from PIL import Image, ImageDraw

from review.reading import nesting
from review.reading.assembly import Reading
from review.reading.extraction import Allowance, Options, Unreadable
from review.reading.formats import metafile
from review.types import BlockKind, GapReason, PageReading
from tests.reading.shared_files import hidden_strings

BASELINE = 24
LETTERS = [(0, 0), (30, 0), (34, 6), (34, 14), (30, 20), (20, 24), (10, 24), (4, 18), (0, 10), (0, 4)]


def read(data: bytes, format_name: str = "emf", is_part: bool = True) -> Reading:
    return metafile.extract(data, Options(ocr="off", format=format_name, is_part=is_part))


def texts(reading: Reading) -> list[str]:
    return [piece.text for piece in reading.pieces if piece.kind is not BlockKind.PROPERTY]


# ---------------------------------------------------------------------------------------------------------- builders


def emr(kind: int, body: bytes = b"") -> bytes:
    body += b"\0" * (-len(body) % 4)
    return struct.pack("<II", kind, len(body) + 8) + body


def emf(*records: bytes, description: str = "", end: bool = True) -> bytes:
    said = description.encode("utf-16-le")
    said += b"\0" * (-len(said) % 4)
    body = b"".join(records) + (emr(14, struct.pack("<III", 0, 0, 20)) if end else b"")
    head = struct.pack("<4i4i", 0, 0, 400, 300, 0, 0, 10_000, 8_000) + b" EMF" + struct.pack("<I", 0x10000)
    head += struct.pack("<IIHHIII", 108 + len(said) + len(body), len(records) + 2, 1, 0, len(description), 88, 0)
    head += struct.pack("<4i", 1920, 1080, 500, 300)
    return emr(1, head + said) + body


def string_w(text: str, x: int, y: int, how: int = 0, advance: int = 0) -> bytes:
    raw = text.encode("utf-16-le")
    raw += b"\0" * (-len(raw) % 4)
    count = len(text.encode("utf-16-le")) // 2
    spacing = struct.pack(f"<{count}i", *[advance] * count) if advance else b""
    head = bytes(16) + struct.pack("<Iff", 1, 1.0, 1.0)
    head += struct.pack("<iiIII4iI", x, y, count, 76, how, 0, 0, 0, 0, 76 + len(raw) if advance else 0)
    return emr(84, head + raw + spacing)


def string_a(raw: bytes, x: int, y: int) -> bytes:
    head = bytes(16) + struct.pack("<Iff", 1, 1.0, 1.0)
    return emr(83, head + struct.pack("<iiIII4iI", x, y, len(raw), 76, 0, 0, 0, 0, 0, 0) + raw)


def font(handle: int, height: int, charset: int = 134, escapement: int = 0) -> bytes:
    logfont = struct.pack("<5i", height, 0, escapement, escapement, 400) + bytes((0, 0, 0, charset, 0, 0, 0, 0))
    return emr(82, struct.pack("<I", handle) + logfont + bytes(64)) + emr(37, struct.pack("<I", handle))


def align(value: int) -> bytes:
    return emr(22, struct.pack("<I", value))


def dib(width: int, height: int, text: str = "") -> tuple[bytes, bytes]:
    image = Image.new("RGB", (width, height), "white")
    ImageDraw.Draw(image).text((4, 4), text, fill="black")
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
    return info, image.tobytes("raw", "BGR", (3 * width + 3) // 4 * 4, -1)


def stretch_dib(width: int, height: int, y: int = 0) -> bytes:
    info, bits = dib(width, height)
    head = bytes(16) + struct.pack("<6i", 0, y, 0, 0, width, height)
    head += struct.pack("<IIIIII", 80, len(info), 80 + len(info), len(bits), 0, 0xCC0020) + struct.pack(
        "<ii", width, height
    )
    return emr(81, head + info + bits)


def plus_comment(*records: tuple[int, int, bytes], dual: bool = False) -> bytes:
    body = b""
    for kind, flags, data in ((0x4001, int(dual), bytes(16)), *records, (0x4002, 0, b"")):
        data += b"\0" * (-len(data) % 4)
        body += struct.pack("<HHII", kind, flags, len(data) + 12, len(data)) + data
    return emr(70, struct.pack("<I", 4 + len(body)) + b"EMF+" + body)


def plus_string(text: str, x: float, y: float) -> tuple[int, int, bytes]:
    return 0x401C, 0, struct.pack("<IIIffff", 0, 99, len(text), x, y, 300, 20) + text.encode("utf-16-le")


def wmr(function: int, body: bytes = b"") -> bytes:
    body += b"\0" * (len(body) % 2)
    return struct.pack("<IH", len(body) // 2 + 3, function) + body


def wmf(*records: bytes, placeable: bool = True) -> bytes:
    body = b"".join(records) + wmr(0)
    head = struct.pack("<HHHIHIH", 1, 9, 0x300, 9 + len(body) // 2, 4, 100, 0)
    front = b"\xd7\xcd\xc6\x9a" + struct.pack("<H4hHIH", 0, 0, 0, 400, 300, 96, 0, 0)
    return (front if placeable else b"") + head + body


def wmf_font(height: int, charset: int) -> bytes:
    logfont = struct.pack("<5h", height, 0, 0, 0, 400) + bytes((0, 0, 0, charset, 0, 0, 0, 0)) + bytes(32)
    return wmr(0x02FB, logfont)


def wmf_string(raw: bytes, x: int, y: int) -> bytes:
    return wmr(0x0521, struct.pack("<h", len(raw)) + raw + b"\0" * (len(raw) % 2) + struct.pack("<hh", y, x))


# --------------------------------------------------------------------------------------------------------------- text


def test_strings_are_read_from_top_to_bottom_and_left_to_right() -> None:
    data = emf(font(1, -12), string_w("13800000000", 200, 100), string_w("李四", 10, 101), string_w("名单", 10, 20))
    assert texts(read(data)) == ["名单", "李四 13800000000"]


def test_pieces_that_touch_are_one_word() -> None:
    data = emf(font(1, -12), *(string_w(c, 10 + 12 * i, 50, advance=12) for i, c in enumerate("内部资料")))
    assert texts(read(data)) == ["内部资料"]


def test_text_printed_twice_for_boldness_is_read_once() -> None:
    data = emf(font(1, -20), string_w("会议纪要", 10, 50), string_w("会议纪要", 12, 52))
    assert texts(read(data)) == ["会议纪要"]


def test_the_same_text_in_two_places_is_read_twice() -> None:
    data = emf(font(1, -20), string_w("张三", 10, 50), string_w("张三", 10, 150))
    assert "".join(texts(read(data))).count("张三") == 2


def test_text_that_follows_the_current_position_is_placed_there() -> None:
    move = emr(27, struct.pack("<ii", 50, 100))
    data = emf(
        font(1, -10), string_w("丙", 300, 100), align(1), move, string_w("甲", 0, 0, advance=10), string_w("乙", 0, 0)
    )
    assert texts(read(data)) == ["甲乙 丙"]


def test_alignment_to_the_right_is_taken_back() -> None:
    data = emf(font(1, -10), string_w("后", 50, 30), align(2), string_w("前面", 45, 30, advance=10))
    assert texts(read(data)) == ["前面 后"]


def test_a_mapping_that_grows_upwards_does_not_turn_the_order() -> None:
    upwards = emr(17, struct.pack("<I", 2))
    data = emf(upwards, font(1, -10), string_w("上", 0, -10), string_w("下", 0, -100))
    assert "".join(texts(read(data))).replace("\n", "") == "上下"


def test_saved_states_come_back() -> None:
    shift = emr(35, struct.pack("<6f", 1, 0, 0, 1, 0, 500))
    data = emf(
        font(1, -10), emr(33), shift, string_w("下", 0, 0), emr(34, struct.pack("<i", -1)), string_w("上", 0, 50)
    )
    assert "".join(texts(read(data))).replace("\n", "") == "上下"


def test_turned_text_is_read_along_its_own_direction() -> None:
    data = emf(font(1, -10, escapement=900), string_w("乙", 50, 100), string_w("甲", 50, 150))
    reading = read(data)
    assert "".join(texts(reading)).replace(" ", "") == "甲乙"
    assert not any(piece.runs for piece in reading.pieces)


@pytest.mark.parametrize(
    ("charset", "encoding", "text"),
    [
        (134, "gb18030", "宣州区"),
        (136, "cp950", "機關"),
        (1, "gb18030", "宣州区"),
        (0, "cp1252", "café"),
        (204, "cp1251", "Дом"),
    ],
)
def test_byte_strings_are_read_in_the_charset_of_their_font(charset: int, encoding: str, text: str) -> None:
    assert texts(read(emf(font(1, -12, charset), string_a(text.encode(encoding), 0, 0)))) == [text]
    drawing = wmf(wmf_font(-12, charset), wmr(0x012D, struct.pack("<H", 0)), wmf_string(text.encode(encoding), 5, 5))
    assert texts(read(drawing, "wmf")) == [text]


def test_small_and_grouped_text_records_are_read() -> None:
    small = emr(108, struct.pack("<iiIIIff", 10, 10, 5, 0x300, 1, 1.0, 1.0) + b"small")
    wide = emr(108, struct.pack("<iiIIIff4i", 10, 60, 2, 0, 1, 1.0, 1.0, 0, 0, 0, 0) + "小字".encode("utf-16-le"))
    item = struct.pack("<iiIII4iI", 10, 110, 2, 80, 0, 0, 0, 0, 0, 0)
    many = emr(97, bytes(16) + struct.pack("<IffI", 1, 1.0, 1.0, 1) + item + "多条".encode("utf-16-le"))
    assert texts(read(emf(small, wide, many))) == ["small", "小字", "多条"]


def test_a_drawing_in_a_document_is_a_text_box_and_alone_it_is_a_page() -> None:
    data = emf(font(1, -12), string_w("机密★10年", 10, 20))
    assert [piece.kind for piece in read(data).pieces] == [BlockKind.TEXT_BOX]
    alone = read(data, is_part=False).pieces[0]
    assert alone.kind is BlockKind.PARAGRAPH and alone.top_of_first_page
    assert read(data).pages[0].reading is PageReading.TEXT


def test_the_description_of_the_header_is_a_property() -> None:
    reading = read(emf(description="某程序\0拆迁方案\0\0"))
    assert [piece.text for piece in reading.pieces if piece.kind is BlockKind.PROPERTY] == ["某程序", "拆迁方案"]


def test_wmf_text_with_spacing_and_free_places_in_the_object_table() -> None:
    pen = wmr(0x02FA, bytes(10))
    raw = "张三".encode("gb18030")
    spaced = wmr(0x0A32, struct.pack("<hhhH", 40, 10, len(raw), 0) + raw + struct.pack("<4h", 6, 6, 6, 6))
    records = (pen, wmr(0x01F0, struct.pack("<H", 0)), wmf_font(-12, 134), wmr(0x012D, struct.pack("<H", 0)), spaced)
    drawing = wmf(*records, wmf_string("李四".encode("gb18030"), 100, 40), placeable=False)
    assert texts(read(drawing, "wmf")) == ["张三 李四"]


# --------------------------------------------------------------------------------------------------------------- EMF+


def test_emf_plus_strings_are_read() -> None:
    text = "甲乙丙"
    places = struct.pack("<6f", 10, 90, 22, 90, 34, 90)
    glyphs = struct.pack("<IIII", 0, 1, 0, 3) + text.encode("utf-16-le") + places
    reading = read(emf(plus_comment(plus_string("标题", 10, 10), (0x4036, 0, glyphs))))
    assert texts(reading) == ["标题", "甲乙丙"]
    assert reading.gaps == ()


def test_both_layers_of_a_dual_drawing_are_one_text() -> None:
    comment = plus_comment(plus_string("同一句话", 10, 10), dual=True)
    data = emf(font(1, -12), comment, string_w("同一句话", 10, 20), string_w("只在旧层", 10, 60))
    assert texts(read(data)) == ["同一句话", "只在旧层"]


def test_a_wmf_that_carries_its_emf_is_read_once() -> None:
    inner = emf(font(1, -12), string_w("张三", 10, 20), string_w("原件才有", 10, 60))
    chunk = b"WMFC" + struct.pack("<IIHIIIII", 1, 0x10000, 0, 0, 1, len(inner), 0, len(inner)) + inner
    escape = wmr(0x0626, struct.pack("<HH", 15, len(chunk)) + chunk)
    data = wmf(wmf_font(-12, 134), wmr(0x012D, struct.pack("<H", 0)), escape, wmf_string("张三".encode("gbk"), 10, 20))
    assert texts(read(data, "wmf")) == ["张三", "原件才有"]


def test_images_of_emf_plus_are_embedded_also_in_several_records() -> None:
    sink = io.BytesIO()
    Image.new("RGB", (120, 90), "white").save(sink, "PNG")
    item = struct.pack("<II", 0xDBC01002, 1) + struct.pack("<iiiII", 0, 0, 0, 0, 1) + sink.getvalue()
    item += b"\0" * (-len(item) % 4)
    half = len(item) // 8 * 4
    total = struct.pack("<I", len(item))
    first, second = (0x4008, 0x8501, total + item[:half]), (0x4008, 0x8501, total + item[half:])
    pixels = (
        struct.pack("<II", 0xDBC01002, 1)
        + struct.pack("<iiiII", 100, 80, 400, 0x26200A, 0)
        + b"\x10\x20\x30\xff" * 8000
    )
    reading = read(emf(plus_comment(first, second, (0x4008, 0x0502, pixels))))
    assert [Image.open(io.BytesIO(part.data)).size for part in reading.embedded] == [(120, 90), (100, 80)]
    assert Image.open(io.BytesIO(reading.embedded[1].data)).getpixel((0, 0)) == (0x30, 0x20, 0x10, 0xFF)


# ---------------------------------------------------------------------------------------------- bitmaps and outlines


def test_bitmaps_are_handed_on_as_pictures_and_small_ones_counted() -> None:
    allowance = Allowance()
    data = emf(stretch_dib(120, 90), stretch_dib(120, 90), stretch_dib(8, 8))
    reading = metafile.extract(data, Options(format="emf", is_part=True, ocr="off", allowance=allowance))
    assert [Image.open(io.BytesIO(part.data)).size for part in reading.embedded] == [(120, 90)]
    assert allowance.small_pictures == 1
    assert reading.remarks == ()


def test_strips_of_a_picture_are_joined() -> None:
    reading = read(emf(*(stretch_dib(200, 10, y=10 * index) for index in range(12))))
    assert [Image.open(io.BytesIO(part.data)).size for part in reading.embedded] == [(200, 120)]


def test_a_bitmap_of_a_wmf_is_handed_on() -> None:
    info, bits = dib(120, 90)
    record = wmr(0x0F43, struct.pack("<IH8h", 0xCC0020, 0, 90, 120, 0, 0, 90, 120, 0, 0) + info + bits)
    reading = read(wmf(record), "wmf")
    assert [Image.open(io.BytesIO(part.data)).size for part in reading.embedded] == [(120, 90)]


def polygon(points: list[tuple[int, int]]) -> bytes:
    flat = [value for point in points for value in point]
    return emr(86, bytes(16) + struct.pack("<I", len(points)) + struct.pack(f"<{len(flat)}h", *flat))


def test_boxes_and_lines_without_text_are_only_remarked() -> None:
    box = polygon([(0, 0), (100, 0), (100, 50), (0, 50)])
    reading = read(emf(box, box, emr(27, struct.pack("<ii", 0, 0)), emr(54, struct.pack("<ii", 50, 50))))
    assert (reading.gaps, reading.embedded, texts(reading)) == ((), (), [])
    assert len(reading.remarks) == 1


def test_shapes_that_may_be_letters_need_ocr() -> None:
    letters = [polygon([(x + 40 * index, y) for x, y in LETTERS]) for index in range(4)]
    assert [gap.reason for gap in read(emf(*letters)).gaps] == [GapReason.NO_OCR]
    path = emr(59) + b"".join(
        emr(27, struct.pack("<ii", *LETTERS[0])) + b"".join(emr(54, struct.pack("<ii", *p)) for p in shifted) + emr(61)
        for shifted in ([(x + 40 * i, y) for x, y in LETTERS] for i in range(4))
    )
    assert [gap.reason for gap in read(emf(path, emr(60), emr(62, bytes(16)))).gaps] == [GapReason.NO_OCR]


# ------------------------------------------------------------------------------------------------- what is not read


def test_text_of_glyph_numbers_is_a_gap_with_advice() -> None:
    reading = read(emf(font(1, -12), string_w("可读", 10, 20), string_w("乱码", 10, 60, how=0x10)))
    assert texts(reading) == ["可读"]
    assert [gap.reason for gap in reading.gaps] == [GapReason.NO_TEXT]
    assert "PNG" in reading.gaps[0].detail


def test_glyph_numbers_beside_the_same_text_in_characters_are_no_gap() -> None:
    comment = plus_comment(plus_string("同一句话", 10, 10), dual=True)
    assert read(emf(comment, string_w("乱码乱码", 10, 20, how=0x10))).gaps == ()


def test_a_cut_off_drawing_keeps_what_was_read_and_says_so() -> None:
    whole = emf(font(1, -12), string_w("前一半", 10, 20), string_w("后一半", 10, 60))
    reading = read(whole[:-60])
    assert texts(reading) == ["前一半"]
    assert [gap.reason for gap in reading.gaps] == [GapReason.CORRUPT]
    assert [gap.reason for gap in read(wmf(wmf_string(b"abc", 0, 0))[:-6], "wmf").gaps] == [GapReason.CORRUPT]


@pytest.mark.parametrize("data", [b"", b"\0" * 40 + b" EMF", b"\0" * 200])
def test_what_is_no_emf_is_unreadable(data: bytes) -> None:
    with pytest.raises(Unreadable):
        read(data)


def test_hostile_records_end_in_a_gap() -> None:
    huge = emr(97, bytes(16) + struct.pack("<IffI", 1, 1.0, 1.0, 0xFFFFFFFF) + bytes(40))
    far = emr(35, struct.pack("<6f", float("nan"), float("inf"), 1e38, 1, -1e38, 0))
    outside = emr(81, bytes(40) + struct.pack("<IIII", 0xFFFFFF00, 40, 80, 0xFFFFFFFF) + bytes(24))
    endless = struct.pack("<II", 84, 0)
    for record in (huge, outside, endless, emr(8 + 76), emr(91, bytes(16) + struct.pack("<II", 0xFFFFFFFF, 4))):
        assert GapReason.CORRUPT in {gap.reason for gap in read(emf(record)).gaps} or record is outside
    assert texts(read(emf(far, font(1, -12), string_w("还在", 1, 1)))) == ["还在"]


def test_one_string_pointed_at_over_and_over_is_cut() -> None:
    text = "字" * 100_000
    item = struct.pack("<iiIII4iI", 10, 10, len(text), 40 + 40 * 200, 0, 0, 0, 0, 0, 0)
    many = emr(97, bytes(16) + struct.pack("<IffI", 1, 1.0, 1.0, 200) + item * 200 + text.encode("utf-16-le"))
    assert GapReason.TOO_LARGE in {gap.reason for gap in read(emf(many)).gaps}


def test_damage_anywhere_never_raises() -> None:
    records = (font(1, -12), string_w("张三", 5, 5), stretch_dib(40, 40), plus_comment(plus_string("李四", 1, 1)))
    whole = emf(*records, polygon(LETTERS), emr(33), emr(34, struct.pack("<i", -1)))
    for at in range(44, len(whole) - 4, 7):
        for value in (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\xff\xff\xff\x7f"):
            read(whole[:at] + value + whole[at + 4 :])


# --------------------------------------------------------------------------------------------------- inside documents


def test_a_zip_with_drawings_is_complete_and_holds_their_text() -> None:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as bundle:
        types = '<Types><Default Extension="emf" ContentType="image/x-emf"/><Override ContentType="application/'
        types += 'vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml" PartName="/word/document.xml"/></Types>'
        space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
        body = f'<w:document xmlns:w="{space}"><w:body><w:p><w:r><w:t>正文</w:t></w:r></w:p></w:body></w:document>'
        bundle.writestr("[Content_Types].xml", types)
        bundle.writestr("word/document.xml", body)
        bundle.writestr("word/media/image1.emf", emf(font(1, -12), string_w("图中文字", 10, 20)))
        bundle.writestr("word/media/image2.emf", emf(polygon([(0, 0), (9, 0), (9, 9)])))
    document = nesting.read_document(sink.getvalue(), Options(ocr="off", name="某.docx"))
    assert "图中文字" in document.text
    assert document.gaps == ()
    assert len(document.remarks) == 1


def test_a_drawing_without_text_handed_in_alone_is_not_clear() -> None:
    document = nesting.read_document(emf(polygon([(0, 0), (9, 0), (9, 9)])), Options(ocr="off", name="图.emf"))
    assert [gap.reason for gap in document.gaps] == [GapReason.NO_TEXT]


@pytest.mark.shared
def test_drawings_of_real_documents_are_read() -> None:
    data, _ = hidden_strings("hidden/apache__45545_Comment.pptx")
    document = nesting.read_document(data, Options(ocr="off", name="某.pptx"))
    assert "Institutional Capacity" in document.text
    assert not [gap for gap in document.gaps if "wmf" in gap.locator]
