-- The record of a request whose saga was refused goes with the saga's end: it is found by the saga.
CREATE INDEX idempotency_saga ON idempotency (saga) WHERE saga IS NOT NULL;

-- The request that started it, as events and audit tell it; empty where it carried no id.
ALTER TABLE saga ADD COLUMN request_id text NOT NULL DEFAULT '';
