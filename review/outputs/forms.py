"""The 政府信息公开保密审查表 as docx (A4), for wet signatures and the archive (domain.md §3.2).

The only writer of docx in this room. Never prints a secrecy mark (保守国家秘密法第二十二条: 不属于国家秘密的不得作出国家秘密标志),
not even one that stands in a title or a file name, and no text of the draft.
"""

import io
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime

import docx
from docx.document import Document as Docx
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_ROW_HEIGHT_RULE, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt
from docx.table import Table, _Cell, _Row
from docx.text.paragraph import Paragraph

from review.casework.calendar import LOCAL
from review.casework.queries import CaseFile
from review.casework.transitions import OUTCOMES, WITHHOLDING_REASONS
from review.outputs.places import Places
from review.outputs.wording import GAP_NAMES, LEVEL_NAMES, PLACE_NAMES, SEVERITY_NAMES
from review.types import (
    Decision,
    Disposition,
    DispositionCode,
    Document,
    Draft,
    Finding,
    Outcome,
    Part,
    RuleSet,
    Severity,
)

TITLE = "政府信息公开保密审查表"
STATEMENT = (
    "本系统为非涉密系统，严禁上传、处理、存储国家秘密和工作秘密。经办人送审时已确认所传文件不涉密，"
    "并对所填内容负责。机器检查只提示线索，不代替人工审查；是否公开由审查人员依法决定。"
)
#: 审查依据 of the eight grounds: 条例 articles they stand in.
REASON_ARTICLES: dict[str, str] = {
    "1": "第十四条",
    "2": "第十四条",
    "3": "第十四条",
    "4": "第十五条",
    "5": "第十六条第一款",
    "6": "第十六条第二款",
    "7": "第十六条第二款",
    "8": "第三十六条第七项",
}
DISPOSITION_NAMES: dict[DispositionCode, str] = {
    DispositionCode.CONFIRMED: "应处理",
    DispositionCode.REDACT: "脱敏",
    DispositionCode.FALSE_ALARM: "误报",
    DispositionCode.DOUBTFUL: "存疑",
}
SIGNATURES = ("经办人", "部门负责人", "保密审查人", "分管领导")

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


def render_form(
    case_file: CaseFile,
    rules: RuleSet,
    organisation: str,
    audit_head: tuple[int, str],
    document: Document | None = None,
) -> bytes:
    """The form of a case's newest draft as docx bytes. With ``document`` findings are placed by page and row.

    ``audit_head``: (seq, hash) printed at the foot: on paper it anchors the audit chain.
    """
    form = _new_document(audit_head)
    draft = case_file.newest
    _heading(form, organisation, case_file)
    _base_table(form, case_file)
    _files_table(form, draft, case_file.parts.get(draft.number, ()))
    _check_table(form, draft)
    _findings_table(form, case_file, rules, Places(document) if document else None)
    _gaps_table(form, case_file)
    _decision_table(form, case_file, rules)
    _history_table(form, case_file)
    _signatures(form)
    _note(form, STATEMENT)
    out = io.BytesIO()
    form.save(out)
    return out.getvalue()


# -------------------------------------------------------------------------------------------------------- the sections


def _heading(form: Docx, organisation: str, case_file: CaseFile) -> None:
    title = form.add_paragraph()
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    title.paragraph_format.space_after = Pt(6)
    _write(title, TITLE, Pt(20), font="宋体", bold=True)
    line = form.add_paragraph()
    line.paragraph_format.tab_stops.add_tab_stop(Cm(_WIDTH), alignment=2)
    line.paragraph_format.space_after = Pt(3)
    filled = _day(case_file.case.created_at.astimezone(LOCAL).date())
    _write(line, f"审查机构：{organisation}　　编号：{case_file.case.number}\t送审日期：{filled}", _BODY)


def _base_table(form: Docx, case_file: CaseFile) -> None:
    case, submission = case_file.case, case_file.submission
    due = (
        f"{_day(case.due_on)}（目标）\n{_day(case_file.legal_due_on)}（法定）" if case.due_on else "缺形成日期，未起算"
    )
    if case_file.referred_days:
        due += f"\n其中等待答复 {case_file.referred_days} 个工作日"
    if case_file.calendar_warning:
        due += f"（{case_file.calendar_warning}）"
    table = _table(form, (2.6, 5.6, 2.6, 5.6))
    _wide(table, "信息标题", case.title)
    _pairs(table, "文　　号", case.document_number or "无", "形成日期", _day(case.formed_on))
    _pairs(table, "拟稿单位", case.department, "经 办 人", _name(case_file, case.submitter_id))
    _pairs(table, "拟公开属性", submission.openness, "拟公开渠道", case.channel)
    _pairs(table, "信息来源", submission.source, "公开时限", due)
    _wide(table, "送审说明", submission.submitter_note or "无")


