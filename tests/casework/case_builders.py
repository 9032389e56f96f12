"""Small builders for the tests of this room; all names and texts are invented."""

import hashlib
from datetime import UTC, date, datetime

from review.casework.accounts import add_account, change_password, sign_in
from review.casework.store import Hashing, Store
from review.casework.workflow import submit
from review.types import (
    Actor,
    Block,
    BlockKind,
    Case,
    Check,
    Document,
    Finding,
    Gap,
    Level,
    Role,
    Severity,
    Source,
    Span,
    Submission,
    Verdict,
    Zone,
)

#: argon2 as cheap as it goes: these tests are not about guessing passwords.
CHEAP = Hashing(time_cost=1, memory_kib=8, parallelism=1)
NOW = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
PASSWORD = "Qing-Shan-2026"


def make_document(text: str, name: str = "草稿.txt", gaps: tuple[Gap, ...] = ()) -> tuple[bytes, Document]:
    data = text.encode()
    blocks, at = [], 0
    for line in text.split("\n"):
        blocks.append(Block(Span(at, at + len(line)), BlockKind.PARAGRAPH, f"第{len(blocks) + 1}段"))
        at += len(line) + 1
    sha = hashlib.sha256(data).hexdigest()
    return data, Document(sha, name, "txt", len(data), text, tuple(blocks), gaps=gaps)


def make_finding(severity: Severity = Severity.HIGH, fingerprint: str = "", **more) -> Finding:
    values = {"rule_id": "resident-id-number", "rule_version": 1, "category": "PII.ID", "source": Source.RULE}
    span = None if severity is Severity.STOP else Span(0, 2)
    place = Zone.FIRST_PAGE_TOP if severity is Severity.STOP else Zone.BODY
    base = {"severity": severity, "span": span, "spans": (span,) if span else (), "place": place}
    return Finding(**{**values, **base, "fingerprint": fingerprint, **more})


def make_check(document: Document | None, *findings: Finding, gaps: tuple[Gap, ...] = ()) -> Check:
    worst = max((finding.severity.rank for finding in findings), default=0)
    level = (Level.CLEAR, Level.REVIEW, Level.REVIEW, Level.BLOCK, Level.STOP)[worst]
    if gaps and level is Level.CLEAR:
        level = Level.REVIEW
    return Check(
        document_sha256=document.sha256 if document else None,
        document_format="txt",
        characters=len(document.text) if document else None,
        pages=None,
        findings=findings,
        gaps=gaps,
        verdict=Verdict(level, not gaps),
        ruleset_sha256="ab" * 32,
        model_id=None,
        tool_version="0.1.0",
        checked_on=date(2026, 11, 23),
    )


def make_actor(store: Store, login: str, department: str, *roles: Role) -> Actor:
    """An account with its password changed, as it is after the first sign-in."""
    one_time = add_account(store, None, login, f"{login}（化名）", department, roles)
    session = sign_in(store, login, one_time, "10.0.0.1", NOW)
    change_password(store, session.actor, one_time, PASSWORD, session.token)
    return session.actor


def make_submission(title: str = "关于救助对象名单的公示", **more) -> Submission:
    values = {"document_number": "青民〔2026〕8号", "channel": "政府门户网站", "formed_on": date(2026, 11, 16)}
    return Submission(title, **{**values, **more})


def make_case(
    store: Store, actor: Actor, *findings: Finding, gaps: tuple[Gap, ...] = (), text: str = "公示正文"
) -> Case:
    data, document = make_document(text, gaps=gaps)
    check = make_check(document, *findings, gaps=gaps)
    return submit(store, actor, make_submission(), data, "名单.txt", document, check, NOW)
