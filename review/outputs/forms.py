"""The 政府信息公开保密审查表 as docx (A4), for wet signatures and the archive (domain.md §3.2).

Holds no text of the draft; ``paper.py`` sees to it that no secrecy mark is printed.
"""

from collections.abc import Sequence
from datetime import date, datetime

from review.casework.calendar import LOCAL
from review.casework.queries import CaseFile
from review.casework.transitions import OUTCOMES, WITHHOLDING_REASONS
from review.outputs.paper import (
    Docx,
    add_header,
    add_heading,
    add_line,
    add_note,
    add_pairs,
    add_section,
    add_signatures,
    add_table,
    add_wide,
    hash_lines,
    new_document,
    to_bytes,
)
from review.outputs.places import Places
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
from review.wording import GAP_NAMES, LEVEL_NAMES, PLACE_NAMES, SEVERITY_NAMES

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
    form = new_document(TITLE, audit_head)
    draft = case_file.newest
    _heading(form, organisation, case_file)
    _base_table(form, case_file)
    _files_table(form, draft, case_file.parts.get(draft.number, ()))
    _check_table(form, draft)
    _findings_table(form, case_file, rules, Places(document) if document else None)
    _gaps_table(form, case_file)
    _decision_table(form, case_file, rules)
    _history_table(form, case_file)
    add_signatures(form, SIGNATURES)
    add_note(form, STATEMENT)
    return to_bytes(form)


# -------------------------------------------------------------------------------------------------------- the sections


def _heading(form: Docx, organisation: str, case_file: CaseFile) -> None:
    filled = _day(case_file.case.created_at.astimezone(LOCAL).date())
    add_heading(form, TITLE, f"审查机构：{organisation}　　编号：{case_file.case.number}", f"送审日期：{filled}")


def _base_table(form: Docx, case_file: CaseFile) -> None:
    case, submission = case_file.case, case_file.submission
    due = (
        f"{_day(case.due_on)}（目标）\n{_day(case_file.legal_due_on)}（法定）" if case.due_on else "缺形成日期，未起算"
    )
    if case_file.referred_days:
        due += f"\n其中等待答复 {case_file.referred_days} 个工作日"
    if case_file.calendar_warning:
        due += f"（{case_file.calendar_warning}）"
    table = add_table(form, (2.6, 5.6, 2.6, 5.6))
    add_wide(table, "信息标题", case.title)
    add_pairs(table, "文　　号", case.document_number or "无", "形成日期", _day(case.formed_on))
    add_pairs(table, "拟稿单位", case.department, "经 办 人", _name(case_file, case.submitter_id))
    add_pairs(table, "拟公开属性", submission.openness, "拟公开渠道", case.channel)
    add_pairs(table, "信息来源", submission.source, "公开时限", due)
    add_wide(table, "送审说明", submission.submitter_note or "无")


def _files_table(form: Docx, draft: Draft, parts: Sequence[Part]) -> None:
    add_section(form, f"一、送审文件及附件（第{draft.number}稿）")
    table = add_table(form, (1.2, 4.9, 1.4, 1.8, 4.9, 2.2))
    add_header(table, "序号", "名　　称", "格式", "大小", "SHA-256", "读取情况")
    complete = "完整" if draft.check.verdict.complete and not draft.check.gaps else "不完整，见第四项"
    add_line(table, "1", draft.file_name, draft.format, _size(draft.size), hash_lines(draft.sha256), complete)
    for number, part in enumerate(parts, 2):
        state = "已读取" if part.span else "未读出文字"
        add_line(table, str(number), part.name, part.format, _size(part.size), hash_lines(part.sha256), state)


def _check_table(form: Docx, draft: Draft) -> None:
    check = draft.check
    add_section(form, "二、机器检查")
    counts = {severity: 0 for severity in (Severity.HIGH, Severity.MEDIUM, Severity.LOW, Severity.INFO)}
    for finding in check.findings:
        if finding.severity in counts and not finding.trial:
            counts[finding.severity] += 1
    found = "，".join(f"{SEVERITY_NAMES[severity]} {count} 处" for severity, count in counts.items())
    model = check.model_id or "未使用"
    table = add_table(form, (2.6, 5.6, 2.6, 5.6))
    add_pairs(table, "规则库版本", check.ruleset_sha256[:12], "辅助模型", model)
    add_pairs(table, "检查日期", _day(check.checked_on), "程序版本", check.tool_version)
    add_pairs(table, "发现问题", found, "机器提示", LEVEL_NAMES[check.verdict.level])


