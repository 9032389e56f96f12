"""OFD: pages, templates, annotations, attachments, what is hidden; boxes in points from millimetres."""

import io
import zipfile

import pytest

from review.reading.assembly import Reading
from review.reading.extraction import Options, Unreadable
from review.reading.formats import ofd, ofd_page
from review.types import BlockKind, GapReason, Limits, PageReading

NS = 'xmlns:ofd="http://www.ofdspec.org/2016"'
INFO = "<ofd:DocInfo><ofd:Title>拟公开稿</ofd:Title><ofd:Author>李某</ofd:Author></ofd:DocInfo>"


def text(words: str, x: float, y: float, size: float = 5, **more: str) -> str:
    attributes = "".join(f' {key}="{value}"' for key, value in more.items())
    step = " ".join([str(size)] * (len(words) - 1))
    return (
        f'<ofd:TextObject ID="9" Boundary="{x} {y} 100 {size}" Font="1" Size="{size}"{attributes}>'
        f'<ofd:TextCode X="0" Y="{size}" DeltaX="{step}">{words}</ofd:TextCode></ofd:TextObject>'
    )


def document(*pages: str, common: str = "", tail: str = "", info: str = INFO, **files: str | bytes) -> bytes:
    packed = io.BytesIO()
    listed = "".join(f'<ofd:Page ID="{n + 1}" BaseLoc="Pages/P{n}/Content.xml"/>' for n in range(len(pages)))
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "OFD.xml",
            f"<ofd:OFD {NS}><ofd:DocBody>{info}<ofd:DocRoot>D/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>",
        )
        archive.writestr(
            "D/Document.xml",
            f"<ofd:Document {NS}><ofd:CommonData><ofd:PageArea><ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox>"
            f"</ofd:PageArea>{common}</ofd:CommonData><ofd:Pages>{listed}</ofd:Pages>{tail}</ofd:Document>",
        )
        for number, page in enumerate(pages):
            body = page if page.startswith("<?") or page.startswith("<ofd:Page") else content(page)
            archive.writestr(f"D/Pages/P{number}/Content.xml", body)
        for name, data in files.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), data)
    return packed.getvalue()


def content(objects: str, before: str = "") -> str:
    return f"<ofd:Page {NS}>{before}<ofd:Content><ofd:Layer ID='2'>{objects}</ofd:Layer></ofd:Content></ofd:Page>"


def read(data: bytes, **limits: int) -> Reading:
    return ofd.extract(data, Options(Limits(**limits), ocr="off"))  # type: ignore[arg-type]


def visible(reading: Reading) -> list[str]:
    return [p.text for p in reading.pieces if p.kind is BlockKind.PARAGRAPH and not p.concealed]


def hidden(reading: Reading) -> dict[str, str]:
    return {p.text: p.concealed for p in reading.pieces if p.kind is BlockKind.HIDDEN}


def of_kind(reading: Reading, kind: BlockKind) -> list[str]:
    return [p.text for p in reading.pieces if p.kind is kind]


def test_text_comes_back_by_page_with_boxes_in_points() -> None:
    reading = read(document(text("关于检查的通知", 20, 30), text("第二页", 20, 30)))
    assert visible(reading) == ["关于检查的通知", "第二页"]
    run = reading.pieces[0].runs[0]
    assert run.page == 1
    assert run.bbox.x0 == pytest.approx(20 * 72 / 25.4) and run.bbox.x1 == pytest.approx(55 * 72 / 25.4)
    assert 80 < run.bbox.top < 88 and 98 < run.bbox.bottom < 103
    assert reading.pages[0].width == pytest.approx(595.28, abs=0.1)


def test_a_label_and_its_value_painted_later_stand_on_one_line() -> None:
    objects = text("姓名：", 20, 30) + text("电话：", 20, 50) + text("王某", 60, 30) + text("无", 60, 50)
    assert "\n".join(visible(read(document(objects)))) == "姓名： 王某\n电话： 无"


def test_run_length_steps_are_written_out() -> None:
    assert ofd_page.numbers("g 3 2.5 1") == [2.5, 2.5, 2.5, 1.0]
    assert ofd_page.numbers("1 x") == [] and ofd_page.numbers("nan") == [] and ofd_page.numbers(None) == []


def test_a_text_code_of_two_rows_is_two_lines() -> None:
    objects = (
        '<ofd:TextObject Boundary="20 30 50 20" Size="5"><ofd:TextCode X="0" Y="5" DeltaX="5 -5 5" DeltaY="0 8 0">'
        "甲乙丙丁</ofd:TextCode></ofd:TextObject>"
    )
    lines = [line for piece in visible(read(document(objects))) for line in piece.split("\n")]
    assert lines == ["甲乙", "丙丁"]


