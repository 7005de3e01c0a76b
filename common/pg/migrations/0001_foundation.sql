-- What every service's schema holds beside its own tables. Owned by common/pg, common/events and common/saga.

-- One row: the history that feed positions belong to.
CREATE TABLE feed_epoch (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  epoch    uuid NOT NULL DEFAULT gen_random_uuid()
);
INSERT INTO feed_epoch DEFAULT VALUES;

-- Requests with a key, and what came of them. Purged after 24 h.
CREATE TABLE idempotency (
  principal    text COLLATE "C" NOT NULL,
  method       text COLLATE "C" NOT NULL,
  request_id   uuid NOT NULL,
  request_hash bytea NOT NULL,
  resource     text COLLATE "C" NOT NULL,
  revision     bigint NOT NULL,
  saga         uuid,
  xid          xid8 NOT NULL DEFAULT pg_current_xact_id(),
  create_time  timestamptz NOT NULL,
  PRIMARY KEY (principal, method, request_id)
);
CREATE INDEX idempotency_create_time ON idempotency (create_time);

-- Changes, read by (xid, seq) below the oldest running transaction: a plain sequence would lose what commits late.
CREATE TABLE outbox (
  xid            xid8 NOT NULL DEFAULT pg_current_xact_id(),
  seq            bigint GENERATED ALWAYS AS IDENTITY,
  id             uuid NOT NULL,
  type           text COLLATE "C" NOT NULL,
  subject        text COLLATE "C" NOT NULL,
  partner        text COLLATE "C" NOT NULL,
  generation     bigint NOT NULL,
  revision       bigint NOT NULL,
  after          bytea NOT NULL,
  changed_fields text[] NOT NULL,
  request_id     text NOT NULL,
  trace_id       text NOT NULL,
  actor          text NOT NULL,
  create_time    timestamptz NOT NULL,
  PRIMARY KEY (xid, seq)
);
CREATE INDEX outbox_create_time ON outbox USING brin (create_time);

-- A row the feed commits when it is idle, so that its end moves although nothing happens. One row.
CREATE TABLE feed_heartbeat (
  only_row  boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  xid       xid8 NOT NULL DEFAULT pg_current_xact_id(),
  beat_time timestamptz NOT NULL DEFAULT clock_timestamp()
);
INSERT INTO feed_heartbeat DEFAULT VALUES;

-- The highest position whose events were purged: an older one has lost some.
CREATE TABLE feed_floor (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  xid      xid8 NOT NULL DEFAULT '0',
  seq      bigint NOT NULL DEFAULT 0
);
INSERT INTO feed_floor DEFAULT VALUES;

-- Who did what; kept without limit.
CREATE TABLE audit_record (
  id             uuid PRIMARY KEY,
  partner        text COLLATE "C" NOT NULL,
  create_time    timestamptz NOT NULL,
  actor          text COLLATE "C" NOT NULL,
  on_behalf_of   text COLLATE "C" NOT NULL,
  operation      text COLLATE "C" NOT NULL,
  resource       text COLLATE "C" NOT NULL,
  revision       bigint NOT NULL,
  changed_fields text[] NOT NULL,
  method         text COLLATE "C" NOT NULL,
  request_id     text NOT NULL,
  trace_id       text NOT NULL
);
CREATE INDEX audit_record_page ON audit_record (partner, create_time DESC, id DESC);
CREATE INDEX audit_record_all ON audit_record (create_time DESC, id DESC);

-- Changes that run across services. A row is written with the change that triggers it, leased by the caller's replica.
CREATE TABLE saga (
  id             uuid PRIMARY KEY,
  kind           text COLLATE "C" NOT NULL,
  subject        text COLLATE "C" NOT NULL,
  step           integer NOT NULL DEFAULT 0,
  state          bytea,              -- the saga's own message; NULL once it is done
  outcome        bytea,              -- serialized google.rpc.Status once it is done
  done           boolean NOT NULL DEFAULT false,
  owner          text COLLATE "C" NOT NULL,
  lease_until    timestamptz NOT NULL,
  attempt_count  integer NOT NULL DEFAULT 0,
  next_attempt   timestamptz NOT NULL,
  last_error     text NOT NULL DEFAULT '',
  principal      text NOT NULL,
  on_behalf_of   text NOT NULL,
  trace_id       text NOT NULL,
  consistency    text NOT NULL DEFAULT '',
  create_time    timestamptz NOT NULL,
  done_time      timestamptz
);
CREATE UNIQUE INDEX saga_running ON saga (kind, subject) WHERE NOT done;
CREATE INDEX saga_due ON saga (next_attempt) WHERE NOT done;
CREATE INDEX saga_done ON saga (done_time) WHERE done;

-- How far this schema has applied another service's feed. The cursor is the inbox.
CREATE TABLE projection_cursor (
  source text COLLATE "C" PRIMARY KEY,
  epoch  text NOT NULL,
  xid    xid8 NOT NULL,
  seq    bigint NOT NULL
);
