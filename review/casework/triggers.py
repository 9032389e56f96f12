"""Triggers that make records append-only, one text per database; installed by migrations, so tests have the same ones."""

from sqlalchemy import Connection, text

#: Tables whose rows may be added, never changed and never removed.
APPEND_ONLY = ("audit_events", "decisions", "dispositions", "acknowledgements", "stop_events")

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
    for statement in _statements(connection.dialect.name):
        connection.execute(text(statement))


def _statements(dialect: str) -> list[str]:
    if dialect == "sqlite":
        statements = [_SQLITE_CHAIN.format(genesis=GENESIS)]
        for table in APPEND_ONLY:
            key = {"audit_events": "seq", "stop_events": "number"}.get(table, "id")
            statements += [_SQLITE_REFUSE.format(table=table, act=act) for act in ("UPDATE", "DELETE")]
            statements.append(_SQLITE_REPLACE.format(table=table, key=key))
        return statements
    statements = [_POSTGRESQL_FUNCTION, _POSTGRESQL_CHAIN_FUNCTION.format(genesis=GENESIS), _POSTGRESQL_CHAIN]
    return statements + [_POSTGRESQL_REFUSE.format(table=table) for table in APPEND_ONLY]
