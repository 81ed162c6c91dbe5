-- Why: money. Postings are the truth and only ever added; each transfer's postings sum to zero per currency, and the database itself sees to it at
-- commit. A wallet's balance and what is held of it, and what remains of a grant, are derived from postings and holds by triggers in the same
-- transaction, so no code path can forget them; they cannot be written directly. They exist because a hold is checked against them under the wallet's
-- row lock; millrace verify-ledger recomputes them. The platform's own accounts have no such row: every request posts to them, and a row that everyone
-- updates would make all tenants wait for each other.

CREATE TABLE account (
  id        uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  kind      text NOT NULL CHECK (kind IN ('WALLET', 'REVENUE', 'GRANT_SOURCE')),
  currency  text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  tenant_id uuid REFERENCES tenant,
  CHECK ((kind = 'WALLET') = (tenant_id IS NOT NULL)),
  UNIQUE (id, currency)
);
CREATE UNIQUE INDEX account_one_wallet ON account (tenant_id) WHERE kind = 'WALLET';
CREATE UNIQUE INDEX account_one_of_platform ON account (kind, currency) WHERE tenant_id IS NULL;
CALL fence_by_tenant('account');
CALL make_append_only('account');
-- A tenant's transfers post to the platform's accounts; their rows say nothing but an id.
CREATE POLICY platform_accounts ON account FOR SELECT TO millrace_app
  USING (tenant_id IS NULL AND (SELECT current_tenant()) IS NOT NULL);
GRANT SELECT, INSERT ON account TO millrace_app, millrace_platform;

CREATE TABLE wallet (
  tenant_id  uuid PRIMARY KEY REFERENCES tenant,
  account_id uuid NOT NULL UNIQUE,
  currency   text NOT NULL,
  balance    numeric(30,12) NOT NULL DEFAULT 0,
  held       numeric(30,12) NOT NULL DEFAULT 0,
  FOREIGN KEY (account_id, currency) REFERENCES account (id, currency),
  -- The last line of defence: whatever the code does, what is held is there.
  CONSTRAINT never_overdrawn CHECK (held >= 0 AND balance >= held)
) WITH (fillfactor = 20);
CALL fence_by_tenant('wallet');
GRANT SELECT ON wallet TO millrace_app, millrace_platform;
GRANT INSERT (tenant_id, account_id, currency), UPDATE (balance, held) ON wallet TO millrace_app, millrace_platform;

-- Prepaid credit. What remains is used by priority, then by expiry.
CREATE TABLE credit_grant (
  id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id  uuid NOT NULL REFERENCES tenant,
  reference  text NOT NULL CHECK (length(reference) BETWEEN 1 AND 200),
  amount     numeric(30,12) NOT NULL CHECK (amount > 0),
  currency   text NOT NULL,
  remaining  numeric(30,12) NOT NULL DEFAULT 0 CHECK (remaining >= 0 AND remaining <= amount),
  priority   integer NOT NULL,
  granted_at timestamptz NOT NULL,
  expires_at timestamptz CHECK (expires_at > granted_at),
  UNIQUE (tenant_id, reference),
  UNIQUE (id, tenant_id)
) WITH (fillfactor = 50);
CREATE INDEX credit_grant_expiring ON credit_grant (expires_at) WHERE remaining > 0 AND expires_at IS NOT NULL;
CALL fence_by_tenant('credit_grant');
GRANT SELECT ON credit_grant TO millrace_app, millrace_platform;
GRANT INSERT (tenant_id, reference, amount, currency, priority, granted_at, expires_at) ON credit_grant TO millrace_platform;
GRANT UPDATE (remaining) ON credit_grant TO millrace_app, millrace_platform;

CREATE TABLE transfer (
  id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id  uuid NOT NULL REFERENCES tenant,
  kind       text NOT NULL CHECK (kind IN ('USAGE', 'GRANT', 'GRANT_EXPIRY')),
  reference  text NOT NULL CHECK (length(reference) BETWEEN 1 AND 200),
  posted_at  timestamptz NOT NULL,
  -- A transfer is whole when its transaction ends: nothing is posted to it later.
  posted_in  xid8 NOT NULL DEFAULT pg_current_xact_id(),
  UNIQUE (id, tenant_id)
);
CREATE UNIQUE INDEX transfer_once ON transfer (tenant_id, kind, reference) WHERE kind IN ('USAGE', 'GRANT');
CALL fence_by_tenant('transfer');
CALL make_append_only('transfer');
-- Only the platform makes money out of nothing.
CREATE POLICY no_own_grants ON transfer AS RESTRICTIVE FOR INSERT TO millrace_app WITH CHECK (kind <> 'GRANT');
GRANT SELECT ON transfer TO millrace_app, millrace_platform;
GRANT INSERT (tenant_id, kind, reference, posted_at) ON transfer TO millrace_app, millrace_platform;