@pytest.mark.parametrize(
    ("objects", "reason"),
    [
        (text("藏", 20, 60, Visible="false"), "不可见文字（Visible=false）"),
        (text("藏", 20, 60, Alpha="0"), "透明文字（不透明度为0）"),
        (text("藏", 20, 60, size=0.2), "微小文字（小于1.5磅）"),
        (text("藏", 400, 60), "页面之外"),
        (text("藏", 20, 60).replace("<ofd:TextCode", '<ofd:FillColor Value="255 255 255"/><ofd:TextCode'), "白色文字"),
        (
            text("藏", 20, 60) + '<ofd:PathObject Boundary="10 55 60 20" Fill="true">'
            "<ofd:AbbreviatedData>M 0 0 L 60 0 L 60 20 L 0 20 C</ofd:AbbreviatedData></ofd:PathObject>",
            "被色块遮盖",
        ),
    ],
)
def test_hidden_text_is_found_with_its_reason(objects: str, reason: str) -> None:
    reading = read(document(text("公开的字", 20, 30) + objects))
    assert hidden(reading) == {"藏": reason}
    assert visible(reading) == ["公开的字"]


def test_text_on_a_coloured_ground_is_not_hidden() -> None:
    ground = '<ofd:PathObject Boundary="10 55 60 20" Fill="true"><ofd:FillColor Value="30 60 120"/>'
    ground += "<ofd:AbbreviatedData>M 0 0 L 60 0 L 60 20 L 0 20 C</ofd:AbbreviatedData></ofd:PathObject>"
    white = text("白字", 20, 60).replace("<ofd:TextCode", '<ofd:FillColor Value="255 255 255"/><ofd:TextCode')
    assert hidden(read(document(ground + white))) == {}


def test_templates_are_read_and_unused_ones_are_hidden() -> None:
    common = '<ofd:TemplatePage ID="50" BaseLoc="T0.xml"/><ofd:TemplatePage ID="51" BaseLoc="T1.xml"/>'
    page = content(text("正文", 20, 60), '<ofd:Template TemplateID="50"/>')
    files = {"D__T0_dot_xml": content(text("版头", 20, 20)), "D__T1_dot_xml": content(text("旧版头", 20, 20))}
    reading = read(document(page, common=common, **files))
    assert visible(reading) == ["版头", "正文"]
    assert hidden(reading) == {"旧版头": "未使用的页面模板"}


def test_a_page_that_no_list_names_is_hidden_text() -> None:
    reading = read(document(text("正文", 20, 60), D__Pages__P7__Content_dot_xml=content(text("删去的页", 20, 20))))
    assert hidden(reading) == {"删去的页": "文件中未引用的页面"}


def test_annotations_attachments_tags_and_properties_are_read() -> None:
    tail = "<ofd:Annotations>A.xml</ofd:Annotations><ofd:Attachments>At.xml</ofd:Attachments>"
    tail += '<ofd:Outlines><ofd:OutlineElem Title="书签甲"/></ofd:Outlines><ofd:CustomTags>C.xml</ofd:CustomTags>'
    files = {
        "D__A_dot_xml": f'<ofd:Annotations {NS}><ofd:Page PageID="1"><ofd:FileLoc>N.xml</ofd:FileLoc></ofd:Page></ofd:Annotations>',
        "D__N_dot_xml": f'<ofd:PageAnnot {NS}><ofd:Annot Type="Highlight" Creator="赵某" Visible="false"><ofd:Remark>此处再议'
        f'</ofd:Remark><ofd:Appearance Boundary="0 0 50 9">{text("水印字", 0, 0)}</ofd:Appearance></ofd:Annot></ofd:PageAnnot>',
        "D__At_dot_xml": f'<ofd:Attachments {NS}><ofd:Attachment ID="1" Name="名单" Format="txt"><ofd:FileLoc>list.txt'
        "</ofd:FileLoc></ofd:Attachment></ofd:Attachments>",
        "D__list_dot_txt": "附件里的话".encode(),
        "D__C_dot_xml": f"<ofd:CustomTags {NS}><ofd:CustomTag><ofd:FileLoc>Tag.xml</ofd:FileLoc></ofd:CustomTag></ofd:CustomTags>",
        "D__Tag_dot_xml": "<公文><密级>内部</密级></公文>",
    }
    reading = read(document(text("正文", 20, 60), tail=tail, **files))
    note = next(piece for piece in reading.pieces if piece.kind is BlockKind.COMMENT)
    assert note.text == "赵某\n此处再议\n水印字" and note.concealed and note.page == 1
    assert of_kind(reading, BlockKind.ATTACHMENT) == ["名单.txt"]
    assert [(item.name, item.data.decode()) for item in reading.embedded] == [("名单.txt", "附件里的话")]
    assert "书签甲" in of_kind(reading, BlockKind.NAME)
    assert {"标题：拟公开稿", "作者：李某", "密级：内部"} <= set(of_kind(reading, BlockKind.PROPERTY))


