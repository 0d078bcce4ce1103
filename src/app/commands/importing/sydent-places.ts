/**
 * The Islet option for each option of `sydent.conf`, by section; `none` if there is no equivalent.
 * `docs/setup/from-sydent.md` gives the reasons.
 */
export const SYDENT_PLACES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  general: {
    'server.name': 'server.name',
    'log.path': 'log.file',
    'log.level': 'log.level',
    'pidfile.path': 'pidFile',
    'terms.path': 'terms.policies',
    address_lookup_limit: 'lookup.maxAddresses',
    'templates.path': 'templates.directory',
    'brand.default': 'templates.brand',
    enable_v1_associations: 'v1.allowFrom',
    delete_tokens_on_bind: 'none',
    'ip.blacklist': 'none',
    'ip.whitelist': 'federation.allow',
    homeserver_allow_list: 'federation.allowedServers',
    enable_v1_access: 'v1.allowFrom',
    prometheus_port: 'admin.port',
    prometheus_addr: 'admin.host',
    sentry_dsn: 'none',
  },
  db: { 'db.file': 'database.file' },
  http: {
    'clientapi.http.bind_address': 'listen.host',
    'clientapi.http.port': 'listen.port',
    'internalapi.http.bind_address': 'admin.host',
    'internalapi.http.port': 'admin.port',
    client_http_base: 'server.publicUrl',
    obey_x_forwarded_for: 'listen.trustedProxies',
    'federation.verifycerts': 'none',
    verify_response_template: 'templates.directory',
    'replication.https.certfile': 'none',
    'replication.https.cacert': 'none',
    'replication.https.bind_address': 'none',
    'replication.https.port': 'none',
  },
  email: {
    'email.template': 'templates.directory',
    'email.invite_template': 'templates.directory',
    'email.from': 'mail.from',
    'email.subject': 'templates.directory',
    'email.invite.subject': 'templates.directory',
    'email.invite.subject_space': 'templates.directory',
    'email.smtphost': 'mail.host',
    'email.smtpport': 'mail.port',
    'email.smtpusername': 'mail.username',
    'email.smtppassword': 'mail.password',
    'email.hostname': 'mail.ehloName',
    'email.tlsmode': 'mail.tls',
    'email.default_web_client_location': 'invites.webClient',
    'email.third_party_invite_username_obfuscate_characters': 'none',
    'email.third_party_invite_domain_obfuscate_characters': 'none',
    'email.third_party_invite_homeserver_blocklist': 'none',
    'email.third_party_invite_room_blocklist': 'none',
    'email.third_party_invite_keyword_blocklist': 'none',
    'email.ratelimit_sender.burst': 'limits.invites.perSender',
    'email.ratelimit_sender.rate_hz': 'limits.invites.perSender',
    'token.length': 'validation.tokenLength',
  },
  sms: {
    bodyTemplate: 'templates.directory',
    username: 'sms.gateways',
    password: 'sms.gateways',
    'originators.<code>': 'sms.originators',
    'originators.default': 'sms.originators',
    'smsrule.<code>': 'sms.rules',
    'msisdn.ratelimit.burst': 'limits.sms.perNumber',
    'msisdn.ratelimit.rate_hz': 'limits.sms.perNumber',
    'country.ratelimit.burst': 'limits.sms.perCountry',
    'country.ratelimit.rate_hz': 'limits.sms.perCountry',
  },
  crypto: { 'ed25519.signingkey': 'signing.keyFile' },
  'peer.NAME': { base_replication_url: 'none' },
  'ldap, of the fork': {
    uri: 'urls',
    startls: 'startTls',
    base: 'bases',
    email: 'attributes.email',
    mail_attr: 'attributes.email',
    msisdn: 'attributes.msisdn',
    id_attr: 'attributes.user',
    hs_name: 'homeserver',
    bind_dn: 'bindDn',
    bind_pw: 'bindPassword',
    filter: 'filter',
  },
  'proxy, of the fork': { identity: 'sources' },
};

/** The Islet option for an option in any section; `undefined` if Sydent does not know the option. */
export function placeOf(section: string, key: string): string | undefined {
  const headings = section.startsWith('peer.') ? ['peer.NAME'] : [section, `${section}, of the fork`];
  const sections =
    section === 'DEFAULT' ? Object.values(SYDENT_PLACES) : headings.map((name) => SYDENT_PLACES[name] ?? {});
  for (const places of sections) {
    for (const [name, place] of Object.entries(places)) {
      const pattern = new RegExp(`^${name.replaceAll('.', '\\.').replace('<code>', '\\d+')}$`, 'i');
      if (pattern.test(key)) return place;
    }
  }
  return undefined;
}