CREATE TABLE posting (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  transfer_id uuid NOT NULL,
  tenant_id   uuid NOT NULL,
  account_id  uuid NOT NULL,
  currency    text NOT NULL,
  amount      numeric(30,12) NOT NULL,
  grant_id    uuid,
  FOREIGN KEY (transfer_id, tenant_id) REFERENCES transfer (id, tenant_id),
  FOREIGN KEY (account_id, currency) REFERENCES account (id, currency),
  FOREIGN KEY (grant_id, tenant_id) REFERENCES credit_grant (id, tenant_id)
);
CREATE INDEX posting_by_transfer ON posting (transfer_id);
CREATE INDEX posting_by_account ON posting (account_id, id);
CALL fence_by_tenant('posting');
CALL make_append_only('posting');
GRANT SELECT ON posting TO millrace_app, millrace_platform;
GRANT INSERT (transfer_id, tenant_id, account_id, currency, amount, grant_id) ON posting TO millrace_app, millrace_platform;

-- A pending transfer for the worst case of one request. The prices are kept, so that a price that changes while the request runs cannot make it cost
-- more than was held.
CREATE TABLE hold (
  id                  uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  request_id          text NOT NULL UNIQUE CHECK (length(request_id) BETWEEN 1 AND 200),
  tenant_id           uuid NOT NULL REFERENCES wallet,
  project_id          uuid NOT NULL,
  key_id              uuid NOT NULL,
  model               text NOT NULL CHECK (length(model) BETWEEN 1 AND 200),
  input_tokens        bigint NOT NULL CHECK (input_tokens >= 0),
  cached_input_tokens bigint NOT NULL CHECK (cached_input_tokens BETWEEN 0 AND input_tokens),
  output_tokens       bigint NOT NULL CHECK (output_tokens >= 0),
  input_price         numeric(18,6) NOT NULL CHECK (input_price >= 0),
  cached_input_price  numeric(18,6) NOT NULL CHECK (cached_input_price >= 0),
  output_price        numeric(18,6) NOT NULL CHECK (output_price >= 0),
  amount              numeric(30,12) NOT NULL CHECK (amount >= 0),
  currency            text NOT NULL,
  placed_at           timestamptz NOT NULL,
  expires_at          timestamptz NOT NULL,
  state               text NOT NULL DEFAULT 'HELD' CHECK (state IN ('HELD', 'SETTLED', 'RELEASED', 'EXPIRED')),
  ended_at            timestamptz,
  cost                numeric(30,12) CHECK (cost >= 0 AND cost <= amount),
  transfer_id         uuid UNIQUE,
  FOREIGN KEY (key_id, project_id, tenant_id) REFERENCES api_key (id, project_id, tenant_id),
  FOREIGN KEY (transfer_id, tenant_id) REFERENCES transfer (id, tenant_id),
  CONSTRAINT ended_when_not_held CHECK ((state = 'HELD') = (ended_at IS NULL)),
  CONSTRAINT settled_with_transfer CHECK ((state = 'SETTLED') = (cost IS NOT NULL) AND (cost IS NULL) = (transfer_id IS NULL))
) WITH (fillfactor = 70);
CREATE INDEX hold_open ON hold (expires_at) WHERE state = 'HELD';
CREATE INDEX hold_open_by_tenant ON hold (tenant_id) WHERE state = 'HELD';
CALL fence_by_tenant('hold');
GRANT SELECT ON hold TO millrace_app, millrace_platform;
GRANT INSERT (
    request_id, tenant_id, project_id, key_id, model, input_tokens, cached_input_tokens, output_tokens,
    input_price, cached_input_price, output_price, amount, currency, placed_at, expires_at),
  UPDATE (state, ended_at, cost, transfer_id)
  ON hold TO millrace_app, millrace_platform;
CREATE TRIGGER never_removed BEFORE DELETE ON hold FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON hold FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Derived values -----------------------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION apply_posting() RETURNS trigger
  LANGUAGE plpgsql
  AS $$
DECLARE
  whole transfer;
  target account;
