SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
CREATE FUNCTION public.islet_note_revocation() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
      begin
        perform pg_advisory_xact_lock(hashtextextended('islet change feed', 0));
        insert into revocations (made_at, kind, subject) values (
          (extract(epoch from clock_timestamp()) * 1000)::bigint,
          tg_argv[0],
          to_jsonb(old) ->> tg_argv[1]
        );
        return null;
      end $$;
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE public.accepted_terms (
    mxid text NOT NULL,
    url text NOT NULL,
    accepted_at bigint NOT NULL
);
CREATE TABLE public.access_tokens (
    token_hash text NOT NULL,
    mxid text NOT NULL,
    created_at bigint NOT NULL,
    used_at bigint DEFAULT '0'::bigint NOT NULL
);
CREATE TABLE public.account_checks (
    mxid text NOT NULL,
    homeserver text NOT NULL,
    has_account boolean,
    answered_at bigint,
    taken_at bigint DEFAULT '0'::bigint NOT NULL,
    wanted_at bigint DEFAULT '0'::bigint NOT NULL,
    due_at bigint NOT NULL
);
CREATE TABLE public.associations (
    medium text NOT NULL,
    address text NOT NULL,
    alias text,
    mxid text NOT NULL,
    bound_at bigint NOT NULL,
    not_before bigint NOT NULL,
    not_after bigint NOT NULL,
    person text,
    suspended_at bigint,
    suspended_source text,
    mailbox text
);
CREATE TABLE public.claim_changes (
    "position" bigint NOT NULL,
    made_at bigint NOT NULL,
    source text NOT NULL,
    claims text NOT NULL
);
CREATE SEQUENCE public.claim_changes_position_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.claim_changes_position_seq OWNED BY public.claim_changes."position";
CREATE TABLE public.claim_changes_purged (
    "position" bigint NOT NULL
);
CREATE TABLE public.holders (
    mxid text NOT NULL,
    source text NOT NULL,
    entry_id text NOT NULL,
    person text NOT NULL,
    since_at bigint,
    left_at bigint,
    addresses text DEFAULT '[]'::text NOT NULL
);
CREATE TABLE public.imported_ephemeral_keys (
    public_key text NOT NULL
);
CREATE TABLE public.installation (
    name text NOT NULL,
    value text NOT NULL
);
CREATE TABLE public.invites (
    token text NOT NULL,
    medium text NOT NULL,
    address text NOT NULL,
    alias text,
    room_id text NOT NULL,
    sender text NOT NULL,
    ephemeral_public_key text NOT NULL,
    key_id text NOT NULL,
    created_at bigint NOT NULL,
    delivered_at bigint,
    confirmed_at bigint,
    failure text,
    pending_mail text,
    sealed_token text
);
CREATE TABLE public.jobs (
    id bigint NOT NULL,
    kind text NOT NULL,
    payload text NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    run_at bigint NOT NULL,
    hidden_until bigint DEFAULT '0'::bigint NOT NULL,
    destination text DEFAULT ''::text NOT NULL,
    leased_by text,
    beat integer DEFAULT 0 NOT NULL,
    failure text,
    queued_at bigint DEFAULT '0'::bigint NOT NULL
);
CREATE SEQUENCE public.jobs_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.jobs_id_seq OWNED BY public.jobs.id;
CREATE TABLE public.knex_migrations (
    id integer NOT NULL,
    name character varying(255),
    batch integer,
    migration_time timestamp with time zone
);
CREATE SEQUENCE public.knex_migrations_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.knex_migrations_id_seq OWNED BY public.knex_migrations.id;
CREATE TABLE public.knex_migrations_lock (
    index integer NOT NULL,
    is_locked integer
);
CREATE SEQUENCE public.knex_migrations_lock_index_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.knex_migrations_lock_index_seq OWNED BY public.knex_migrations_lock.index;
CREATE TABLE public.mirror_entries (
    source text NOT NULL,
    id text NOT NULL,
    stamp text NOT NULL,
    part text NOT NULL,
    mxid text,
    content text NOT NULL
);
CREATE TABLE public.mirror_states (
    source text NOT NULL,
    state text NOT NULL
);
CREATE TABLE public.peppers (
    announced_from bigint NOT NULL,
    pepper text NOT NULL
);
CREATE TABLE public.rate_limit_takes (
    key_hash text NOT NULL,
    taken_at bigint NOT NULL,
    points integer NOT NULL,
    counts_until bigint NOT NULL
);
CREATE TABLE public.revocations (
    "position" bigint NOT NULL,
    made_at bigint NOT NULL,
    kind text NOT NULL,
    subject text NOT NULL
);
CREATE SEQUENCE public.revocations_position_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.revocations_position_seq OWNED BY public.revocations."position";
CREATE TABLE public.revocations_purged (
    "position" bigint NOT NULL
);
CREATE TABLE public.validation_sessions (
    sid text NOT NULL,
    medium text NOT NULL,
    address text NOT NULL,
    alias text,
    client_secret text NOT NULL,
    token text NOT NULL,
    send_attempt integer NOT NULL,
    next_link text,
    validated_at bigint,
    modified_at bigint NOT NULL,
    guesses integer DEFAULT 0 NOT NULL,
    opened_at bigint DEFAULT '0'::bigint NOT NULL,
    opened_by text,
    sealed_client_secret text,
    sealed_token text
);
CREATE TABLE public.write_probe (
    id integer NOT NULL,
    written_at bigint NOT NULL
);
ALTER TABLE ONLY public.claim_changes ALTER COLUMN "position" SET DEFAULT nextval('public.claim_changes_position_seq'::regclass);
ALTER TABLE ONLY public.jobs ALTER COLUMN id SET DEFAULT nextval('public.jobs_id_seq'::regclass);
ALTER TABLE ONLY public.knex_migrations ALTER COLUMN id SET DEFAULT nextval('public.knex_migrations_id_seq'::regclass);
ALTER TABLE ONLY public.knex_migrations_lock ALTER COLUMN index SET DEFAULT nextval('public.knex_migrations_lock_index_seq'::regclass);
ALTER TABLE ONLY public.revocations ALTER COLUMN "position" SET DEFAULT nextval('public.revocations_position_seq'::regclass);
INSERT INTO public.accepted_terms (mxid, url, accepted_at) VALUES ('@anna:example.org', 'https://example.org/terms-1.0-en.html', 1795910400000);
INSERT INTO public.access_tokens (token_hash, mxid, created_at, used_at) VALUES ('9dc9d809de53dc1ada2d6790621f98d931f3b2435a322850407c7b8d46a7235e', '@anna:example.org', 1795910400000, 1795910400000);
INSERT INTO public.access_tokens (token_hash, mxid, created_at, used_at) VALUES ('f7436b3b5b093288c999ac0c1f0c2ade0c5b9575e9440d111ae6ae57b4b508b8', '@bert:example.org', 1795910400000, 1795910400000);
INSERT INTO public.account_checks (mxid, homeserver, has_account, answered_at, taken_at, wanted_at, due_at) VALUES ('@bert:example.org', 'example.org', NULL, NULL, 0, 1795910400000, 1795910400000);
INSERT INTO public.account_checks (mxid, homeserver, has_account, answered_at, taken_at, wanted_at, due_at) VALUES ('@anna:example.org', 'example.org', true, 1795910400000, 0, 0, 1795996800000);
INSERT INTO public.associations (medium, address, alias, mxid, bound_at, not_before, not_after, person, suspended_at, suspended_source, mailbox) VALUES ('email', 'bert@example.org', NULL, '@bert:example.org', 1795910400000, 1795910400000, 4949510400000, NULL, NULL, NULL, 'bert@example.org');
INSERT INTO public.associations (medium, address, alias, mxid, bound_at, not_before, not_after, person, suspended_at, suspended_source, mailbox) VALUES ('msisdn', '447700900123', NULL, '@anna:example.org', 1795910400000, 1795910400000, 4949510400000, NULL, NULL, NULL, '447700900123');
INSERT INTO public.claim_changes ("position", made_at, source, claims) VALUES (1, 1795910400000, 'bindings', '{"removed":[],"added":[{"threepid":{"medium":"email","address":"bert@example.org"},"mxid":"@bert:example.org"}],"isReload":false}');
INSERT INTO public.claim_changes ("position", made_at, source, claims) VALUES (2, 1795910400000, 'bindings', '{"removed":[],"added":[{"threepid":{"medium":"msisdn","address":"447700900123"},"mxid":"@anna:example.org"}],"isReload":false}');
INSERT INTO public.claim_changes_purged ("position") VALUES (0);
INSERT INTO public.holders (mxid, source, entry_id, person, since_at, left_at, addresses) VALUES ('@anna:example.org', 'staff', 'a', 'staff a', NULL, NULL, '[{"medium":"email","address":"anna@example.org"}]');
INSERT INTO public.holders (mxid, source, entry_id, person, since_at, left_at, addresses) VALUES ('@left:example.org', 'staff', 'b', 'staff b', NULL, 1795910400000, '[{"medium":"email","address":"anna@example.org"}]');
INSERT INTO public.imported_ephemeral_keys (public_key) VALUES ('key of Sydent');
INSERT INTO public.installation (name, value) VALUES ('id', 'f9bbe735-ec92-4757-aadb-9024675b7da5');
INSERT INTO public.installation (name, value) VALUES ('server_name', 'id.example.org');
INSERT INTO public.installation (name, value) VALUES ('key_id', 'ed25519:0');
INSERT INTO public.installation (name, value) VALUES ('public_key', 'a2V5');
INSERT INTO public.invites (token, medium, address, alias, room_id, sender, ephemeral_public_key, key_id, created_at, delivered_at, confirmed_at, failure, pending_mail, sealed_token) VALUES ('5Zg7VmBAA0Pl8c9JbQCt9eoQrqn__lb5cqMjfsdwN14', 'email', 'anna@example.org', NULL, '!room:example.org', '@anna:example.org', 'key of waiting', 'sealed ed25519:0', 1795910400000, NULL, NULL, NULL, 'sealed:a74f23dbfc5a:cKW0lY26fEqi-qggUjdsX7JWpoYNdjIKp3CUrlRHKAVHda2V1goVwzTdSUMwYcY', 'sealed:a74f23dbfc5a:b1XmRucaoGN-DbipCWxWlBTuRv6HX-pmuTmHLnyDgFDpZdI');
INSERT INTO public.invites (token, medium, address, alias, room_id, sender, ephemeral_public_key, key_id, created_at, delivered_at, confirmed_at, failure, pending_mail, sealed_token) VALUES ('A05s4EHUFhO4PyBqHLpw4Fk953lFEA7uiqXvPflk6Jw', 'email', 'bert@example.org', NULL, '!room:example.org', '@anna:example.org', 'key of delivered', 'sealed ed25519:0', 1795910400000, 1795910400000, 1795910400000, NULL, NULL, 'sealed:a74f23dbfc5a:AsptScBE2uW0Ac7h9UHz3J3qKb3IgIzDu6DMD4FXwG5sxV-xtw');
INSERT INTO public.invites (token, medium, address, alias, room_id, sender, ephemeral_public_key, key_id, created_at, delivered_at, confirmed_at, failure, pending_mail, sealed_token) VALUES ('WcJjScGZMbD1ZErBl-GBXPSuw_qB4J06gCrjlRSDfaE', 'msisdn', '447700900123', NULL, '!room:example.org', '@anna:example.org', 'key of imported', 'sealed ed25519:0', 1795910400000, NULL, NULL, NULL, NULL, 'sealed:a74f23dbfc5a:Y_L91hEnWS3oWYk3NXZw0f-UqCIkhz-1JIWyU4wY2DztrFFz');
INSERT INTO public.jobs (id, kind, payload, attempts, run_at, hidden_until, destination, leased_by, beat, failure, queued_at) VALUES (1, 'sealed-onbind', 'sealed:a74f23dbfc5a:zAJpCD6b0spa4quTOGzvTTD1_-lJGK0qB0_EGif9qq9lEUGYnmRWENrW_CVS4iOiOScN9143lDzBqZfy57tvgLZBWZV4-EG9sO8ge52pBeU9QwWfDEtGnNLiMqD5kGdFu4g0bKtyyaNtL8ZysjD-beLnmV0', 0, 1795910400000, 0, 'homeserver example.org', NULL, 0, NULL, 1795910400000);
INSERT INTO public.jobs (id, kind, payload, attempts, run_at, hidden_until, destination, leased_by, beat, failure, queued_at) VALUES (2, 'invite-digest', '{"address":"anna@example.org"}', 0, 1795910400000, 0, 'mail server', NULL, 0, NULL, 1795910400000);
INSERT INTO public.knex_migrations (id, name, batch, migration_time) VALUES (1, '0001-validation-sessions', 1, '2026-11-29 08:32:58.874+00');
INSERT INTO public.knex_migrations (id, name, batch, migration_time) VALUES (2, '0002-associations', 1, '2026-11-29 08:32:58.907+00');
INSERT INTO public.knex_migrations (id, name, batch, migration_time) VALUES (3, '0003-change-feed', 1, '2026-11-29 08:32:58.984+00');
INSERT INTO public.knex_migrations (id, name, batch, migration_time) VALUES (4, '0004-mirrors', 1, '2026-11-29 08:32:59.032+00');
INSERT INTO public.knex_migrations (id, name, batch, migration_time) VALUES (5, '0005-peppers', 1, '2026-11-29 08:32:59.052+00');
INSERT INTO public.knex_migrations (id, name, batch, migration_time) VALUES (6, '0006-access-tokens', 1, '2026-11-29 08:32:59.07+00');
INSERT INTO public.knex_migrations (id, name, batch, migration_time) VALUES (7, '0007-invites', 1, '2026-11-29 08:32:59.103+00');
INSERT INTO public.knex_migrations (id, name, batch, migration_time) VALUES (8, '0008-jobs', 1, '2026-11-29 08:32:59.131+00');
INSERT INTO public.knex_migrations (id, name, batch, migration_time) VALUES (9, '0009-rate-limits', 1, '2026-11-29 08:32:59.173+00');
INSERT INTO public.knex_migrations (id, name, batch, migration_time) VALUES (10, '0010-accepted-terms', 1, '2026-11-29 08:32:59.188+00');
INSERT INTO public.knex_migrations (id, name, batch, migration_time) VALUES (11, '0011-holders', 1, '2026-11-29 08:32:59.254+00');
INSERT INTO public.knex_migrations (id, name, batch, migration_time) VALUES (12, '0012-account-checks', 1, '2026-11-29 08:32:59.312+00');
INSERT INTO public.knex_migrations (id, name, batch, migration_time) VALUES (13, '0013-short-mirrors', 1, '2026-11-29 08:32:59.347+00');
INSERT INTO public.knex_migrations (id, name, batch, migration_time) VALUES (14, '0014-job-leases', 1, '2026-11-29 08:32:59.393+00');
INSERT INTO public.knex_migrations (id, name, batch, migration_time) VALUES (15, '0015-revocations', 1, '2026-11-29 08:32:59.445+00');
INSERT INTO public.knex_migrations (id, name, batch, migration_time) VALUES (16, '0016-access-token-use', 1, '2026-11-29 08:32:59.468+00');
INSERT INTO public.knex_migrations (id, name, batch, migration_time) VALUES (17, '0020-session-users', 1, '2026-11-29 08:32:59.481+00');
INSERT INTO public.knex_migrations (id, name, batch, migration_time) VALUES (18, '0021-pending-invite-mails', 1, '2026-11-29 08:32:59.491+00');
INSERT INTO public.knex_migrations (id, name, batch, migration_time) VALUES (19, '0022-sealed-secrets', 1, '2026-11-29 08:32:59.529+00');
INSERT INTO public.knex_migrations (id, name, batch, migration_time) VALUES (20, '0023-bound-mailboxes', 1, '2026-11-29 08:32:59.553+00');
INSERT INTO public.knex_migrations (id, name, batch, migration_time) VALUES (21, '0026-installation', 1, '2026-11-29 08:32:59.597+00');
INSERT INTO public.knex_migrations (id, name, batch, migration_time) VALUES (22, '0033-imported-ephemeral-keys', 1, '2026-11-29 08:32:59.626+00');
INSERT INTO public.knex_migrations_lock (index, is_locked) VALUES (1, 0);
INSERT INTO public.mirror_entries (source, id, stamp, part, mxid, content) VALUES ('staff', 'a', '1', 'ou=people,dc=example,dc=org', '@anna:example.org', '["uid=anna,ou=people,dc=example,dc=org",["anna@example.org"]]');
INSERT INTO public.mirror_entries (source, id, stamp, part, mxid, content) VALUES ('staff', 'n', '1', 'ou=people,dc=example,dc=org', NULL, '["uid=none,ou=people,dc=example,dc=org",[],"no user name"]');
INSERT INTO public.mirror_states (source, state) VALUES ('staff', '{"syncedAt":1795910400000,"attemptedAt":1795910400000,"parts":{"ou=people,dc=example,dc=org":2}}');
INSERT INTO public.peppers (announced_from, pepper) VALUES (1795910400000, 'thepepper');
INSERT INTO public.rate_limit_takes (key_hash, taken_at, points, counts_until) VALUES ('74388b375d65d2fb43cdc4b95abf1d55ec81d5b78db1377d22a5d8d1f60c3f94', 1795910400000, 1, 1795914000000);
INSERT INTO public.revocations ("position", made_at, kind, subject) VALUES (1, 1795941179899, 'token', 'e87ba7a0b779d8b797f86d19604504496f23b4d1e31ed4721d9dc8634172b723');
INSERT INTO public.revocations_purged ("position") VALUES (0);
INSERT INTO public.validation_sessions (sid, medium, address, alias, client_secret, token, send_attempt, next_link, validated_at, modified_at, guesses, opened_at, opened_by, sealed_client_secret, sealed_token) VALUES ('1', 'email', 'anna@example.org', NULL, 'm7AZM6dBMrtRW5dPHbU5E1ngiGthvcRdyEOqsX0maSs', '', 1, 'https://example.org/next', NULL, 1795910400000, 0, 1795910400000, '@anna:example.org', 'sealed:a74f23dbfc5a:YrV68Xccu7X06LYbPIN_sd4Holp65QU4_pwo1bKT1pdd3xk', 'sealed:a74f23dbfc5a:WeJ_v9HFn2TOy1grrVgPxzW2vzhIoRuYQBdJgcQfe9TXuA');
INSERT INTO public.validation_sessions (sid, medium, address, alias, client_secret, token, send_attempt, next_link, validated_at, modified_at, guesses, opened_at, opened_by, sealed_client_secret, sealed_token) VALUES ('2', 'msisdn', '447700900123', NULL, 'm7AZM6dBMrtRW5dPHbU5E1ngiGthvcRdyEOqsX0maSs', '', 1, 'https://example.org/next', 1795910400000, 1795910400000, 0, 1795910400000, '@anna:example.org', 'sealed:a74f23dbfc5a:CCzXA3U0WcZPxOLMCCwgMuv2ZIKFEsmqkgtNk4eB74HAiPQ', 'sealed:a74f23dbfc5a:tCfQi1cZo2R6HWVimM_LEU0B3jQHqBIwBTlY0-NrReu9rA');
INSERT INTO public.write_probe (id, written_at) VALUES (1, 0);
SELECT pg_catalog.setval('public.claim_changes_position_seq', 2, true);
SELECT pg_catalog.setval('public.jobs_id_seq', 2, true);
SELECT pg_catalog.setval('public.knex_migrations_id_seq', 22, true);
SELECT pg_catalog.setval('public.knex_migrations_lock_index_seq', 1, true);
SELECT pg_catalog.setval('public.revocations_position_seq', 1, true);
ALTER TABLE ONLY public.accepted_terms
    ADD CONSTRAINT accepted_terms_pkey PRIMARY KEY (mxid, url);
