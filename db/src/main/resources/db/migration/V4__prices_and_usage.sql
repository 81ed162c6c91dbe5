-- Why: what a token costs from when on, and what each request used. Prices are public within the platform and only ever added: an old invoice can be
-- recomputed. A usage record is written with the transfer that it explains.

CREATE TABLE price (
  model       text NOT NULL CHECK (length(model) BETWEEN 1 AND 200),
  meter       text NOT NULL CHECK (meter IN ('INPUT', 'CACHED_INPUT', 'OUTPUT')),
  valid_from  timestamptz NOT NULL,
  per_million numeric(18,6) NOT NULL CHECK (per_million >= 0),
  currency    text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  PRIMARY KEY (model, meter, valid_from)
);
CALL make_append_only('price');
GRANT SELECT ON price TO millrace_app, millrace_platform;
GRANT INSERT ON price TO millrace_platform;

CREATE TABLE usage_record (
  request_id          text PRIMARY KEY,
  tenant_id           uuid NOT NULL,
  project_id          uuid NOT NULL,
  key_id              uuid NOT NULL,
  hold_id             uuid NOT NULL UNIQUE REFERENCES hold,
  transfer_id         uuid NOT NULL UNIQUE,
  model               text NOT NULL,
  input_tokens        bigint NOT NULL CHECK (input_tokens >= 0),
  cached_input_tokens bigint NOT NULL CHECK (cached_input_tokens BETWEEN 0 AND input_tokens),
  output_tokens       bigint NOT NULL CHECK (output_tokens >= 0),
  cost                numeric(30,12) NOT NULL CHECK (cost >= 0),
  currency            text NOT NULL,
  outcome             text NOT NULL CHECK (outcome IN ('finished', 'cancelled', 'failed')),
  started_at          timestamptz NOT NULL,
  finished_at         timestamptz NOT NULL,
  FOREIGN KEY (transfer_id, tenant_id) REFERENCES transfer (id, tenant_id)
);
CREATE INDEX usage_record_newest ON usage_record (finished_at DESC);
CREATE INDEX usage_record_newest_of_tenant ON usage_record (tenant_id, finished_at DESC);
CALL fence_by_tenant('usage_record');
CALL make_append_only('usage_record');
GRANT SELECT, INSERT ON usage_record TO millrace_app, millrace_platform;
