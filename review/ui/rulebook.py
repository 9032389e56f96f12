"""规则: what is checked, why, on which legal basis. Read only; rules are changed in their files (docs/rules.md)."""

import html
from collections.abc import Sequence

import streamlit as st

from review.types import Example, Rule, RuleStatus
from review.ui.document_model import SEVERITY_CLASSES
from review.ui.house import open_house
from review.ui.session import current_actor
from review.wording import SEVERITY_NAMES, SUGGESTION_NAMES

_STATUS = {
    RuleStatus.STABLE: "启用",
    RuleStatus.TRIAL: "试行（不影响结论）",
    RuleStatus.DRAFT: "草稿（只在测试中运行）",
    RuleStatus.RETIRED: "停用",
}


def draw() -> None:
    current_actor()
    rules = open_house().detectors.rules
    st.html(f'<div class="pt"><h1>规则</h1><span>{len(rules.rules)} 条 · 规则库校验值 {rules.sha256[:16]}</span></div>')
    left, right = st.columns([4.6, 6.4], gap="small")
    with left:
        search = st.text_input(
            "查找规则",
            placeholder="编号、名称",
            label_visibility="collapsed",
            icon=":material/search:",
            key="rulebook.search",
        )
        found = [rule for rule in rules.rules if search.strip() in rule.id or search.strip() in rule.title]
        rule = _choose(found)
    with right:
        if rule is not None:
            _explain(rule)


def _choose(rules: Sequence[Rule]) -> Rule | None:
    if not rules:
        st.info("没有符合条件的规则。")
        return None
    table = [{"名称": r.title, "级别": SEVERITY_NAMES[r.severity], "类别": r.category, "编号": r.id} for r in rules]
    chosen = st.dataframe(
        table,
        hide_index=True,
        height=min(620, 38 + 36 * len(table)),
        on_select="rerun",
        selection_mode="single-row",
        key="rulebook.table",
        row_height=36,
    )
    at = chosen["selection"]["rows"]
    return rules[at[0]] if at and at[0] < len(rules) else rules[0]


def _explain(rule: Rule) -> None:
    rows = [
        ("理由", rule.message),
        ("建议", rule.remedy or SUGGESTION_NAMES[rule.suggest]),
        ("依据", "；".join(str(basis) for basis in rule.legal_basis)),
        ("状态", f"{_STATUS[rule.status]}，第 {rule.version} 版，{rule.owner}"),
        ("编号", rule.id),
        ("来源", f"{rule.path.rsplit('/', 1)[-1]} 第 {rule.line} 行"),
    ]
    body = "".join(
        f"<tr><td style='white-space:nowrap;color:#5B6675'>{name}</td><td>{html.escape(text)}</td></tr>"
        for name, text in rows
        if text
    )
    level = f'<span class="sv {SEVERITY_CLASSES[rule.severity]}">{SEVERITY_NAMES[rule.severity]}</span>'
    examples = _examples("应当命中", rule.examples_hit) + _examples("不应命中", rule.examples_miss)
    st.html(
        f'<div class="card"><h2>{level} {html.escape(rule.title)}<small>{html.escape(rule.category)}</small></h2>'
        f'<table class="tb">{body}</table>{examples}</div>'
    )


def _examples(title: str, examples: Sequence[Example]) -> str:
    """Examples with their marked hit; a table's rows stand in lines of their own."""
    shown = []
    for example in examples[:8]:
        rows = "\n".join(" | ".join(row) for row in example.table)
        words = html.escape(example.text or rows or example.file_name)
        words = words.replace("&lt;&lt;", '<mark style="background:#FCE6D6">').replace("&gt;&gt;", "</mark>")
        shown.append(f'<li style="white-space:pre-wrap;overflow-wrap:anywhere">{words}</li>')
    if not shown:
        return ""
    return f'<p style="margin:12px 0 2px;color:#5B6675">{title}</p><ul style="margin:0">{"".join(shown)}</ul>'


draw()
