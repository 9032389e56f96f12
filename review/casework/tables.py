"""The tables of the database. Times are ISO text in UTC with microseconds (they sort), dates ISO text, values JSON text.

``migrations/`` creates them; a test compares both. What a table may not forget is append-only by ``triggers.py``.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()

#: SQLite gives an automatic key only to INTEGER; PostgreSQL should not run out of them.
KEY = BigInteger().with_variant(Integer, "sqlite")

installation = Table(
    "installation",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", Text, nullable=False),
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("login", String(80), nullable=False, unique=True),
    Column("name", String(80), nullable=False),
    Column("department", String(120), nullable=False),
    Column("roles", String(200), nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("must_change", Integer, nullable=False),
    Column("is_disabled", Integer, nullable=False),
    Column("created_at", String(40), nullable=False),
    Column("signed_in_at", String(40)),
)

#: Failures per login name, whether such an account exists or not: otherwise a lock would tell which logins exist.
lockouts = Table(
    "lockouts",
    metadata,
    Column("login_hash", String(64), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", String(40), nullable=False),
    Column("locked_until", String(40)),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("account_id", String(40), ForeignKey("accounts.id"), nullable=False),
    Column("client", String(80), nullable=False),
    Column("created_at", String(40), nullable=False),
    Column("seen_at", String(40), nullable=False),
    Column("expires_at", String(40), nullable=False),
    Index("sessions_by_account", "account_id"),
)

counters = Table(
    "counters",
    metadata,
    Column("series", String(160), nullable=False),
    Column("year", Integer, nullable=False),
    Column("last", Integer, nullable=False),
    PrimaryKeyConstraint("series", "year"),
)

#: The figures from ``pages`` on describe the newest draft, kept here so that the queue is one query.
cases = Table(
    "cases",
    metadata,
    Column("id", KEY, primary_key=True, autoincrement=True),
    Column("number", String(200), nullable=False, unique=True),
    Column("title", Text, nullable=False),
    Column("document_number", Text, nullable=False),
    Column("department", String(120), nullable=False),
    Column("submitter_id", String(40), ForeignKey("accounts.id"), nullable=False),
    Column("channel", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("openness", Text, nullable=False),
    Column("submitter_note", Text, nullable=False),
    Column("formed_on", String(10)),
    Column("due_on", String(10)),
    Column("state", String(20), nullable=False),
    Column("reviewer_id", String(40), ForeignKey("accounts.id")),
    Column("drafts", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", String(40), nullable=False),
    Column("updated_at", String(40), nullable=False),
    Column("decided_at", String(40)),
    Column("pages", Integer),
    Column("high", Integer, nullable=False),
    Column("medium", Integer, nullable=False),
    Column("low", Integer, nullable=False),
    Column("info", Integer, nullable=False),
    Column("gaps", Integer, nullable=False),
    Column("undisposed", Integer, nullable=False),
    Index("cases_by_state", "state", "due_on"),
    Index("cases_by_department", "department", "state"),
    Index("cases_by_reviewer", "reviewer_id", "state"),
    Index("cases_by_decision", "decided_at"),
)

drafts = Table(
    "drafts",
    metadata,
    Column("case_id", KEY, ForeignKey("cases.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("file_name", Text, nullable=False),
    Column("format", String(40), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("check_json", Text, nullable=False),
    Column("parts_json", Text, nullable=False),
    Column("original_file", String(64), nullable=False),
    Column("document_file", String(64), nullable=False),
    Column("uploaded_by", String(40), ForeignKey("accounts.id"), nullable=False),
    Column("uploaded_at", String(40), nullable=False),
    PrimaryKeyConstraint("case_id", "number"),
    Index("drafts_by_content", "sha256"),
)

#: Every disposition ever made; the newest of a finding counts.
dispositions = Table(
    "dispositions",
    metadata,
    Column("id", KEY, primary_key=True, autoincrement=True),
    Column("case_id", KEY, nullable=False),
    Column("draft", Integer, nullable=False),
    Column("finding", Integer, nullable=False),
    Column("code", String(20), nullable=False),
    Column("note", Text, nullable=False),
    Column("actor_id", String(40), nullable=False),
    Column("at", String(40), nullable=False),
    Column("carried_from", Integer),
    Index("dispositions_by_draft", "case_id", "draft", "finding"),
)

acknowledgements = Table(
    "acknowledgements",
    metadata,
    Column("id", KEY, primary_key=True, autoincrement=True),
    Column("case_id", KEY, nullable=False),
    Column("draft", Integer, nullable=False),
    Column("note", Text, nullable=False),
    Column("actor_id", String(40), nullable=False),
    Column("at", String(40), nullable=False),
    Index("acknowledgements_by_draft", "case_id", "draft"),
)

decisions = Table(
    "decisions",
    metadata,
    Column("id", KEY, primary_key=True, autoincrement=True),
    Column("case_id", KEY, nullable=False),
    Column("draft", Integer, nullable=False),
    Column("outcome", String(40), nullable=False),
    Column("reason_code", String(8), nullable=False),
    Column("opinion", Text, nullable=False),
    Column("actor_id", String(40), nullable=False),
    Column("actor_name", String(80), nullable=False),
    Column("at", String(40), nullable=False),
    Column("until", String(10)),
    Column("condition", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("reply_due", String(10)),
    Column("audit_seq", BigInteger, nullable=False),
    Index("decisions_by_case", "case_id", "id"),
)

#: The redacted version that a PUBLISH_REDACTED decision approved.
redacted_copies = Table(
    "redacted_copies",
    metadata,
    Column("decision_id", KEY, ForeignKey("decisions.id"), primary_key=True, autoincrement=False),
    Column("case_id", KEY, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("file_name", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("check_json", Text, nullable=False),
    Column("vault_file", String(64), nullable=False),
    Index("redacted_copies_by_case", "case_id"),
)

#: Vault files that a committed act promised to remove and that may still be there.
removals = Table("removals", metadata, Column("vault_file", String(64), primary_key=True))

#: Content-free (domain.md §8.4): no title, no bytes, the file name only as a keyed hash.
stop_events = Table(
    "stop_events",
    metadata,
    Column("number", String(40), primary_key=True),
    Column("at", String(40), nullable=False),
    Column("actor_id", String(40), nullable=False),
    Column("actor_name", String(80), nullable=False),
    Column("department", String(120), nullable=False),
    Column("client", String(80), nullable=False),
    Column("rules", Text, nullable=False),
    Column("places", Text, nullable=False),
    Column("suffix", String(20), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("name_hash", String(64), nullable=False),
    Column("action", String(40), nullable=False),
    Index("stop_events_by_time", "at"),
)

#: What a person stopped and nobody has released yet: the case, and the content as a keyed hash so that it does not come back.
case_stops = Table(
    "case_stops",
    metadata,
    Column("id", KEY, primary_key=True, autoincrement=True),
    Column("case_id", KEY, nullable=False),
    Column("number", String(40), nullable=False),
    Column("content", String(64), nullable=False),
    Column("actor_id", String(40), nullable=False),
    Column("at", String(40), nullable=False),
    Index("case_stops_by_case", "case_id"),
    Index("case_stops_by_content", "content"),
)

#: The record of the secrecy officer that a stop may end (domain.md §8.4 step 7): who, on what basis, when.
stop_releases = Table(
    "stop_releases",
    metadata,
    Column("number", String(40), primary_key=True),
    Column("case_id", KEY, nullable=False),
    Column("basis", Text, nullable=False),
    Column("actor_id", String(40), nullable=False),
    Column("actor_name", String(80), nullable=False),
    Column("at", String(40), nullable=False),
)

audit_events = Table(
    "audit_events",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("at", String(40), nullable=False),
    Column("actor_id", String(40), nullable=False),
    Column("action", String(40), nullable=False),
    Column("case_id", BigInteger),
    Column("payload", Text, nullable=False),
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    UniqueConstraint("hash"),
    Index("audit_events_by_case", "case_id", "seq"),
    Index("audit_events_by_action", "action", "seq"),
)
