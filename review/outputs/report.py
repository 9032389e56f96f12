"""The report of ``review check``: JSON for programs (contract.md), text and HTML for people. Writes nothing itself."""

import html
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from review.outputs.places import Places
from review.types import Check, Document, Finding, Gap, Level, Rule, RuleSet, Span, Suggestion
from review.wording import GAP_NAMES, LEVEL_NAMES, PLACE_NAMES, SEVERITY_NAMES, SUGGESTION_NAMES

#: C0 and C1, bidirectional controls (Unicode TR 9), line separators, halves of surrogate pairs.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_UNKNOWN_RULE = "（规则已不在规则库中）"


@dataclass(frozen=True, slots=True)
class Checked:
    """One argument of ``check`` and what came of it; ``document`` is None when it was stopped."""

    path: str
    position: int  # 1-based position in the list of files: what a stopped file is called
    document: Document | None
    check: Check

    @property
    def is_stopped(self) -> bool:
        return self.check.verdict.level is Level.STOP

    @property
    def label(self) -> str:
        return f"第 {self.position} 个文件" if self.is_stopped else self.path


def render_json(checked: Sequence[Checked], rules: RuleSet, show_text: bool = False) -> str:
    """The JSON of contract.md, with a final line end."""
    first = checked[0].check if checked else None
    tool = {
        "version": first.tool_version if first else "",
        "ruleset": rules.sha256,
        "model": first.model_id if first else None,
        "date": first.checked_on.isoformat() if first else "",
    }
    value = {"tool": tool, "documents": [_document_row(item, rules, show_text) for item in checked]}
    text = json.dumps(value, ensure_ascii=False, indent=1) + "\n"
    return _CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}" if match[0] != "\n" else "\n", text)


def _document_row(item: Checked, rules: RuleSet, show_text: bool) -> dict[str, object]:
    check = item.check
    places = Places(item.document) if item.document is not None else None
    return {
        "path": item.position if item.is_stopped else item.path,
        "sha256": check.document_sha256,
        "format": check.document_format,
        "characters": check.characters,
        "pages": check.pages,
        "verdict": {
            "level": check.verdict.level.value,
            "complete": check.verdict.complete,
            "reasons": list(check.verdict.reasons),
        },
        "gaps": [{"reason": gap.reason.value, "location": gap.locator, "detail": gap.detail} for gap in check.gaps],
        "remarks": list(item.document.remarks) if item.document is not None else [],
        "findings": [_finding_row(finding, item, places, rules, show_text) for finding in check.findings],
    }


def _finding_row(
    finding: Finding, item: Checked, places: Places | None, rules: RuleSet, show_text: bool
) -> dict[str, object]:
    rule = rules.rule(finding.rule_id)
    span = finding.span
    row: dict[str, object] = {
        "rule": finding.rule_id,
        "rule_version": finding.rule_version,
        "title": rule.title if rule else _UNKNOWN_RULE,
        "category": finding.category,
        "severity": finding.severity.value,
        "source": finding.source.value,
        "place": finding.place.value,
        "start": span.start if span else None,
        "end": span.end if span else None,
        "spans": [[s.start, s.end] for s in finding.spans],
        "location": places.location(finding) if places else PLACE_NAMES[finding.place],
        "page": places.page(finding) if places else None,
        "boxes": [[b.x0, b.top, b.x1, b.bottom] for b in places.boxes(span)] if places else [],
        "count": finding.count,
        "hidden": finding.hidden,
        "layers": list(finding.layers),
        "notes": list(finding.notes),
        "trial": finding.trial,
        "message": rule.message if rule else "",
        "remedy": _remedy(rule),
        "suggest": rule.suggest.value if rule else Suggestion.CONFIRM.value,
        "legal_basis": [str(basis) for basis in rule.legal_basis] if rule else [],
        "masked_excerpt": places.excerpt(finding, item.check.findings) if places else "",
        "score": finding.score,
    }
    if show_text and item.document is not None and span is not None:
        row["text"] = item.document.text[span.start : span.end]
    return row


def _remedy(rule: Rule | None) -> str:
    if rule is None:
        return ""
    return rule.remedy or SUGGESTION_NAMES[rule.suggest]


# ------------------------------------------------------------------------------------------------------- for people


