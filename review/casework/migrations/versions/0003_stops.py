"""Stops that only a secrecy officer releases; the words of a stopped case may be blanked, nothing else of a record."""

import sqlalchemy as sa
from alembic import op

from review.casework.triggers import allow_blanking, make_append_only

revision = "0003"
down_revision = "0002"

#: SQLite gives an automatic key only to INTEGER.
KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "case_stops",
        sa.Column("id", KEY, primary_key=True, autoincrement=True),
        sa.Column("case_id", KEY, nullable=False),
        sa.Column("number", sa.String(40), nullable=False),
        sa.Column("content", sa.String(64), nullable=False),
        sa.Column("actor_id", sa.String(40), nullable=False),
        sa.Column("at", sa.String(40), nullable=False),
    )
    op.create_index("case_stops_by_case", "case_stops", ["case_id"])
    op.create_index("case_stops_by_content", "case_stops", ["content"])
    op.create_table(
        "stop_releases",
        sa.Column("number", sa.String(40), primary_key=True),
        sa.Column("case_id", KEY, nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.String(40), nullable=False),
        sa.Column("actor_name", sa.String(80), nullable=False),
        sa.Column("at", sa.String(40), nullable=False),
    )
    make_append_only(op.get_bind(), "case_stops", "id")
    make_append_only(op.get_bind(), "stop_releases", "number")
    allow_blanking(op.get_bind())
