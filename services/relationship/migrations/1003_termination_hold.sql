-- Facts of other teams that block the end of a relationship. Every write goes through the relationship's row first, guarded
-- by its hold_revision.
CREATE TABLE termination_hold (
  partner     uuid NOT NULL,
  customer    uuid NOT NULL,
  hold        text COLLATE "C" NOT NULL,
  kind        smallint NOT NULL,
  description text NOT NULL,
  reporter    text COLLATE "C" NOT NULL,
  revision    bigint NOT NULL,
  create_time timestamptz NOT NULL,
  update_time timestamptz NOT NULL,
  PRIMARY KEY (partner, customer, hold),
  FOREIGN KEY (partner, customer) REFERENCES customer_relationship (partner, customer)
);
CREATE INDEX termination_hold_page ON termination_hold (partner, customer, create_time, hold);
