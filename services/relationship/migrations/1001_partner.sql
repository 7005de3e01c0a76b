-- The companies in the reseller programme.
CREATE TABLE partner (
  id              uuid PRIMARY KEY,
  display_name    text NOT NULL,
  name_key        text COLLATE "C" NOT NULL,   -- sort key of display_name, made by the service
  mpn_id          text COLLATE "C" NOT NULL,
  country         text COLLATE "C" NOT NULL,
  region          text COLLATE "C" NOT NULL,
  kinds           smallint[] NOT NULL,
  agreement_state smallint NOT NULL,
  tenant_issuer   text COLLATE "C",            -- both or neither
  tenant_id       uuid,
  revision        bigint NOT NULL,
  create_time     timestamptz NOT NULL,
  update_time     timestamptz NOT NULL,
  CHECK (cardinality(kinds) > 0),
  CHECK ((tenant_issuer IS NULL) = (tenant_id IS NULL))
);
CREATE UNIQUE INDEX partner_mpn_id ON partner (mpn_id);
CREATE UNIQUE INDEX partner_directory_tenant ON partner (tenant_issuer, tenant_id);
CREATE INDEX partner_name ON partner (name_key, id);
CREATE INDEX partner_create_time ON partner (create_time, id);
CREATE INDEX partner_country ON partner (country);
