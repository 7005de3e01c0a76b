-- What relationship-service tells of partners in its feed. A read copy: strict checks ask the owner.
CREATE TABLE partner_fact (
  id              uuid PRIMARY KEY,
  country         text COLLATE "C" NOT NULL,
  region          text COLLATE "C" NOT NULL,
  kinds           smallint[] NOT NULL,
  agreement_state smallint NOT NULL,
  tenant_issuer   text COLLATE "C" NOT NULL,
  tenant_id       text COLLATE "C" NOT NULL,
  revision        bigint NOT NULL
);
