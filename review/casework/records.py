"""Rows ⇄ values: times, dates, checks, cases and the records that hang on them. No SQL, no rules of the workflow."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Row

from review.types import (
    Acknowledgement,
    Case,
    CaseState,
    Check,
    Decision,
    Disposition,
    DispositionCode,
    Draft,
    Finding,
    Gap,
    GapReason,
    Level,
    Outcome,
    Part,
    Severity,
    Source,
    Span,
    StopEvent,
    Submission,
    Verdict,
    Zone,
)


def time_text(at: datetime) -> str:
    """UTC with microseconds, always of the same length, so that texts sort as times."""
    if at.tzinfo is None:
        raise ValueError("times are aware")
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_time(value: str) -> datetime:
    return datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


def storable(text: str) -> str:
    """The text as both databases take it: without NUL, lone surrogates (a broken file name) become "?"."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def date_text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def parse_date(value: str | None) -> date | None:
    return None if value is None else date.fromisoformat(value)


def canonical_json(value: object) -> str:
    """JSON with one spelling only: sorted keys, no spaces, ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def check_json(check: Check) -> str:
    """The check as JSON; the same check always as the same text."""
    value = asdict(check)
    value["checked_on"] = check.checked_on.isoformat()
    return storable(json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")))


def parse_check(text: str) -> Check:
    value = json.loads(text)
    verdict = value.pop("verdict")
    return Check(
        **{
            **value,
            "findings": tuple(_finding(item) for item in value["findings"]),
            "gaps": tuple(_gap(item) for item in value["gaps"]),
            "checked_on": date.fromisoformat(value["checked_on"]),
        },
        verdict=Verdict(Level(verdict["level"]), verdict["complete"], tuple(verdict["reasons"])),
    )


def _finding(value: dict[str, Any]) -> Finding:
    return Finding(
        **{
            **value,
            "severity": Severity(value["severity"]),
            "source": Source(value["source"]),
            "place": Zone(value["place"]),
            "span": _span(value["span"]),
            "spans": tuple(Span(item["start"], item["end"]) for item in value["spans"]),
            "layers": tuple(value["layers"]),
            "notes": tuple(value["notes"]),
        }
    )


def _span(value: dict[str, int] | None) -> Span | None:
    return None if value is None else Span(value["start"], value["end"])


def _gap(value: dict[str, Any]) -> Gap:
    return Gap(**{**value, "reason": GapReason(value["reason"])})


def parts_json(parts: Sequence[Part]) -> str:
    return storable(json.dumps([asdict(part) for part in parts], ensure_ascii=False))


def parse_parts(text: str) -> tuple[Part, ...]:
    return tuple(Part(**{**value, "span": _span(value["span"])}) for value in json.loads(text))


def case_of(row: Row) -> Case:
    return Case(
        id=row.id,
        number=row.number,
        title=row.title,
        document_number=row.document_number,
        department=row.department,
        submitter_id=row.submitter_id,
        channel=row.channel,
        formed_on=parse_date(row.formed_on),
        due_on=parse_date(row.due_on),
        state=CaseState(row.state),
        reviewer_id=row.reviewer_id,
        drafts=row.drafts,
        version=row.version,
        created_at=parse_time(row.created_at),
        updated_at=parse_time(row.updated_at),
    )


def submission_of(row: Row) -> Submission:
    return Submission(
        title=row.title,
        document_number=row.document_number,
        channel=row.channel,
        formed_on=parse_date(row.formed_on),
        source=row.source,
        openness=row.openness,
        submitter_note=row.submitter_note,
    )


def draft_of(row: Row) -> Draft:
    return Draft(
        case_id=row.case_id,
        number=row.number,
        sha256=row.sha256,
        file_name=row.file_name,
        format=row.format,
        size=row.size,
        check=parse_check(row.check_json),
        uploaded_by=row.uploaded_by,
        uploaded_at=parse_time(row.uploaded_at),
    )


def disposition_of(row: Row) -> Disposition:
    return Disposition(
        case_id=row.case_id,
        draft=row.draft,
        finding=row.finding,
        code=DispositionCode(row.code),
        note=row.note,
        actor_id=row.actor_id,
        at=parse_time(row.at),
        carried_from=row.carried_from,
    )


def acknowledgement_of(row: Row) -> Acknowledgement:
    return Acknowledgement(row.case_id, row.draft, row.note, row.actor_id, parse_time(row.at))


def decision_of(row: Row) -> Decision:
    return Decision(
        id=row.id,
        case_id=row.case_id,
        draft=row.draft,
        outcome=Outcome(row.outcome),
        reason_code=row.reason_code,
        opinion=row.opinion,
        actor_id=row.actor_id,
        actor_name=row.actor_name,
        at=parse_time(row.at),
        audit_seq=row.audit_seq,
        until=parse_date(row.until),
        condition=row.condition,
        body=row.body,
        reply_due=parse_date(row.reply_due),
    )


def stop_event_of(row: Row) -> StopEvent:
    return StopEvent(
        number=row.number,
        at=parse_time(row.at),
        actor_id=row.actor_id,
        actor_name=row.actor_name,
        department=row.department,
        client=row.client,
        rules=tuple(json.loads(row.rules)),
        places=tuple(json.loads(row.places)),
        suffix=row.suffix,
        size=row.size,
        name_hash=row.name_hash,
        action=row.action,
    )
