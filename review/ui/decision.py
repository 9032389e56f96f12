"""The decision bar and its dialog: what each outcome needs, asked for where it is decided.

A conflict (somebody else acted meanwhile) is said in the dialog and nothing is lost: the words typed stay.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import streamlit as st

from review.casework import queries, workflow
from review.casework.readiness import count_undisposed
from review.casework.transitions import OUTCOMES, WITHHOLDING_REASONS, Need
from review.types import Actor, CaseState, DispositionCode, Outcome
from review.ui.clock import now, today
from review.ui.house import House, open_house
from review.ui.session import attempt, current_actor, say, tell

#: What stands on the bar itself; the rest is behind "其他结论".
_ON_BAR = (Outcome.RETURN, Outcome.WITHHOLD, Outcome.PUBLISH_REDACTED)
_OTHERS = (
    Outcome.ON_REQUEST,
    Outcome.DEFER,
    Outcome.CONSULT_3P,
    Outcome.CONSULT_ORG,
    Outcome.REFER,
    Outcome.STOP_SECRET,
)
_EXPLANATIONS: Mapping[Outcome, str] = {
    Outcome.PUBLISH: "文稿可以原样公开。",
    Outcome.PUBLISH_REDACTED: "须遮盖的内容必须已经不在本稿中；仍在的，请退回经办人修改后再作此结论。",
    Outcome.ON_REQUEST: "不主动公开，有人申请时提供。",
    Outcome.WITHHOLD: "须选定法定理由，并定期评估是否仍须不公开（条例第十八条）。",
    Outcome.DEFER: "到某一天或某个条件成就后再公开。",
    Outcome.RETURN: "文稿回到经办人手中，修改后重新提交；已作的处置对未改动的内容继续有效。",
    Outcome.CONSULT_3P: "涉及第三方合法权益，征求其意见；15个工作日内答复（条例第三十二条）。",
    Outcome.CONSULT_ORG: "与制作机关或者联合制作机关协商、确认（条例第十一条、第三十四条）。",
    Outcome.REFER: "不能确定是否可以公开的，报有关主管部门或者保密行政管理部门确定（条例第十七条）。",
    Outcome.STOP_SECRET: "发现疑似国家秘密：停止处理，清除已存的文稿内容，并登记事件。清除后不能恢复。",
}
_BODIES = {
    Outcome.CONSULT_3P: "第三方名称",
    Outcome.CONSULT_ORG: "制作机关或联合机关",
    Outcome.REFER: "提请确定的机关",
}


@dataclass(frozen=True, slots=True)
class _Details:
    reason: str
    until: date | None
    condition: str
    body: str


def draw_buttons(house: House, actor: Actor, case_file: queries.CaseFile) -> None:
    """One button per outcome; 同意公开 is closed while anything blocks it."""
    case, check = case_file.case, case_file.newest.check
    label = "更正为" if case.state is CaseState.DECIDED else ""
    if st.button(f"{label}其他结论", key="decision.other"):
        _decide_other(case.id, case.version)
    for outcome in _ON_BAR:
        if st.button(f"{label}{OUTCOMES[outcome].label}", key=f"decision.{outcome}"):
            _decide(case.id, case.version, outcome)
    marks = case_file.dispositions_of(case_file.newest.number)
    is_closed = count_undisposed(check, marks) > 0
    if st.button(
        f"{label}同意公开",
        type="primary",
        key=f"decision.{Outcome.PUBLISH}",
        disabled=is_closed,
        help="须先处置全部较高以上的问题" if is_closed else None,
    ):
        _decide(case.id, case.version, Outcome.PUBLISH)


@st.dialog("作出审查结论", width="medium")
def _decide(case_id: int, version: int, outcome: Outcome) -> None:
    draw_form(case_id, version, outcome)


@st.dialog("作出其他结论", width="medium")
def _decide_other(case_id: int, version: int) -> None:
    outcome = st.selectbox(
        "结论",
        _OTHERS,
        index=None,
        format_func=lambda chosen: OUTCOMES[chosen].label,
        placeholder="请选择",
        key="decision.outcome",
    )
    if outcome is not None:
        draw_form(case_id, version, outcome)


def draw_form(case_id: int, version: int, outcome: Outcome) -> None:
    """What the dialog asks for; ``version`` is the case as the person saw it when the dialog opened."""
    house, actor = open_house(), current_actor()
    case_file = queries.get_case(house.store, actor, case_id)
    rule = OUTCOMES[outcome]
    marks = case_file.dispositions_of(case_file.newest.number)
    st.markdown(f"**{rule.label}**　·　已处置 {len(marks)} / {len(case_file.newest.check.findings)} 处")
    st.caption(_EXPLANATIONS[outcome])
    details = _ask(outcome, rule.needs, rule.reply_days)
    is_needed = Need.OPINION in rule.needs
    opinion = st.text_area(
        "审查意见" if is_needed else "审查意见（可不填）",
        value=_draft_opinion(case_file, house) if outcome is Outcome.RETURN else "",
        placeholder="请写明结论依据，将记入办理记录并反馈来文单位",
        height=150,
        max_chars=4000,
        key=f"decision.opinion.{outcome}.{case_id}",
    )
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("取消", key="decision.cancel"):
            st.rerun()
        is_sent = st.button("提交结论", type="primary", key="decision.send", disabled=is_needed and not opinion.strip())
    if not is_sent:
        return
    refusal = attempt(lambda: _send(case_id, version, outcome, opinion, details))
    if refusal:
        tell(refusal)
    else:
        say(f"已作出结论：{rule.label}。")
        st.rerun()


def _send(case_id: int, version: int, outcome: Outcome, opinion: str, details: _Details) -> None:
    house, actor = open_house(), current_actor()
    hashes = {draft.sha256 for draft in queries.get_case(house.store, actor, case_id).drafts}
    workflow.decide(
        house.store,
        actor,
        case_id,
        version,
        outcome,
        details.reason,
        opinion,
        now(),
        until=details.until,
        condition=details.condition,
        body=details.body,
    )
    if outcome is Outcome.STOP_SECRET:
        house.forget_stopped(hashes)


def draw_gaps_form(case_id: int, draft: int) -> None:
    """The person says that they looked at what the machine could not read, and how."""
    st.write("确认您已打开原件，逐页、逐表查看了未能检查的内容，并写明查看的情况。确认后记入办理记录。")
    note = st.text_area(
        "查看说明", key="gaps.note", max_chars=1000, placeholder="例如：第2页为扫描件，已看，无个人信息"
    )
    if st.button("确认", type="primary", key="gaps.confirm"):
        refusal = attempt(
            lambda: workflow.acknowledge_gaps(open_house().store, current_actor(), case_id, draft, note, now())
        )
        if refusal:
            tell(refusal)
        else:
            say("已记录：人工已逐页查看。")
            st.rerun()


def _ask(outcome: Outcome, needs: frozenset[Need], reply_days: int) -> _Details:
    """The fields this outcome needs besides the opinion."""
    reason, until, condition, body = "", None, "", ""
    tomorrow = today() + timedelta(days=1)
    if Need.REASON in needs:
        chosen = st.selectbox(
            "不予公开的法定理由",
            list(WITHHOLDING_REASONS),
            index=None,
            format_func=lambda code: f"{code}. {WITHHOLDING_REASONS[code]}",
            placeholder="请选择",
            key="decision.reason",
        )
        reason = chosen or ""
    if Need.UNTIL in needs:
        until = _day("下次评估日期", tomorrow, today() + timedelta(days=365))
    if Need.UNTIL_OR_CONDITION in needs:
        until = _day("暂缓至（与条件至少填一项）", tomorrow, None)
        condition = st.text_input(
            "公开的条件", placeholder="例如：开标后、公示期满后", max_chars=300, key="decision.condition"
        )
    if Need.BODY in needs:
        body = st.text_input(_BODIES[outcome], max_chars=200, key="decision.body")
        st.caption(f"答复期限：{reply_days} 个工作日。")
    return _Details(reason, until, condition, body)


def _day(label: str, earliest: date, value: date | None) -> date | None:
    chosen = st.date_input(label, value=value, min_value=earliest, format="YYYY-MM-DD", key="decision.until")
    return chosen if isinstance(chosen, date) else None


def _draft_opinion(case_file: queries.CaseFile, house: House) -> str:
    """A first wording of the reasons for a return: what the reviewer marked, by rule and number of places; no text of it."""
    marks = case_file.dispositions_of(case_file.newest.number)
    counts: dict[tuple[str, DispositionCode], int] = {}
    for index, mark in marks.items():
        if mark.code is DispositionCode.FALSE_ALARM:
            continue
        key = (case_file.newest.check.findings[index].rule_id, mark.code)
        counts[key] = counts.get(key, 0) + case_file.newest.check.findings[index].count
    verbs = {
        DispositionCode.CONFIRMED: "请删除或修改",
        DispositionCode.REDACT: "请脱敏",
        DispositionCode.DOUBTFUL: "请核实并说明",
    }
    lines = []
    for number, ((rule_id, code), count) in enumerate(counts.items(), 1):
        rule = house.detectors.rules.rule(rule_id)
        lines.append(f"{number}. {rule.title if rule else rule_id} {count} 处，{verbs[code]}。")
    return "\n".join(lines)