ALTER TABLE ONLY public.access_tokens
    ADD CONSTRAINT access_tokens_pkey PRIMARY KEY (token_hash);
ALTER TABLE ONLY public.account_checks
    ADD CONSTRAINT account_checks_pkey PRIMARY KEY (mxid);
ALTER TABLE ONLY public.associations
    ADD CONSTRAINT associations_pkey PRIMARY KEY (medium, address);
ALTER TABLE ONLY public.claim_changes
    ADD CONSTRAINT claim_changes_pkey PRIMARY KEY ("position");
ALTER TABLE ONLY public.holders
    ADD CONSTRAINT holders_pkey PRIMARY KEY (mxid, source, entry_id);
ALTER TABLE ONLY public.imported_ephemeral_keys
    ADD CONSTRAINT imported_ephemeral_keys_pkey PRIMARY KEY (public_key);
ALTER TABLE ONLY public.installation
    ADD CONSTRAINT installation_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.invites
    ADD CONSTRAINT invites_pkey PRIMARY KEY (token);
ALTER TABLE ONLY public.jobs
    ADD CONSTRAINT jobs_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.knex_migrations_lock
    ADD CONSTRAINT knex_migrations_lock_pkey PRIMARY KEY (index);
ALTER TABLE ONLY public.knex_migrations
    ADD CONSTRAINT knex_migrations_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.mirror_entries
    ADD CONSTRAINT mirror_entries_pkey PRIMARY KEY (source, id);