def _files_table(form: Docx, draft: Draft, parts: Sequence[Part]) -> None:
    _section(form, f"一、送审文件及附件（第{draft.number}稿）")
    table = _table(form, (1.2, 4.9, 1.4, 1.8, 4.9, 2.2))
    _header(table, "序号", "名　　称", "格式", "大小", "SHA-256", "读取情况")
    complete = "完整" if draft.check.verdict.complete and not draft.check.gaps else "不完整，见第四项"
    _line(table, "1", draft.file_name, draft.format, _size(draft.size), _hash(draft.sha256), complete)
    for number, part in enumerate(parts, 2):
        state = "已读取" if part.span else "未读出文字"
        _line(table, str(number), part.name, part.format, _size(part.size), _hash(part.sha256), state)


def _check_table(form: Docx, draft: Draft) -> None:
    check = draft.check
    _section(form, "二、机器检查")
    counts = {severity: 0 for severity in (Severity.HIGH, Severity.MEDIUM, Severity.LOW, Severity.INFO)}
    for finding in check.findings:
        if finding.severity in counts:
            counts[finding.severity] += 1
    found = "，".join(f"{SEVERITY_NAMES[severity]} {count} 处" for severity, count in counts.items())
    model = check.model_id or "未使用"
    table = _table(form, (2.6, 5.6, 2.6, 5.6))
    _pairs(table, "规则库版本", check.ruleset_sha256[:12], "辅助模型", model)
    _pairs(table, "检查日期", _day(check.checked_on), "程序版本", check.tool_version)
    _pairs(table, "发现问题", found, "机器提示", LEVEL_NAMES[check.verdict.level])


def _findings_table(form: Docx, case_file: CaseFile, rules: RuleSet, places: Places | None) -> None:
    draft = case_file.newest
    _section(form, "三、问题处置")
    if not draft.check.findings:
        _note(form, "机器检查未发现问题。")
        return
    said = case_file.dispositions_of(draft.number)
    table = _table(form, (1.2, 1.2, 4.2, 3.2, 1.5, 3.2, 1.9))
    _header(table, "序号", "级别", "问题（规则）", "位置", "处置", "说　　明", "处置人")
    for index, finding in enumerate(draft.check.findings):
        rule = rules.rule(finding.rule_id)
        title = rule.title if rule else "（规则已不在规则库）"
        name = f"{title}（{finding.rule_id} 第{finding.rule_version}版）" + ("［试行］" if finding.trial else "")
        _line(
            table,
            str(index + 1),
            SEVERITY_NAMES[finding.severity],
            name,
            _place(finding, places),
            *_disposition(case_file, said.get(index)),
        )


def _gaps_table(form: Docx, case_file: CaseFile) -> None:
    draft = case_file.newest
    _section(form, "四、未能检查的内容")
    if not draft.check.gaps and draft.check.verdict.complete:
        _note(form, "无。")
        return
    table = _table(form, (1.2, 5.8, 2.8, 6.6))
    _header(table, "序号", "位　　置", "原因", "说　　明")
    for number, gap in enumerate(draft.check.gaps, 1):
        _line(table, str(number), gap.locator or "整个文件", GAP_NAMES[gap.reason], gap.detail or "—")
    seen = [item for item in case_file.acknowledgements if item.draft == draft.number]
    for item in seen:
        who = _name(case_file, item.actor_id)
        _note(form, f"人工已逐页查看：{who}，{_time(item.at)}。{item.note}")
    if not seen:
        _note(form, "尚无人工查看记录；未经人工逐页查看的，不得公开。")


