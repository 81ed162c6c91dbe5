-- Why: who there is (tenants, their projects, their API keys), and the fence between tenants. The fence comes first, so that no table with tenant data
-- ever exists without it: row-level security is forced on each such table, also for its owner, and a transaction that has not said for which tenant it
-- works sees nothing.
--
-- Three roles, made before the first migration runs (they belong to the server, not to the database):
--   the owner          owns everything here; reads all rows (for the checks below that run with its rights), writes none without becoming the platform;
--   millrace_app       what the application logs in as; owns nothing; sees the rows of the tenant in the setting millrace.tenant;
--   millrace_platform  nobody logs in as it; the application becomes it by SET LOCAL ROLE for platform-wide work, explicitly, until the transaction ends.

ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

-- The tenant this transaction works for. Unset or empty is null, which no row equals; a value that is not a UUID is an error.
CREATE FUNCTION current_tenant() RETURNS uuid
  LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT nullif(current_setting('millrace.tenant', true), '')::uuid $$;
GRANT EXECUTE ON FUNCTION current_tenant() TO millrace_app, millrace_platform;

-- Puts the fence around a table: called by every migration that makes a table with tenant data.
CREATE PROCEDURE fence_by_tenant(fenced regclass, tenant_column name DEFAULT 'tenant_id')
  LANGUAGE plpgsql
  AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', fenced);
  EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', fenced);
  EXECUTE format(
    'CREATE POLICY own_rows ON %s TO millrace_app USING (%I = (SELECT current_tenant())) WITH CHECK (%2$I = (SELECT current_tenant()))',
    fenced, tenant_column);
  EXECUTE format('CREATE POLICY all_rows ON %s TO millrace_platform USING (true) WITH CHECK (true)', fenced);
  EXECUTE format('CREATE POLICY owner_reads ON %s FOR SELECT TO CURRENT_USER USING (true)', fenced);
END $$;

-- Rows are only ever added: also the owner meets this, so that a slip at a terminal cannot rewrite history.
CREATE FUNCTION refuse_change() RETURNS trigger
  LANGUAGE plpgsql
  AS $$
BEGIN
  RAISE EXCEPTION '% on % is refused: its rows are only ever added', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'restrict_violation';
END $$;

CREATE PROCEDURE make_append_only(kept regclass)
  LANGUAGE plpgsql
  AS $$
BEGIN
  EXECUTE format('CREATE TRIGGER only_added BEFORE UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION refuse_change()', kept);
  EXECUTE format('CREATE TRIGGER never_emptied BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', kept);
END $$;

CREATE TABLE tenant (
  id                   uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  slug                 text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9-]{2,40}$'),
  name                 text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  suspended            boolean NOT NULL DEFAULT false,
  requests_per_minute  integer NOT NULL CHECK (requests_per_minute > 0),
  tokens_per_minute    integer NOT NULL CHECK (tokens_per_minute > 0),
  concurrent_sequences integer NOT NULL CHECK (concurrent_sequences > 0),
  queued_requests      integer NOT NULL CHECK (queued_requests >= 0),
  created_at           timestamptz NOT NULL
);
CALL fence_by_tenant('tenant', 'id');
GRANT SELECT ON tenant TO millrace_app, millrace_platform;
GRANT INSERT ON tenant TO millrace_platform;
GRANT UPDATE (name, suspended, requests_per_minute, tokens_per_minute, concurrent_sequences, queued_requests)
  ON tenant TO millrace_platform;

CREATE TABLE project (
  id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id  uuid NOT NULL REFERENCES tenant,
  name       text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  created_at timestamptz NOT NULL,
  UNIQUE (tenant_id, name),
  UNIQUE (id, tenant_id)
);
CALL fence_by_tenant('project');
GRANT SELECT, INSERT ON project TO millrace_app, millrace_platform;

-- The secret is never here: only its HMAC under a pepper that the database does not know.
CREATE TABLE api_key (
  id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id    uuid NOT NULL,
  project_id   uuid NOT NULL,
  public_id    text NOT NULL UNIQUE CHECK (public_id ~ '^[0-9A-Za-z]{8,32}$'),
  name         text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  secret_hmac  bytea NOT NULL CHECK (length(secret_hmac) = 32),
  created_at   timestamptz NOT NULL,
  last_used_at timestamptz,
  revoked_at   timestamptz,
  FOREIGN KEY (project_id, tenant_id) REFERENCES project (id, tenant_id),
  UNIQUE (id, project_id, tenant_id)
);
CREATE INDEX api_key_by_tenant ON api_key (tenant_id, created_at DESC);
CALL fence_by_tenant('api_key');
GRANT SELECT, INSERT ON api_key TO millrace_app, millrace_platform;
GRANT UPDATE (last_used_at, revoked_at) ON api_key TO millrace_app, millrace_platform;

-- Revoking is for good.
CREATE FUNCTION keep_revoked() RETURNS trigger
  LANGUAGE plpgsql
  AS $$
BEGIN
  IF OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS DISTINCT FROM OLD.revoked_at THEN
    RAISE EXCEPTION 'key % was revoked at %; that cannot be changed', OLD.public_id, OLD.revoked_at
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER revoked_for_good BEFORE UPDATE OF revoked_at ON api_key FOR EACH ROW EXECUTE FUNCTION keep_revoked();

-- A key is looked up before its tenant is known, so this runs with the owner's rights; it gives that one row and nothing else.
CREATE FUNCTION find_api_key(p_public_id text)
  RETURNS TABLE (
    key_id uuid, secret_hmac bytea, revoked_at timestamptz, project_id uuid, tenant_id uuid, tenant_slug text, suspended boolean,
    requests_per_minute integer, tokens_per_minute integer, concurrent_sequences integer, queued_requests integer)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
  AS $$
  SELECT k.id, k.secret_hmac, k.revoked_at, k.project_id, k.tenant_id, t.slug, t.suspended,
         t.requests_per_minute, t.tokens_per_minute, t.concurrent_sequences, t.queued_requests
    FROM public.api_key k JOIN public.tenant t ON t.id = k.tenant_id
   WHERE k.public_id = p_public_id
  $$;
GRANT EXECUTE ON FUNCTION find_api_key(text) TO millrace_app;