def _findings_table(form: Docx, case_file: CaseFile, rules: RuleSet, places: Places | None) -> None:
    draft = case_file.newest
    add_section(form, "三、问题处置")
    if not draft.check.findings:
        add_note(form, "机器检查未发现问题。")
        return
    said = case_file.dispositions_of(draft.number)
    table = add_table(form, (1.2, 1.2, 4.2, 3.2, 1.5, 3.2, 1.9))
    add_header(table, "序号", "级别", "问题（规则）", "位置", "处置", "说　　明", "处置人")
    for index, finding in enumerate(draft.check.findings):
        rule = rules.rule(finding.rule_id)
        title = rule.title if rule else "（规则已不在规则库）"
        name = f"{title}（{finding.rule_id} 第{finding.rule_version}版）" + ("［试行］" if finding.trial else "")
        add_line(
            table,
            str(index + 1),
            SEVERITY_NAMES[finding.severity],
            name,
            _place(finding, places),
            *_disposition(case_file, said.get(index)),
        )


def _gaps_table(form: Docx, case_file: CaseFile) -> None:
    draft = case_file.newest
    add_section(form, "四、未能检查的内容")
    if not draft.check.gaps and draft.check.verdict.complete:
        add_note(form, "无。")
        return
    table = add_table(form, (1.2, 5.8, 2.8, 6.6))
    add_header(table, "序号", "位　　置", "原因", "说　　明")
    for number, gap in enumerate(draft.check.gaps, 1):
        add_line(table, str(number), gap.locator or "整个文件", GAP_NAMES[gap.reason], gap.detail or "—")
    seen = [item for item in case_file.acknowledgements if item.draft == draft.number]
    for item in seen:
        who = _name(case_file, item.actor_id)
        add_note(form, f"人工已逐页查看：{who}，{_time(item.at)}。{item.note}")
    if not seen:
        add_note(form, "尚无人工查看记录；未经人工逐页查看的，不得公开。")


def _decision_table(form: Docx, case_file: CaseFile, rules: RuleSet) -> None:
    add_section(form, "五、审查结论")
    decision = case_file.decisions[-1] if case_file.decisions else None
    if decision and decision.draft != case_file.newest.number:
        decision = None  # it was made on an earlier draft and stands in the history below
    chosen = decision.outcome if decision else None
    options = "　".join(f"{'☑' if outcome is chosen else '☐'}{rule.label}" for outcome, rule in OUTCOMES.items())
    reasons = "　".join(
        f"{'☑' if decision and decision.reason_code == code else '☐'}{code}.{text}"
        for code, text in WITHHOLDING_REASONS.items()
    )
    table = add_table(form, (2.6, 13.8))
    add_line(table, "结　　论", options, labels=1)
    add_line(table, "不予公开的\n法定理由", reasons, labels=1)
    add_line(table, "审查依据", _basis(case_file, decision, rules), labels=1)
    add_line(table, "审查意见", (decision.opinion if decision else "") or "", labels=1, height=1.6)
    add_line(table, "有关事项", _details(decision), labels=1)
    made = (
        f"{decision.actor_name}　{_time(decision.at)}　（审计第{decision.audit_seq}条）" if decision else "尚未作出结论"
    )
    add_line(table, "作出结论", made, labels=1)


def _history_table(form: Docx, case_file: CaseFile) -> None:
    if len(case_file.decisions) + len(case_file.drafts) <= 2:
        return
    add_section(form, "六、办理经过")
    rows = [(draft.uploaded_at, f"第{draft.number}稿", "送审", "", draft.uploaded_by) for draft in case_file.drafts]
    rows += [(d.at, f"第{d.draft}稿", OUTCOMES[d.outcome].label, d.opinion, d.actor_id) for d in case_file.decisions]
    table = add_table(form, (3.2, 1.5, 3.2, 6.1, 2.4))
    add_header(table, "时　　间", "文稿", "事　　项", "意　　见", "办理人")
    for at, draft, what, opinion, who in sorted(rows, key=lambda row: row[0]):
        add_line(table, _time(at), draft, what, opinion or "—", _name(case_file, who))


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