ALTER TABLE ONLY public.mirror_states
    ADD CONSTRAINT mirror_states_pkey PRIMARY KEY (source);
ALTER TABLE ONLY public.peppers
    ADD CONSTRAINT peppers_pkey PRIMARY KEY (announced_from);
ALTER TABLE ONLY public.rate_limit_takes
    ADD CONSTRAINT rate_limit_takes_pkey PRIMARY KEY (key_hash, taken_at);
ALTER TABLE ONLY public.revocations
    ADD CONSTRAINT revocations_pkey PRIMARY KEY ("position");
ALTER TABLE ONLY public.validation_sessions
    ADD CONSTRAINT validation_sessions_medium_address_client_secret_unique UNIQUE (medium, address, client_secret);
ALTER TABLE ONLY public.validation_sessions
    ADD CONSTRAINT validation_sessions_pkey PRIMARY KEY (sid);
ALTER TABLE ONLY public.write_probe
    ADD CONSTRAINT write_probe_pkey PRIMARY KEY (id);
CREATE INDEX access_tokens_mxid_index ON public.access_tokens USING btree (mxid);
CREATE INDEX access_tokens_used_at_index ON public.access_tokens USING btree (used_at);
CREATE INDEX account_checks_answered_at_mxid_index ON public.account_checks USING btree (answered_at, mxid);
CREATE INDEX account_checks_due ON public.account_checks USING btree (homeserver, wanted_at DESC, due_at);
CREATE INDEX associations_mailbox_index ON public.associations USING btree (mailbox);
CREATE INDEX associations_mxid_index ON public.associations USING btree (mxid);
CREATE INDEX claim_changes_made_at_index ON public.claim_changes USING btree (made_at);
CREATE INDEX holders_source_index ON public.holders USING btree (source);
CREATE INDEX invites_ephemeral_public_key_index ON public.invites USING btree (ephemeral_public_key);
CREATE INDEX invites_waiting_index ON public.invites USING btree (medium, address) WHERE (delivered_at IS NULL);
CREATE INDEX jobs_destination_run_at_index ON public.jobs USING btree (destination, run_at);
CREATE INDEX jobs_leased_by_index ON public.jobs USING btree (leased_by);
CREATE INDEX jobs_run_at_id_index ON public.jobs USING btree (run_at, id);
CREATE INDEX mirror_entries_mxid_index ON public.mirror_entries USING btree (mxid);
CREATE INDEX rate_limit_takes_counts_until_index ON public.rate_limit_takes USING btree (counts_until);
CREATE INDEX revocations_made_at_index ON public.revocations USING btree (made_at);
CREATE INDEX validation_sessions_modified_at_index ON public.validation_sessions USING btree (modified_at);
CREATE TRIGGER islet_terms_revoked AFTER DELETE ON public.accepted_terms FOR EACH ROW EXECUTE FUNCTION public.islet_note_revocation('terms', 'mxid');
CREATE TRIGGER islet_token_revoked AFTER DELETE ON public.access_tokens FOR EACH ROW EXECUTE FUNCTION public.islet_note_revocation('token', 'token_hash');
