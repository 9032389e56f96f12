"""The workflow written out: acts, who may do them, from which state to which, and what each outcome needs."""

from dataclasses import dataclass
from enum import StrEnum

from review.types import CaseState, Outcome, Role


class Act(StrEnum):
    """What a person may do with a case; the names of ``permitted``."""

    RESUBMIT = "resubmit"
    WITHDRAW = "withdraw"
    CLAIM = "claim"
    RELEASE = "release"
    DISPOSE = "dispose"
    ACKNOWLEDGE = "acknowledge_gaps"
    DECIDE = "decide"
    CORRECT = "correct"  # a further decision on a decided case
    OPEN = "open_draft"


ACT_LABELS: dict[Act, str] = {
    Act.RESUBMIT: "重新送审",
    Act.WITHDRAW: "撤回",
    Act.CLAIM: "领取",
    Act.RELEASE: "放回待办",
    Act.DISPOSE: "处置问题",
    Act.ACKNOWLEDGE: "确认已人工查看",
    Act.DECIDE: "作出结论",
    Act.CORRECT: "更正结论",
    Act.OPEN: "打开文稿",
}

STATE_LABELS: dict[CaseState, str] = {
    CaseState.SUBMITTED: "待审查",
    CaseState.IN_REVIEW: "审查中",
    CaseState.RETURNED: "已退回",
    CaseState.REFERRED: "征求意见、提请确定中",
    CaseState.DECIDED: "已办结",
    CaseState.WITHDRAWN: "已撤回",
}


@dataclass(frozen=True, slots=True)
class Transition:
    """Where an act may start, whose it is, and where it leads (None: the state stays, or the outcome says).

    ``whose``: "department": the submitting department; "holder": who claimed the case, or a lead; "anyone": every holder of
    the role.
    """

    states: frozenset[CaseState]
    roles: frozenset[Role]
    whose: str
    target: CaseState | None = None


_OPEN_STATES = frozenset({CaseState.SUBMITTED, CaseState.IN_REVIEW, CaseState.RETURNED, CaseState.REFERRED})
_AT_WORK = frozenset({CaseState.IN_REVIEW, CaseState.REFERRED})
_SUBMITTERS = frozenset({Role.SUBMITTER})
_DECIDERS = frozenset({Role.REVIEWER, Role.LEAD})

TRANSITIONS: dict[Act, Transition] = {
    Act.RESUBMIT: Transition(
        frozenset({CaseState.RETURNED, CaseState.SUBMITTED}), _SUBMITTERS, "department", CaseState.SUBMITTED
    ),
    Act.WITHDRAW: Transition(_OPEN_STATES, _SUBMITTERS, "department", CaseState.WITHDRAWN),
    Act.CLAIM: Transition(frozenset({CaseState.SUBMITTED}), _DECIDERS, "anyone", CaseState.IN_REVIEW),
    Act.RELEASE: Transition(frozenset({CaseState.IN_REVIEW}), _DECIDERS, "holder", CaseState.SUBMITTED),
    Act.DISPOSE: Transition(_AT_WORK, _DECIDERS, "holder"),
    Act.ACKNOWLEDGE: Transition(_AT_WORK, _DECIDERS, "holder"),
    Act.DECIDE: Transition(_AT_WORK, _DECIDERS, "holder"),
    Act.CORRECT: Transition(frozenset({CaseState.DECIDED}), _DECIDERS, "holder"),
    Act.OPEN: Transition(frozenset(CaseState), frozenset({Role.SUBMITTER, Role.REVIEWER, Role.LEAD}), "anyone"),
}

#: Acts of a reviewer, closed to everyone who uploaded a draft of the case (domain.md §3.1: nobody takes two steps of one item).
REVIEWING = frozenset({Act.CLAIM, Act.RELEASE, Act.DISPOSE, Act.ACKNOWLEDGE, Act.DECIDE, Act.CORRECT})


