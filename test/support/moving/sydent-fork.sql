BEGIN TRANSACTION;
CREATE TABLE ephemeral_public_keys(
    id integer primary key,
    public_key varchar(256) not null,
    verify_count bigint default 0,
    persistence_ts bigint
);
INSERT INTO "ephemeral_public_keys" VALUES(1,'9t2puaFLBRPWd5TPnWL6YQW3PXv4tHgVmHc0KVh-548',0,1503300000);
CREATE TABLE global_threepid_associations (id integer primary key, medium varchar(16) not null, address varchar(256) not null, mxid varchar(256) not null, ts integer not null, notBefore bigint not null, notAfter integer not null, originServer varchar(255) not null, originId integer not null, sgAssoc text not null);
INSERT INTO "global_threepid_associations" VALUES(1,'email','Old.Case@Example.COM','@older:example.org',1503300000000,1503300000000,4656900000000,'id.example.org',1,'{}');
INSERT INTO "global_threepid_associations" VALUES(2,'email','found@example.com','@found:example.org',1503300001000,1503300001000,4656900001000,'id.example.org',2,'{}');
INSERT INTO "global_threepid_associations" VALUES(3,'msisdn','447700900123','@found:example.org',1503300002000,1503300002000,4656900002000,'id.example.org',3,'{}');
INSERT INTO "global_threepid_associations" VALUES(4,'email','found2@example.com','@found2:example.org',1503300003000,1503300003000,4656900003000,'id.example.org',4,'{}');
CREATE TABLE invite_tokens (
    id integer primary key,
    medium varchar(16) not null,
    address varchar(256) not null,
    room_id varchar(256) not null,
    sender varchar(256) not null,
    token varchar(256) not null,
    received_ts bigint, -- When the invite was received by us from the homeserver
    sent_ts bigint -- When the token was sent by us to the user
);
INSERT INTO "invite_tokens" VALUES(1,'email','erin@example.com','!one:example.org','@alice:example.org','WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW',1503300000,NULL);
INSERT INTO "invite_tokens" VALUES(2,'email','found@example.com','!one:example.org','@alice:example.org','DDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDD',1503300000,1503300009);
CREATE TABLE local_threepid_associations (id integer primary key, medium varchar(16) not null, address varchar(256) not null, mxid varchar(256) not null, ts integer not null, notBefore bigint not null, notAfter bigint not null);
INSERT INTO "local_threepid_associations" VALUES(1,'email','Old.Case@Example.COM','@older:example.org',1503300000000,1503300000000,4656900000000);
INSERT INTO "local_threepid_associations" VALUES(2,'email','found@example.com','@found:example.org',1503300001000,1503300001000,4656900001000);
INSERT INTO "local_threepid_associations" VALUES(3,'msisdn','447700900123','@found:example.org',1503300002000,1503300002000,4656900002000);
INSERT INTO "local_threepid_associations" VALUES(4,'email','found2@example.com','@found2:example.org',1503300003000,1503300003000,4656900003000);
CREATE TABLE peer_pubkeys (id integer primary key, peername varchar(255) not null, alg varchar(16) not null, key text not null, foreign key (peername) references peers (peername));
CREATE TABLE peers (id integer primary key, name varchar(255) not null, port integer default null, lastSentVersion integer, lastPokeSucceededAt integer, active integer not null default 0);
CREATE TABLE threepid_token_auths (id integer primary key, validationSession integer not null, token varchar(32) not null, sendAttemptNumber integer not null, foreign key (validationSession) references threepid_validations(id));
INSERT INTO "threepid_token_auths" VALUES(1,1,'123456',1);
CREATE TABLE threepid_validation_sessions (id integer primary key, medium varchar(16) not null, address varchar(256) not null, clientSecret varchar(32) not null, validated int default 0, mtime bigint not null);
INSERT INTO "threepid_validation_sessions" VALUES(1,'email','old.case@example.com','s1',1,1503300000000);
CREATE UNIQUE INDEX medium_address on local_threepid_associations(medium, address);
CREATE INDEX medium_lower_address on global_threepid_associations (medium, lower(address));
CREATE UNIQUE INDEX originServer_originId on global_threepid_associations (originServer, originId);
CREATE INDEX invite_token_medium_address on invite_tokens(medium, address);
CREATE INDEX invite_token_token on invite_tokens(token);
CREATE UNIQUE INDEX ephemeral_public_keys_index on ephemeral_public_keys(public_key);
CREATE UNIQUE INDEX name on peers(name);
CREATE UNIQUE INDEX peername_alg on peer_pubkeys(peername, alg);
COMMIT;
PRAGMA user_version = 0;
