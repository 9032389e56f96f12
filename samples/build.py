"""Writes the sample drafts beside this file. Everything in them is invented; the region code 348899 does not exist.

Run: ``python samples/build.py`` (needs the dev extra). The files are committed, so nobody has to.
"""

from datetime import datetime
from pathlib import Path

import docx
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font

HERE = Path(__file__).parent
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_PEOPLE = (
    # name, village group, birth date, sequence, health, income, members
    ("方启明", "枫林村3组12号", "19520317", 611, "肢体残疾二级", 386, 2),
    ("汪桂兰", "枫林村5组7号", "19480922", 624, "慢性肾病", 412, 1),
    ("胡大贵", "枫林村8组21号", "19611105", 633, "精神残疾三级", 298, 3),
    ("程秀珍", "石桥村1组4号", "19550630", 640, "视力残疾一级", 355, 2),
    ("章家旺", "石桥村2组16号", "19700211", 657, "肝硬化", 420, 4),
    ("吴小妹", "石桥村6组9号", "20140818", 662, "听力残疾二级", 266, 5),
    ("陶有根", "竹溪村4组2号", "19430126", 671, "脑梗后遗症", 377, 1),
    ("梅凤英", "竹溪村7组18号", "19581209", 688, "乳腺癌", 340, 2),
    ("丁来福", "竹溪村9组5号", "19660404", 699, "尿毒症", 401, 3),
    ("俞春香", "高田村2组11号", "19731023", 706, "肢体残疾三级", 389, 4),
    ("查长庚", "高田村3组20号", "19490515", 713, "糖尿病并发症", 362, 1),
    ("葛腊梅", "高田村5组8号", "19810107", 728, "智力残疾二级", 275, 3),
)


def resident_id(birth: str, sequence: int) -> str:
    """An invented number of ID shape with a right check digit (GB 11643), in a region that does not exist."""
    body = f"348899{birth}{sequence:03d}"
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, _WEIGHTS, strict=True)) % 11]


def bank_account(sequence: int) -> str:
    """An invented number of card shape with a right check digit (Luhn)."""
    body = f"6217001234567{sequence:05d}"
    doubled = [int(d) * (2 - at % 2) for at, d in enumerate(reversed(body))]
    return body + str(-sum(d // 10 + d % 10 for d in doubled) % 10)


def main() -> None:
    """Write all samples."""
    _notice().save(str(HERE / "1_清洁家园行动通知.docx"))
    _list(masked=False).save(HERE / "2_低保对象公示名单.xlsx")
    _tracked().save(str(HERE / "3_危房改造通报_带修订.docx"))
    _stopped().save(str(HERE / "4_带密级标志的样本.docx"))
    _list(masked=True).save(HERE / "5_低保对象公示名单_已处理.xlsx")


def _document(title: str) -> docx.document.Document:
    document = _empty()
    style = document.styles["Normal"]
    style.font.name, style.font.size = "仿宋", Pt(16)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), "仿宋")
    heading = document.add_paragraph()
    heading.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run = heading.add_run(title)
    run.bold, run.font.size = True, Pt(22)
    return document


def _empty() -> docx.document.Document:
    """A document without the template's thumbnail and authors."""
    document = docx.Document()
    relations = document.part.package.rels
    for key in [key for key, relation in relations.items() if relation.reltype.endswith("/thumbnail")]:
        del relations[key]
    properties = document.core_properties
    properties.author, properties.last_modified_by, properties.comments = "", "", ""
    properties.title, properties.subject, properties.keywords = "", "", ""
    properties.created = properties.modified = datetime(2026, 11, 2, 9, 0)
    return document


