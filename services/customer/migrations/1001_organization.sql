-- What all partners of a company share. The row is the read form; the two tables below say who has a key, once in the
-- cell. Rows of one organisation are written and removed by one statement, so nothing references them by a foreign key.
CREATE TABLE organization (
  id               uuid PRIMARY KEY,
  revision         bigint NOT NULL,
  primary_domain   text COLLATE "C" NOT NULL,  -- lower-case A-labels; empty where only a tenant is known
  custom_domains   text[] NOT NULL,
  tenant_issuers   text[] NOT NULL,            -- of tenant_ids, one each
  tenant_ids       text[] NOT NULL,
  provisional_saga uuid,                       -- the saga that made it and takes it away where it is refused
  create_time      timestamptz NOT NULL
) WITH (fillfactor = 90);
-- For lists filtered by primary_domain.
CREATE INDEX organization_primary_domain ON organization (primary_domain);

CREATE TABLE organization_domain (
  domain       text COLLATE "C" PRIMARY KEY,
  organization uuid NOT NULL,
  is_primary   boolean NOT NULL
);

CREATE TABLE organization_tenant (
  tenant_id    uuid NOT NULL,
  issuer       text COLLATE "C" NOT NULL,
  organization uuid NOT NULL,
  PRIMARY KEY (tenant_id, issuer)
);
