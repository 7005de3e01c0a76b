-- Principals that vouch for lists of customers.
CREATE TABLE import_source (
  id            text COLLATE "C" PRIMARY KEY,
  portal        text NOT NULL,
  principal     text COLLATE "C" NOT NULL,
  partners      text[] NOT NULL,
  tenant_issuer text COLLATE "C" NOT NULL,
  revision      bigint NOT NULL,
  create_time   timestamptz NOT NULL
);