def _notice() -> docx.document.Document:
    document = _document("云溪区城市管理局关于开展冬季清洁家园行动的通知")
    for text in (
        "云城管〔2026〕31号",
        "各乡镇人民政府、街道办事处，区直有关单位：",
        "为进一步改善城乡人居环境，经研究，决定在全区开展冬季清洁家园行动。现将有关事项通知如下：",
        "一、时间安排。行动自2026年12月1日起，至2027年1月31日止。",
        "二、主要任务。集中清理房前屋后、沟渠路边的积存垃圾，规范垃圾分类投放点设置，倡导文明祭扫、绿色出行。",
        "三、工作要求。各乡镇、街道要结合实际制定实施方案，广泛发动群众参与，及时公开工作进展，接受社会监督。",
        "监督电话：0563-3099077（区城市管理局办公室，工作日8:00至17:30）。",
        "云溪区城市管理局",
        "2026年11月20日",
        "（此件公开发布）",
    ):
        document.add_paragraph(text)
    return document


def _list(masked: bool) -> Workbook:
    book = Workbook()
    sheet = book.active
    sheet.title = "公示名单"
    sheet["A1"] = "云溪区枫林镇2026年11月最低生活保障对象公示名单"
    sheet["A1"].font, sheet["A1"].alignment = Font(bold=True, size=14), Alignment(horizontal="center")
    if masked:
        header = ["序号", "姓名", "所在乡镇", "保障人口", "月保障金额（元）"]
    else:
        header = [
            "序号", "姓名", "身份证号", "家庭住址", "健康状况", "保障人口", "月保障金额（元）", "联系电话", "一卡通账号",
        ]  # fmt: skip
    sheet.append([])
    sheet.append(header)
    for number, (name, address, birth, sequence, health, income, members) in enumerate(_PEOPLE, 1):
        if masked:
            sheet.append([number, name, "枫林镇", members, income])
        else:
            phone = f"1990000{sequence:04d}"
            account = bank_account(sequence)
            identity = resident_id(birth, sequence)
            sheet.append([number, name, identity, f"枫林镇{address}", health, members, income, phone, account])
    if not masked:
        sheet.column_dimensions["I"].hidden = True
        sheet.column_dimensions["C"].width = 24
    sheet.append([])
    sheet.append(["公示期：2026年11月20日至11月26日。监督电话：0563-3099012（枫林镇民政办公室）"])
    book.properties.creator, book.properties.created = "", datetime(2026, 11, 2, 9, 0)
    book.properties.modified = datetime(2026, 11, 2, 9, 0)
    return book


def _tracked() -> docx.document.Document:
    document = _document("云溪区枫林镇关于2026年农村危房改造工作情况的通报")
    document.add_paragraph("各村（居）委会：")
    document.add_paragraph("2026年以来，全镇共受理危房改造申请46户，经评审符合条件39户，已竣工35户，竣工率为89.7%。")
    paragraph = document.add_paragraph("部分村推进缓慢，仍有4户未开工")
    _track(
        paragraph, "w:del", "w:delText", f"（其中枫林村方启明户，身份证号{resident_id('19520317', 611)}，患有精神疾病）"
    )
    paragraph.add_run("，有关村要逐户查明原因，限期整改。")
    _track(document.add_paragraph(), "w:ins", "w:t", "各村应于12月10日前上报整改情况。")
    document.add_paragraph("云溪区枫林镇人民政府")
    document.add_paragraph("2026年11月18日")
    document.add_paragraph("（此件公开发布）")
    return document


def _track(paragraph: docx.text.paragraph.Paragraph, change: str, text_tag: str, text: str) -> None:
    """A tracked change as a word processor writes it."""
    mark = OxmlElement(change)
    for name, value in (("w:id", "1"), ("w:author", "拟稿人甲"), ("w:date", "2026-11-18T09:00:00Z")):
        mark.set(qn(name), value)
    run, content = OxmlElement("w:r"), OxmlElement(text_tag)
    content.text = text
    run.append(content)
    mark.append(run)
    paragraph._p.append(mark)


def _stopped() -> docx.document.Document:
    document = _empty()
    document.add_paragraph("机密★5年")
    heading = document.add_paragraph("测试样本：用于演示停止处理的过程")
    heading.alignment = WD_ALIGN_PARAGRAPH.CENTER
    document.add_paragraph("本文件为软件自带的测试样本，除左上角的标志外没有任何实际内容，不是国家秘密。")
    document.add_paragraph("样本识别语：青瓦白墙三棵银杏树。")
    return document


if __name__ == "__main__":
    main()
