"""Triggers that make records append-only, one text per database; installed by migrations, so tests have the same ones."""

from sqlalchemy import Connection, text

#: Tables of the first migration whose rows may be added, never changed and never removed, with their keys.
APPEND_ONLY = {
    "audit_events": "seq",
    "decisions": "id",
    "dispositions": "id",
    "acknowledgements": "id",
    "stop_events": "number",
}
#: Columns that a purge may blank, once, in a case whose purge is in the audit chain: words that may tell of a state secret.
#: The second tuple: every other column, which no UPDATE may touch.
BLANKABLE: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "decisions": (
        ("opinion", "condition", "body"),
        (
            "id",
            "case_id",
            "draft",
            "outcome",
            "reason_code",
            "actor_id",
            "actor_name",
            "at",
            "until",
            "reply_due",
            "audit_seq",
        ),
    ),
    "dispositions": (("note",), ("id", "case_id", "draft", "finding", "code", "actor_id", "at", "carried_from")),
    "acknowledgements": (("note",), ("id", "case_id", "draft", "actor_id", "at")),
}

# A REPLACE removes a row without firing DELETE triggers unless the connection asked for recursive triggers, which another
# program would not. The INSERT trigger fires in every case, so it also insists on the next number and the right link.
_SQLITE_CHAIN = """
CREATE TRIGGER audit_events_only_the_next_link BEFORE INSERT ON audit_events
WHEN NEW.seq <> 1 + COALESCE((SELECT MAX(seq) FROM audit_events), 0)
  OR NEW.previous_hash <> COALESCE((SELECT hash FROM audit_events ORDER BY seq DESC LIMIT 1), '{genesis}')
BEGIN SELECT RAISE(ABORT, 'append-only'); END
"""
_SQLITE_REPLACE = """
CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table}
WHEN EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key})
BEGIN SELECT RAISE(ABORT, 'append-only'); END
"""
_SQLITE_REFUSE = """
CREATE TRIGGER {table}_no_{act} BEFORE {act} ON {table}
BEGIN SELECT RAISE(ABORT, 'append-only'); END
"""
_POSTGRESQL_FUNCTION = """
CREATE OR REPLACE FUNCTION review_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'append-only'; END $$
"""
_POSTGRESQL_REFUSE = """
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION review_append_only()
"""
_PURGED = "EXISTS (SELECT 1 FROM audit_events WHERE action = 'purged' AND case_id = OLD.case_id)"
_SQLITE_BLANK = """
CREATE TRIGGER {table}_no_UPDATE BEFORE UPDATE ON {table}
WHEN NOT ({unchanged} AND {blank} AND {purged})
BEGIN SELECT RAISE(ABORT, 'append-only'); END
"""
_POSTGRESQL_BLANK_FUNCTION = """
CREATE OR REPLACE FUNCTION review_blank_{table}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT ({unchanged} AND {blank} AND {purged}) THEN RAISE EXCEPTION 'append-only'; END IF;
  RETURN NEW;
END $$
"""
_POSTGRESQL_BLANK = """
CREATE TRIGGER {table}_blank_only BEFORE UPDATE ON {table}
FOR EACH ROW EXECUTE FUNCTION review_blank_{table}()
"""
_POSTGRESQL_KEEP = """
CREATE TRIGGER {table}_append_only BEFORE DELETE OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION review_append_only()
"""
_POSTGRESQL_CHAIN_FUNCTION = """
CREATE OR REPLACE FUNCTION review_next_link() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE last_seq bigint; last_hash text;
BEGIN
  SELECT seq, hash INTO last_seq, last_hash FROM audit_events ORDER BY seq DESC LIMIT 1;
  IF NEW.seq <> 1 + COALESCE(last_seq, 0) OR NEW.previous_hash <> COALESCE(last_hash, '{genesis}') THEN
    RAISE EXCEPTION 'append-only';
  END IF;
  RETURN NEW;
END $$
"""
_POSTGRESQL_CHAIN = """
CREATE TRIGGER audit_events_only_the_next_link BEFORE INSERT ON audit_events
FOR EACH ROW EXECUTE FUNCTION review_next_link()
"""

#: What the first event points back to.
GENESIS = "0" * 64


def install_triggers(connection: Connection) -> None:
    """Makes the tables of APPEND_ONLY refuse UPDATE, DELETE, REPLACE and, on PostgreSQL, TRUNCATE."""
    if connection.dialect.name == "sqlite":
        statements = [_SQLITE_CHAIN.format(genesis=GENESIS)]
    else:
        chain = _POSTGRESQL_CHAIN_FUNCTION.format(genesis=GENESIS)
        statements = [_POSTGRESQL_FUNCTION, chain, _POSTGRESQL_CHAIN]
    for statement in statements:
        connection.execute(text(statement))
    for table, key in APPEND_ONLY.items():
        make_append_only(connection, table, key)


def make_append_only(connection: Connection, table: str, key: str) -> None:
    """Makes one table refuse UPDATE, DELETE, REPLACE and, on PostgreSQL, TRUNCATE."""
    if connection.dialect.name == "sqlite":
        statements = [_SQLITE_REFUSE.format(table=table, act=act) for act in ("UPDATE", "DELETE")]
        statements.append(_SQLITE_REPLACE.format(table=table, key=key))
    else:
        statements = [_POSTGRESQL_REFUSE.format(table=table)]
    for statement in statements:
        connection.execute(text(statement))


def allow_blanking(connection: Connection) -> None:
    """Lets an UPDATE blank the columns of BLANKABLE in a purged case; every other UPDATE stays refused."""
    for table, (words, kept) in BLANKABLE.items():
        values = {
            "table": table,
            "unchanged": " AND ".join(f"NEW.{name} IS NOT DISTINCT FROM OLD.{name}" for name in kept),
            "blank": " AND ".join(f"NEW.{name} = ''" for name in words),
            "purged": _PURGED,
        }
        if connection.dialect.name == "sqlite":
            values["unchanged"] = values["unchanged"].replace("IS NOT DISTINCT FROM", "IS")
            statements = [f"DROP TRIGGER {table}_no_UPDATE", _SQLITE_BLANK.format(**values)]
        else:
            statements = [f"DROP TRIGGER {table}_append_only ON {table}", _POSTGRESQL_BLANK_FUNCTION.format(**values)]
            statements += [_POSTGRESQL_BLANK.format(**values), _POSTGRESQL_KEEP.format(**values)]
        for statement in statements:
            connection.execute(text(statement))
