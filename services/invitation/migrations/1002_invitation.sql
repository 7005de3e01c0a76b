-- Invitations. Numbers of kinds and states are those of the contract. The only table here with personal data: target
-- and recipient addresses, message, closing reason. No token stands anywhere: links are derived.
CREATE TABLE invitation (
  id                     uuid PRIMARY KEY,
  partner                uuid NOT NULL,
  kind                   smallint NOT NULL,
  state                  smallint NOT NULL CHECK (state BETWEEN 1 AND 7),
  target_kind            smallint NOT NULL CHECK (target_kind BETWEEN 1 AND 3),
  target_value           text NOT NULL,               -- address, domain or tenant id
  target_issuer          text NOT NULL,               -- of a tenant; else empty
  target_key             text COLLATE "C" NOT NULL,   -- the form in which targets are compared
  target_host            text COLLATE "C" NOT NULL,   -- domain of an address or a domain; else empty
  recipient_email        text NOT NULL,
  locale                 text COLLATE "C" NOT NULL,
  message                text NOT NULL,
  lifetime_days          integer NOT NULL,
  expire_time            timestamptz,                 -- NULL while DRAFT
  reminder_time          timestamptz,                 -- NULL: no reminder, or it is queued; outside revision
  token_generation       bigint NOT NULL,
  delivery_state         smallint NOT NULL CHECK (delivery_state BETWEEN 1 AND 4),
  delivery_attempt_count integer NOT NULL,            -- while QUEUED the mail's own row counts
  delivery_send_time     timestamptz,
  delivery_last_error    text NOT NULL,
  acceptance_error       text NOT NULL,               -- reason why the last acceptance failed
  accepted_relationship  text COLLATE "C" NOT NULL,
  closing_reason         text NOT NULL,
  revision               bigint NOT NULL,
  etag_revision          bigint NOT NULL,             -- of the last change that was not the mail's own
  create_time            timestamptz NOT NULL,
  update_time            timestamptz NOT NULL
);
-- One invitation for a target waits for an answer.
CREATE UNIQUE INDEX invitation_open ON invitation (partner, kind, target_key) WHERE state IN (2, 3);
CREATE INDEX invitation_by_create_time ON invitation (partner, create_time, id);
CREATE INDEX invitation_by_expire_time ON invitation (partner, (coalesce(expire_time, 'infinity'::timestamptz)), id);
CREATE INDEX invitation_by_target ON invitation (partner, target_key);
CREATE INDEX invitation_expiring ON invitation (expire_time) WHERE state = 2;
CREATE INDEX invitation_reminding ON invitation (reminder_time) WHERE state = 2 AND reminder_time IS NOT NULL;