def test_a_missing_page_is_a_gap() -> None:
    data = document(text("正文", 20, 60))
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(packed, "w") as target:
        for name in source.namelist():
            if "Pages" not in name:
                target.writestr(name, source.read(name))
    reading = read(packed.getvalue())
    assert [gap.reason for gap in reading.gaps] == [GapReason.CORRUPT]
    assert reading.pages[0].reading is PageReading.UNREAD


def test_an_entity_bomb_is_refused() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("OFD.xml", '<!DOCTYPE a [<!ENTITY b "x">]><ofd:OFD xmlns:ofd="u">&b;</ofd:OFD>')
    with pytest.raises(Unreadable) as caught:
        read(packed.getvalue())
    assert caught.value.reason is GapReason.DANGEROUS


def test_a_page_of_outlines_is_not_called_read() -> None:
    path = '<ofd:PathObject Boundary="1 1 5 5" Fill="true"><ofd:AbbreviatedData>M 0 0 L 1 1</ofd:AbbreviatedData></ofd:PathObject>'
    reading = read(document(path * 60))
    assert [gap.reason for gap in reading.gaps] == [GapReason.NO_TEXT]
    assert reading.pages[0].reading is PageReading.UNREAD


def test_a_path_out_of_the_package_leads_nowhere() -> None:
    assert ofd._resolve("D/Document.xml", "../../../etc/passwd") == "etc/passwd"
    assert ofd._resolve("D/Document.xml", "/D/x.xml") == "D/x.xml"


def test_a_composite_that_holds_itself_ends() -> None:
    common = "<ofd:DocumentRes>R.xml</ofd:DocumentRes>"
    unit = '<ofd:CompositeGraphicUnit ID="5"><ofd:Content>' + text("组合", 20, 60)
    unit += '<ofd:CompositeObject ResourceID="5" Boundary="0 0 9 9"/></ofd:Content></ofd:CompositeGraphicUnit>'
    resources = f"<ofd:Res {NS}><ofd:CompositeGraphicUnits>{unit}</ofd:CompositeGraphicUnits></ofd:Res>"
    page = '<ofd:CompositeObject ResourceID="5" Boundary="0 0 9 9"/>'
    assert "组合" in "".join(visible(read(document(page, common=common, D__R_dot_xml=resources))))


def outlined(letters: int = 5) -> str:
    strokes = " ".join(
        f"M {x} {y} L {x + wide} {y} L {x + wide} {y + high} L {x} {y + high} C"
        for n in range(letters)
        for step in range(4)
        for x, y, wide, high in ((6 * n, step, 5, 0.5), (6 * n + step, 0, 0.5, 5))
    )
    path = f"<ofd:AbbreviatedData>{strokes}</ofd:AbbreviatedData>"
    return f'<ofd:PathObject ID="5" Boundary="20 10 60 8" Fill="true">{path}</ofd:PathObject>'


def test_outlines_beside_text_are_a_gap() -> None:
    reading = read(document(text("关于开展检查的通知", 20, 60) + outlined()))
    assert [(gap.reason, gap.locator) for gap in reading.gaps] == [(GapReason.NO_TEXT, "第1页")]
    assert visible(reading) == ["关于开展检查的通知"]


def test_the_rules_of_a_table_are_no_outlines() -> None:
    rules = "".join(
        f'<ofd:PathObject ID="{n}" Boundary="20 {60 + 8 * n} 150 1"><ofd:AbbreviatedData>M 0 0 L 150 0'
        "</ofd:AbbreviatedData></ofd:PathObject>"
        for n in range(25)
    )
    assert not read(document(text("名单", 20, 50) + rules)).gaps


@pytest.mark.parametrize("number", ["99", "8"])
def test_a_picture_that_is_not_there_is_a_gap(number: str) -> None:
    media = '<ofd:MultiMedia ID="8" Type="Image"><ofd:MediaFile>gone.png</ofd:MediaFile></ofd:MultiMedia>'
    resources = f"<ofd:Res {NS}><ofd:MultiMedias>{media}</ofd:MultiMedias></ofd:Res>"
    page = text("正文", 20, 60) + f'<ofd:ImageObject ID="6" ResourceID="{number}" Boundary="20 90 100 20"/>'
    common = "<ofd:DocumentRes>R.xml</ofd:DocumentRes>"
    reading = read(document(page, common=common, D__R_dot_xml=resources))
    assert [gap.reason for gap in reading.gaps] == [GapReason.CORRUPT]
