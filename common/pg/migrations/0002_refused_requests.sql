-- The record of a request whose saga was refused goes with the saga's end: it is found by the saga.
CREATE INDEX idempotency_saga ON idempotency (saga) WHERE saga IS NOT NULL;
