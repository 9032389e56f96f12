"""The first tables and the triggers that make records append-only."""

import sqlalchemy as sa
from alembic import op

from review.casework.triggers import install_triggers

revision = "0001"
down_revision = None

#: SQLite gives an automatic key only to INTEGER.
KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    _create_people()
    _create_cases()
    _create_acts()
    _create_records()
    install_triggers(op.get_bind())


def _create_people() -> None:
    op.create_table(
        "installation",
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("value", sa.Text(), nullable=False),
    )
    op.create_table(
        "accounts",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("login", sa.String(80), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("department", sa.String(120), nullable=False),
        sa.Column("roles", sa.String(200), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("must_change", sa.Integer(), nullable=False),
        sa.Column("is_disabled", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.String(40), nullable=False),
        sa.Column("signed_in_at", sa.String(40)),
        sa.UniqueConstraint("login"),
    )
    op.create_table(
        "lockouts",
        sa.Column("login_hash", sa.String(64), primary_key=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.String(40), nullable=False),
        sa.Column("locked_until", sa.String(40)),
    )
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.String(64), primary_key=True),
        sa.Column("account_id", sa.String(40), sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("client", sa.String(80), nullable=False),
        sa.Column("created_at", sa.String(40), nullable=False),
        sa.Column("seen_at", sa.String(40), nullable=False),
        sa.Column("expires_at", sa.String(40), nullable=False),
    )
    op.create_index("sessions_by_account", "sessions", ["account_id"])
    op.create_table(
        "counters",
        sa.Column("series", sa.String(160), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("series", "year"),
    )


def _create_cases() -> None:
    op.create_table(
        "cases",
        sa.Column("id", KEY, primary_key=True, autoincrement=True),
        sa.Column("number", sa.String(200), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("document_number", sa.Text(), nullable=False),
        sa.Column("department", sa.String(120), nullable=False),
        sa.Column("submitter_id", sa.String(40), sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("openness", sa.Text(), nullable=False),
        sa.Column("submitter_note", sa.Text(), nullable=False),
        sa.Column("formed_on", sa.String(10)),
        sa.Column("due_on", sa.String(10)),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("reviewer_id", sa.String(40), sa.ForeignKey("accounts.id")),
        sa.Column("drafts", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.String(40), nullable=False),
        sa.Column("updated_at", sa.String(40), nullable=False),
        sa.Column("decided_at", sa.String(40)),
        sa.Column("pages", sa.Integer()),
        sa.Column("high", sa.Integer(), nullable=False),
        sa.Column("medium", sa.Integer(), nullable=False),
        sa.Column("low", sa.Integer(), nullable=False),
        sa.Column("info", sa.Integer(), nullable=False),
        sa.Column("gaps", sa.Integer(), nullable=False),
        sa.Column("undisposed", sa.Integer(), nullable=False),
        sa.UniqueConstraint("number"),
    )
    op.create_index("cases_by_decision", "cases", ["decided_at"])
    op.create_index("cases_by_department", "cases", ["department", "state"])
    op.create_index("cases_by_reviewer", "cases", ["reviewer_id", "state"])
    op.create_index("cases_by_state", "cases", ["state", "due_on"])
    op.create_table(
        "drafts",
        sa.Column("case_id", KEY, sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("format", sa.String(40), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("check_json", sa.Text(), nullable=False),
        sa.Column("parts_json", sa.Text(), nullable=False),
        sa.Column("original_file", sa.String(64), nullable=False),
        sa.Column("document_file", sa.String(64), nullable=False),
        sa.Column("uploaded_by", sa.String(40), sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("uploaded_at", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "number"),
    )


def _create_acts() -> None:
    op.create_table(
        "dispositions",
        sa.Column("id", KEY, primary_key=True, autoincrement=True),
        sa.Column("case_id", KEY, nullable=False),
        sa.Column("draft", sa.Integer(), nullable=False),
        sa.Column("finding", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(20), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.String(40), nullable=False),
        sa.Column("at", sa.String(40), nullable=False),
        sa.Column("carried_from", sa.Integer()),
    )
    op.create_index("dispositions_by_draft", "dispositions", ["case_id", "draft", "finding"])
    op.create_table(
        "acknowledgements",
        sa.Column("id", KEY, primary_key=True, autoincrement=True),
        sa.Column("case_id", KEY, nullable=False),
        sa.Column("draft", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.String(40), nullable=False),
        sa.Column("at", sa.String(40), nullable=False),
    )
    op.create_index("acknowledgements_by_draft", "acknowledgements", ["case_id", "draft"])
    op.create_table(
        "decisions",
        sa.Column("id", KEY, primary_key=True, autoincrement=True),
        sa.Column("case_id", KEY, nullable=False),
        sa.Column("draft", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(40), nullable=False),
        sa.Column("reason_code", sa.String(8), nullable=False),
        sa.Column("opinion", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.String(40), nullable=False),
        sa.Column("actor_name", sa.String(80), nullable=False),
        sa.Column("at", sa.String(40), nullable=False),
        sa.Column("until", sa.String(10)),
        sa.Column("condition", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("reply_due", sa.String(10)),
        sa.Column("audit_seq", sa.BigInteger(), nullable=False),
    )
    op.create_index("decisions_by_case", "decisions", ["case_id", "id"])
    op.create_table(
        "redacted_copies",
        sa.Column("decision_id", KEY, sa.ForeignKey("decisions.id"), primary_key=True, autoincrement=False),
        sa.Column("case_id", KEY, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("check_json", sa.Text(), nullable=False),
        sa.Column("vault_file", sa.String(64), nullable=False),
    )
    op.create_index("redacted_copies_by_case", "redacted_copies", ["case_id"])


def _create_records() -> None:
    op.create_table(
        "stop_events",
        sa.Column("number", sa.String(40), primary_key=True),
        sa.Column("at", sa.String(40), nullable=False),
        sa.Column("actor_id", sa.String(40), nullable=False),
        sa.Column("actor_name", sa.String(80), nullable=False),
        sa.Column("department", sa.String(120), nullable=False),
        sa.Column("client", sa.String(80), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("places", sa.Text(), nullable=False),
        sa.Column("suffix", sa.String(20), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("name_hash", sa.String(64), nullable=False),
        sa.Column("action", sa.String(40), nullable=False),
    )
    op.create_index("stop_events_by_time", "stop_events", ["at"])
    op.create_table(
        "audit_events",
        sa.Column("seq", KEY, primary_key=True, autoincrement=False),
        sa.Column("at", sa.String(40), nullable=False),
        sa.Column("actor_id", sa.String(40), nullable=False),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("case_id", sa.BigInteger()),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("previous_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.UniqueConstraint("hash"),
    )
    op.create_index("audit_events_by_action", "audit_events", ["action", "seq"])
    op.create_index("audit_events_by_case", "audit_events", ["case_id", "seq"])
