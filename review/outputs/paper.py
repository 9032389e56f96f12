"""How forms look: A4, tables with borders, 仿宋; the only writer of docx in this room.

Never prints a secrecy mark (保守国家秘密法第二十二条: 不属于国家秘密的不得作出国家秘密标志), not even one that stands in a
title or a file name: every text goes through ``write``.
"""

import io
import re
from collections.abc import Iterable, Sequence

import docx
from docx.document import Document as Docx
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_ROW_HEIGHT_RULE, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt
from docx.table import Table, _Cell, _Row
from docx.text.paragraph import Paragraph

__all__ = [
    "Docx",
    "add_header",
    "add_heading",
    "add_line",
    "add_note",
    "add_pairs",
    "add_section",
    "add_signatures",
    "add_table",
    "add_wide",
    "hash_lines",
    "new_document",
    "to_bytes",
    "without_marks",
]


#: A grade followed by the star or by its term is a mark; the words alone are not (domain.md §4.5).
_TERM = r"(?:长期|[0-9０-９]+\s*(?:年|个?月))"
_MARK = re.compile(rf"(?:绝\s*密|机\s*密|秘\s*密)\s*(?:[★☆⋆*]\s*{_TERM}?|[·:：]?\s*{_TERM})")
_STARS = re.compile("[★☆⋆⭐✭]")
_HASH = re.compile(r"(?:[0-9a-f]{16}\s?){4}")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

_BODY_FONT, _HEAD_FONT, _DIGITS_FONT = "仿宋", "黑体", "Times New Roman"
_BODY, _SMALL, _TINY = Pt(10.5), Pt(9), Pt(7.5)
_WIDTH = 16.4  # centimetres between the margins of an A4 page
_LABEL_FILL = "F2F2F2"


def new_document(title: str, audit_head: tuple[int, str]) -> Docx:
    """An empty form. The head of the audit chain (seq, hash) is printed at the foot: on paper it anchors the chain."""
    form = docx.Document()
    section = form.sections[0]
    section.page_width, section.page_height = Cm(21.0), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.3)
    section.top_margin, section.bottom_margin = Cm(2.2), Cm(2.0)
    section.footer_distance = Cm(1.0)
    normal = form.styles["Normal"]
    normal.font.name, normal.font.size = _DIGITS_FONT, _BODY
    normal.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), _BODY_FONT)
    normal.paragraph_format.space_after = Pt(0)
    language = OxmlElement("w:lang")  # without it some programs set Chinese punctuation as Japanese
    language.set(qn("w:val"), "zh-CN")
    language.set(qn("w:eastAsia"), "zh-CN")
    normal.element.get_or_add_rPr().append(language)
    form.core_properties.title = title
    form.core_properties.author = form.core_properties.comments = ""
    seq, link = audit_head
    foot = section.footer.paragraphs[0]
    foot.paragraph_format.tab_stops.add_tab_stop(Cm(_WIDTH), alignment=2)
    write(foot, f"审计链头：第{seq}条　{link}\t第 ", Pt(7.5))
    _field(foot, "PAGE", Pt(7.5))
    write(foot, " 页，共 ", Pt(7.5))
    _field(foot, "NUMPAGES", Pt(7.5))
    write(foot, " 页", Pt(7.5))
    return form


def to_bytes(form: Docx) -> bytes:
    out = io.BytesIO()
    form.save(out)
    return out.getvalue()


def add_heading(form: Docx, title: str, left: str, right: str) -> None:
    """The form's title and the line under it."""
    head = form.add_paragraph()
    head.alignment = WD_ALIGN_PARAGRAPH.CENTER
    head.paragraph_format.space_after = Pt(6)
    write(head, title, Pt(20), font="宋体", bold=True)
    line = form.add_paragraph()
    line.paragraph_format.tab_stops.add_tab_stop(Cm(_WIDTH), alignment=2)
    line.paragraph_format.space_after = Pt(3)
    write(line, f"{left}\t{right}", _BODY)


def add_signatures(form: Docx, names: Sequence[str]) -> None:
    """One box per signatory, on one page."""
    spacer = form.add_paragraph()
    spacer.paragraph_format.space_after = Pt(0)
    spacer.paragraph_format.keep_with_next = True
    table = add_table(form, [_WIDTH / len(names)] * len(names))
    for cell, name in zip(add_row(table).cells, names, strict=True):
        fill_cell(cell, name, center=True, bold=True)
        cell.paragraphs[0].paragraph_format.keep_with_next = True
    for cell in add_row(table, height=2.6).cells:
        fill_cell(cell, "签字：", vertical=WD_CELL_VERTICAL_ALIGNMENT.BOTTOM)
        dated = cell.add_paragraph()
        dated.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        dated.paragraph_format.space_before = Pt(26)
        write(dated, "年　　月　　日", _BODY)


