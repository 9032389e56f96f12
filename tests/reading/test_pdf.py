"""PDF: text with boxes in order, what is hidden and why, tables, structure, earlier revisions."""

import io
import time
import zipfile

import pdfplumber
import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String

from review.reading.assembly import Piece, Reading
from review.reading.extraction import Options, Unreadable
from review.reading.formats import pdf, pdf_hidden, pdf_text
from review.types import BlockKind, GapReason, Limits, PageReading
from tests.reading.builders_pdf import HEIGHT, WIDTH, Builder, appended, chinese, latin, one_page


def read(data: bytes) -> Reading:
    return pdf.extract(data, Options(ocr="off"))


def visible(reading: Reading) -> list[str]:
    seen = (BlockKind.PARAGRAPH, BlockKind.CELL)
    return [piece.text for piece in reading.pieces if piece.kind in seen and not piece.concealed]


def hidden(reading: Reading) -> dict[str, str]:
    return {piece.text: piece.concealed for piece in reading.pieces if piece.kind is BlockKind.HIDDEN}


def of_kind(reading: Reading, kind: BlockKind) -> list[str]:
    return [piece.text for piece in reading.pieces if piece.kind is kind]


# ------------------------------------------------------------------------------------------------------- text and boxes


def test_chinese_text_comes_back_in_order_with_its_page() -> None:
    builder = Builder()
    builder.page(chinese("关于开展检查的通知", 200, 780, 22) + chinese("各乡镇人民政府：", 72, 700))
    builder.page(chinese("第二页的正文", 72, 780))
    reading = read(builder.bytes())
    assert visible(reading) == ["关于开展检查的通知", "各乡镇人民政府：", "第二页的正文"]
    assert [piece.page for piece in reading.pieces if piece.kind is BlockKind.PARAGRAPH] == [1, 1, 2]
    assert [page.reading for page in reading.pages] == [PageReading.TEXT, PageReading.TEXT]


def test_boxes_have_a_top_left_origin_and_lie_around_the_text() -> None:
    piece = read(one_page(latin("Box", 100, 700, 20))).pieces[0]
    (run,) = piece.runs
    assert piece.text[run.start : run.end] == "Box"
    assert 98 < run.bbox.x0 < 103 and 130 < run.bbox.x1 < 145
    assert HEIGHT - 725 < run.bbox.top < HEIGHT - 712 and HEIGHT - 701 < run.bbox.bottom < HEIGHT - 690


@pytest.mark.parametrize(("turn", "x", "top"), [(0, 100, 142), (90, 700, 100), (180, 495, 700), (270, 142, 495)])
def test_boxes_follow_the_turn_of_the_page(turn: int, x: float, top: float) -> None:
    reading = read(one_page(latin("T", 100, 700, 12), Rotate=turn))
    box = reading.pieces[0].runs[0].bbox
    page = reading.pages[0]
    assert (page.width, page.height) == ((HEIGHT, WIDTH) if turn in (90, 270) else (WIDTH, HEIGHT))
    assert abs((box.x0 + box.x1) / 2 - x) < 12 and abs((box.top + box.bottom) / 2 - top) < 12


def test_boxes_are_measured_from_the_crop_box() -> None:
    reading = read(one_page(latin("Crop", 150, 700, 12), CropBox=Array([100, 100, 500, 750])))
    box = reading.pieces[0].runs[0].bbox
    assert (reading.pages[0].width, reading.pages[0].height) == (400, 650)
    assert abs(box.x0 - 50) < 3 and abs(box.bottom - 50) < 6


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_a_frame_maps_there_and_back(turns: int) -> None:
    frame = pdf_text.Frame(10, 20, 110, 220, turns)
    assert frame.unbox(frame.box(30, 40, 60, 90)) == (30, 40, 60, 90)


def test_lines_of_a_paragraph_are_one_piece_and_an_indent_opens_the_next() -> None:
    full = "甲" * 30
    content = chinese("甲" * 28, 104, 700) + chinese(full, 72, 676) + chinese("乙" * 5, 72, 652)
    content += chinese("丙" * 28, 104, 628) + chinese("丁", 72, 604)
    assert visible(read(one_page(content))) == ["甲" * 28 + "\n" + full + "\n" + "乙" * 5, "丙" * 28 + "\n丁"]


