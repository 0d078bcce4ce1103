/**
 * Names under which people who come from other identity servers look for an option. A name that
 * differs from ours in its spelling only is understood without this table.
 */
export const legacyNames: Readonly<Record<string, string>> = {
  // Within a directory.
  uri: 'urls',
  bind_pw: 'bindPasswordFile',
  password: 'bindPasswordFile',
  id_attr: 'attributes.user',
  uid: 'attributes.user',
  mail_attr: 'attributes.email',
  email: 'attributes.email',
  msisdn: 'attributes.msisdn',
  hs_name: 'homeserver',
  tls: 'startTls',
  region: 'phoneRegion',
  // At the top, or in a section.
  accounts: 'accounts: check, in a source',
  ca: 'caFile',
  ldap: 'sources, as "- ldap: …"',
  upstream: 'sources, as "- upstream: …"',
  smtp: 'mail',
  email_from: 'mail.from',
  client_http_base: 'server.publicUrl',
  server_names: 'server.otherNames',
  bind_address: 'listen.host',
  obey_x_forwarded_for: 'listen.trustedProxies',
  address_lookup_limit: 'lookup.maxAddresses',
  enable_v1_access: 'v1.allowFrom',
  signingkey: 'signing.keyFile',
  smtphost: 'mail.host',
  smtpport: 'mail.port',
  smtpusername: 'mail.username',
  smtppassword: 'mail.passwordFile',
  tlsmode: 'mail.tls',
  hostname: 'mail.ehloName',
  smsrule: 'sms.rules',
  brand_default: 'templates.brand',
  db_file: 'database.file',
  pidfile_path: 'pidFile',
  log_path: 'log.file',
};
