-- Why: what happens to a wallet happens under its row lock, in one round trip: a second client of the same tenant waits for one statement, not for a
-- conversation. All of these run with the rights of the caller, so the fence between tenants holds in here too. Each refuses in a fixed order and then
-- writes. Lock order, everywhere: hold, then wallet, then grants.

-- The wallet of a tenant, locked; opened where there is none yet. The first currency that a tenant meets is its wallet's.
CREATE FUNCTION lock_wallet(p_tenant uuid, p_currency text) RETURNS wallet
  LANGUAGE plpgsql
  AS $$
DECLARE
  locked wallet;
BEGIN
  SELECT * INTO locked FROM wallet WHERE tenant_id = p_tenant FOR UPDATE;
  IF FOUND THEN
    RETURN locked;
  END IF;
  INSERT INTO account (kind, currency, tenant_id) VALUES ('WALLET', p_currency, p_tenant) ON CONFLICT DO NOTHING;
  INSERT INTO wallet (tenant_id, account_id, currency)
    SELECT a.tenant_id, a.id, a.currency FROM account a WHERE a.tenant_id = p_tenant AND a.kind = 'WALLET'
    ON CONFLICT DO NOTHING;
  SELECT * INTO STRICT locked FROM wallet WHERE tenant_id = p_tenant FOR UPDATE;
  RETURN locked;
END $$;

-- The platform's account of a kind and currency; opened where there is none yet, which only the platform may do (by the first price or grant).
CREATE FUNCTION platform_account(p_kind text, p_currency text) RETURNS uuid
  LANGUAGE plpgsql
  AS $$
DECLARE
  found_id uuid;
BEGIN
  SELECT id INTO found_id FROM account WHERE kind = p_kind AND currency = p_currency AND tenant_id IS NULL;
  IF NOT FOUND THEN
    INSERT INTO account (kind, currency) VALUES (p_kind, p_currency) ON CONFLICT DO NOTHING;
    SELECT id INTO STRICT found_id FROM account WHERE kind = p_kind AND currency = p_currency AND tenant_id IS NULL;
  END IF;
  RETURN found_id;
END $$;

-- Takes back what remains of grants past their time, as far as no running request holds it: a hold placed in time is honoured, and the rest is taken
-- when that has ended. Returns how many grants it took from.
CREATE FUNCTION expire_grants(p_tenant uuid, p_now timestamptz) RETURNS integer
  LANGUAGE plpgsql
  AS $$
DECLARE
  purse wallet;
  due credit_grant;
  free numeric(30,12);
  taken numeric(30,12);
  posted uuid;
  grants integer := 0;
BEGIN
  SELECT * INTO purse FROM wallet WHERE tenant_id = p_tenant FOR UPDATE;
  free := purse.balance - purse.held;
  FOR due IN
    SELECT * FROM credit_grant WHERE tenant_id = p_tenant AND remaining > 0 AND expires_at <= p_now
     ORDER BY expires_at, priority, id FOR UPDATE
  LOOP
    taken := least(due.remaining, free);
    EXIT WHEN taken <= 0;
    free := free - taken;
    grants := grants + 1;
    INSERT INTO transfer (tenant_id, kind, reference, posted_at) VALUES (p_tenant, 'GRANT_EXPIRY', due.id::text, p_now)
      RETURNING id INTO posted;
    INSERT INTO posting (transfer_id, tenant_id, account_id, currency, amount, grant_id) VALUES
      (posted, p_tenant, purse.account_id, purse.currency, -taken, due.id),
      (posted, p_tenant, platform_account('GRANT_SOURCE', purse.currency), purse.currency, taken, NULL);
  END LOOP;
  RETURN grants;
END $$;

-- Gives a tenant credit. GRANTED | REPEATED (the reference was used for the same amount) | DUPLICATE | OTHER_CURRENCY.
CREATE FUNCTION grant_credit(
    p_tenant uuid, p_reference text, p_amount numeric, p_currency text, p_priority integer, p_now timestamptz, p_expires_at timestamptz,
    OUT verdict text, OUT granted uuid)
  LANGUAGE plpgsql
  AS $$
DECLARE
  purse wallet;
  before credit_grant;
  posted uuid;
BEGIN
  purse := lock_wallet(p_tenant, p_currency);
  SELECT * INTO before FROM credit_grant WHERE tenant_id = p_tenant AND reference = p_reference;
  IF FOUND THEN
    granted := before.id;
    verdict := CASE WHEN before.amount = p_amount AND before.currency = p_currency THEN 'REPEATED' ELSE 'DUPLICATE' END;
    RETURN;
  END IF;
  IF purse.currency <> p_currency THEN
    verdict := 'OTHER_CURRENCY';
    RETURN;
  END IF;

  -- From here it must succeed.
  verdict := 'GRANTED';
  INSERT INTO credit_grant (tenant_id, reference, amount, currency, priority, granted_at, expires_at)
    VALUES (p_tenant, p_reference, p_amount, p_currency, p_priority, p_now, p_expires_at)
    RETURNING id INTO granted;
  INSERT INTO transfer (tenant_id, kind, reference, posted_at) VALUES (p_tenant, 'GRANT', p_reference, p_now) RETURNING id INTO posted;
  INSERT INTO posting (transfer_id, tenant_id, account_id, currency, amount, grant_id) VALUES
    (posted, p_tenant, platform_account('GRANT_SOURCE', p_currency), p_currency, -p_amount, NULL),
    (posted, p_tenant, purse.account_id, p_currency, p_amount, granted);
END $$;

