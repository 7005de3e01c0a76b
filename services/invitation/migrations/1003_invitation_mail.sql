-- Mails that wait or went: written with the change that causes them. Neither text nor link is kept.
CREATE TABLE invitation_mail (
  invitation    uuid NOT NULL REFERENCES invitation (id),
  generation    bigint NOT NULL,             -- of the link in it
  kind          smallint NOT NULL CHECK (kind IN (1, 2)),
  state         smallint NOT NULL DEFAULT 1 CHECK (state BETWEEN 1 AND 4),
  attempt_count integer NOT NULL DEFAULT 0,
  next_attempt  timestamptz NOT NULL,        -- domain time
  owner         text COLLATE "C" NOT NULL DEFAULT '',
  lease_until   timestamptz NOT NULL DEFAULT '-infinity',  -- database clock
  last_error    text NOT NULL DEFAULT '',
  create_time   timestamptz NOT NULL,
  done_time     timestamptz,
  PRIMARY KEY (invitation, generation, kind)
);
CREATE INDEX invitation_mail_due ON invitation_mail (next_attempt) WHERE state = 1;
CREATE INDEX invitation_mail_done ON invitation_mail (done_time) WHERE state <> 1;

-- Invitation mails of a partner on a day (UTC): what the quota counts. Only days that are still open to counting are
-- read; older rows go with the mails.
CREATE TABLE mail_count (
  partner uuid NOT NULL,
  day     date NOT NULL,
  mails   integer NOT NULL,
  PRIMARY KEY (partner, day)
);
CREATE INDEX mail_count_day ON mail_count (day);
