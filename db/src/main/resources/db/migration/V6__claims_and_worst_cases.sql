-- Why: two guards that only the code had. A hold covers the worst case of its request, and it is its placer's alone: a client may bring one request id to
-- two servers at once, and neither of them can tell from its clock whether a hold that it finds is its own.

-- Whose placement it is: drawn by the server for each. Holds from before this were placed without one.
ALTER TABLE hold ADD COLUMN claim bigint NOT NULL DEFAULT 0;
GRANT INSERT (claim) ON hold TO millrace_app, millrace_platform;

ALTER TABLE hold ADD CONSTRAINT covers_worst_case CHECK (
  amount * 1000000 >= input_tokens * greatest(input_price, cached_input_price) + output_tokens * output_price);

-- As before, but for the claim: REPEATED is the same placement again, and what another claim placed is DUPLICATE.
CREATE OR REPLACE FUNCTION place_hold(asked hold, OUT verdict text, OUT placed hold, OUT available numeric, OUT wallet_currency text)
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
      WHEN (placed.claim, placed.project_id, placed.key_id, placed.model, placed.input_tokens, placed.cached_input_tokens, placed.output_tokens)
         = (asked.claim, asked.project_id, asked.key_id, asked.model, asked.input_tokens, asked.cached_input_tokens, asked.output_tokens)
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
      input_price, cached_input_price, output_price, amount, currency, placed_at, expires_at, claim)
    VALUES (
      asked.request_id, asked.tenant_id, asked.project_id, asked.key_id, asked.model,
      asked.input_tokens, asked.cached_input_tokens, asked.output_tokens,
      asked.input_price, asked.cached_input_price, asked.output_price, asked.amount, asked.currency, asked.placed_at, asked.expires_at, asked.claim)
    ON CONFLICT (request_id) DO NOTHING
    RETURNING * INTO placed;
  verdict := CASE WHEN FOUND THEN 'PLACED' ELSE 'DUPLICATE' END;
END $$;