def _decision_table(form: Docx, case_file: CaseFile, rules: RuleSet) -> None:
    _section(form, "五、审查结论")
    decision = case_file.decisions[-1] if case_file.decisions else None
    if decision and decision.draft != case_file.newest.number:
        decision = None  # it was made on an earlier draft and stands in the history below
    chosen = decision.outcome if decision else None
    options = "　".join(f"{'☑' if outcome is chosen else '□'}{rule.label}" for outcome, rule in OUTCOMES.items())
    reasons = "　".join(
        f"{'☑' if decision and decision.reason_code == code else '□'}{code}.{text}"
        for code, text in WITHHOLDING_REASONS.items()
    )
    table = _table(form, (2.6, 13.8))
    _line(table, "结　　论", options, labels=1)
    _line(table, "不予公开的\n法定理由", reasons, labels=1)
    _line(table, "审查依据", _basis(case_file, decision, rules), labels=1)
    _line(table, "审查意见", (decision.opinion if decision else "") or "", labels=1, height=1.6)
    _line(table, "有关事项", _details(decision), labels=1)
    made = (
        f"{decision.actor_name}　{_time(decision.at)}　（审计第{decision.audit_seq}条）" if decision else "尚未作出结论"
    )
    _line(table, "作出结论", made, labels=1)


def _history_table(form: Docx, case_file: CaseFile) -> None:
    if len(case_file.decisions) + len(case_file.drafts) <= 2:
        return
    _section(form, "六、办理经过")
    rows = [(draft.uploaded_at, f"第{draft.number}稿", "送审", "", draft.uploaded_by) for draft in case_file.drafts]
    rows += [(d.at, f"第{d.draft}稿", OUTCOMES[d.outcome].label, d.opinion, d.actor_id) for d in case_file.decisions]
    table = _table(form, (3.2, 1.5, 3.2, 6.1, 2.4))
    _header(table, "时　　间", "文稿", "事　　项", "意　　见", "办理人")
    for at, draft, what, opinion, who in sorted(rows, key=lambda row: row[0]):
        _line(table, _time(at), draft, what, opinion or "—", _name(case_file, who))


def _signatures(form: Docx) -> None:
    spacer = form.add_paragraph()
    spacer.paragraph_format.space_after = Pt(0)
    spacer.paragraph_format.keep_with_next = True
    table = _table(form, (4.1, 4.1, 4.1, 4.1))
    cells = _add_row(table).cells
    for cell, name in zip(cells, SIGNATURES, strict=True):
        _fill(cell, name, center=True, bold=True)
        cell.paragraphs[0].paragraph_format.keep_with_next = True
    row = _add_row(table, height=2.6)
    for cell in row.cells:
        _fill(cell, "签字：", vertical=WD_CELL_VERTICAL_ALIGNMENT.BOTTOM)
        dated = cell.add_paragraph()
        dated.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        dated.paragraph_format.space_before = Pt(26)
        _write(dated, "年　　月　　日", _BODY)


# --------------------------------------------------------------------------------------------------------------- wording


def _place(finding: Finding, places: Places | None) -> str:
    where = places.location(finding) if places else PLACE_NAMES[finding.place]
    count = f"，共{finding.count}处" if finding.count > 1 else ""
    return f"{where}{count}" + ("（隐藏内容）" if finding.hidden else "")


def _disposition(case_file: CaseFile, item: Disposition | None) -> tuple[str, str, str]:
    if item is None:
        return "未处置", "—", "—"
    note = item.note or "—"
    if item.carried_from is not None:
        note = f"沿用第{item.carried_from}稿的处置。{item.note}"
    return DISPOSITION_NAMES[item.code], note, _name(case_file, item.actor_id)


def _basis(case_file: CaseFile, decision: Decision | None, rules: RuleSet) -> str:
    """Articles of the ground chosen, then those of the rules whose findings were found to hold."""
    named: dict[str, None] = {}
    if decision and decision.reason_code in REASON_ARTICLES:
        named[f"政府信息公开条例{REASON_ARTICLES[decision.reason_code]}"] = None
    if decision and decision.outcome is Outcome.PUBLISH_REDACTED:
        named["政府信息公开条例第三十七条"] = None
    draft = case_file.newest
    for index, item in case_file.dispositions_of(draft.number).items():
        rule = rules.rule(draft.check.findings[index].rule_id)
        if rule and item.code in (DispositionCode.CONFIRMED, DispositionCode.REDACT):
            named.update((f"{basis}", None) for basis in rule.legal_basis)
    return "；".join(named) or "—"


def _details(decision: Decision | None) -> str:
    if decision is None:
        return "—"
    until = "暂缓至" if decision.outcome is Outcome.DEFER else "复评日期"
    pairs = (
        (until, _day(decision.until) if decision.until else ""),
        ("公开条件", decision.condition),
        ("征求意见或提请确定的对象", decision.body),
        ("答复期限", _day(decision.reply_due) if decision.reply_due else ""),
    )
    return "；".join(f"{name}：{value}" for name, value in pairs if value) or "—"


