"""One case as a line of a list: what the queue component draws."""

from review.casework import queries
from review.casework.transitions import STATE_LABELS
from review.types import CaseState, Severity


def row_of(line: queries.CaseSummary) -> dict[str, object]:
    """A line as the queue component draws it; the component escapes."""
    case = line.case
    return {
        "id": case.id,
        "title": case.title,
        "meta": [case.number, case.document_number or "无文号", f"第{case.drafts}稿"],
        "department": case.department,
        "counts": [line.counts[level] for level in (Severity.HIGH, Severity.MEDIUM, Severity.LOW, Severity.INFO)],
        "gaps": line.gaps,
        "pages": line.pages,
        "channel": case.channel,
        "due": deadline(line),
        "late": line.working_days_left is not None and (line.is_overdue or line.working_days_left <= 0),
        "state": case.state.value,
        "stateName": "退回待复核"
        if case.state is CaseState.SUBMITTED and case.drafts > 1
        else STATE_LABELS[case.state],
        "reviewer": line.reviewer_name,
    }


def deadline(line: queries.CaseSummary) -> str:
    """今日到期, 11-26 剩3个工作日, 已超期2个工作日, — without a date of formation."""
    if line.working_days_left is None or line.case.due_on is None:
        return "—"
    if line.is_overdue:
        return f"已超期 {abs(line.working_days_left)} 日" if line.working_days_left else "已超期"
    if line.working_days_left == 0:
        return "今日到期"
    return f"{line.case.due_on:%m-%d} 余{line.working_days_left}日"