BEGIN
  SELECT * INTO whole FROM transfer WHERE id = NEW.transfer_id;
  IF NOT FOUND OR whole.posted_in <> pg_current_xact_id() THEN
    RAISE EXCEPTION 'transfer % is closed: postings are made with their transfer', NEW.transfer_id USING ERRCODE = 'check_violation';
  END IF;
  SELECT * INTO target FROM account WHERE id = NEW.account_id;
  IF NOT FOUND OR target.tenant_id <> NEW.tenant_id THEN
    RAISE EXCEPTION 'account % is not of tenant %', NEW.account_id, NEW.tenant_id USING ERRCODE = 'check_violation';
  END IF;
  IF target.kind <> 'WALLET' THEN
    IF NEW.grant_id IS NOT NULL THEN
      RAISE EXCEPTION 'only what is posted to a wallet names a grant' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
  END IF;
  IF (whole.kind = 'GRANT' AND NEW.amount < 0) OR (whole.kind <> 'GRANT' AND NEW.amount > 0) THEN
    RAISE EXCEPTION 'a transfer of kind % cannot post % to a wallet', whole.kind, NEW.amount USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.amount = 0 THEN
    RETURN NULL;
  END IF;
  UPDATE credit_grant SET remaining = remaining + NEW.amount WHERE id = NEW.grant_id AND tenant_id = NEW.tenant_id AND currency = NEW.currency;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'what is posted to a wallet names the grant it gives to or takes from' USING ERRCODE = 'check_violation';
  END IF;
  UPDATE wallet SET balance = balance + NEW.amount WHERE account_id = NEW.account_id;
  RETURN NULL;
END $$;
CREATE TRIGGER applied AFTER INSERT ON posting FOR EACH ROW EXECUTE FUNCTION apply_posting();

CREATE FUNCTION apply_hold() RETURNS trigger
  LANGUAGE plpgsql
  AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    UPDATE wallet SET held = held + NEW.amount WHERE tenant_id = NEW.tenant_id AND currency = NEW.currency;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'tenant % has no wallet in %', NEW.tenant_id, NEW.currency USING ERRCODE = 'check_violation';
    END IF;
  ELSIF OLD.state <> 'HELD' THEN
    RAISE EXCEPTION 'hold % has ended (%): a hold ends once', OLD.id, OLD.state USING ERRCODE = 'restrict_violation';
  ELSIF NEW.state <> 'HELD' THEN
    UPDATE wallet SET held = held - OLD.amount WHERE tenant_id = OLD.tenant_id;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER applied AFTER INSERT OR UPDATE ON hold FOR EACH ROW EXECUTE FUNCTION apply_hold();

-- Depth 1 is a statement of the application itself; what a trigger above writes comes at depth 2.
CREATE FUNCTION refuse_direct_write() RETURNS trigger
  LANGUAGE plpgsql
  AS $$
BEGIN
  IF pg_trigger_depth() < 2 THEN
    RAISE EXCEPTION '% is derived from postings and holds and is not written directly', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER derived BEFORE UPDATE ON wallet FOR EACH ROW EXECUTE FUNCTION refuse_direct_write();
CREATE TRIGGER derived BEFORE UPDATE ON credit_grant FOR EACH ROW EXECUTE FUNCTION refuse_direct_write();
CREATE TRIGGER never_removed BEFORE DELETE ON wallet FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON wallet FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER never_removed BEFORE DELETE ON credit_grant FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON credit_grant FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Zero sums ----------------------------------------------------------------------------------------------------------------------------------------

-- At commit, with the owner's rights: with the application's own it would see nothing once the transaction has changed its tenant, and find that balanced.
CREATE FUNCTION check_transfer_balances() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
  AS $$
DECLARE
  checked uuid := CASE WHEN TG_TABLE_NAME = 'transfer' THEN to_jsonb(NEW) ->> 'id' ELSE to_jsonb(NEW) ->> 'transfer_id' END;
  off record;
  postings bigint;
BEGIN
  SELECT p.currency, sum(p.amount) AS amount INTO off
    FROM public.posting p WHERE p.transfer_id = checked GROUP BY p.currency HAVING sum(p.amount) <> 0 LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'postings of transfer % sum to % %, not to zero', checked, off.amount, off.currency USING ERRCODE = 'check_violation';
  END IF;
  SELECT count(*) INTO postings FROM public.posting p WHERE p.transfer_id = checked;
  IF postings < 2 THEN
    RAISE EXCEPTION 'transfer % has % postings; it takes two', checked, postings USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER sums_to_zero AFTER INSERT ON posting
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_transfer_balances();
CREATE CONSTRAINT TRIGGER sums_to_zero AFTER INSERT ON transfer
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_transfer_balances();