def render_text(checked: Sequence[Checked], rules: RuleSet, show_text: bool = False) -> str:
    """Plain lines for a person: where, what, why, what to do; a summary at the end when there are several files."""
    lines: list[str] = []
    for item in checked:
        lines += _text_of(item, rules, show_text)
        lines.append("")
    if len(checked) > 1:
        lines.append(_summary(checked))
    return "\n".join(map(visible, lines)).rstrip("\n") + "\n"


def visible(line: str) -> str:
    """One line whose control and direction characters are signs: a terminal obeys none, and no name hides or forges a line."""
    return _CONTROL.sub(_sign, line)


def _sign(match: re.Match[str]) -> str:
    code = ord(match[0])
    return chr(0x2400 + code) if code < 0x20 else "␡" if code == 0x7F else f"⟨U+{code:04X}⟩"


def _text_of(item: Checked, rules: RuleSet, show_text: bool) -> list[str]:
    lines = [f"■ {item.label}", f"  结论：{LEVEL_NAMES[item.check.verdict.level]}"]
    lines += [f"  · {reason}" for reason in item.check.verdict.reasons]
    if item.document is not None:
        lines += [f"  · {remark}" for remark in item.document.remarks]
    lines += [f"  [未能检查] {describe_gap(gap)}" for gap in item.check.gaps]
    places = Places(item.document) if item.document is not None else None
    for finding in sorted(item.check.findings, key=lambda f: -f.severity.rank):
        lines += _text_of_finding(finding, item, places, rules, show_text)
    return lines


def _text_of_finding(
    finding: Finding, item: Checked, places: Places | None, rules: RuleSet, show_text: bool
) -> list[str]:
    rule = rules.rule(finding.rule_id)
    title = rule.title if rule else _UNKNOWN_RULE
    where = places.location(finding) if places else PLACE_NAMES[finding.place]
    marks = [f"{finding.count} 处"] if finding.count > 1 else []
    marks += ["读者看不见但仍在文件中"] if finding.hidden else []
    marks += ["试行规则，不影响结论"] if finding.trial else []
    extra = f"（{'，'.join(marks)}）" if marks else ""
    lines = [f"  [{SEVERITY_NAMES[finding.severity]}] {where}：{title}{extra}"]
    if places and finding.span is not None:
        shown = _verbatim(item.document, finding.span) if show_text else places.excerpt(finding, item.check.findings)
        lines.append(f"      原文：{shown}")
    if rule:
        lines += [f"      为什么：{rule.message}", f"      怎么办：{_remedy(rule)}"]
        lines.append(f"      依据：{'；'.join(str(basis) for basis in rule.legal_basis)}")
    lines += [f"      说明：{note}" for note in finding.notes]
    if finding.layers:
        lines.append(f"      命中方式：{'、'.join(finding.layers)}")
    return lines


def _verbatim(document: Document | None, span: Span) -> str:
    return document.text[span.start : span.end].replace("\n", " ") if document else ""


def describe_gap(gap: Gap) -> str:
    """One line: what was not read, why, and what the person can do."""
    where = f"{gap.locator}：" if gap.locator else ""
    return f"{where}{GAP_NAMES[gap.reason]}。{gap.detail}".rstrip("。") + "。"


def _summary(checked: Sequence[Checked]) -> str:
    counts = [f"{LEVEL_NAMES[level].split('：')[0]} {n}" for level in Level if (n := _count(checked, level))]
    return f"共 {len(checked)} 个文件：{'，'.join(counts)}。"


def _count(checked: Sequence[Checked], level: Level) -> int:
    return sum(item.check.verdict.level is level for item in checked)


_PAGE = """<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>先审检查报告</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><style>
body{{font:15px/1.7 "Source Han Sans SC","Noto Sans CJK SC","Microsoft YaHei",sans-serif;color:#1B2430;max-width:60rem;margin:2rem auto}}
pre{{white-space:pre-wrap;font:inherit;border:1px solid #D5DBE3;border-radius:4px;padding:1rem}}
</style></head><body><h1>先审检查报告</h1>{body}
<p>机器只提出意见，是否公开由有权的人决定。</p></body></html>
"""


def render_html(checked: Sequence[Checked], rules: RuleSet) -> str:
    """A page that can be printed: the text report, everything escaped, nothing fetched."""
    blocks = ["\n".join(map(visible, _text_of(item, rules, show_text=False))) for item in checked]
    body = "".join(f"<pre>{html.escape(block)}</pre>" for block in blocks)
    return _PAGE.format(body=body)
