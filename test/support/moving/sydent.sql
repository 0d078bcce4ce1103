BEGIN TRANSACTION;
CREATE TABLE accepted_terms_urls(user_id TEXT NOT NULL, url TEXT NOT NULL);
INSERT INTO "accepted_terms_urls" VALUES('@alice:example.org','https://example.org/terms-1.0-en.html');
CREATE TABLE accounts(user_id TEXT NOT NULL PRIMARY KEY, created_ts BIGINT NOT NULL, consent_version TEXT);
INSERT INTO "accounts" VALUES('@alice:example.org',1795927761288,'1.0');
CREATE TABLE ephemeral_public_keys(
    id integer primary key,
    public_key varchar(256) not null,
    verify_count bigint default 0,
    persistence_ts bigint
);
INSERT INTO "ephemeral_public_keys" VALUES(1,'9t2puaFLBRPWd5TPnWL6YQW3PXv4tHgVmHc0KVh-548',0,1795927764);
INSERT INTO "ephemeral_public_keys" VALUES(2,'DkGipfCumCXDbI7E2Emkcz0nuNurU8g4NXuH53RqhBc',0,1795927764);
INSERT INTO "ephemeral_public_keys" VALUES(3,'bQCiwOvTLJVTBqE_MgfFBtISLdUkHuDhA8rrN6KJ0ec',0,1795927764);
CREATE TABLE global_threepid_associations (id integer primary key autoincrement, medium varchar(16) not null, address varchar(256) not null, mxid varchar(256) not null, ts integer not null, notBefore bigint not null, notAfter integer not null, originServer varchar(255) not null, originId integer not null, sgAssoc text not null, lookup_hash VARCHAR(256));
INSERT INTO "global_threepid_associations" VALUES(1,'email','old.case@example.com','@older:example.org',1500000000000,1500000000000,4653600000000,'id.example.org',1,'{"medium": "email", "address": "Old.Case@Example.COM", "mxid": "@older:example.org", "ts": 1500000000000, "not_before": 1500000000000, "not_after": 4653600000000, "signatures": {"id.example.org": {"ed25519:0": "aXAoiPNqlOlgfTzEDGuOo/2uMPM5jW/mHJT3R2NNggs+SuPHjdgH5R7YqhBx1EMfTHKm6DAmLq06Hsb2M7BMBg"}}}','GO_fiK57JmYer6pNvuCMTF4K-nRSz4KP3FgB83LKcbQ');
INSERT INTO "global_threepid_associations" VALUES(2,'email','old.case@example.com','@newer:example.org',1500000001000,1500000001000,4653600001000,'id.example.org',2,'{"medium": "email", "address": "old.case@example.com", "mxid": "@newer:example.org", "ts": 1500000001000, "not_before": 1500000001000, "not_after": 4653600001000, "signatures": {"id.example.org": {"ed25519:0": "SWl/gm5/sCWa/UemEOl2AQO+yKhMsUo6A6NmfSHWxcgGiSM+criMLGjeMlmiAAqXquaZQNlouCyGQax31LObBQ"}}}','GO_fiK57JmYer6pNvuCMTF4K-nRSz4KP3FgB83LKcbQ');
INSERT INTO "global_threepid_associations" VALUES(3,'email','strasse@example.com','@street:example.org',1500000002000,1500000002000,4653600002000,'id.example.org',3,'{"medium": "email", "address": "Stra\u00dfe@example.com", "mxid": "@street:example.org", "ts": 1500000002000, "not_before": 1500000002000, "not_after": 4653600002000, "signatures": {"id.example.org": {"ed25519:0": "M02CY/CsR3ymXMqBC0+tLigw02NpKorO8qoM88frQRY9UNUtmiN4svKBWK9GFa6M0/ehgTbO/Q3LxysyOodfAA"}}}','qj6IDFJLmeEcg8K6ocI1rLvQASTDvlDwGHwXnjPoCHQ');
INSERT INTO "global_threepid_associations" VALUES(4,'email','expired@example.com','@gone:example.org',1400000000000,1400000000000,1450000000000,'id.example.org',4,'{"medium": "email", "address": "expired@example.com", "mxid": "@gone:example.org", "ts": 1400000000000, "not_before": 1400000000000, "not_after": 1450000000000, "signatures": {"id.example.org": {"ed25519:0": "Y3LFgDQVnBdlHt5F1tHwWOgIQqkJ/vFPjxytkkdlfCOyju4KuTEZJUMPZopbxJuEvJwrmIulGtRDniGBLfoEAA"}}}','5exh-p0lFXMsKOiKiq7xG8AleN0yqyFtifNwoTZGbKI');
INSERT INTO "global_threepid_associations" VALUES(5,'email','alice@example.com','@alice:example.org',1795927761618,1795927761618,4949527761618,'id.example.org',5,'{"medium": "email", "address": "alice@example.com", "mxid": "@alice:example.org", "ts": 1795927761618, "not_before": 1795927761618, "not_after": 4949527761618, "signatures": {"id.example.org": {"ed25519:0": "d5CU61nsQjjyEoksOrnZ3rhw/6wjgBf8H9HkPd3YHmtPVsGZ1V/hHHmo8kvCqxvCPYjk7iZWHwzmetps045mCg"}}}','jK9VLF49MQ8TvsxOi8Z-B8zxup9l9afee8gX89e9eY0');
INSERT INTO "global_threepid_associations" VALUES(6,'email','bob@example.com','@bob:example.org',1795927762260,1795927762260,4949527762260,'id.example.org',6,'{"medium": "email", "address": "bob@example.com", "mxid": "@bob:example.org", "ts": 1795927762260, "not_before": 1795927762260, "not_after": 4949527762260, "signatures": {"id.example.org": {"ed25519:0": "RNxV3qe8bVveA2+GLvMy6LSi5FEAHmi5RMHHTveybLKgD/YoKj92EI1MeE5r3PxPRVLbKgRzHan4vKOPu5chBA"}}}','FO5LvZTNvIfuAscpEARYIVxoXkTK_HG2i_ljBeavF2A');
INSERT INTO "global_threepid_associations" VALUES(7,'msisdn','447700900123','@bob:example.org',1795927762494,1795927762494,4949527762494,'id.example.org',7,'{"medium": "msisdn", "address": "447700900123", "mxid": "@bob:example.org", "ts": 1795927762494, "not_before": 1795927762494, "not_after": 4949527762494, "signatures": {"id.example.org": {"ed25519:0": "pY4eh+mg2lhsWNZtGJ3XEZ6Fo18nbSKkAuWwQYIk6YHls1THfj2mcm5KobB2hE/MUcYq2EWPy56fK1ZkqHrYDg"}}}','VlHuyOH8lUc9LeyTUGNqz4X9P1sJHqiHo7eTpzo7Ml8');
INSERT INTO "global_threepid_associations" VALUES(9,'email','shared@example.com','@zed:example.org',1795927763750,1795927763750,4949527763750,'id.example.org',10,'{"medium": "email", "address": "shared@example.com", "mxid": "@zed:example.org", "ts": 1795927763750, "not_before": 1795927763750, "not_after": 4949527763750, "signatures": {"id.example.org": {"ed25519:0": "bjaG4ownCxpz6iCZ7yFwHrGuMtyT8+/v5mptYYtJveSGugS11oIBs4D1EmjsCJ4yT2ItvICSBP1xVjTOV6QSAw"}}}','_JptQ4geApPGL3537hBq2axORNFzQojdZbJ0Xdq-Zhk');
INSERT INTO "global_threepid_associations" VALUES(10,'email','shared@example.com','@amy:example.org',1795927764500,1795927764500,4949527764500,'id.example.org',11,'{"medium": "email", "address": "shared@example.com", "mxid": "@amy:example.org", "ts": 1795927764500, "not_before": 1795927764500, "not_after": 4949527764500, "signatures": {"id.example.org": {"ed25519:0": "UAgxlj+eXXHRCLQpDhIAM2dSWnA4+ETEz9WV2jA+gWBx05sdd2iCSMqisXZuACYwAtvXcMMLzehMwElAXzdoAA"}}}','_JptQ4geApPGL3537hBq2axORNFzQojdZbJ0Xdq-Zhk');
INSERT INTO "global_threepid_associations" VALUES(11,'email','frank@example.com','@frank:example.org',1795927765339,1795927765339,4949527765339,'id.example.org',12,'{"medium": "email", "address": "frank@example.com", "mxid": "@frank:example.org", "ts": 1795927765339, "not_before": 1795927765339, "not_after": 4949527765339, "signatures": {"id.example.org": {"ed25519:0": "jiQ4R6cwGYcv0UAbwWWkxbX8GY2XWnKeIuRfhHMQbiF1E6/xXIHat25DYoJnsZngrKTZNP5lAhhjbVZ0+p73Aw"}}}','INAIlgwlVpa4hmcBA1DtPe3Qbr39-mqggz1S2eF8FQk');
INSERT INTO "global_threepid_associations" VALUES(12,'email','after@example.com','@after:example.org',1795927765787,1795927765787,4949527765787,'id.example.org',13,'{"medium": "email", "address": "after@example.com", "mxid": "@after:example.org", "ts": 1795927765787, "not_before": 1795927765787, "not_after": 4949527765787, "invites": [{"medium": "email", "address": "frank@example.com", "room_id": "!one:example.org", "sender": "@alice:example.org", "token": "uavasXsdCxqQnuVxzQqsxaDJnSKpKwFeaGpgRKFCwXIxYYwCUYRLXXVOfJBmxlleWKVmHksvsKBrvKKFtEndGZDsbXLuaQyELeyipqTOEzdUiZNdikaQAJjehhqhzVGD", "mxid": "@frank:example.org", "signed": {"mxid": "@frank:example.org", "token": "uavasXsdCxqQnuVxzQqsxaDJnSKpKwFeaGpgRKFCwXIxYYwCUYRLXXVOfJBmxlleWKVmHksvsKBrvKKFtEndGZDsbXLuaQyELeyipqTOEzdUiZNdikaQAJjehhqhzVGD", "signatures": {"id.example.org": {"ed25519:0": "nJHMxZW8fhs7DaTY8aDIz1VEkFtHrYVHNTPnnzfMyJdKnJ9HGFPUkRU+S1ZXh0mDqViVOm5rA9CvEdiKaz+6Ag"}}}}], "signatures": {"id.example.org": {"ed25519:0": "alLMrpaj4l6Rl0chSQgOVyeTNyO3+iGY1MSBKZofpzqRTXWLXa0hIBKBrJEVKVTnnatZWYmggSmzWN4t3XdBCA"}}}','hteHNYYajXeoEQyeun8ySyghyah-cMquueL-k2Mf8SY');
INSERT INTO "global_threepid_associations" VALUES(13,'email','peer@example.net','@peer:example.net',1795927761288,1795927761288,4949527761288,'id.example.net',1,'{"address": "peer@example.net", "medium": "email", "mxid": "@peer:example.net", "ts": 1795927761288, "not_before": 1795927761288, "not_after": 4949527761288, "signatures": {"id.example.net": {"ed25519:0": "AAAA"}}}','x');
CREATE TABLE hashing_metadata (id integer primary key, lookup_pepper varchar(256));
INSERT INTO "hashing_metadata" VALUES(0,'IH5te');
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
INSERT INTO "invite_tokens" VALUES(1,'email','erin@example.com','!one:example.org','@alice:example.org','YGYSMgIOVjpMGPRqjZKFgjglKdldYTdKTLPCqXoLbyDwdBdjMUwLinQPsKmYjmaRdLmDGYONNdGVExFcDnrqEcBeBXdlLOMubqgdnZTMRPBQzgeEqQKFJVKlYDNpjzIL',1795927764,NULL);
INSERT INTO "invite_tokens" VALUES(2,'email','erin@example.com','!two:example.org','@bob:example.org','MryvFOFmnjBpufMlgXLTzGTkHMJibFGSpabnMOXEzrurgsKoaXsJTnQHcAWFTGaYijiJTJRRdZScnBmtJNgZCMYYYLyRcXJujHalqfJrpmOwODyJamzshSFNKRGkmJpU',1795927764,NULL);
INSERT INTO "invite_tokens" VALUES(3,'email','frank@example.com','!one:example.org','@alice:example.org','uavasXsdCxqQnuVxzQqsxaDJnSKpKwFeaGpgRKFCwXIxYYwCUYRLXXVOfJBmxlleWKVmHksvsKBrvKKFtEndGZDsbXLuaQyELeyipqTOEzdUiZNdikaQAJjehhqhzVGD',1795927765,1795927765);
CREATE TABLE local_threepid_associations (id integer primary key autoincrement, medium varchar(16) not null, address varchar(256) not null, mxid varchar(256), ts integer, notBefore bigint, notAfter bigint, lookup_hash VARCHAR(256));
INSERT INTO "local_threepid_associations" VALUES(1,'email','Old.Case@Example.COM','@older:example.org',1500000000000,1500000000000,4653600000000,NULL);
INSERT INTO "local_threepid_associations" VALUES(2,'email','old.case@example.com','@newer:example.org',1500000001000,1500000001000,4653600001000,NULL);
INSERT INTO "local_threepid_associations" VALUES(3,'email','Straße@example.com','@street:example.org',1500000002000,1500000002000,4653600002000,NULL);
INSERT INTO "local_threepid_associations" VALUES(4,'email','expired@example.com','@gone:example.org',1400000000000,1400000000000,1450000000000,NULL);
INSERT INTO "local_threepid_associations" VALUES(5,'email','alice@example.com','@alice:example.org',1795927761618,1795927761618,4949527761618,'jK9VLF49MQ8TvsxOi8Z-B8zxup9l9afee8gX89e9eY0');
INSERT INTO "local_threepid_associations" VALUES(6,'email','bob@example.com','@bob:example.org',1795927762260,1795927762260,4949527762260,'FO5LvZTNvIfuAscpEARYIVxoXkTK_HG2i_ljBeavF2A');
INSERT INTO "local_threepid_associations" VALUES(7,'msisdn','447700900123','@bob:example.org',1795927762494,1795927762494,4949527762494,'VlHuyOH8lUc9LeyTUGNqz4X9P1sJHqiHo7eTpzo7Ml8');
INSERT INTO "local_threepid_associations" VALUES(9,'email','carol@example.com',NULL,1795927763144,NULL,NULL,NULL);
INSERT INTO "local_threepid_associations" VALUES(11,'email','shared@example.com','@amy:example.org',1795927764500,1795927764500,4949527764500,'_JptQ4geApPGL3537hBq2axORNFzQojdZbJ0Xdq-Zhk');
INSERT INTO "local_threepid_associations" VALUES(12,'email','frank@example.com','@frank:example.org',1795927765339,1795927765339,4949527765339,'INAIlgwlVpa4hmcBA1DtPe3Qbr39-mqggz1S2eF8FQk');
INSERT INTO "local_threepid_associations" VALUES(13,'email','after@example.com','@after:example.org',1795927765787,1795927765787,4949527765787,'hteHNYYajXeoEQyeun8ySyghyah-cMquueL-k2Mf8SY');
CREATE TABLE peer_pubkeys (id integer primary key, peername varchar(255) not null, alg varchar(16) not null, key text not null, foreign key (peername) references peers (name));
CREATE TABLE peers (id integer primary key, name varchar(255) not null, port integer default null, lastSentVersion integer, lastPokeSucceededAt integer, active integer not null default 0);
CREATE TABLE threepid_token_auths (id integer primary key, validationSession integer not null, token varchar(32) not null, sendAttemptNumber integer not null, foreign key (validationSession) references threepid_validations(id));
INSERT INTO "threepid_token_auths" VALUES(1,1343581062,'b2USJYmlBS45YawYQED0keeYrGCHgh3p',-1);
INSERT INTO "threepid_token_auths" VALUES(2,1417438703,'fPiUnz8WaMsez6PyEeX3Ea6F4uTrlbiz',-1);
INSERT INTO "threepid_token_auths" VALUES(3,2007774975,'578479',-1);
INSERT INTO "threepid_token_auths" VALUES(4,613262370,'24uFdVV5lI2t7766TPea6doUsz7h2NBF',-1);
INSERT INTO "threepid_token_auths" VALUES(5,61231620,'AOM76RqcoxyD56g9IDPhi7kFPwr7nhgy',-1);
INSERT INTO "threepid_token_auths" VALUES(6,2048887436,'ZCSTmmo49EYQwePVfMxjH8er00gwlecD',-1);
INSERT INTO "threepid_token_auths" VALUES(7,972525734,'GgFdjvlPyWJQtDIwhbjTiuHFcmrXUFgl',-1);
INSERT INTO "threepid_token_auths" VALUES(8,1724439553,'uSyC31L8w3wcSEEMXvNw9yM3an7Sv5Oh',-1);
INSERT INTO "threepid_token_auths" VALUES(9,2112067842,'aYm52kBKmNNuWhrcpTPZVZye8E50MdYe',-1);
INSERT INTO "threepid_token_auths" VALUES(10,825921155,'YAKkyEddtAQO2sIva793Qo2ViOZFU4DU',-1);
CREATE TABLE threepid_validation_sessions (id integer primary key, medium varchar(16) not null, address varchar(256) not null, clientSecret varchar(32) not null, validated int default 0, mtime bigint not null);
INSERT INTO "threepid_validation_sessions" VALUES(61231620,'email','shared@example.com','secret.zed0',1,1795927763203);
INSERT INTO "threepid_validation_sessions" VALUES(613262370,'email','carol@example.com','secret.carol0',1,1795927762735);
INSERT INTO "threepid_validation_sessions" VALUES(825921155,'email','henry@example.com','henry.secret',0,1795927766341);
INSERT INTO "threepid_validation_sessions" VALUES(972525734,'email','frank@example.com','secret.frank3',1,1795927765199);
INSERT INTO "threepid_validation_sessions" VALUES(1343581062,'email','alice@example.com','secret.alice0',1,1795927761378);
INSERT INTO "threepid_validation_sessions" VALUES(1417438703,'email','Bob@Example.com','secret.bob0',1,1795927761911);
INSERT INTO "threepid_validation_sessions" VALUES(1724439553,'email','after@example.com','secret.after3',1,1795927765426);
INSERT INTO "threepid_validation_sessions" VALUES(2007774975,'msisdn','447700900123','secret.bob0',1,1795927762322);
INSERT INTO "threepid_validation_sessions" VALUES(2048887436,'email','shared@example.com','secret.amy1',1,1795927763999);
INSERT INTO "threepid_validation_sessions" VALUES(2112067842,'email','grace@example.com','grace.secret',1,1795927766071);
CREATE TABLE tokens(token TEXT NOT NULL PRIMARY KEY, user_id TEXT NOT NULL);
INSERT INTO "tokens" VALUES('AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAlice','@alice:example.org');
INSERT INTO "tokens" VALUES('BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBlice','@alice:example.org');
CREATE INDEX invite_token_medium_address on invite_tokens(medium, address);
CREATE INDEX invite_token_token on invite_tokens(token);
CREATE UNIQUE INDEX ephemeral_public_keys_index on ephemeral_public_keys(public_key);
CREATE UNIQUE INDEX name on peers(name);
CREATE UNIQUE INDEX peername_alg on peer_pubkeys(peername, alg);
CREATE UNIQUE INDEX local_threepid_medium_address on local_threepid_associations(medium, address);
CREATE INDEX global_threepid_medium_address on global_threepid_associations (medium, address);
CREATE INDEX global_threepid_medium_lower_address on global_threepid_associations (medium, lower(address));
CREATE UNIQUE INDEX global_threepid_originServer_originId on global_threepid_associations (originServer, originId);
CREATE INDEX threepid_validation_sessions_mtime ON threepid_validation_sessions(mtime);
CREATE UNIQUE INDEX accepted_terms_urls_idx ON accepted_terms_urls (user_id, url);
CREATE INDEX global_threepid_lookup_hash ON global_threepid_associations(lookup_hash);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('local_threepid_associations',13);
INSERT INTO "sqlite_sequence" VALUES('global_threepid_associations',13);
COMMIT;
PRAGMA user_version = 5;
