"""What the browser reports of the reviewer's verdicts: numbered events, each applied once, in order, and answered.

The browser is not trusted: every value is checked here, every right again in ``workflow.dispose``. Streamlit may run one
page in two threads at a time (the run that is told to end, and the next one), so how far a page is dealt with stands in a
ledger with a lock, not in the session state.
"""

from collections.abc import Mapping

from review.casework import workflow
from review.casework.store import Store
from review.errors import UsageError
from review.types import Actor, DispositionCode
from review.ui.clock import now
from review.ui.ledger import Ledger
from review.ui.session import attempt

_MOST_EVENTS = 2000
_MOST_REFUSALS = 50
_MOST_NOTE = 500


def answer_of(log: object, ledger: Ledger, actor: Actor) -> dict[str, object]:
    """{"ack": {"run", "n"}, "refused": [{"run", "n", "text"}, …]} for the page that sent ``log``; {} before its first."""
    if not isinstance(log, Mapping) or "run" not in log:
        return {}
    run = _run_of(log)
    page = ledger.page(actor, run)
    return {"ack": {"run": run, "n": page.last}, "refused": list(page.refused)}


def apply_events(log: object, case_id: object, ledger: Ledger, store: Store, actor: Actor) -> None:
    """Apply the events of ``log`` that were not dealt with yet.

    ``log`` is the component's state {"run", "key": "case-draft", "events"}. One that is not of this case changes nothing.
    """
    if not isinstance(log, Mapping) or not isinstance(log.get("events"), list):
        return
    case_number, _, draft = str(log.get("key", "")).partition("-")
    if case_number != str(case_id) or not (draft.isascii() and draft.isdigit()):
        return
    run = _run_of(log)
    page = ledger.page(actor, run)
    for event in log["events"][:_MOST_EVENTS]:
        number = event.get("n") if isinstance(event, Mapping) else None
        if isinstance(number, int):
            with page.lock:
                if number <= page.last:
                    continue
                refusal = attempt(lambda e=event: _dispose(store, actor, int(case_number), int(draft), e))  # type: ignore[misc]
                page.last = number
                if refusal:
                    page.refused = [*page.refused, {"run": run, "n": number, "text": refusal}][-_MOST_REFUSALS:]


def _run_of(log: Mapping[str, object]) -> str:
    return str(log.get("run", ""))[:40]


def _dispose(store: Store, actor: Actor, case_id: int, draft: int, event: Mapping[str, object]) -> None:
    ids, code = event.get("ids"), event.get("code")
    if not isinstance(ids, list) or not all(type(i) is int for i in ids) or code not in set(DispositionCode):
        raise UsageError("处置没有保存：页面发来的内容无法识别。", "请刷新页面后重新处置。")
    note = str(event.get("note", ""))[:_MOST_NOTE]
    workflow.dispose(store, actor, case_id, draft, ids, str(code), note, now())
