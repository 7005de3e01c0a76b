"""Protections of the product taken away, in its database alone: the services run on as they are. Each mutation is a
context; what it leaves in the tables is put right when it ends."""

import contextlib

# Commits come in another order than the numbers that their rows got before. No protection is lost by it.
SLOW_COMMITS = """
CREATE FUNCTION slow_commit() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN PERFORM pg_sleep(random() * 0.04); RETURN NULL; END $$;
CREATE TRIGGER slow_commit AFTER INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION slow_commit();"""
QUICK_COMMITS = "DROP FUNCTION slow_commit() CASCADE;"

# The feed's order is the sequence alone: all rows have one transaction id, below every horizon.
PLAIN_SEQUENCE = """
BEGIN;
LOCK TABLE outbox, feed_heartbeat IN SHARE ROW EXCLUSIVE MODE;
UPDATE outbox SET xid = '3';
UPDATE feed_heartbeat SET xid = '3';
CREATE FUNCTION plain_sequence() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN NEW.xid := '3'; RETURN NEW; END $$;
CREATE TRIGGER plain_sequence BEFORE INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION plain_sequence();
CREATE TRIGGER plain_sequence BEFORE UPDATE ON feed_heartbeat FOR EACH ROW EXECUTE FUNCTION plain_sequence();
COMMIT;"""
ORDER_BY_TRANSACTION = """
DROP TRIGGER plain_sequence ON outbox;
DROP TRIGGER plain_sequence ON feed_heartbeat;
DROP FUNCTION plain_sequence();
UPDATE outbox SET xid = pg_current_xact_id() WHERE xid = '3';
UPDATE feed_heartbeat SET xid = pg_current_xact_id();"""

# A second record of a request is no error, so its second effect is none either.
KEY_ON_CONFLICT_DO_NOTHING = """
BEGIN;
ALTER TABLE idempotency RENAME TO idempotency_table;
CREATE VIEW idempotency AS SELECT * FROM idempotency_table;
CREATE FUNCTION insert_or_nothing() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  NEW.xid := pg_current_xact_id();
  INSERT INTO {service}.idempotency_table SELECT NEW.* ON CONFLICT DO NOTHING;
  RETURN NEW;
END $$;
CREATE TRIGGER insert_or_nothing INSTEAD OF INSERT ON idempotency FOR EACH ROW EXECUTE FUNCTION insert_or_nothing();
GRANT SELECT, INSERT, DELETE ON idempotency TO {service}_service;
COMMIT;"""
KEY_UNIQUE = """
BEGIN;
DROP VIEW idempotency;
DROP FUNCTION insert_or_nothing();
ALTER TABLE idempotency_table RENAME TO idempotency;
COMMIT;"""

# Whether holds stand is looked up among the holds, in the statement's own snapshot; a hold no longer locks or changes
# the relationship's row. Holds among themselves are guarded as before, by a row of their own.
HOLDS_LOOKED_UP = """
BEGIN;
CREATE TABLE hold_guard (partner uuid, customer uuid, hold_revision bigint NOT NULL, PRIMARY KEY (partner, customer));
INSERT INTO hold_guard SELECT partner, customer, hold_revision FROM customer_relationship;
UPDATE customer_relationship SET hold_count = 0;
ALTER TABLE customer_relationship RENAME TO customer_relationship_table;
CREATE VIEW customer_relationship AS SELECT {columns} FROM customer_relationship_table AS t;
CREATE FUNCTION update_relationship() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = relationship AS $$
BEGIN
  IF NEW.hold_revision <> OLD.hold_revision THEN
    INSERT INTO hold_guard VALUES (NEW.partner, NEW.customer, NEW.hold_revision)
      ON CONFLICT (partner, customer) DO UPDATE SET hold_revision = EXCLUDED.hold_revision
      WHERE hold_guard.hold_revision = OLD.hold_revision;
  ELSE
    UPDATE customer_relationship_table AS t SET ({own}) = ({own_new})
      WHERE t.partner = OLD.partner AND t.customer = OLD.customer AND t.revision = OLD.revision;
  END IF;
  RETURN CASE WHEN FOUND THEN NEW END;
END $$;
CREATE TRIGGER update_relationship INSTEAD OF UPDATE ON customer_relationship
  FOR EACH ROW EXECUTE FUNCTION update_relationship();
GRANT SELECT, INSERT, UPDATE ON customer_relationship TO relationship_service;
COMMIT;"""
# Holds of relationships that ended under them are no more than the mutation's own.
HOLDS_COUNTED = """
BEGIN;
DROP VIEW customer_relationship;
DROP FUNCTION update_relationship();
ALTER TABLE customer_relationship_table RENAME TO customer_relationship;
DELETE FROM termination_hold AS h USING customer_relationship AS r
  WHERE (r.partner, r.customer) = (h.partner, h.customer) AND r.state <> 1;
UPDATE customer_relationship AS r SET hold_revision = g.hold_revision, hold_count =
  (SELECT count(*) FROM termination_hold AS h WHERE (h.partner, h.customer) = (r.partner, r.customer))
  FROM hold_guard AS g WHERE (g.partner, g.customer) = (r.partner, r.customer);
DROP TABLE hold_guard;
COMMIT;"""
LOOKED_UP = {
    "hold_count": "(SELECT count(*)::integer FROM termination_hold AS h "
                  "WHERE (h.partner, h.customer) = (t.partner, t.customer)) AS hold_count",
    "hold_revision": "coalesce((SELECT g.hold_revision FROM hold_guard AS g "
                     "WHERE (g.partner, g.customer) = (t.partner, t.customer)), 0) AS hold_revision",
}  # fmt: skip


@contextlib.contextmanager
def changed(postgres, service: str, take_away: str, restore: str):
    postgres.sql(take_away, service)
    try:
        yield
    finally:
        postgres.sql(restore, service)


def slow_commits(postgres, service: str):
    return changed(postgres, service, SLOW_COMMITS, QUICK_COMMITS)


def plain_sequence(postgres):
    return changed(postgres, "customer", PLAIN_SEQUENCE, ORDER_BY_TRANSACTION)


def key_on_conflict_do_nothing(postgres):
    take_away = KEY_ON_CONFLICT_DO_NOTHING.format(service="invitation")
    return changed(postgres, "invitation", take_away, KEY_UNIQUE)


def holds_looked_up(postgres):
    rows = postgres.sql("SELECT column_name FROM information_schema.columns WHERE table_schema = 'relationship' "
                        "AND table_name = 'customer_relationship' ORDER BY ordinal_position")  # fmt: skip
    names = [name for name, in rows]
    own = [name for name in names if name not in LOOKED_UP]
    take_away = HOLDS_LOOKED_UP.format(
        columns=", ".join(LOOKED_UP.get(name, f"t.{name}") for name in names),
        own=", ".join(own), own_new=", ".join(f"NEW.{name}" for name in own),
    )  # fmt: skip
    return changed(postgres, "relationship", take_away, HOLDS_COUNTED)
