CREATE TABLE users( name TEXT, password_hash TEXT, creation_ts BIGINT, admin SMALLINT DEFAULT 0 NOT NULL, upgrade_ts BIGINT, is_guest SMALLINT DEFAULT 0 NOT NULL, appservice_id TEXT, consent_version TEXT, consent_server_notice_sent TEXT, user_type TEXT DEFAULT NULL, deactivated SMALLINT DEFAULT 0 NOT NULL, shadow_banned BOOLEAN, consent_ts BIGINT, approved BOOLEAN, locked BOOLEAN DEFAULT FALSE NOT NULL, suspended BOOLEAN DEFAULT FALSE NOT NULL, UNIQUE(name) );
CREATE TABLE user_threepids ( user_id TEXT NOT NULL, medium TEXT NOT NULL, address TEXT NOT NULL, validated_at BIGINT NOT NULL, added_at BIGINT NOT NULL, CONSTRAINT medium_address UNIQUE (medium, address) );
CREATE TABLE user_threepid_id_server ( user_id TEXT NOT NULL, medium TEXT NOT NULL, address TEXT NOT NULL, id_server TEXT NOT NULL );
INSERT INTO users (name, creation_ts, is_guest, appservice_id, deactivated) VALUES
  ('@alice:example.org', 1600000000, 0, NULL, 0),
  ('@bob:example.org', 1600000000, 0, NULL, 0),
  ('@gone:example.org', 1600000000, 0, NULL, 1),
  ('@guest:example.org', 1600000000, 1, NULL, 0),
  ('@irc_bot:example.org', 1600000000, 0, 'irc', 0),
  ('@Old.Name:example.org', 1400000000, 0, NULL, 0),
  ('@other:example.net', 1600000000, 0, NULL, 0);
INSERT INTO user_threepids (user_id, medium, address, validated_at, added_at) VALUES
  ('@alice:example.org', 'email', 'alice@example.com', 1600000000000, 1600000001000),
  ('@alice:example.org', 'msisdn', '447700900123', 1600000000000, 1600000001000),
  ('@bob:example.org', 'email', 'Bob@Example.COM', 1600000002000, 1600000003000),
  ('@bob:example.org', 'email', 'bob@example.com', 1500000002000, 1500000003000),
  ('@gone:example.org', 'email', 'gone@example.com', 1600000000000, 1600000001000),
  ('@guest:example.org', 'email', 'guest@example.com', 1600000000000, 1600000001000),
  ('@irc_bot:example.org', 'email', 'irc@example.com', 1600000000000, 1600000001000),
  ('@Old.Name:example.org', 'email', 'old@example.com', 1400000000000, 1400000001000),
  ('@other:example.net', 'email', 'other@example.com', 1600000000000, 1600000001000),
  ('@nobody:example.org', 'email', 'nobody@example.com', 1600000000000, 1600000001000),
  ('@alice:example.org', 'email', 'no address', 1600000000000, 1600000001000),
  ('@alice:example.org', 'm.custom', '10452', 1600000000000, 1600000001000);
INSERT INTO user_threepid_id_server VALUES
  ('@alice:example.org', 'email', 'alice@example.com', 'id.example.org'),
  ('@bob:example.org', 'email', 'bob@example.com', 'vector.im'),
  ('@Old.Name:example.org', 'email', 'before@example.com', 'id.example.org');