class Need(StrEnum):
    """What a decision must bring with it."""

    OPINION = "opinion"  # 审查意见
    REASON = "reason"  # one of WITHHOLDING_REASONS
    UNTIL = "until"  # a later date: re-review
    UNTIL_OR_CONDITION = "until_or_condition"
    BODY = "body"  # who is asked
    FINDINGS_SETTLED = "findings_settled"
    REDACTED = "redacted"  # what is to be hidden is gone: from this draft, or from a checked redacted copy
    GAPS_SEEN = "gaps_seen"


@dataclass(frozen=True, slots=True)
class OutcomeRule:
    """An outcome's Chinese name, the state it leads to, what it needs, and the working days for a reply."""

    label: str
    target: CaseState
    needs: frozenset[Need]
    reply_days: int = 0


#: domain.md §3.3; days for replies: 条例第三十二条、第三十四条 (15), local practice for 提请确定 (10).
OUTCOMES: dict[Outcome, OutcomeRule] = {
    Outcome.PUBLISH: OutcomeRule("同意主动公开", CaseState.DECIDED, frozenset({Need.FINDINGS_SETTLED, Need.GAPS_SEEN})),
    Outcome.PUBLISH_REDACTED: OutcomeRule(
        "区分处理后公开", CaseState.DECIDED, frozenset({Need.OPINION, Need.REDACTED, Need.GAPS_SEEN})
    ),
    Outcome.ON_REQUEST: OutcomeRule("依申请公开", CaseState.DECIDED, frozenset({Need.OPINION})),
    Outcome.WITHHOLD: OutcomeRule("不予公开", CaseState.DECIDED, frozenset({Need.OPINION, Need.REASON, Need.UNTIL})),
    Outcome.DEFER: OutcomeRule("暂缓公开", CaseState.DECIDED, frozenset({Need.OPINION, Need.UNTIL_OR_CONDITION})),
    Outcome.RETURN: OutcomeRule("退回修改", CaseState.RETURNED, frozenset({Need.OPINION})),
    Outcome.CONSULT_3P: OutcomeRule("征求第三方意见", CaseState.REFERRED, frozenset({Need.OPINION, Need.BODY}), 15),
    Outcome.CONSULT_ORG: OutcomeRule(
        "商制作（联合）机关", CaseState.REFERRED, frozenset({Need.OPINION, Need.BODY}), 15
    ),
    Outcome.REFER: OutcomeRule(
        "报主管部门或保密行政管理部门确定", CaseState.REFERRED, frozenset({Need.OPINION, Need.BODY}), 10
    ),
    Outcome.STOP_SECRET: OutcomeRule("停止处理（疑似国家秘密）", CaseState.DECIDED, frozenset({Need.OPINION})),
}

#: The eight lines of the annual report form (国办公开办函〔2021〕30号), in its order.
WITHHOLDING_REASONS: dict[str, str] = {
    "1": "属于国家秘密",
    "2": "其他法律行政法规禁止公开",
    "3": "危及“三安全一稳定”",
    "4": "保护第三方合法权益",
    "5": "属于三类内部事务信息",
    "6": "属于四类过程性信息",
    "7": "属于行政执法案卷",
    "8": "属于行政查询事项",
}

#: Role combinations that one account may not have: each role of the left with none of the right (三员分立).
SEPARATED: dict[Role, frozenset[Role]] = {
    Role.AUDITOR: frozenset(Role) - {Role.AUDITOR},
    Role.ADMIN: frozenset({Role.REVIEWER, Role.LEAD, Role.SECRECY, Role.AUDITOR, Role.SUBMITTER}),
}

ROLE_LABELS: dict[Role, str] = {
    Role.SUBMITTER: "经办人",
    Role.REVIEWER: "审查人",
    Role.LEAD: "负责人",
    Role.RULES: "规则维护员",
    Role.SECRECY: "保密员",
    Role.AUDITOR: "审计员",
    Role.ADMIN: "系统管理员",
}