def hash_lines(value: str) -> str:
    """Two lines of two groups of sixteen, which can be compared by eye."""
    groups = [value[at : at + 16] for at in range(0, len(value), 16)]
    return "\n".join(" ".join(groups[at : at + 2]) for at in range(0, len(groups), 2))


def add_section(form: Docx, text: str) -> None:
    paragraph = form.add_paragraph()
    paragraph.paragraph_format.space_before, paragraph.paragraph_format.space_after = Pt(8), Pt(3)
    paragraph.paragraph_format.keep_with_next = True
    write(paragraph, text, _BODY, font=_HEAD_FONT)


def add_note(form: Docx, text: str) -> None:
    paragraph = form.add_paragraph()
    paragraph.paragraph_format.space_before = Pt(3)
    write(paragraph, text, _SMALL)


def add_table(form: Docx, widths: Sequence[float]) -> Table:
    table = form.add_table(rows=0, cols=len(widths))
    table.style = form.styles["Table Grid"]
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Cm(width)
    return table


def add_row(table: Table, height: float = 0.75) -> _Row:
    row = table.add_row()
    row.height, row.height_rule = Cm(height), WD_ROW_HEIGHT_RULE.AT_LEAST
    cannot_split = OxmlElement("w:cantSplit")
    row._tr.get_or_add_trPr().append(cannot_split)
    return row


def add_header(table: Table, *names: str) -> None:
    row = add_row(table)
    repeat = OxmlElement("w:tblHeader")
    row._tr.get_or_add_trPr().append(repeat)
    for cell, name in zip(row.cells, names, strict=True):
        fill_cell(cell, name, center=True, label=True, size=_SMALL)


def add_line(table: Table, *texts: str, labels: int = 0, height: float = 0.75) -> None:
    cells = add_row(table, height).cells
    for index, (cell, text) in enumerate(zip(cells, texts, strict=True)):
        is_label = index < labels
        size = _BODY if labels else _TINY if _HASH.fullmatch(text) else _SMALL
        fill_cell(cell, text, center=is_label, label=is_label, size=size)


def add_pairs(table: Table, *texts: str) -> None:
    for index, (cell, text) in enumerate(zip(add_row(table).cells, texts, strict=True)):
        is_label = index % 2 == 0
        fill_cell(cell, text, center=is_label, label=is_label)


def add_wide(table: Table, label: str, text: str) -> None:
    cells = add_row(table).cells
    fill_cell(cells[0], label, center=True, label=True)
    fill_cell(cells[1].merge(cells[-1]), text)


def fill_cell(
    cell: _Cell,
    text: str,
    *,
    center: bool = False,
    label: bool = False,
    bold: bool = False,
    size: Pt = _BODY,
    vertical: WD_CELL_VERTICAL_ALIGNMENT = WD_CELL_VERTICAL_ALIGNMENT.CENTER,
) -> None:
    paragraph = cell.paragraphs[0]
    paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(2)
    if center:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    cell.vertical_alignment = vertical
    write(paragraph, text, size, bold=bold)
    if label:
        shading = OxmlElement("w:shd")
        shading.set(qn("w:val"), "clear")
        shading.set(qn("w:fill"), _LABEL_FILL)
        cell._tc.get_or_add_tcPr().append(shading)


def write(paragraph: Paragraph, text: str, size: Pt, *, font: str = _BODY_FONT, bold: bool = False) -> None:
    """The only place where text enters the form."""
    run = paragraph.add_run(without_marks(text))
    run.font.size, run.bold = size, bold
    run.font.name = _DIGITS_FONT
    fonts = run._element.get_or_add_rPr().get_or_add_rFonts()
    fonts.set(qn("w:eastAsia"), font)
    fonts.set(qn("w:hint"), "eastAsia")  # signs that both scripts have (□ “ ”) come from the Chinese font


def _field(paragraph: Paragraph, code: str, size: Pt) -> None:
    """A field that the program counts: PAGE, NUMPAGES."""
    for kind, text in _field_steps(code):
        run = paragraph.add_run()
        run.font.size = size
        element = OxmlElement(kind)
        if kind == "w:fldChar":
            element.set(qn("w:fldCharType"), text)
        else:
            element.text = text
        run._element.append(element)


def _field_steps(code: str) -> Iterable[tuple[str, str]]:
    return (
        ("w:fldChar", "begin"),
        ("w:instrText", code),
        ("w:fldChar", "separate"),
        ("w:t", "1"),
        ("w:fldChar", "end"),
    )


def without_marks(text: str) -> str:
    """The text without anything that would print as a secrecy mark, and without characters XML cannot hold."""
    return _STARS.sub("", _MARK.sub("〔标志略〕", _CONTROL.sub("", text)))
