"""What the browser reports of the reviewer's verdicts: numbered events, each applied once, in order, and answered.

The browser is not trusted: every value is checked here, every right again in ``workflow.dispose``.
"""

from collections.abc import Mapping

from review.casework import workflow
from review.errors import UsageError
from review.types import DispositionCode
from review.ui.clock import now
from review.ui.house import open_house
from review.ui.session import attempt, current_actor

_MOST_EVENTS = 2000
_MOST_REFUSALS = 50
_MOST_NOTE = 500

Answer = dict[str, object]


def apply_events(log: object, case_id: object, before: Mapping[str, object] | None) -> Answer:
    """{"ack": {"run", "n"}, "refused": [{"run", "n", "text"}, …]}: up to which event the log is dealt with.

    ``log`` is the component's state {"run", "key": "case-draft", "events"}; ``before`` the answer of the last time. A log
    that is not of this case changes nothing.
    """
    previous: Answer = dict(before or {})
    if not isinstance(log, Mapping) or not isinstance(log.get("events"), list):
        return previous
    run = str(log.get("run", ""))[:40]
    case_number, _, draft = str(log.get("key", "")).partition("-")
    if case_number != str(case_id) or not (draft.isascii() and draft.isdigit()):
        return previous
    last, refused = _state_of(previous, run)
    for event in log["events"][:_MOST_EVENTS]:
        number = event.get("n") if isinstance(event, Mapping) else None
        if not isinstance(number, int) or number <= last:
            continue
        refusal = attempt(lambda e=event: _dispose(int(case_number), int(draft), e))  # type: ignore[misc]
        refused += [{"run": run, "n": number, "text": refusal}] if refusal else []
        last = number
    return {"ack": {"run": run, "n": last}, "refused": refused[-_MOST_REFUSALS:]}


def _state_of(previous: Answer, run: str) -> tuple[int, list[object]]:
    """Up to which event of this run of the page was answered, and what was refused of it."""
    ack, refused = previous.get("ack"), previous.get("refused")
    if isinstance(ack, Mapping) and ack.get("run") == run and isinstance(refused, list):
        return int(ack["n"]), list(refused)
    return 0, []


def _dispose(case_id: int, draft: int, event: Mapping[str, object]) -> None:
    ids, code = event.get("ids"), event.get("code")
    if not isinstance(ids, list) or not all(type(i) is int for i in ids) or code not in set(DispositionCode):
        raise UsageError("处置没有保存：页面发来的内容无法识别。", "请刷新页面后重新处置。")
    note = str(event.get("note", ""))[:_MOST_NOTE]
    workflow.dispose(open_house().store, current_actor(), case_id, draft, ids, str(code), note, now())
