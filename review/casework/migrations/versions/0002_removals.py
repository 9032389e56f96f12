"""Files that a committed act promised to remove: a crash before the removal is made up for at the next start."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table("removals", sa.Column("vault_file", sa.String(64), primary_key=True))
    op.create_index("drafts_by_content", "drafts", ["sha256"])