def test_the_upper_part_of_the_first_page_is_marked_and_nothing_else() -> None:
    builder = Builder()
    builder.page(chinese("机密★10年", 72, 790) + chinese("页底的说明", 72, 60))
    builder.page(chinese("第二页", 72, 790))
    top = {piece.text: piece.top_of_first_page for piece in read(builder.bytes()).pieces if piece.page}
    assert top == {"机密★10年": True, "页底的说明": False, "第二页": False}


def test_lines_that_repeat_at_the_edges_are_headers_and_footers() -> None:
    builder = Builder()
    for number in range(1, 5):
        edges = chinese("内部资料 注意保存", 200, 812, 9) + chinese(f"第{number}页", 280, 30, 9)
        builder.page(edges + chinese(f"正文{number}号", 72, 600))
    reading = read(builder.bytes())
    assert of_kind(reading, BlockKind.HEADER) == ["内部资料 注意保存"] * 4
    assert of_kind(reading, BlockKind.FOOTER) == [f"第{number}页" for number in range(1, 5)]
    assert len(visible(reading)) == 4


# --------------------------------------------------------------------------------------------------------------- hidden


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (latin("secret", 72, 600, before="1 1 1 rg"), pdf_hidden.WHITE),
        (latin("secret", 72, 600, before="0.97 0.97 0.97 rg"), pdf_hidden.WHITE),
        (latin("secret", 72, 600, before="3 Tr"), pdf_hidden.MODE),
        ("q /Clear gs " + latin("secret", 72, 600) + " Q", pdf_hidden.CLEAR),
        (latin("secret", 72, 600, size=0.5), pdf_hidden.TINY),
        (latin("secret", -300, 600), pdf_hidden.OUTSIDE),
        (latin("secret", 72, 2000), pdf_hidden.OUTSIDE),
        (latin("secret", 72, 600) + "0 0 0 rg 60 590 200 30 re f\n", pdf_hidden.BY_BOX),
        (latin("secret", 72, 600) + "1 1 1 rg 60 590 200 30 re f\n", pdf_hidden.BY_BOX),
        (latin("secret", 72, 600) + "q 200 0 0 30 60 590 cm /Im Do Q\n", pdf_hidden.BY_IMAGE),
        ("0 0 0 rg 60 590 200 30 re f\n" + latin("secret", 72, 600, before="0 0 0 rg"), pdf_hidden.SAME_COLOUR),
    ],
)
def test_hidden_text_is_found_with_its_reason(content: str, reason: str) -> None:
    builder = Builder()
    image = {"Im": (4, 4, b"\x20\x20\x20" * 16)}
    builder.page("0 0 0 rg\n" + latin("open text", 72, 700) + content, image)
    reading = read(builder.bytes())
    assert hidden(reading) == {"secret": reason}
    assert visible(reading) == ["open text"]


@pytest.mark.parametrize(
    "content",
    [
        "0.1 0.2 0.5 rg 60 590 200 30 re f\n" + latin("shown", 72, 600, before="1 1 1 rg"),
        "0.9 0.9 0.9 rg 60 590 200 30 re f\n" + latin("shown", 72, 600, before="0 0 0 rg"),
        "q 200 0 0 30 60 590 cm /Im Do Q\n" + latin("shown", 72, 600, before="1 1 1 rg"),
        latin("shown", 72, 600) + "0 0 0 rg 60 560 200 20 re f\n",
        latin("shown", 72, 600) + "0 0 0 RG 60 590 200 30 re S\n",
        latin("shown", 72, 600, size=3),
        latin("shown", 72, 600, before="1 Tr"),
        latin("shown", 72, 600, before="0.6 0.6 0.6 rg"),
    ],
    ids=["white on blue", "on grey", "white on picture", "box below", "frame", "small", "outlined", "grey"],
)
def test_text_that_a_reader_sees_is_not_called_hidden(content: str) -> None:
    builder = Builder()
    builder.page(content, {"Im": (4, 4, b"\x20\x20\x20" * 16)})
    reading = read(builder.bytes())
    assert hidden(reading) == {}
    assert visible(reading) == ["shown"]


def test_only_the_covered_part_of_a_line_is_hidden() -> None:
    content = latin("Name: Wang Number 12345", 72, 600, 14) + "0 0 0 rg 116 596 38 18 re f\n"
    reading = read(one_page(content))
    assert hidden(reading) == {"Wang": pdf_hidden.BY_BOX} or hidden(reading) == {"Wang ": pdf_hidden.BY_BOX}
    assert "Number 12345" in "".join(visible(reading)) and "Name:" in "".join(visible(reading))


