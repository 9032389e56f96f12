"""The audit events of one case as a person reads them, joined with the opinions and notes that the chain holds as hashes."""

from dataclasses import dataclass, field
from datetime import datetime

from review.casework.audit import ACTIONS
from review.casework.queries import CaseFile
from review.casework.transitions import OUTCOMES
from review.types import AuditEvent, DispositionCode, Outcome

CODE_NAMES = {
    DispositionCode.CONFIRMED: "应处理",
    DispositionCode.REDACT: "脱敏",
    DispositionCode.FALSE_ALARM: "误报",
    DispositionCode.DOUBTFUL: "存疑",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the record."""

    seq: int
    hash: str
    at: datetime
    who: str
    title: str
    text: str = field(repr=False)
    is_decision: bool


def steps_of(case_file: CaseFile) -> tuple[Step, ...]:
    """Every step of the case, the oldest first."""
    return tuple(_step(case_file, event) for event in case_file.events)


def _step(case_file: CaseFile, event: AuditEvent) -> Step:
    title, text = _words(case_file, event)
    who = case_file.names.get(event.actor_id, "本机操作员")
    return Step(event.seq, event.hash, event.at, who, title, text, event.action == "decided")


def _words(case_file: CaseFile, event: AuditEvent) -> tuple[str, str]:
    payload, label = event.payload, ACTIONS[event.action][0]
    draft = payload.get("draft")
    if event.action in ("submitted", "resubmitted"):
        found = f"问题 {payload.get('findings')} 处，未能检查 {payload.get('gaps')} 处"
        carried = f"，沿用上一稿处置 {payload['carried']} 处" if payload.get("carried") else ""
        return f"{label} 第{draft}稿", f"{found}{carried}。{_hash_of(case_file, draft)}"
    if event.action == "decided":
        decision = next((item for item in case_file.decisions if item.audit_seq == event.seq), None)
        return f"{label}：{OUTCOMES[Outcome(str(payload['outcome']))].label}", decision.opinion if decision else ""
    if event.action == "disposed":
        code = CODE_NAMES.get(DispositionCode(str(payload["code"])), str(payload["code"]))
        return f"{label}：{code} {payload.get('count', 1)} 处", _notes(case_file, event)
    if event.action == "gaps-acknowledged":
        notes = [item.note for item in case_file.acknowledgements if item.draft == draft and item.at == event.at]
        return label, "；".join(notes)
    return f"{label} 第{draft}稿" if draft else label, ""


def _hash_of(case_file: CaseFile, number: object) -> str:
    """From the draft itself, so that a purge takes it away; the chain holds a keyed hash only."""
    sha256 = next((draft.sha256 for draft in case_file.drafts if draft.number == number), "")
    return f"文件校验值 {sha256[:16]}…" if sha256 else "文稿内容已清除"


def _notes(case_file: CaseFile, event: AuditEvent) -> str:
    notes = {
        item.note
        for item in case_file.dispositions
        if item.at == event.at and item.actor_id == event.actor_id and item.draft == event.payload.get("draft")
    }
    return "；".join(sorted(filter(None, notes)))


PURGED = (
    '<div class="chain bad" role="alert"><b>本件已按疑似国家秘密停止处理，存储的文稿内容已清除。</b> '
    "记录仍在；源文件和介质的处理由保密部门决定。</div>"
)