def _name(case_file: CaseFile, account: str) -> str:
    return case_file.names.get(account, "—")


def _day(day: date | None) -> str:
    return f"{day.year}年{day.month}月{day.day}日" if day else "未填"


def _time(at: datetime) -> str:
    return at.astimezone(LOCAL).strftime("%Y-%m-%d %H:%M")


def _size(size: int) -> str:
    return f"{size / 1048576:.1f} MB" if size >= 1048576 else f"{max(1, round(size / 1024))} KB"


def _hash(value: str) -> str:
    """Two lines of two groups of sixteen, which can be compared by eye."""
    groups = [value[at : at + 16] for at in range(0, len(value), 16)]
    return "\n".join(" ".join(groups[at : at + 2]) for at in range(0, len(groups), 2))


def without_marks(text: str) -> str:
    """The text without anything that would print as a secrecy mark, and without characters XML cannot hold."""
    return _STARS.sub("", _MARK.sub("〔标志略〕", _CONTROL.sub("", text)))


# ------------------------------------------------------------------------------------------------------------ the paper


def _new_document(audit_head: tuple[int, str]) -> Docx:
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
    form.core_properties.title = TITLE
    form.core_properties.author = form.core_properties.comments = ""
    seq, link = audit_head
    foot = section.footer.paragraphs[0]
    foot.paragraph_format.tab_stops.add_tab_stop(Cm(_WIDTH), alignment=2)
    _write(foot, f"审计链头：第{seq}条　{link}\t第 ", Pt(7.5))
    _field(foot, "PAGE", Pt(7.5))
    _write(foot, " 页，共 ", Pt(7.5))
    _field(foot, "NUMPAGES", Pt(7.5))
    _write(foot, " 页", Pt(7.5))
    return form


def _section(form: Docx, text: str) -> None:
    paragraph = form.add_paragraph()
    paragraph.paragraph_format.space_before, paragraph.paragraph_format.space_after = Pt(8), Pt(3)
    paragraph.paragraph_format.keep_with_next = True
    _write(paragraph, text, _BODY, font=_HEAD_FONT)


def _note(form: Docx, text: str) -> None:
    paragraph = form.add_paragraph()
    paragraph.paragraph_format.space_before = Pt(3)
    _write(paragraph, text, _SMALL)


def _table(form: Docx, widths: Sequence[float]) -> Table:
    table = form.add_table(rows=0, cols=len(widths))
    table.style = form.styles["Table Grid"]
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Cm(width)
    return table


def _add_row(table: Table, height: float = 0.75) -> _Row:
    row = table.add_row()
    row.height, row.height_rule = Cm(height), WD_ROW_HEIGHT_RULE.AT_LEAST
    cannot_split = OxmlElement("w:cantSplit")
    row._tr.get_or_add_trPr().append(cannot_split)
    return row


def _header(table: Table, *names: str) -> None:
    row = _add_row(table)
    repeat = OxmlElement("w:tblHeader")
    row._tr.get_or_add_trPr().append(repeat)
    for cell, name in zip(row.cells, names, strict=True):
        _fill(cell, name, center=True, label=True, size=_SMALL)


def _line(table: Table, *texts: str, labels: int = 0, height: float = 0.75) -> None:
    cells = _add_row(table, height).cells
    for index, (cell, text) in enumerate(zip(cells, texts, strict=True)):
        is_label = index < labels
        size = _BODY if labels else _TINY if _HASH.fullmatch(text) else _SMALL
        _fill(cell, text, center=is_label, label=is_label, size=size)


def _pairs(table: Table, *texts: str) -> None:
    for index, (cell, text) in enumerate(zip(_add_row(table).cells, texts, strict=True)):
        is_label = index % 2 == 0
        _fill(cell, text, center=is_label, label=is_label)


def _wide(table: Table, label: str, text: str) -> None:
    cells = _add_row(table).cells
    _fill(cells[0], label, center=True, label=True)
    _fill(cells[1].merge(cells[-1]), text)


def _fill(
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
    _write(paragraph, text, size, bold=bold)
    if label:
        shading = OxmlElement("w:shd")
        shading.set(qn("w:val"), "clear")
        shading.set(qn("w:fill"), _LABEL_FILL)
        cell._tc.get_or_add_tcPr().append(shading)


def _write(paragraph: Paragraph, text: str, size: Pt, *, font: str = _BODY_FONT, bold: bool = False) -> None:
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
