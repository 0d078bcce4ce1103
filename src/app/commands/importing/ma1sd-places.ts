/** The Islet option for an option of ma1sd, or `none` with what to do instead. */
export interface Ma1sdPlace {
  readonly place: string;
  readonly instead?: string;
}

const to = (place: string, instead?: string): Ma1sdPlace => ({ place, ...(instead !== undefined && { instead }) });
const none = (instead: string): Ma1sdPlace => to('none', instead);

const OWN = 'Islet keeps what users bind itself';
const LOGIN = 'the homeserver or Matrix Authentication Service signs users in';
const REGISTER = 'let the homeserver decide who may register';
const HASHES = 'all sources that can be listed answer hashed lookups';
const ROLES = 'Islet has no roles';

/**
 * By the beginning of the path in `ma1sd.yaml` and `mxisd.yaml`; the longest one counts. `*` is one name.
 * `docs/setup/from-ma1sd.md` has the same list.
 */
export const MA1SD_PLACES: Readonly<Record<string, Ma1sdPlace>> = {
  'matrix.domain': to('homeserver', 'of each source; and server.name if there is no server.name'),
  'matrix.v1': to('v1.allowFrom'),
  'matrix.v2': none('version 2 of the API is always on'),
  'matrix.identity.servers': to('sources', '`upstream`, for those in forward.servers'),
  'matrix.listener': none('Islet is no application service'),
  'server.name': to('server.name'),
  'server.port': to('listen.port'),
  'server.hostname': to('listen.host'),
  'server.publicUrl': to('server.publicUrl'),
  'key.path': to('signing.keyFile', '`islet import ma1sd` puts the keys there'),
  'storage.backend': none('`islet import ma1sd` reads it; Islet has a database of its own'),
  'storage.provider': none('`islet import ma1sd` reads it; Islet has a database of its own'),
  'ldap.enabled': to('sources'),
  'ldap.filter': to('filter'),
  'ldap.activeDirectory': to('localpart'),
  'ldap.defaultDomain': to('localpart'),
  'ldap.lookup': none(HASHES),
  'ldap.connection.host': to('urls'),
  'ldap.connection.port': to('urls'),
  'ldap.connection.tls': to('urls', 'certificates are checked here: name the authority in caFile'),
  'ldap.connection.bindDn': to('bindDn'),
  'ldap.connection.bindPassword': to('bindPasswordFile'),
  'ldap.connection.baseDNs': to('bases'),
  'ldap.connection.baseDn': to('bases'),
  'ldap.attribute.uid.type': to('homeserver', 'left out for `mxid`'),
  'ldap.attribute.uid.value': to('attributes.user'),
  'ldap.attribute.name': to('search.name'),
  'ldap.attribute.threepid.email': to('attributes.email'),
  'ldap.attribute.threepid.msisdn': to('attributes.msisdn'),
  'ldap.attribute.threepid.*': none('Islet supports only email addresses and phone numbers'),
  'ldap.auth': none(LOGIN),
  'ldap.directory.attribute.other': to('search.attributes'),
  'ldap.directory.filter': none('the people found are those that match `filter`'),
  'ldap.identity.filter': to('filter'),
  'ldap.identity.medium': to('attributes.email', 'and attributes.msisdn, from the attributes in the query'),
  'ldap.identity.token': none('there are no queries with placeholders'),
  'ldap.identity.lookup': none(HASHES),
  'ldap.profile': none('Islet serves no profiles'),
  netiq: to('sources', 'like `ldap`'),
  'sql.enabled': to('sources'),
  'sql.type': to('url', 'or `file` for SQLite'),
  'sql.connection': to('url', 'or `file` for SQLite'),
  'sql.identity': to('find'),
  'sql.lookup.query': to('list'),
  'sql.auth': none(LOGIN),
  'sql.directory': none('search finds people of LDAP directories'),
  'sql.profile': none('Islet serves no profiles'),
  synapseSql: none(
    '`islet import synapse --shared` takes the addresses once; from then on Islet keeps what users bind',
  ),
  'rest.enabled': to('sources'),
  'rest.host': to('url'),
  'rest.endpoints.identity.single': to('single'),
  'rest.endpoints.identity.bulk': to('bulk'),
  'rest.endpoints.auth': none(LOGIN),
  'rest.endpoints.directory': none('search finds people of LDAP directories'),
  'rest.endpoints.profile': none('Islet serves no profiles'),
  exec: none('write a module of a few lines that runs the program: `use`, docs/development/extending.md'),
  firebase: none('Firebase is not asked; write a source of your own: docs/development/extending.md'),
  wordpress: none('an `sql` source on the database of WordPress'),
  'memory.enabled': to('sources'),
  'memory.identities': to('path', 'a `file` source, people.json beside islet.yaml; the passwords are left out'),
  'memory.hashEnabled': none(HASHES),
  'forward.servers': to('sources', 'as `upstream` sources'),
  'lookup.recursive.enabled': none('other servers are asked if they are listed as `upstream`, and no others'),
  'lookup.recursive.allowedCidr': none('all signed-in users get the same answers'),
  'lookup.recursive.bridge': none('if the bridge has an identity API, name it as an `upstream`'),
  'lookup.bulk': none('lookups of many addresses are always possible; `lookup.maxAddresses` limits them'),
  'hashing.enabled': none('hashed lookups are always possible'),
  'hashing.pepperLength': none('chosen by Islet'),
  'hashing.rotationPolicy': none('set `lookup.pepperLifetime`; the previous pepper stays valid for a grace period'),
  'hashing.delay': none('`lookup.pepperLifetime`, see above'),
  'hashing.requests': none('`lookup.pepperLifetime`, see above'),
  'hashing.hashStorageType': none('hashes are kept in memory and computed at each start'),
  'hashing.algorithms': none('`sha256` and `none` are always possible'),
  'dns.overwrite.homeserver.federation': to('homeservers'),
  'dns.overwrite.homeserver.client': to('search.homeserver', 'and clientUrl of a homeserver'),
  'threepid.medium.email.identity.from': to('mail.from'),
  'threepid.medium.email.identity.name': to('mail.from'),
  'threepid.medium.email.connector': none('mail is sent if `mail` names a server'),
  'threepid.medium.email.connectors.smtp.host': to('mail.host'),
  'threepid.medium.email.connectors.smtp.port': to('mail.port'),
  'threepid.medium.email.connectors.smtp.tls': to('mail.tls'),
  'threepid.medium.email.connectors.smtp.login': to('mail.username'),
  'threepid.medium.email.connectors.smtp.password': to('mail.passwordFile'),
  'threepid.medium.email.generators.template': to('templates.directory', '--templates translates them'),
  'threepid.medium.email.generators.template.generic': none('the homeserver notifies users who are invited by user ID'),
  'threepid.medium.email.generators.template.session.unbind': none('no mail is sent when an address is unbound'),
  'threepid.medium.email.generators.template.placeholder': to('invites.webClient', 'if REGISTER_URL is a web client'),
  'threepid.medium.msisdn.connector': none('text messages are sent if `sms.gateways` names a gateway'),
  'threepid.medium.msisdn.connectors.twilio': to('sms.gateways'),
  'threepid.medium.msisdn.generators.template': to('templates.directory', '--templates translates them'),
  'threepid.medium.msisdn.generators.template.invite': none('invitations are not sent as text messages'),
  'threepid.medium.msisdn.generators.template.session.unbind': none('no message is sent when a number is unbound'),
  'threepid.medium.*.identity': none('Islet supports only email addresses and phone numbers'),
  'notification.handler': to('mail', 'SendGrid is used as a mail server'),
  'notification.handlers.sendgrid': to('mail'),
  'session.policy.validation': none('addresses of all media that have a sender can be validated'),
  'session.policy.unbind': none('homeservers may unbind for their users, as the specification says; no mail is sent'),
  'view.session': to('templates.directory', '--templates translates them'),
  'invite.expiration.enabled': to('invites.lifetime'),
  'invite.expiration.after': to('invites.lifetime'),
  'invite.expiration.resolveTo': none(
    'an expired invitation is removed; in the room it stays until somebody revokes it',
  ),
  'invite.resolution': none('invitations are delivered as soon as the address is bound or found in a directory'),
  'invite.policy': none(ROLES),
  'invite.fullDisplayName': none('rooms show the first letters of an address'),
  'policy.policies': to('terms.policies'),
  'policy.policies.*.regexp': none('the whole API except signing in requires accepted terms'),
  'accountConfig.allowOnlyTrustDomains': to('federation.allowedServers'),
  auth: none(LOGIN),
  'directory.exclude': to('search.homeserver', 'the homeserver is always asked as well'),
  register: none(REGISTER),
  appsvc: none(`Islet is no application service. ${OWN}, and \`islet invites\` lists and revokes invitations`),
  internal: none('the `islet` commands use `admin`, which only operators can reach'),
  'logging.app': to('log.level'),
  'logging.root': to('log.level'),
  'logging.requests': none('requests are never logged with their content'),
};

/** The place of a path; `undefined` if ma1sd does not know it, and so ignored it. */
export function ma1sdPlaceOf(path: string): Ma1sdPlace | undefined {
  const names = path.split('.');
  for (let length = names.length; length > 0; length--) {
    for (const [pattern, place] of Object.entries(MA1SD_PLACES)) {
      const wanted = pattern.split('.');
      if (wanted.length === length && wanted.every((name, at) => name === '*' || name === names[at])) return place;
    }
  }
  return undefined;
}