-- Reserves the worst case of a request: asked is a hold row with the columns that the caller knows. PLACED | REPEATED (the same request came before) |
-- DUPLICATE (another request has this id) | OTHER_CURRENCY | INSUFFICIENT.
CREATE FUNCTION place_hold(asked hold, OUT verdict text, OUT placed hold, OUT available numeric, OUT wallet_currency text)
  LANGUAGE plpgsql
  AS $$
DECLARE
  purse wallet;
BEGIN
  purse := lock_wallet(asked.tenant_id, asked.currency);
  wallet_currency := purse.currency;
  SELECT * INTO placed FROM hold WHERE request_id = asked.request_id;
  IF FOUND THEN
    verdict := CASE
      WHEN (placed.project_id, placed.key_id, placed.model, placed.input_tokens, placed.cached_input_tokens, placed.output_tokens)
         = (asked.project_id, asked.key_id, asked.model, asked.input_tokens, asked.cached_input_tokens, asked.output_tokens)
      THEN 'REPEATED' ELSE 'DUPLICATE' END;
    RETURN;
  END IF;
  IF purse.currency <> asked.currency THEN
    verdict := 'OTHER_CURRENCY';
    RETURN;
  END IF;
  IF EXISTS (SELECT FROM credit_grant WHERE tenant_id = asked.tenant_id AND remaining > 0 AND expires_at <= asked.placed_at) THEN
    PERFORM expire_grants(asked.tenant_id, asked.placed_at);
    SELECT * INTO STRICT purse FROM wallet WHERE tenant_id = asked.tenant_id;
  END IF;
  available := purse.balance - purse.held;
  IF available < asked.amount THEN
    verdict := 'INSUFFICIENT';
    RETURN;
  END IF;

  -- From here it must succeed, but for a request of another tenant with the same id, which cannot be seen from here.
  INSERT INTO hold (
      request_id, tenant_id, project_id, key_id, model, input_tokens, cached_input_tokens, output_tokens,
      input_price, cached_input_price, output_price, amount, currency, placed_at, expires_at)
    VALUES (
      asked.request_id, asked.tenant_id, asked.project_id, asked.key_id, asked.model,
      asked.input_tokens, asked.cached_input_tokens, asked.output_tokens,
      asked.input_price, asked.cached_input_price, asked.output_price, asked.amount, asked.currency, asked.placed_at, asked.expires_at)
    ON CONFLICT (request_id) DO NOTHING
    RETURNING * INTO placed;
  verdict := CASE WHEN FOUND THEN 'PLACED' ELSE 'DUPLICATE' END;
END $$;

-- Posts the cost of a request whose hold the caller has locked and found open: from the tenant's grants, by priority and then by expiry, to the
-- platform's revenue; ends the hold and writes the usage record. used is a usage record with the columns that the caller knows.
CREATE FUNCTION settle_hold(ended hold, used usage_record, p_now timestamptz) RETURNS uuid
  LANGUAGE plpgsql
  AS $$
DECLARE
  purse wallet;
  source credit_grant;
  owed numeric(30,12) := used.cost;
  taken numeric(30,12);
  posted uuid;
BEGIN
  SELECT * INTO STRICT purse FROM wallet WHERE tenant_id = ended.tenant_id FOR UPDATE;
  INSERT INTO transfer (tenant_id, kind, reference, posted_at) VALUES (ended.tenant_id, 'USAGE', ended.request_id, p_now)
    RETURNING id INTO posted;
  -- First, so that what was held is free to be posted.
  UPDATE hold SET state = 'SETTLED', ended_at = p_now, cost = used.cost, transfer_id = posted WHERE id = ended.id;
  IF owed = 0 THEN
    INSERT INTO posting (transfer_id, tenant_id, account_id, currency, amount)
      VALUES (posted, ended.tenant_id, purse.account_id, purse.currency, 0);
  END IF;
  FOR source IN
    SELECT * FROM credit_grant WHERE tenant_id = ended.tenant_id AND remaining > 0 AND owed > 0
     ORDER BY priority, expires_at NULLS LAST, granted_at, id FOR UPDATE
  LOOP
    EXIT WHEN owed = 0;
    taken := least(source.remaining, owed);
    owed := owed - taken;
    INSERT INTO posting (transfer_id, tenant_id, account_id, currency, amount, grant_id)
      VALUES (posted, ended.tenant_id, purse.account_id, purse.currency, -taken, source.id);
  END LOOP;
  IF owed > 0 THEN
    RAISE EXCEPTION 'grants of tenant % fall short of request % by %', ended.tenant_id, ended.request_id, owed USING ERRCODE = 'check_violation';
  END IF;
  INSERT INTO posting (transfer_id, tenant_id, account_id, currency, amount)
    VALUES (posted, ended.tenant_id, platform_account('REVENUE', purse.currency), purse.currency, used.cost);
  INSERT INTO usage_record (
      request_id, tenant_id, project_id, key_id, hold_id, transfer_id, model, input_tokens, cached_input_tokens, output_tokens,
      cost, currency, outcome, started_at, finished_at)
    VALUES (
      ended.request_id, ended.tenant_id, ended.project_id, ended.key_id, ended.id, posted, ended.model,
      used.input_tokens, used.cached_input_tokens, used.output_tokens, used.cost, ended.currency, used.outcome, used.started_at, used.finished_at);
  RETURN posted;
END $$;

-- A request is settled by its id alone: whose it is is asked with the owner's rights, and all else is done within that tenant's fence.
CREATE FUNCTION tenant_of_request(p_request_id text) RETURNS uuid
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
  AS $$ SELECT tenant_id FROM public.hold WHERE request_id = p_request_id $$;

GRANT EXECUTE ON FUNCTION
  lock_wallet, platform_account, expire_grants, grant_credit, place_hold, settle_hold, tenant_of_request
  TO millrace_app, millrace_platform;
