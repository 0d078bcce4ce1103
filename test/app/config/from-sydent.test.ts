import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { optionCatalog, type Entry } from '../../../src/app/config/docs/option-catalog.js';
import { pathOf } from '../../support/config/generated.js';

/** All options that Sydent, or its fork with LDAP lookups, reads from its file. */
const sydent: Readonly<Record<string, string>> = {
  general: `server.name log.path log.level pidfile.path terms.path address_lookup_limit templates.path brand.default
    enable_v1_associations delete_tokens_on_bind ip.blacklist ip.whitelist homeserver_allow_list enable_v1_access
    prometheus_port prometheus_addr sentry_dsn`,
  db: 'db.file',
  http: `clientapi.http.bind_address clientapi.http.port internalapi.http.bind_address internalapi.http.port
    replication.https.certfile replication.https.cacert replication.https.bind_address replication.https.port
    obey_x_forwarded_for federation.verifycerts verify_response_template client_http_base`,
  email: `email.template email.invite_template email.from email.subject email.invite.subject email.invite.subject_space
    email.smtphost email.smtpport email.smtpusername email.smtppassword email.hostname email.tlsmode
    email.default_web_client_location email.third_party_invite_username_obfuscate_characters
    email.third_party_invite_domain_obfuscate_characters email.third_party_invite_homeserver_blocklist
    email.third_party_invite_room_blocklist email.third_party_invite_keyword_blocklist email.ratelimit_sender.burst
    email.ratelimit_sender.rate_hz token.length`,
  sms: `bodyTemplate username password originators.<code> originators.default smsrule.<code> msisdn.ratelimit.burst
    msisdn.ratelimit.rate_hz country.ratelimit.burst country.ratelimit.rate_hz`,
  crypto: 'ed25519.signingkey',
  'peer.NAME': 'base_replication_url',
  'ldap, of the fork': 'uri startls base email mail_attr msisdn id_attr hs_name bind_dn bind_pw filter',
  'proxy, of the fork': 'identity',
  Environment: 'SYDENT_CONF SYDENT_SERVER_NAME SYDENT_PID_FILE SYDENT_DB_PATH',
};

interface Row {
  readonly old: string;
  readonly place: string;
  readonly note: string;
}

function rowsOf(section: string): readonly Row[] {
  const text =
    readFileSync(pathOf('docs/setup/from-sydent.md'), 'utf8').split(`\n## ${section}\n`)[1]?.split('\n## ')[0] ?? '';
  return Array.from(text.matchAll(/^\| `(.+?)` \| (.+?) \|(.*)\|$/gm), ([, old = '', place = '', note = '']) => {
    return { old, place: place.replaceAll('`', ''), note: note.trim() };
  });
}

const keysOf = (entries: readonly Entry[], at = ''): readonly string[] =>
  entries.flatMap(({ key, env, children, choices }) => [
    at + key,
    ...(env === undefined ? [] : [env]),
    ...keysOf(children, `${at}${key}.`),
    ...choices.filter(({ name }) => name === 'ldap').flatMap((choice) => keysOf(choice.children)),
  ]);

describe.each(Object.entries(sydent))('docs/setup/from-sydent.md on %s', (section, keys) => {
  it('has every option', () => {
    expect(new Set(rowsOf(section).map(({ old }) => old))).toEqual(new Set(keys.split(/\s+/)));
  });

  it('names only options that exist, or says why there is none', () => {
    const known = [...keysOf(optionCatalog()), 'ISLET_CONFIG'];
    const wrong = rowsOf(section).filter(({ place, note }) =>
      place === 'none' ? note === '' : !known.includes(place),
    );
    expect(wrong).toEqual([]);
  });
});