def test_text_outside_the_crop_box_is_hidden() -> None:
    content = latin("inside", 150, 600) + latin("cut off", 150, 40)
    reading = read(one_page(content, CropBox=Array([100, 100, 500, 750])))
    assert hidden(reading) == {"cut off": pdf_hidden.CROPPED}


def test_text_under_an_annotation_is_hidden() -> None:
    builder = Builder()
    page = builder.page(latin("secret", 72, 600) + latin("open", 72, 700))
    form = builder.pdf.make_stream(b"0 0 0 rg 0 0 200 30 re f")
    form.Type, form.Subtype, form.BBox = Name.XObject, Name.Form, Array([0, 0, 200, 30])
    square = Dictionary(
        Type=Name.Annot,
        Subtype=Name.Square,
        Rect=Array([60, 590, 260, 620]),
        IC=Array([0, 0, 0]),
        F=4,
        AP=Dictionary(N=form),
    )
    page.obj.Annots = Array([builder.pdf.make_indirect(square)])
    assert hidden(read(builder.bytes())) == {"secret": pdf_hidden.BY_NOTE}


def test_text_in_a_layer_that_is_switched_off_is_hidden() -> None:
    builder = Builder()
    content = latin("open", 72, 700) + "/OC /L BDC\n" + latin("secret", 72, 600) + "EMC\n"
    page = builder.page(content)
    layer = builder.pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("内部意见")))
    page.obj.Resources.Properties = Dictionary(L=layer)
    builder.pdf.Root.OCProperties = Dictionary(OCGs=Array([layer]), D=Dictionary(OFF=Array([layer])))
    reading = read(builder.bytes())
    assert hidden(reading) == {"secret": pdf_hidden.LAYER}
    assert "内部意见" in of_kind(reading, BlockKind.NAME)


def test_the_text_layer_of_a_scan_is_no_leak() -> None:
    builder = Builder()
    noise = bytes((x * 7 + y * 13) % 255 for y in range(40) for x in range(40) for _ in range(3))
    text = "".join(latin("a scanned line of text", 72, 700 - 20 * row, before="3 Tr") for row in range(6))
    builder.page(f"q {WIDTH} 0 0 {HEIGHT} 0 0 cm /Im Do Q\n" + text, {"Im": (40, 40, noise)})
    reading = read(builder.bytes())
    assert hidden(reading) == {}
    assert reading.pages[0].reading is PageReading.MIXED
    assert any("扫描件" in remark for remark in reading.remarks)


# --------------------------------------------------------------------------------------------------------------- tables


def ruled(rows: int, top: float, xs: tuple[int, ...] = (72, 200, 400), step: float = 24) -> str:
    lines = [f"{xs[0]} {top - step * row} m {xs[-1]} {top - step * row} l S\n" for row in range(rows + 1)]
    return "".join(lines) + "".join(f"{x} {top} m {x} {top - step * rows} l S\n" for x in xs)


def cells(reading: Reading) -> list[tuple[int, int, int, str]]:
    return [(p.cell.table, p.cell.row, p.cell.column, p.text) for p in reading.pieces if p.cell]


def test_a_ruled_table_becomes_cells_and_no_text_stands_twice() -> None:
    content = latin("before", 72, 750) + ruled(2, 700)
    for row, pair in enumerate((("Name", "Phone"), ("Wang", "000"))):
        content += latin(pair[0], 80, 683 - 24 * row) + latin(pair[1], 210, 683 - 24 * row)
    content += latin("after", 72, 600)
    reading = read(one_page(content))
    assert cells(reading) == [(0, 0, 0, "Name"), (0, 0, 1, "Phone"), (0, 1, 0, "Wang"), (0, 1, 1, "000")]
    assert visible(reading) == ["before", "Name", "Phone", "Wang", "000", "after"]
    assert reading.pieces[1].locator == "第1页 表1 第1行 A列"


@pytest.mark.parametrize("rows", [2, 3, 7])
def test_the_grid_is_the_one_pdfplumber_sees(rows: int) -> None:
    content = ruled(rows, 700)
    for row in range(rows):
        content += latin(f"n{row}", 80, 683 - 24 * row) + latin(f"p{row}", 210, 683 - 24 * row)
    data = one_page(content)
    with pdfplumber.open(io.BytesIO(data)) as document:
        (table,) = document.pages[0].extract_tables()
    assert cells(read(data)) == [(0, r, c, text) for r, line in enumerate(table) for c, text in enumerate(line)]


