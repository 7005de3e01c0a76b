-- Copy of what relationship-service tells of partners; applied from its feed, guarded by revision.
CREATE TABLE partner_fact (
  partner          uuid PRIMARY KEY,
  display_name     text NOT NULL,
  country          text COLLATE "C" NOT NULL,
  region           text COLLATE "C" NOT NULL,
  kinds            text[] NOT NULL,
  agreement_signed boolean NOT NULL,
  revision         bigint NOT NULL
);
