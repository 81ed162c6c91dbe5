-- Why: who changed what, so that it can be shown that nothing was changed afterwards. Each row's hash covers the row before it; the head remembers the
-- last one, so that cutting off the tail shows too. Rows come in only through audit_append, one at a time under the lock of the head.

CREATE TABLE audit_entry (
  sequence      bigint PRIMARY KEY CHECK (sequence > 0),
  at            timestamptz NOT NULL,
  actor_subject text NOT NULL CHECK (length(actor_subject) BETWEEN 1 AND 200),
  actor_name    text NOT NULL CHECK (length(actor_name) <= 200),
  tenant_id     uuid REFERENCES tenant,
  action        text NOT NULL CHECK (length(action) BETWEEN 1 AND 100),
  subject       text NOT NULL CHECK (length(subject) <= 400),
  details       jsonb NOT NULL,
  hash          bytea NOT NULL
);
CREATE INDEX audit_entry_by_tenant ON audit_entry (tenant_id, sequence DESC);
CALL fence_by_tenant('audit_entry');
CALL make_append_only('audit_entry');
GRANT SELECT ON audit_entry TO millrace_app, millrace_platform;
CREATE POLICY owner_appends ON audit_entry FOR INSERT TO CURRENT_USER WITH CHECK (true);

-- No tenant data, and no rights for the application: only audit_append touches it.
CREATE TABLE audit_head (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  sequence bigint NOT NULL,
  hash     bytea NOT NULL
);
INSERT INTO audit_head (sequence, hash) VALUES (0, sha256('millrace audit trail'::bytea));

-- Values go in as one JSON array, so that no two different rows can run together into the same bytes.
CREATE FUNCTION audit_hash(previous bytea, entry audit_entry) RETURNS bytea
  LANGUAGE sql STABLE
  AS $$
  SELECT sha256(previous || convert_to(
    jsonb_build_array(
      entry.sequence, (extract(epoch FROM entry.at) * 1000000)::bigint, entry.actor_subject, entry.actor_name, entry.tenant_id,
      entry.action, entry.subject, entry.details)::text, 'UTF8'))
  $$;

CREATE FUNCTION audit_append(
    p_at timestamptz, p_actor_subject text, p_actor_name text, p_tenant uuid, p_action text, p_subject text, p_details jsonb)
  RETURNS bigint
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
  AS $$
DECLARE
  head public.audit_head;
  entry public.audit_entry;
BEGIN
  SELECT * INTO STRICT head FROM public.audit_head FOR UPDATE;
  entry.sequence := head.sequence + 1;
  entry.at := p_at;
  entry.actor_subject := p_actor_subject;
  entry.actor_name := p_actor_name;
  entry.tenant_id := p_tenant;
  entry.action := p_action;
  entry.subject := p_subject;
  entry.details := p_details;
  entry.hash := public.audit_hash(head.hash, entry);
  INSERT INTO public.audit_entry VALUES (entry.*);
  UPDATE public.audit_head SET sequence = entry.sequence, hash = entry.hash;
  RETURN entry.sequence;
END $$;
GRANT EXECUTE ON FUNCTION audit_append(timestamptz, text, text, uuid, text, text, jsonb) TO millrace_app, millrace_platform;

-- The first row that does not fit what came before it, or the first that is missing; null where the chain is whole. With the owner's rights, because a
-- chain can only be judged whole; it tells a number and no content.
CREATE FUNCTION audit_first_broken() RETURNS bigint
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
  AS $$
  WITH linked AS (
    SELECT e.sequence, e.hash, row_number() OVER w AS expected_sequence,
           public.audit_hash(coalesce(lag(e.hash) OVER w, sha256('millrace audit trail'::bytea)), e) AS expected_hash
      FROM public.audit_entry e WINDOW w AS (ORDER BY e.sequence)),
  last AS (
    SELECT coalesce(max(sequence), 0) AS sequence FROM public.audit_entry)
  SELECT min(broken) FROM (
    SELECT expected_sequence AS broken FROM linked WHERE sequence <> expected_sequence OR hash <> expected_hash
    UNION ALL
    SELECT least(last.sequence, head.sequence) + 1 FROM public.audit_head head, last WHERE head.sequence <> last.sequence
    UNION ALL
    SELECT head.sequence FROM public.audit_head head JOIN public.audit_entry e ON e.sequence = head.sequence
     WHERE e.hash <> head.hash) AS found
  $$;
GRANT EXECUTE ON FUNCTION audit_first_broken() TO millrace_app, millrace_platform;
