-- A partner's account of an organisation; `id` is the organisation's. Personal values stand in this table and in
-- `agreement`, nowhere else. Empty optional values are NULL: they cost a bit, and an erasure is an UPDATE to NULL.
-- No index on what each change touches (revision, update_time, state): updates stay HOT.
CREATE TABLE customer (
  id                      uuid NOT NULL,
  partner                 uuid NOT NULL,
  revision                bigint NOT NULL,
  link_generation         bigint NOT NULL DEFAULT 0,  -- the relationship's state that decided the account's own
  link_revision           bigint NOT NULL DEFAULT 0,
  relationship_generation bigint NOT NULL DEFAULT 0,  -- the newest state of it that is known
  relationship_revision   bigint NOT NULL DEFAULT 0,
  create_time             timestamptz NOT NULL,
  update_time             timestamptz NOT NULL,
  end_time                timestamptz,
  saga                    uuid,                       -- that made the account, or made it stand again
  state                   smallint NOT NULL CHECK (state BETWEEN 0 AND 2),  -- PROVISIONING, ACTIVE, ENDED
  origin                  smallint NOT NULL,
  relationship_kind       smallint NOT NULL DEFAULT 0,
  relationship_state      smallint NOT NULL DEFAULT 0,
  profile_complete        boolean NOT NULL,
  company_name            text NOT NULL,
  name_key                text COLLATE "C" NOT NULL,  -- what company_name sorts and is found by
  region                  text COLLATE "C",
  vouched_by              text COLLATE "C",           -- of an import: the source, or the operator
  external_id             text COLLATE "C",
  registration_number     text,
  labels                  jsonb,
  contacts                jsonb,
  billing_company_name    text,
  billing_email           text,
  billing_first_name      text,
  billing_last_name       text,
  culture                 text,
  language                text,
  tax_id                  text,
  currency                text,
  purchase_order          text,
  address_line1           text,
  address_line2           text,
  city                    text,
  subdivision             text,
  postal_code             text,
  country                 text,
  address_first_name      text,
  address_middle_name     text,
  address_last_name       text,
  phone_number            text,
  -- By id first: whether another partner has the organisation is asked with each row of an import.
  PRIMARY KEY (id, partner)
) WITH (fillfactor = 85);
CREATE INDEX customer_by_name ON customer (partner, name_key, id);
CREATE INDEX customer_by_create_time ON customer (partner, create_time, id);
CREATE UNIQUE INDEX customer_external_id ON customer (partner, external_id) WHERE external_id IS NOT NULL;

-- The customer's consent, one a generation of the relationship.
CREATE TABLE agreement (
  customer      uuid NOT NULL,
  partner       uuid NOT NULL,
  generation    bigint NOT NULL,
  template_id   text COLLATE "C" NOT NULL,
  date_agreed   date NOT NULL,
  first_name    text,
  last_name     text,
  email         text,
  phone_number  text,
  create_time   timestamptz NOT NULL,
  PRIMARY KEY (customer, partner, generation)
);
