-- The links between partners and customers: one row a pair, for all its generations. No foreign key to partner: partners
-- are never deleted, the command has loaded the partner, and the key's share lock would make every relationship of a
-- partner wait at one row.
CREATE TABLE customer_relationship (
  partner                  uuid NOT NULL,
  customer                 uuid NOT NULL,
  kind                     smallint NOT NULL,
  state                    smallint NOT NULL,
  generation               bigint NOT NULL,
  region                   text COLLATE "C" NOT NULL,
  origin                   smallint NOT NULL,
  established_by           text COLLATE "C" NOT NULL,
  establish_request        text COLLATE "C" NOT NULL,  -- request that made this generation stand
  hold_count               integer NOT NULL DEFAULT 0,
  hold_revision            bigint NOT NULL DEFAULT 0,  -- guard of the holds; outside revision and etag
  terminated_by            smallint,
  termination_reason       text,
  termination_request_time timestamptz,
  termination_end_time     timestamptz,
  termination_saga         uuid,
  revision                 bigint NOT NULL,
  create_time              timestamptz NOT NULL,
  update_time              timestamptz NOT NULL,
  establish_time           timestamptz NOT NULL,
  PRIMARY KEY (partner, customer),
  CHECK (hold_count >= 0),
  -- What the guards of the writes promise: no relationship ends under a hold.
  CHECK (state = 1 OR hold_count = 0),
  CHECK ((state = 1) = (terminated_by IS NULL))
) WITH (fillfactor = 90);
CREATE INDEX customer_relationship_page ON customer_relationship (partner, create_time, customer);