def test_a_merged_cell_says_its_span() -> None:
    content = "72 700 m 400 700 l S 72 676 m 400 676 l S 72 652 m 400 652 l S\n"
    content += "72 700 m 72 652 l S 400 700 m 400 652 l S 200 676 m 200 652 l S\n"
    content += latin("Title over both", 80, 683) + latin("a", 80, 659) + latin("b", 210, 659)
    first = next(piece for piece in read(one_page(content)).pieces if piece.cell)
    assert (first.text, first.cell and first.cell.column_span) == ("Title over both", 2)


def test_a_table_that_runs_over_the_page_stays_one_table() -> None:
    builder = Builder()
    for page in range(2):
        content = ruled(2, 780)
        for row in range(2):
            content += latin(f"n{page}{row}", 80, 763 - 24 * row) + latin("x", 210, 763 - 24 * row)
        builder.page(content)
    assert [(table, row) for table, row, column, _ in cells(read(builder.bytes())) if column == 0] == [
        (0, 0),
        (0, 1),
        (0, 2),
        (0, 3),
    ]


def test_two_tables_on_a_page_are_two() -> None:
    content = ruled(2, 780) + ruled(2, 600)
    for top in (763, 583):
        content += latin("a", 80, top) + latin("b", 210, top) + latin("c", 80, top - 24)
    assert {table for table, *_ in cells(read(one_page(content)))} == {0, 1}


def test_an_underline_is_no_table() -> None:
    content = latin("Text", 72, 700) + "".join(f"72 {y} m 300 {y} l S\n" for y in range(300, 700, 24))
    assert cells(read(one_page(content))) == []


# ------------------------------------------------------------------------------------------------------------ structure


@pytest.fixture(scope="module")
def structured() -> Reading:
    builder = Builder()
    page = builder.page(latin("body", 72, 700))
    notes = [
        Dictionary(Subtype=Name.Text, Rect=Array([0, 0, 9, 9]), T=String("王某"), Contents=String("这里要改")),
        Dictionary(Subtype=Name.Text, Rect=Array([0, 0, 9, 9]), F=2, Contents=String("藏起来的批注")),
        Dictionary(
            Subtype=Name.Link,
            Rect=Array([0, 0, 9, 9]),
            A=Dictionary(S=Name.URI, URI=String("http://10.0.0.8/内网")),
        ),
        Dictionary(Subtype=Name.Widget, Rect=Array([0, 0, 9, 9]), T=String("kahao"), V=String("账号零零零")),
    ]
    page.obj.Annots = Array([builder.pdf.make_indirect(note) for note in notes])
    builder.pdf.Root.AcroForm = Dictionary(Fields=Array([page.obj.Annots[3]]))
    builder.pdf.docinfo["/Author"] = "李某某"
    builder.pdf.attachments["底稿.txt"] = pikepdf.AttachedFileSpec(
        builder.pdf, "附件里的话".encode(), filename="底稿.txt"
    )
    with builder.pdf.open_outline() as outline:
        outline.root.append(pikepdf.OutlineItem("书签里的标题", 0))
    builder.pdf.Root.OpenAction = Dictionary(S=Name.JavaScript, JS=String("app.alert('x')"))
    packet = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:description>元数据里的说明</dc:description>'
        "</rdf:Description></rdf:RDF></x:xmpmeta>"
    )
    builder.pdf.Root.Metadata = builder.pdf.make_stream(packet.encode())
    return read(builder.bytes())


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (BlockKind.COMMENT, "王某：这里要改"),
        (BlockKind.LINK, "http://10.0.0.8/内网"),
        (BlockKind.FIELD, "kahao：账号零零零"),
        (BlockKind.PROPERTY, "作者：李某某"),
        (BlockKind.PROPERTY, "description：元数据里的说明"),
        (BlockKind.ATTACHMENT, "底稿.txt"),
        (BlockKind.NAME, "书签里的标题"),
        (BlockKind.FIELD, "app.alert('x')"),
    ],
)
def test_everything_beside_the_pages_is_read(structured: Reading, kind: BlockKind, text: str) -> None:
    assert text in of_kind(structured, kind)


def test_a_hidden_annotation_is_marked(structured: Reading) -> None:
    note = next(piece for piece in structured.pieces if piece.text == "藏起来的批注")
    assert note.concealed and note.kind is BlockKind.COMMENT


def test_attachments_are_handed_on_and_scripts_are_said(structured: Reading) -> None:
    assert [(item.name, item.data.decode()) for item in structured.embedded] == [("底稿.txt", "附件里的话")]
    assert any("JavaScript" in remark for remark in structured.remarks)


def test_a_field_is_listed_once(structured: Reading) -> None:
    assert of_kind(structured, BlockKind.FIELD).count("kahao：账号零零零") == 1


def test_what_an_earlier_revision_said_is_hidden_text() -> None:
    data = one_page(latin("Wang was named here", 72, 700) + latin("kept line", 72, 600))
    with pikepdf.open(io.BytesIO(data)) as document:
        number = document.pages[0].obj.Contents.objgen[0]
    content = latin("kept line", 72, 600)
    later = appended(data, number, f"<< /Length {len(content)} >>\nstream\n{content}\nendstream")
    reading = read(later)
    assert visible(reading) == ["kept line"]
    assert hidden(reading) == {"Wang was named here": "以前版本"}
    assert any("以前的版本" in remark for remark in reading.remarks)


def test_a_file_saved_once_has_no_earlier_revision() -> None:
    assert not read(one_page(latin("text", 72, 700))).remarks


# --------------------------------------------------------------------------------------------------------- what is not


def test_an_open_password_is_a_gap_and_an_owner_password_is_none() -> None:
    builder = Builder()
    builder.page(latin("text", 72, 700))
    locked = builder.bytes(encryption=pikepdf.Encryption(owner="o", user="u"))
    with pytest.raises(Unreadable) as caught:
        read(locked)
    assert caught.value.reason is GapReason.ENCRYPTED
    builder = Builder()
    builder.page(latin("text", 72, 700))
    assert visible(read(builder.bytes(encryption=pikepdf.Encryption(owner="o", user="")))) == ["text"]


def test_junk_before_the_header_is_forgiven() -> None:
    assert visible(read(b"junk\n" * 500 + one_page(latin("text", 72, 700)))) == ["text"]


def test_a_zip_hanging_behind_the_document_is_handed_on() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("名单.txt", "王某")
    reading = read(one_page(latin("text", 72, 700)) + packed.getvalue())
    assert [item.data for item in reading.embedded] == [packed.getvalue()]


def test_a_blank_page_is_blank_and_a_drawn_one_is_not_called_read() -> None:
    builder = Builder()
    builder.page(latin("text", 72, 700))
    builder.page("")
    builder.page("".join(f"{x} {y} 3 9 re f\n" for x in range(80, 480, 9) for y in range(80, 700, 20)))
    reading = read(builder.bytes())
    assert [page.reading for page in reading.pages] == [PageReading.TEXT, PageReading.BLANK, PageReading.UNREAD]
    assert [(gap.reason, gap.locator) for gap in reading.gaps] == [(GapReason.NO_OCR, "第3页")]


def test_a_scanned_page_without_ocr_is_a_gap() -> None:
    builder = Builder()
    noise = bytes((x * 7 + y * 13) % 255 for y in range(40) for x in range(40) for _ in range(3))
    builder.page(f"q {WIDTH} 0 0 {HEIGHT} 0 0 cm /Im Do Q\n", {"Im": (40, 40, noise)})
    reading = read(builder.bytes())
    assert reading.pages[0].reading is PageReading.UNREAD
    assert [gap.reason for gap in reading.gaps] == [GapReason.NO_OCR]


def test_pages_over_the_limit_are_said() -> None:
    builder = Builder()
    for number in range(3):
        builder.page(latin(f"page {number}", 72, 700))
    reading = pdf.extract(builder.bytes(), Options(Limits(pages=2), ocr="off"))
    assert visible(reading) == ["page 0", "page 1"]
    assert [gap.reason for gap in reading.gaps] == [GapReason.TOO_LARGE]


def test_a_bookmark_loop_ends() -> None:
    builder = Builder()
    builder.page(latin("text", 72, 700))
    item = builder.pdf.make_indirect(Dictionary(Title=String("圈")))
    item.Next = item
    builder.pdf.Root.Outlines = Dictionary(First=item)
    start = time.monotonic()
    assert "圈" in of_kind(read(builder.bytes()), BlockKind.NAME)
    assert time.monotonic() - start < 5


def test_every_piece_of_a_page_says_where_it_stands(structured: Reading) -> None:
    assert all(isinstance(piece, Piece) and piece.locator for piece in structured.pieces)
